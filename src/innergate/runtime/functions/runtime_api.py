"""The Lambda Runtime API of one process, as a state machine: what the process asks, what it is told.

Source: Lambda Developer Guide, "Using the Lambda runtime API for custom runtimes" (2018-06-01), "Building a custom runtime for
Lambda" (streamed responses: a header says so, and trailers name an error that came up on the way).
"""

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import NamedTuple, final

import msgspec

from innergate.runtime.functions.http_protocol import Reply, Request, Respond, render
from innergate.runtime.functions.invocations import (
    MAX_RESPONSE_BYTES,
    MAX_STREAM_BYTES,
    Invocation,
    Sink,
    failure,
)
from innergate.runtime.functions.streamed_body import Hold

PREFIX = "/2018-06-01/runtime/"
_NEXT = f"{PREFIX}invocation/next"
_JSON = {"content-type": "application/json"}
_OK = Reply(202, _JSON, b'{"status":"OK"}')
_ACCEPTED = _OK._replace(rendered=render(_OK))


class Given(NamedTuple):
    """What a process made of an invocation. `error` as X-Amz-Function-Error has it, "" for a result; a process that `is_spent`
    gets no more work. A result that `was_streamed` has gone to the order's sink."""

    payload: bytes
    error: str
    is_spent: bool = False
    was_streamed: bool = False


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
        self._upload: _Upload | None = None
        self._is_sent = False

    def put(self, order: Order) -> None:
        """The next order; the one before must be done."""
        self._order, self._is_sent = order, False
        self._send()

    def forget(self) -> None:
        """Nobody waits for the present order any more."""
        self._order = None

    def begin_upload(self, request: Request, hold: Hold) -> "_Upload | None":
        """Who takes the body of a request of the process while it comes: the sink of an order, if the response is streamed."""
        if not _is_streamed(request.headers):
            return None
        match request.method, _words(request.path):
            case "POST", ["invocation", id, "response"] if self.is_present(id):
                order = self._order
                sink = order.invocation.sink if order is not None else None
                if order is None or sink is None:
                    return None
                sink.begin(request.headers.get("content-type", ""))
                sink.held_by(hold)
                self._upload = _Upload(self, id, sink)
                return self._upload
        return None

    def fail(self, id: str, kind: str, message: str) -> None:
        """A streamed response breaks off: nothing that the process says of it counts any more."""
        if self.is_present(id):
            self._order = None
            self._on_given(Given(failure(kind, message, id), "Unhandled", True, True))

    def is_present(self, id: str) -> bool:
        """Whether the process works on this order."""
        return self._order is not None and self._is_sent and self._order.invocation.request_id == id

    def handle(self, request: Request, respond: Respond) -> None:
        """One request of the process."""
        if request.path == _NEXT and request.method == "GET":
            self._waiting = respond
            if not self._is_ready:
                self._is_ready = True
                self._on_ready()
            self._send()
            return
        match request.method, _words(request.path):
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
            "content-type": "application/json",
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
        if not self.is_present(id):
            respond(_refusal(400, "InvalidRequestID", "Invalid request ID"))
            return
        self._order = None
        upload, self._upload = self._upload, None
        if what == "response" and _is_streamed(request.headers):
            error = _error_of(request.trailers)
            if error is not None or upload is not None:
                respond(_ACCEPTED)
                was_streamed = upload is not None
                self._on_given(Given(error or b"", "Unhandled" if error is not None else "", False, was_streamed))
                return
        if len(request.body) > MAX_RESPONSE_BYTES:
            text = f"Exceeded maximum allowed payload size ({MAX_RESPONSE_BYTES} bytes)."
            respond(_refusal(413, "RequestEntityTooLarge", text))
            message = f"Response payload size exceeded maximum allowed payload size ({MAX_RESPONSE_BYTES} bytes)."
            self._on_given(Given(failure("Function.ResponseSizeTooLarge", message, id), "Unhandled", True))
            return
        respond(_ACCEPTED)
        self._on_given(Given(request.body, "Unhandled" if what == "error" else ""))


@final
class _Upload:
    """A response that a process streams."""

    def __init__(self, api: RuntimeApi, id: str, sink: Sink) -> None:
        self._api = api
        self._id = id
        self._sink = sink
        self._size = 0

    def take(self, data: bytes) -> None:
        """More of it."""
        if not self._api.is_present(self._id):
            return
        self._size += len(data)
        if self._size > MAX_STREAM_BYTES:
            text = f"Response payload size exceeded maximum allowed payload size ({MAX_STREAM_BYTES} bytes)."
            self._api.fail(self._id, "Function.ResponseSizeTooLarge", text)
            return
        self._sink.write(data)

    def lose(self) -> None:
        """The process has closed the connection before the end."""
        self._api.fail(self._id, "Runtime.TruncatedResponse", "The runtime's connection ended within a response")


def _words(path: str) -> list[str]:
    rest = path.removeprefix(PREFIX)
    return rest.split("/") if rest != path else []


def _is_streamed(headers: Mapping[str, str]) -> bool:
    return headers.get("lambda-runtime-function-response-mode", "").lower() == "streaming"


def _error_of(trailers: Mapping[str, str]) -> bytes | None:
    """The error that a process names after a streamed response, as a payload; None where it names none."""
    kind = trailers.get("lambda-runtime-function-error-type", "")
    if not kind:
        return None
    try:
        body = base64.b64decode(trailers.get("lambda-runtime-function-error-body", ""), validate=True)
    except (binascii.Error, ValueError):
        body = b""
    return body or msgspec.json.encode({"errorType": kind, "errorMessage": ""})


def _refusal(status: int, kind: str, message: str) -> Reply:
    return Reply(status, _JSON, msgspec.json.encode({"errorType": kind, "errorMessage": message}))
