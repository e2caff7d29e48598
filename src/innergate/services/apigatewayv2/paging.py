"""Pages of the second control plane's listings: `MaxResults` and an opaque `NextToken`."""

import base64
import binascii
from collections.abc import Sequence
from typing import TypeVar

from innergate.primitives.digits import MAX_POSITION, read_digits
from innergate.services.apigatewayv2.faults import bad_request
from innergate.services.context import Params

T = TypeVar("T")

PAGE_DEFAULT = 25


def page_of(params: Params, found: Sequence[T]) -> tuple[Sequence[T], dict[str, str]]:
    """The page that `params` asks for, and `{"NextToken": …}` while more follow. Raises Fault BadRequestException on sizes and
    tokens that are none."""
    size, start = _read_size(params.get("MaxResults")), _read_token(params.get("NextToken"))
    token = {}
    if start + size < len(found):
        token["NextToken"] = base64.urlsafe_b64encode(f"at:{start + size}".encode()).decode()
    return found[start : start + size], token


def _read_size(given: str | int | None) -> int:
    """Some operations' sizes are texts in the model, others' are numbers."""
    if given in (None, ""):
        return PAGE_DEFAULT
    text = str(given)
    size = read_digits(text, MAX_POSITION)
    if not size:
        raise bad_request(f"Invalid maxResults: {text}")
    return size


def _read_token(token: str | None) -> int:
    if not token:
        return 0
    try:
        text = base64.urlsafe_b64decode(token.encode()).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        text = ""
    start = read_digits(text.removeprefix("at:"), MAX_POSITION) if text.startswith("at:") else None
    if start is None:
        raise bad_request("Invalid nextToken")
    return start
