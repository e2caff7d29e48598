"""Whose call a request claims to be, before anything is verified: enough to decide in which queue it waits, and no more."""

import re

from innergate.resources.identities import AccessKey, Session
from innergate.services.authentication import open_account
from innergate.store.state import State
from innergate.wire.http import HttpRequest

_IN_HEADER = re.compile(r"Credential=([^/, ]{1,128})/")
_IN_QUERY = re.compile(r"(?:^|&)X-Amz-Credential=([^/%&]{1,128})(?:/|%2[Ff])")


def claimed_account(state: State, request: HttpRequest, is_open: bool) -> str:
    """The account of the access key that the request names; "" for one that nobody has, and for none."""
    found = _IN_HEADER.search(request.header("authorization") or "") or _IN_QUERY.search(request.raw_query)
    key_id = found[1] if found is not None else ""
    session = state.get(Session, key_id)
    if session is not None:
        return session.account
    key = state.get(AccessKey, key_id)
    if key is not None:
        return key.account
    return open_account(key_id) if is_open else ""
