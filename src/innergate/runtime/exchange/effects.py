"""What an exchange asks of the world, and what it gets back.

An exchange is `Generator[Effect, Reply, Answer]`: whoever runs it performs each effect and sends the reply in. A reply is never
an exception; the reply's class follows from the effect's.
"""

from typing import Literal, TypeAlias

import msgspec

from innergate.plans.functions import RoleCredentials
from innergate.runtime.exchange.body_rest import BodyRest
from innergate.runtime.exchange.call import Headers


class SendHttp(msgspec.Struct, frozen=True, kw_only=True, tag="send-http"):
    """A request to a backend by way of one of Envoy's clusters. `target` is path and query as sent; the Host header is `host`.
    With `streams` the reply comes with the answer's head; no more than `idle_s` may pass between parts of its body. Gets an
    HttpReply or EffectFailed."""

    cluster: str
    verb: str
    target: str
    host: str
    headers: Headers = ()
    body: bytes = b""
    timeout_ms: int = 29000
    streams: bool = False
    idle_s: int = 300


class HttpReply(msgspec.Struct, frozen=True, kw_only=True, tag="http-reply"):
    """A backend's answer: whole, or `rest` is yet to come."""

    status: int
    headers: Headers = ()
    body: bytes = b""
    latency_ms: int = 0
    rest: BodyRest | None = None


class InvokeFunction(msgspec.Struct, frozen=True, kw_only=True, tag="invoke-function"):
    """An invocation of a Lambda function. With `streams` the reply comes once the result is there up to the end of its metadata
    (or without it, as far as metadata may go); a function that need not give `has_metadata` says by its content type whether
    it does. `idle_s` as above. Gets a FunctionReply or EffectFailed."""

    arn: str
    payload: bytes
    timeout_ms: int = 29000
    is_async: bool = False
    streams: bool = False
    has_metadata: bool = True
    idle_s: int = 300


class FunctionReply(msgspec.Struct, frozen=True, kw_only=True, tag="function-reply"):
    """`status` is that of Lambda's Invoke (200, 202, 4xx, 5xx); `function_error` is "" or Handled/Unhandled. `rest` is what of
    the payload is yet to come; `content_type` what a function that streams calls it."""

    status: int
    payload: bytes = b""
    rest: BodyRest | None = None
    content_type: str = ""
    function_error: str = ""
    request_id: str = ""
    latency_ms: int = 0


class CallService(msgspec.Struct, frozen=True, kw_only=True, tag="call-service"):
    """A request to another AWS service at `endpoint` (a URL without a path; the platform's own front where `is_own`), to be
    signed with `credentials`. `target` is path and query; Host follows from the endpoint. Gets an HttpReply or EffectFailed."""

    service: str
    region: str
    endpoint: str
    verb: str
    target: str
    subdomain: str = ""
    is_own: bool = False
    credentials: RoleCredentials
    headers: Headers = ()
    body: bytes = b""
    timeout_ms: int = 29000


class FetchKeys(msgspec.Struct, frozen=True, kw_only=True, tag="fetch-keys"):
    """A GET of a public document (an issuer's configuration or its keys) by URL, which may be answered from memory. Gets an
    HttpReply or EffectFailed."""

    url: str
    max_age_s: int = 3600


class CountCall(msgspec.Struct, frozen=True, kw_only=True, tag="count-call"):
    """Counts a call against the quota that a key has by a usage document (`plans.usage`). Gets CallCounted."""

    document: str
    key_id: str


class CallCounted(msgspec.Struct, frozen=True, kw_only=True, tag="call-counted"):
    """Whether the call was within the quota; a call that is not is not counted."""

    is_within: bool


class EffectFailed(msgspec.Struct, frozen=True, kw_only=True, tag="effect-failed"):
    """No answer: `timeout` after the time given, or `failure`."""

    kind: Literal["timeout", "failure"]
    reason: str
    latency_ms: int = 0


Effect: TypeAlias = SendHttp | InvokeFunction | CallService | FetchKeys | CountCall
Reply: TypeAlias = HttpReply | FunctionReply | CallCounted | EffectFailed
