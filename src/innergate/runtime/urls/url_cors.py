"""What a function URL lets pages of other sites do (Lambda Developer Guide, "Cross-origin resource sharing (CORS)")."""

from innergate.plans.function_urls import UrlCors
from innergate.runtime.exchange.call import Call, Headers

_NAMES = frozenset(
    {
        "access-control-allow-origin",
        "access-control-allow-credentials",
        "access-control-expose-headers",
        "access-control-allow-headers",
        "access-control-allow-methods",
        "access-control-max-age",
    }
)


def is_preflight(call: Call) -> bool:
    """Whether a browser asks what it may do."""
    return call.verb == "OPTIONS" and bool(call.header("origin") and call.header("access-control-request-method"))


def cors_headers(cors: UrlCors, call: Call) -> Headers:
    """The headers of an answer to this origin; none for an origin that is not allowed."""
    origin = call.header("origin") or ""
    if not origin or not _allows(cors.origins, origin):
        return ()
    headers = [
        ("Access-Control-Allow-Origin", "*" if "*" in cors.origins and not cors.allows_credentials else origin),
        ("Vary", "Origin"),
    ]
    if cors.allows_credentials:
        headers.append(("Access-Control-Allow-Credentials", "true"))
    if is_preflight(call):
        headers += _preflight(cors, call)
    elif cors.exposed:
        headers.append(("Access-Control-Expose-Headers", ",".join(cors.exposed)))
    return tuple(headers)


def _preflight(cors: UrlCors, call: Call) -> list[tuple[str, str]]:
    headers = []
    asked = call.header("access-control-request-headers")
    if cors.methods:
        headers.append(("Access-Control-Allow-Methods", ",".join(cors.methods)))
    if cors.headers and asked:
        shown = asked if "*" in cors.headers else ",".join(cors.headers)
        headers.append(("Access-Control-Allow-Headers", shown))
    if cors.max_age_s:
        headers.append(("Access-Control-Max-Age", str(cors.max_age_s)))
    return headers


def with_cors(headers: Headers, own: Headers) -> Headers:
    """An answer's headers; what the URL says of other sites takes the place of what the function says."""
    return (*(pair for pair in headers if pair[0].lower() not in _NAMES), *own)


def _allows(patterns: tuple[str, ...], origin: str) -> bool:
    """`*`, the origin itself, or a pattern like `http://*.example.com`."""
    lowered = origin.lower()
    for pattern in patterns:
        before, star, after = pattern.lower().partition("*")
        if lowered == pattern.lower():
            return True
        if star and lowered.startswith(before) and lowered.endswith(after) and len(lowered) >= len(before + after):
            return True
    return False
