"""Listings of API Gateway: `limit` and an opaque `position`."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from innergate.primitives.digits import MAX_POSITION, read_digits
from innergate.services.apigateway.faults import bad_request
from innergate.services.apigateway.limits import PAGE_DEFAULT, PAGE_MAX
from innergate.services.context import Params

T = TypeVar("T")


def page_of(params: Params, found: Sequence[T], render: Callable[[T], dict[str, Any]]) -> dict[str, Any]:
    """`{"items": […]}` of the page that `params` asks for, with `position` while more follow.

    A `limit` below 1 gives nothing (recorded). Raises Fault BadRequestException for one above 500, or for a `position` that
    no listing gave.
    """
    limit = PAGE_DEFAULT if params.get("limit") is None else params["limit"]
    if limit > PAGE_MAX:
        raise bad_request(f"Invalid limit specified. Must be between 1 and {PAGE_MAX}")
    if limit < 1:
        return {"items": []}
    start = _start(params.get("position"))
    page: dict[str, Any] = {"items": [render(item) for item in found[start : start + limit]]}
    if start + limit < len(found):
        page["position"] = base64.urlsafe_b64encode(f"at:{start + limit}".encode()).decode()
    return page


def _start(position: str | None) -> int:
    if not position:
        return 0
    try:
        text = base64.urlsafe_b64decode(position.encode()).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        text = ""
    start = read_digits(text.removeprefix("at:"), MAX_POSITION) if text.startswith("at:") else None
    if start is None:
        raise bad_request("Invalid position parameter")
    return start
