"""What control asks a worker to try, and what it says of it: TestInvokeMethod and TestInvokeAuthorizer, as JSON."""

import msgspec


class MethodTrial(msgspec.Struct, frozen=True, kw_only=True):
    """A method of a document (by `<resource id>/<verb>`), and the request that it is tried with. `path` is raw and without the
    stage. `caller` are `$context.identity` variables of who asks."""

    document: str
    method: str
    verb: str
    path: str
    query: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""
    request_id: str
    received_ms: int
    caller: dict[str, str] = {}


class MethodTried(msgspec.Struct, frozen=True, kw_only=True):
    """The answer. `log` are the lines of the execution log."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: str
    latency_ms: int
    log: tuple[str, ...]


class AuthorizerTrial(msgspec.Struct, frozen=True, kw_only=True):
    """An authorizer of a document, and the request that it is asked about."""

    document: str
    authorizer: str
    path: str
    query: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""
    request_id: str
    received_ms: int


class AuthorizerTried(msgspec.Struct, frozen=True, kw_only=True):
    """What it said. `status` is what a client would have met, 0 where it was let in."""

    status: int
    principal: str = ""
    policy: str = ""
    context: dict[str, list[str]] = {}
    claims: dict[str, str] = {}
    latency_ms: int = 0
    log: tuple[str, ...] = ()


METHODS_PATH = "/trials/methods"
AUTHORIZERS_PATH = "/trials/authorizers"
"""Where a worker takes them, with TEST_HEADER on the request."""
