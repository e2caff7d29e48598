"""Pages by Marker and PageSize, as elbv2 has them."""

import base64
import binascii
from collections.abc import Sequence
from typing import NamedTuple

from innergate.primitives.fault import Fault
from innergate.resources.base import Resource
from innergate.services.context import Params

PAGE_SIZE_MAX = 400
"""Elastic Load Balancing API Reference, "PageSize"."""


class Page(NamedTuple):
    """Positions of a list: from `start` to before `end`; `next_marker` is None on the last page."""

    start: int
    end: int
    next_marker: str | None


def page_of(params: Params, ids: Sequence[str]) -> Page:
    """The page of the list with these ids that the caller asks for. Raises Fault ValidationError on a foreign marker.

    A marker names the last item of the page before, so that items made or deleted in between neither repeat nor hide others.
    """
    size = int(params.get("PageSize") or PAGE_SIZE_MAX)
    start = 0
    marker = params.get("Marker")
    if marker:
        start = ids.index(last) + 1 if (last := _decode(marker)) in ids else -1
        if start < 0:
            raise Fault("ValidationError", f"Invalid marker '{marker}'")
    end = min(start + size, len(ids))
    more = base64.urlsafe_b64encode(ids[end - 1].encode()).decode() if end < len(ids) and end > start else None
    return Page(start, end, more)


def page_of_resources(params: Params, resources: Sequence[Resource]) -> Page:
    """The same for resources, by their ids."""
    return page_of(params, [resource.id for resource in resources])


def _decode(marker: str) -> str:
    try:
        return base64.urlsafe_b64decode(marker.encode()).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return ""
