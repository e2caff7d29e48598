"""What Envoy says of a request in its own header -> a call."""

from collections.abc import Sequence
from typing import NamedTuple

from innergate.plans.runtime import CALL_HEADER
from innergate.runtime.exchange.call import Call
from innergate.runtime.exchange.header_rules import OWN_PREFIXES

_FIELDS = (15, 16)
"""Routes that an older version made say nothing of the client's certificate."""
_NONE = "-"
_OWN = frozenset({"x-amzn-apigateway-api-id"})
"""Set by Envoy for backends; the exchange sets it itself where AWS does."""


_SPELLINGS = {
    name.lower(): name
    for name in [
        "Accept",
        "Accept-Charset",
        "Accept-Encoding",
        "Accept-Language",
        "Access-Control-Request-Headers",
        "Access-Control-Request-Method",
        "Authorization",
        "Cache-Control",
        "CloudFront-Forwarded-Proto",
        "CloudFront-Is-Desktop-Viewer",
        "CloudFront-Is-Mobile-Viewer",
        "CloudFront-Is-SmartTV-Viewer",
        "CloudFront-Is-Tablet-Viewer",
        "CloudFront-Viewer-ASN",
        "CloudFront-Viewer-Country",
        "Content-Encoding",
        "Content-Language",
        "Content-Type",
        "Cookie",
        "Date",
        "DNT",
        "Forwarded",
        "From",
        "Host",
        "If-Match",
        "If-Modified-Since",
        "If-None-Match",
        "If-Range",
        "If-Unmodified-Since",
        "Origin",
        "Pragma",
        "Range",
        "Referer",
        "Upgrade-Insecure-Requests",
        "User-Agent",
        "Via",
        "X-Amz-Cf-Id",
        "X-Amz-Content-Sha256",
        "X-Amz-Date",
        "X-Amz-Security-Token",
        "X-Amzn-Trace-Id",
        "X-Forwarded-For",
        "X-Forwarded-Host",
        "X-Forwarded-Port",
        "X-Forwarded-Proto",
        "X-Requested-With",
    ]
}
"""How functions and templates expect well-known names. Envoy hands all names on in small letters.

# AWS differs: functions and templates see all other headers' names in small letters; AWS shows them as the client sent them.
# Envoy keeps spellings for a whole listener or not at all (a stateful header formatter), so each request that no worker sees
# would pay for them.
"""


class BadCall(Exception):
    """A request that Envoy did not send: it lacks the header, or the header is not whole."""


class Addressed(NamedTuple):
    """A call, and the method that it is for."""

    document: str
    method: str
    call: Call


def is_own(name: str) -> bool:
    """Whether a header is the platform's: no client, backend or user may set one."""
    lowered = name.lower()
    return lowered.startswith(OWN_PREFIXES) or lowered in _OWN


def named_document(headers: Sequence[tuple[str, str]]) -> str:
    """The document that a request of Envoy's is for; "" where none is named."""
    for name, value in headers:
        if name == CALL_HEADER:
            return value.partition(";")[0]
    return ""


def read_call(verb: str, target: str, headers: Sequence[tuple[str, str]], body: bytes) -> Addressed:
    """`target` is path and query as sent. Raises BadCall."""
    said: list[str] = []
    kept: list[tuple[str, str]] = []
    host = ""
    for name, value in headers:
        shown = _SPELLINGS.get(name)
        if shown is not None:
            kept.append((shown, value))
            if not host and shown == "Host":
                host = value
        elif name == CALL_HEADER or name.lower() == CALL_HEADER:
            said.append(value)
        elif not is_own(name):
            kept.append((name, value))
    fields = said[0].split(";") if len(said) == 1 else []
    if len(fields) not in _FIELDS or not fields[5].isdigit():
        raise BadCall(f"{CALL_HEADER} is missing or not whole")
    document, resource, method = fields[:3]
    mount = fields[3].removeprefix("=") if fields[3] != _NONE else None
    facts = ["" if field == _NONE else field for field in fields[4:]]
    path, _, query = target.partition("?")
    call = Call(
        verb=verb,
        path=path,
        query=query,
        headers=tuple(kept),
        body=body,
        request_id=facts[0],
        received_ms=int(facts[1]),
        source_ip=facts[2],
        vpce_id=facts[3],
        vpc_id=facts[4],
        api_key_id=facts[5],
        protocol=facts[6] or "HTTP/1.1",
        tls_version=facts[7],
        cipher_suite=facts[8],
        vpce_account=facts[9],
        port=facts[10],
        client_certificate=facts[11] if len(facts) > 11 else "",
        mount=mount,
        domain_name=host,
    )
    return Addressed(document, f"{resource}/{method}", call)
