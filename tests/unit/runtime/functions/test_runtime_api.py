"""The Runtime API as a process meets it: requests in, replies out, no sockets."""

from typing import final

import msgspec

from innergate.runtime.functions.http_protocol import Reply, Request
from innergate.runtime.functions.invocations import MAX_RESPONSE_BYTES, Invocation
from innergate.runtime.functions.runtime_api import Given, Order, RuntimeApi

NEXT = "/2018-06-01/runtime/invocation/next"


@final
class Process:
    """What a process asks, and what it and the supervisor hear."""

    def __init__(self) -> None:
        self.heard: list[Reply] = []
        self.given: list[Given] = []
        self.init_errors: list[bytes] = []
        self.ready = 0
        self.api = RuntimeApi(self._ready, self.given.append, self.init_errors.append)

    def _ready(self) -> None:
        self.ready += 1

    def ask(self, method: str, path: str, body: bytes = b"") -> None:
        def respond(reply: Reply) -> bool:
            self.heard.append(reply)
            return True

        self.api.handle(Request(method, path, {}, body), respond)

    def answer(self, id: str, what: str, body: bytes) -> Reply:
        self.ask("POST", f"/2018-06-01/runtime/invocation/{id}/{what}", body)
        return self.heard[-1]


def order(id: str = "a", payload: bytes = b"{}") -> Order:
    return Order(Invocation(id, payload, '{"c":1}', "Root=1"), "arn:x", 1_000)


def test_work_waits_for_the_process_and_the_process_for_work() -> None:
    early, late = Process(), Process()
    early.ask("GET", NEXT)
    assert early.heard == []
    early.api.put(order())
    late.api.put(order())
    late.ask("GET", NEXT)
    assert early.heard == late.heard
    [reply] = late.heard
    assert (reply.status, reply.body) == (200, b"{}")
    assert reply.headers == {
        "content-type": "application/json",
        "Lambda-Runtime-Aws-Request-Id": "a",
        "Lambda-Runtime-Deadline-Ms": "1000",
        "Lambda-Runtime-Invoked-Function-Arn": "arn:x",
        "Lambda-Runtime-Trace-Id": "Root=1",
        "Lambda-Runtime-Client-Context": '{"c":1}',
    }
    assert (early.ready, late.ready) == (1, 1)


def test_results_and_errors_one_after_the_other() -> None:
    process = Process()
    process.ask("GET", NEXT)
    process.api.put(order("a"))
    assert process.answer("a", "response", b"1").status == 202
    process.ask("GET", NEXT)
    process.api.put(order("b"))
    assert process.answer("b", "error", b'{"errorType":"E"}').status == 202
    assert process.given == [Given(b"1", ""), Given(b'{"errorType":"E"}', "Unhandled")]
    assert process.ready == 1


def test_what_nobody_asked_for_is_refused() -> None:
    process = Process()
    assert process.answer("a", "response", b"1").status == 400
    process.api.put(order("a"))
    assert process.answer("a", "response", b"before it was fetched").status == 400
    process.ask("GET", NEXT)
    assert process.answer("b", "response", b"1").status == 400
    process.api.forget()
    assert process.answer("a", "response", b"too late").status == 400
    process.ask("GET", "/2018-06-01/runtime/other")
    assert process.heard[-1].status == 404
    assert process.given == []


def test_a_result_that_is_too_large() -> None:
    process = Process()
    process.ask("GET", NEXT)
    process.api.put(order("a"))
    assert process.answer("a", "response", b"x" * (MAX_RESPONSE_BYTES + 1)).status == 413
    [given] = process.given
    assert (given.error, given.is_spent) == ("Unhandled", True)
    assert msgspec.json.decode(given.payload)["errorType"] == "Function.ResponseSizeTooLarge"


def test_a_process_that_cannot_begin() -> None:
    process = Process()
    process.ask("POST", "/2018-06-01/runtime/init/error", b'{"errorType":"ImportError"}')
    assert process.heard[0].status == 202
    assert process.init_errors == [b'{"errorType":"ImportError"}']
    assert process.ready == 0
