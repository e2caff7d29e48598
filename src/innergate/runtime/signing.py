"""Signs calls to AWS services: the request as it goes out, from what an exchange asks for."""

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple
from urllib.parse import urlsplit

from innergate.primitives.secret import Secret
from innergate.runtime.exchange.effects import CallService
from innergate.runtime.exchange.wire_texts import header_text
from innergate.wire.http import make_request
from innergate.wire.sigv4 import Credentials, sign

_SIGNING_NAMES: Mapping[str, str] = {"email": "ses"}
"""Services that sign under another name than their endpoint's first label."""
_UNSIGNED = frozenset({"accept", "accept-encoding", "expect", "user-agent", "x-amzn-trace-id"})
"""What proxies on the way may change, as AWS's own clients leave it out."""
_REPLACED = frozenset(
    {
        "authorization",
        "connection",
        "content-length",
        "host",
        "transfer-encoding",
        "x-amz-content-sha256",
        "x-amz-date",
        "x-amz-security-token",
    }
)
_SENDABLE = re.compile(r"/[!\"$-~]*", re.ASCII)
"""A path and query: printable ASCII without a space or the mark of a fragment."""


class SignedCall(NamedTuple):
    """What goes out; `url` is the endpoint with path and query."""

    url: str
    headers: tuple[tuple[str, str], ...]


def sign_call(call: CallService, now: datetime) -> SignedCall | None:
    """The signed request; None where its path and query are none that HTTP has a place for. `now` is aware."""
    if not _SENDABLE.fullmatch(call.target):
        return None
    host = urlsplit(call.endpoint).netloc
    if call.subdomain and not host.startswith(f"{call.subdomain}."):
        host = f"{call.subdomain}.{host}"
    given = [(name, header_text(value)) for name, value in call.headers if name.lower() not in _REPLACED]
    signed = [("Host", host), *(pair for pair in given if pair[0].lower() not in _UNSIGNED)]
    service = _SIGNING_NAMES.get(call.service, call.service)
    if service == "s3":
        signed.append(("X-Amz-Content-Sha256", hashlib.sha256(call.body).hexdigest()))
    path, _, query = call.target.partition("?")
    request = make_request(call.verb, path, query, signed, call.body)
    given_by = call.credentials
    credentials = Credentials(
        given_by.access_key_id, Secret(given_by.secret_access_key), given_by.session_token or None
    )
    whole = sign(request, credentials, call.region, service, now).headers
    unsigned = tuple(pair for pair in given if pair[0].lower() in _UNSIGNED)
    return SignedCall(f"{call.endpoint}{call.target}", (*whole, *unsigned))
