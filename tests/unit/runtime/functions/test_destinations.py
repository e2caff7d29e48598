"""What became of an event is told to the function that the plan names."""

import asyncio
import io
import json
import time
from pathlib import Path
from typing import Any

import pytest
from tests.unit.runtime.functions.function_kit import ARN, ECHO, FunctionKit, arn_of

from innergate.plans.functions import AsyncPlan
from innergate.primitives import event_log
from innergate.runtime.functions.destinations import MAX_HOPS, Ending, make_record
from innergate.runtime.functions.event_queue import EventQueue
from innergate.runtime.functions.invocations import Invocation, Outcome
from innergate.runtime.functions.pool import Done
from innergate.testing.waiting import LONGEST_S

TOLD = "def handler(event, context):\n    print('told', __import__('json').dumps(event))\n"
FAILS = "def handler(event, context):\n    raise ValueError('no')\n"


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What is logged."""
    made = io.StringIO()
    monkeypatch.setattr(event_log, "_to", [made])
    return made


def deliver(kit: FunctionKit, *payloads: bytes, arn: str = ARN) -> list[Any]:
    """The records that functions printed, once nothing is left to do."""
    folder = kit.folder / "events"

    async def go() -> None:
        async with kit.pool() as pool, asyncio.timeout(LONGEST_S):
            async with asyncio.TaskGroup() as tasks:
                queue = EventQueue(folder, pool, tasks, pauses_s=(0.01,))
                for number, payload in enumerate(payloads):
                    await queue.add(arn, Invocation(f"id-{number}", payload))
            await asyncio.sleep(0.2)

    asyncio.run(go())
    assert list(folder.iterdir()) == []
    return [json.loads(line.removeprefix("told ")) for line in kit.lines() if line.startswith("told ")]


def test_a_success_is_told(tmp_path: Path) -> None:
    kit = FunctionKit(tmp_path)
    kit.put(ECHO, events=AsyncPlan(on_success=arn_of("told"), on_failure=arn_of("nobody")))
    kit.put(TOLD, name="told")
    [record] = deliver(kit, b'{"n": 1}')
    assert record.pop("timestamp").endswith("Z")
    assert record == {
        "version": "1.0",
        "requestContext": {
            "requestId": "id-0",
            "functionArn": f"{ARN}:$LATEST",
            "condition": "Success",
            "approximateInvokeCount": 1,
        },
        "requestPayload": {"n": 1},
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST"},
        "responsePayload": {"n": 1},
    }


def test_a_failure_is_told_after_the_last_try(tmp_path: Path) -> None:
    kit = FunctionKit(tmp_path)
    kit.put(FAILS, events=AsyncPlan(retries=1, on_success=arn_of("nobody"), on_failure=arn_of("told")))
    kit.put(TOLD, name="told")
    [record] = deliver(kit, b"[]")
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert record["requestContext"]["approximateInvokeCount"] == 2
    assert record["responseContext"]["functionError"] == "Unhandled"
    assert record["responsePayload"]["errorMessage"] == "no"


def test_an_event_that_is_too_old_is_told(tmp_path: Path, said: io.StringIO) -> None:
    kit = FunctionKit(tmp_path)
    kit.put(ECHO, reserved=0, events=AsyncPlan(longest_age_s=0, on_failure=arn_of("told")))
    kit.put(TOLD, name="told")
    [record] = deliver(kit, b"{}")
    assert record["requestContext"]["condition"] == "EventAgeExceeded"
    assert record["requestContext"]["approximateInvokeCount"] == 0
    assert "responsePayload" not in record
    assert "too old" in said.getvalue()


def test_nobody_is_told_where_nobody_asks(tmp_path: Path) -> None:
    kit = FunctionKit(tmp_path)
    kit.put(ECHO, events=AsyncPlan(on_failure=arn_of("told")))
    kit.put(TOLD, name="told")
    assert deliver(kit, b"{}") == []


def test_a_loop_ends(tmp_path: Path, said: io.StringIO) -> None:
    kit = FunctionKit(tmp_path)
    counts = "import os\ndef handler(event, context):\n    print('told', '1')\n"
    kit.put(counts, events=AsyncPlan(on_success=ARN))
    assert deliver(kit, b"{}") == [1] * (MAX_HOPS + 1)
    assert "a loop of functions is ended" in said.getvalue()


def test_a_record_that_is_too_large_is_not_sent(tmp_path: Path, said: io.StringIO) -> None:
    kit = FunctionKit(tmp_path)
    kit.put("def handler(event, context):\n    return 'x' * 1_100_000\n", events=AsyncPlan(on_success=arn_of("told")))
    kit.put(TOLD, name="told")
    assert deliver(kit, b"{}") == []
    assert "too large" in said.getvalue()


def test_a_record_of_what_is_no_json() -> None:
    done = Done(Outcome(b"\xff{", "", b""), "3")
    record = json.loads(make_record(f"{ARN}:live", "r", b"", Ending("Success", 1, done), time.time()))
    assert record["requestContext"]["functionArn"] == f"{ARN}:live"
    assert (record["requestPayload"], record["responsePayload"]) == (None, "\ufffd{")
    assert record["responseContext"]["executedVersion"] == "3"
