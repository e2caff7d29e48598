"""The whole process: asked over its socket, killed, and started again."""

import asyncio
import base64
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from tests.unit.runtime.functions.function_kit import ARN, FunctionKit

from innergate.primitives.fault import Fault
from innergate.server.node_calls import node_asker
from innergate.services.node_calls import NodeAnswer, NodeCall
from innergate.testing.waiting import LONGEST_S


@pytest.fixture
def supervisor(kit: FunctionKit) -> Iterator[subprocess.Popen[bytes]]:
    with start(kit) as process:
        yield process
        stop(process)


def start(kit: FunctionKit) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "innergate.runtime.functions", "--state", str(kit.folder)]
    return subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True)


def stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0


def ask(kit: FunctionKit, payload: bytes, arn: str = ARN, **headers: str) -> NodeAnswer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    path = f"/invoke/{quote(arn, safe='')}"
    call = NodeCall("functions", "POST", path, named, payload, 20.0, lambda answer: {}, Fault("gone", "gone"))

    async def run() -> NodeAnswer:
        return await node_asker(kit.folder / "run")(call)

    return asyncio.run(run())


def test_an_answer_as_invoke_gives_it(kit: FunctionKit, supervisor: subprocess.Popen[bytes]) -> None:
    kit.put("def handler(e, c):\n    return [e, c.client_context.custom]\n")
    answer = ask(kit, b'"x"', x_amz_log_type="Tail", x_amz_client_context="eyJjdXN0b20iOnsiYSI6MX19")
    assert (answer.status, answer.body) == (200, b'["x", {"a": 1}]')
    assert answer.headers["x-amz-executed-version"] == "$LATEST"
    assert "x-amz-function-error" not in answer.headers
    assert len(answer.headers["x-amz-log-result"]) > 40
    kit.put("def handler(e, c):\n    raise KeyError('k')\n")
    assert ask(kit, b"1").headers["x-amz-function-error"] == "Unhandled"


def test_refusals(kit: FunctionKit, supervisor: subprocess.Popen[bytes]) -> None:
    answer = ask(kit, b"1")
    assert (answer.status, answer.headers["x-amzn-errortype"]) == (404, "ResourceNotFoundException")
    assert json.loads(answer.body)["message"] == f"Function not found: {ARN}"
    kit.put(reserved=0)
    throttled = ask(kit, b"1")
    assert throttled.status == 429
    assert json.loads(throttled.body)["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"
    assert ask(kit, b"1", x_amz_client_context="!").status == 400
    deep = base64.b64encode(b"[" * 9_000).decode()
    assert ask(kit, b"1", x_amz_client_context=deep).status == 400


def test_an_event_is_answered_first_and_survives_a_kill(kit: FunctionKit) -> None:
    kit.put("import time\ndef handler(e, c):\n    time.sleep(0.5)\n    print('done', e)\n")
    with start(kit) as process:
        answer = ask(kit, b'"it"', x_amz_invocation_type="Event")
        assert (answer.status, answer.body) == (202, b"")
        process.kill()
        process.wait()
    waiting = kit.folder / "function-events"
    assert len(list(waiting.iterdir())) == 1
    with start(kit) as process:
        deadline = time.monotonic() + LONGEST_S
        while list(waiting.iterdir()) and time.monotonic() < deadline:
            time.sleep(0.05)
        stop(process)
    kit.log = kit.folder / "log" / "functions" / "lines.jsonl"
    assert kit.lines().count("done it\n") == 1
    assert list(waiting.iterdir()) == []


def test_functions_end_with_the_supervisor(kit: FunctionKit) -> None:
    kit.put("import os\ndef handler(e, c):\n    return c.log_stream_name\n")
    with start(kit) as process:
        stream = json.loads(ask(kit, b"1").body)
        assert processes_with(stream)
        process.kill()
        process.wait()
    deadline = time.monotonic() + LONGEST_S
    while processes_with(stream) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert processes_with(stream) == []


def processes_with(text: str) -> list[str]:
    """Processes with a text in their environment."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if text.encode() in (entry / "environ").read_bytes():
                    found.append(entry.name)
            except OSError:
                continue
    return found
