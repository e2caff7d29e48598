"""The Lambda Runtime API of one process, as a state machine: what the process asks, what it is told.

Source: Lambda Developer Guide, "Using the Lambda runtime API for custom runtimes" (2018-06-01).
"""

from collections.abc import Callable
from typing import NamedTuple, final

import msgspec

from innergate.runtime.functions.http_protocol import Reply, Request, Respond
from innergate.runtime.functions.invocations import MAX_RESPONSE_BYTES, Invocation, failure

PREFIX = "/2018-06-01/runtime/"
_JSON = {"content-type": "application/json"}
_ACCEPTED = Reply(202, _JSON, b'{"status":"OK"}')


class Given(NamedTuple):
    """What a process made of an invocation. `error` as X-Amz-Function-Error has it, "" for a result; a process that `is_spent`
    gets no more work."""

    payload: bytes
    error: str
    is_spent: bool = False


class Order(NamedTuple):
    """An invocation as it is handed to the process. `deadline_ms` is Unix time."""

    invocation: Invocation
    invoked_arn: str
    deadline_ms: int


@final
class RuntimeApi:
    """`on_ready` is called when the process first asks for work, `on_given` with what it made of each order, `on_init_error`
    with the payload where it cannot begin."""

    def __init__(
        self,
        on_ready: Callable[[], None],
        on_given: Callable[[Given], None],
        on_init_error: Callable[[bytes], None],
    ) -> None:
        self._on_ready = on_ready
        self._on_given = on_given
        self._on_init_error = on_init_error
        self._is_ready = False
        self._waiting: Respond | None = None
        self._order: Order | None = None
        self._is_sent = False

    def put(self, order: Order) -> None:
        """The next order; the one before must be done."""
        self._order, self._is_sent = order, False
        self._send()

    def forget(self) -> None:
        """Nobody waits for the present order any more."""
        self._order = None

    def handle(self, request: Request, respond: Respond) -> None:
        """One request of the process."""
        path = request.path.removeprefix(PREFIX)
        words = path.split("/") if path != request.path else []
        match request.method, words:
            case "GET", ["invocation", "next"]:
                self._waiting = respond
                if not self._is_ready:
                    self._is_ready = True
                    self._on_ready()
                self._send()
            case "POST", ["invocation", id, ("response" | "error") as what]:
                self._take(id, what, request, respond)
            case "POST", ["init", "error"]:
                respond(_ACCEPTED)
                self._on_init_error(request.body)
            case _:
                respond(_refusal(404, "InvalidPath", f"there is no {request.method} {request.path}"))

    def _send(self) -> None:
        if self._waiting is None or self._order is None or self._is_sent:
            return
        invocation = self._order.invocation
        headers = {
            **_JSON,
            "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
            "Lambda-Runtime-Deadline-Ms": str(self._order.deadline_ms),
            "Lambda-Runtime-Invoked-Function-Arn": self._order.invoked_arn,
        }
        if invocation.trace_id:
            headers["Lambda-Runtime-Trace-Id"] = invocation.trace_id
        if invocation.client_context:
            headers["Lambda-Runtime-Client-Context"] = invocation.client_context
        respond, self._waiting = self._waiting, None
        self._is_sent = respond(Reply(200, headers, invocation.payload))

    def _take(self, id: str, what: str, request: Request, respond: Respond) -> None:
        order = self._order
        if order is None or not self._is_sent or order.invocation.request_id != id:
            respond(_refusal(400, "InvalidRequestID", "Invalid request ID"))
            return
        self._order = None
        if len(request.body) > MAX_RESPONSE_BYTES:
            text = f"Exceeded maximum allowed payload size ({MAX_RESPONSE_BYTES} bytes)."
            respond(_refusal(413, "RequestEntityTooLarge", text))
            message = f"Response payload size exceeded maximum allowed payload size ({MAX_RESPONSE_BYTES} bytes)."
            self._on_given(Given(failure("Function.ResponseSizeTooLarge", message, id), "Unhandled", True))
            return
        respond(_ACCEPTED)
        self._on_given(Given(request.body, "Unhandled" if what == "error" else ""))


def _refusal(status: int, kind: str, message: str) -> Reply:
    return Reply(status, _JSON, msgspec.json.encode({"errorType": kind, "errorMessage": message}))
