"""Headers that are dropped, renamed or refused between client and backend (aws-semantics.md, 2.7). Where Envoy serves a
method by itself, it does the same (compile/emit/envoy/header_rules.py)."""

from innergate.runtime.exchange.call import Headers

DROPPED_FROM_REQUESTS = frozenset(
    {
        "connection",
        "content-length",
        "content-md5",
        "expect",
        "host",
        "keep-alive",
        "max-forwards",
        "proxy-authenticate",
        "proxy-connection",
        "server",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "via",
        "www-authenticate",
        "x-amzn-apigateway-api-id",
        "x-http-method-override",
    }
)

NEVER_MAPPED = DROPPED_FROM_REQUESTS - {"host", "via", "x-amzn-apigateway-api-id", "x-http-method-override"}
"""A client's own that neither mappings nor events show."""

FORBIDDEN_TARGETS = frozenset({"content-length", "transfer-encoding", "x-amzn-trace-id", "x-amzn-apigateway-api-id"})
"""Mapping to one of these answers 500."""

FORBIDDEN_AWS_TARGETS = FORBIDDEN_TARGETS | {"authorization", "connection", "expect", "proxy-authenticate", "te"}

REMAPPED_FROM_PROXIES = frozenset({"date", "server", "x-amzn-requestid"})
"""A backend's own, which the gateway's take the place of."""

REMAPPED_FROM_FUNCTIONS = REMAPPED_FROM_PROXIES | {"connection", "content-length", "www-authenticate"}
"""Of what a function behind AWS_PROXY answers."""

OWN_PREFIXES = ("x-innergate-", "x-envoy-")
"""What Envoy and the platform tell each other: never a client's, never a backend's."""


def is_kept_from_backends(name: str) -> bool:
    """Whether a client's header goes no further than the gateway."""
    lowered = name.lower()
    return lowered in DROPPED_FROM_REQUESTS or lowered.startswith(OWN_PREFIXES)


def rename_taken(headers: Headers, taken: frozenset[str]) -> Headers:
    """Headers of an answer, those that the gateway has itself under `x-amzn-Remapped-…`."""
    if taken.isdisjoint([name.lower() for name, _ in headers]):
        return headers
    return tuple((f"x-amzn-Remapped-{name}" if name.lower() in taken else name, value) for name, value in headers)
