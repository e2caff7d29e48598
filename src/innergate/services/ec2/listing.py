"""What all describe operations share: ids asked for, filters, pages."""

import base64
import binascii
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from innergate.primitives.fault import Fault
from innergate.services.context import Params, Result
from innergate.services.ec2.filters import Document, FilterTable, select
from innergate.services.ec2.identifiers import IdKind


class Listing(NamedTuple):
    """One describe operation. `output` is the result's list, `ids` the parameter that asks for ids, `id_member` where a
    document has its id; `kind` makes the fault of an id that is not there. `unpaged_ids` is what EC2 calls `ids` where they
    exclude MaxResults."""

    output: str
    ids: str
    id_member: str
    kind: IdKind
    filters: FilterTable
    smallest_page: int = 5
    largest_page: int = 1000
    unpaged_ids: str = ""


def answer(listing: Listing, params: Params, documents: Iterable[Document]) -> Result:
    """The result: the documents asked for, filtered, one page of them, `NextToken` where more follow."""
    if listing.unpaged_ids and params.get(listing.ids) and "MaxResults" in params:
        raise Fault(
            "InvalidParameterCombination",
            f"The parameter {listing.unpaged_ids} cannot be used with the parameter maxResults",
        )
    chosen = _by_id(listing, params.get(listing.ids) or (), list(documents))
    chosen = select(chosen, params.get("Filters") or (), listing.filters)
    page, token = cut_page(chosen, params, listing.smallest_page, listing.largest_page)
    result: dict[str, Any] = {listing.output: page}
    if token is not None:
        result["NextToken"] = token
    return result


def _by_id(listing: Listing, wanted: Iterable[str], documents: list[Document]) -> list[Document]:
    ids = list(wanted)
    if not ids:
        return documents
    for id in ids:
        listing.kind.check(id)
    known = {d[listing.id_member] for d in documents}
    for id in ids:
        if id not in known:
            raise listing.kind.missing(id)
    return [d for d in documents if d[listing.id_member] in ids]


def cut_page(
    items: list[Document], params: Mapping[str, Any], smallest: int = 5, largest: int = 1000
) -> tuple[list[Document], str | None]:
    """One page by MaxResults and NextToken, and the token of the next one or None. Raises Fault InvalidParameterValue."""
    size = params.get("MaxResults")
    start = _offset(params.get("NextToken"))
    if size is None:
        return items[start:], None
    if size < smallest:
        raise Fault(
            "InvalidParameterValue",
            f"Value ( {size} ) for parameter maxResults is invalid. Expecting a value greater than or equal to {smallest}.",
        )
    end = start + min(size, largest)
    return items[start:end], base64.b64encode(f"offset:{end}".encode()).decode() if end < len(items) else None


def _offset(token: str | None) -> int:
    if not token:
        return 0
    try:
        return int(base64.b64decode(token, validate=True).decode().removeprefix("offset:"))
    except (ValueError, binascii.Error):
        raise Fault("InvalidParameterValue", f"Value ({token}) for parameter nextToken is invalid.") from None
