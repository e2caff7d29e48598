"""Organizations' pages: `MaxResults` up to 20, and a token that says where the next page begins."""

from collections.abc import Sequence
from typing import TypeVar

from innergate.primitives.digits import MAX_POSITION, read_digits
from innergate.primitives.fault import Fault
from innergate.services.context import Params

T = TypeVar("T")
PAGE_SIZE = 20


def take_page(items: Sequence[T], params: Params) -> tuple[Sequence[T], str | None]:
    """One page of `items` and the token of the next one; None after the last."""
    token = params.get("NextToken", "0")
    start = read_digits(token, MAX_POSITION)
    if start is None:
        raise Fault("InvalidInputException", "You specified an invalid value for the NextToken parameter.")
    size = int(params.get("MaxResults", PAGE_SIZE))
    end = start + size
    return items[start:end], str(end) if end < len(items) else None
