"""One invocation, and what became of it."""

import base64
from typing import NamedTuple, Protocol

import msgspec

from innergate.plans.functions import FunctionPlan, FunctionVersionPlan
from innergate.runtime.functions.streamed_body import Hold

MAX_RESPONSE_BYTES = 6_291_556
"""Of a synchronous invocation (Lambda Developer Guide, "Lambda quotas"; the Runtime API's own figure)."""
MAX_STREAM_BYTES = 200 * 1024 * 1024
"""Of a response that is streamed (Lambda Developer Guide, "Lambda quotas")."""
TAIL_BYTES = 4_096


class Target(NamedTuple):
    """What is invoked: a version of a function, by the ARN that the caller used."""

    plan: FunctionPlan
    version: FunctionVersionPlan
    invoked_arn: str


class Sink(Protocol):
    """Where the response of a function goes that streams it."""

    def begin(self, content_type: str) -> None:
        """The response begins."""

    def write(self, data: bytes) -> None:
        """More of it."""

    def held_by(self, hold: Hold) -> None:
        """`hold` is called as there is room, and as there is none."""


class Invocation(NamedTuple):
    """A call of a function. `client_context` is JSON ("" for none), `trace_id` the header's value. Who has a `sink` takes the
    response while it is made; without one it is whole."""

    request_id: str
    payload: bytes
    client_context: str = ""
    trace_id: str = ""
    sink: Sink | None = None


class Outcome(NamedTuple):
    """`error` is "" for a result, else what X-Amz-Function-Error says; `log` the lines of this invocation. Of a result that
    `was_streamed` the payload is empty."""

    payload: bytes
    error: str
    log: bytes
    was_streamed: bool = False

    @property
    def log_tail(self) -> str:
        """X-Amz-Log-Result."""
        return base64.b64encode(self.log[-TAIL_BYTES:]).decode("ascii")


class Refused(Exception):
    """Lambda's own no, as the Invoke API says it."""

    def __init__(self, status: int, code: str, message: str, reason: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.reason = reason


def failure(kind: str, message: str, request_id: str) -> bytes:
    """The payload of an invocation that the service itself ended."""
    document = {"errorType": kind, "errorMessage": f"RequestId: {request_id} Error: {message}"}
    return msgspec.json.encode(document)
