"""What happens to headers on the way to a backend and back (aws-semantics.md, 2.7).

# AWS differs: what goes straight to a backend (HTTP_PROXY) bears no X-Amzn-Trace-Id but a client's own: to make one would cost
# every request a filter. What a worker executes bears one.

# AWS differs: an Authorization header with a signature goes on to the backend of a method that asks for none; where a worker
# executes the method it is dropped, as AWS does. Envoy drops a header always or never: to ask for what it holds would take a
# second route for each method, or a filter at each request.

# AWS differs: the answer of a backend that Envoy asks by itself (HTTP_PROXY) goes on to the client as it comes, whatever its
# size: one that breaks off, is late or passes 10 MB has begun by then and ends unfinished, where AWS, which holds it whole
# first, answers 500 or 504, as a worker does. Envoy could hold it in a filter of files alone, which is marked alpha.

# AWS differs: X-HTTP-Method-Override is dropped, as AWS does, but does not change the method: routes and policies read one.
"""

from innergate.compile.emit.envoy.local_replies import answer_headers, fresh_answer_headers
from innergate.compile.emit.envoy.packed import overwrite
from innergate.compile.emit.envoy.scopes import SCOPE_HEADER
from innergate.primitives.json_value import JsonValue

DROPPED_FROM_REQUESTS: tuple[str, ...] = (
    SCOPE_HEADER,
    "x-envoy-external-address",
    "content-md5",
    "expect",
    "max-forwards",
    "proxy-authenticate",
    "server",
    "te",
    "trailer",
    "via",
    "www-authenticate",
    "x-http-method-override",
)
"""Ours, Envoy's, and those that AWS never sends on; a stage with API keys drops KEY_HEADER, too. Content-Encoding stays:
without it a backend misreads the body."""

DROPPED_FROM_RESPONSES: tuple[str, ...] = ("server", "date", "via")

_REMAPPED = ("date", "server", "x-amzn-requestid")
"""Those that the gateway's own take the place of. AWS also repeats the length, which passes here as it is."""


def stage_request_headers(api_id: str) -> list[JsonValue]:
    """What every backend is told."""
    return [overwrite("x-amzn-apigateway-api-id", api_id)]


def remapped_headers() -> list[JsonValue]:
    """A backend's own headers under x-amzn-remapped-..., before the gateway's take their place. An absent one adds nothing."""
    return [overwrite(f"x-amzn-remapped-{name}", f"%RESP({name.upper()})%") for name in _REMAPPED]


def stage_response_headers(has_early_id: bool) -> list[JsonValue]:
    """What every answer of a stage carries. `has_early_id`: the request has its id already."""
    return answer_headers() if has_early_id else fresh_answer_headers()
