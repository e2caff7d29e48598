"""Lambda authorizers in these tests, and what they say."""

import msgspec
from tests.unit.runtime.authorize.questions import (
    TOKEN,
    answer_of,
    policy,
    with_headers,
)

from innergate.runtime.authorize.verdict import Authorized, Denied

ALLOW = answer_of(policy("Allow"))
REQUEST = msgspec.structs.replace(
    TOKEN, type="REQUEST", identity_sources=("method.request.header.X-User", "method.request.querystring.room")
)
REQUEST_CALL = msgspec.structs.replace(with_headers(("X-User", "ann")), query="room=12&room=13&a=b%20c")


def denied(verdict: object) -> Denied:
    assert isinstance(verdict, Denied)
    return verdict


def authorized(verdict: object) -> Authorized:
    assert isinstance(verdict, Authorized)
    return verdict
