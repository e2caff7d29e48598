"""What a worker is told of a function's own address: one document a function URL."""

import msgspec

FUNCTION_URLS = "function-urls"
"""The documents' folder; a document's name is the URL's id."""

METHOD = "function-url"
"""What stands in a call header in place of a resource's id; no resource has such an id."""


class UrlCors(msgspec.Struct, frozen=True, kw_only=True):
    """What pages of other sites may do."""

    allows_credentials: bool = False
    headers: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    exposed: tuple[str, ...] = ()
    max_age_s: int = 0


class FunctionUrlPlan(msgspec.Struct, frozen=True, kw_only=True):
    """A function URL. `arn` has the alias, if there is one; `policy` is that ARN's own, JSON ("" for none)."""

    id: str
    account: str
    region: str
    host: str
    arn: str
    is_signed: bool
    """AuthType AWS_IAM."""
    streams: bool
    """InvokeMode RESPONSE_STREAM."""
    policy: str = ""
    cors: UrlCors | None = None
