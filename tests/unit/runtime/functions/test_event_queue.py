"""Asynchronous invocations: kept until they are delivered or too old."""

import asyncio
import io
import json
import threading
import time
import tracemalloc
from pathlib import Path

import msgspec
import pytest
from tests.unit.runtime.functions.function_kit import ARN, FunctionKit

from innergate.primitives import event_log
from innergate.runtime.functions import event_queue
from innergate.runtime.functions.event_queue import SUFFIX, EventQueue, StoredEvent
from innergate.runtime.functions.invocations import Invocation, Refused
from innergate.testing.waiting import LONGEST_S, until


class _Enough(Exception):
    """Ends the tasks that wait."""


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What is logged."""
    made = io.StringIO()
    monkeypatch.setattr(event_log, "_to", [made])
    return made


def test_what_is_too_old_is_dropped_and_said(tmp_path: Path, said: io.StringIO) -> None:
    kit = FunctionKit(tmp_path)
    kit.put(reserved=0)
    folder = tmp_path / "events"
    folder.mkdir()
    event = StoredEvent(arn=ARN, request_id="id-0", payload=b"{}", accepted_at=time.time() - 7 * 3600)
    (folder / f"id-0{SUFFIX}").write_bytes(msgspec.msgpack.encode(event))

    async def go() -> int:
        async with kit.pool() as pool, asyncio.timeout(LONGEST_S), asyncio.TaskGroup() as tasks:
            return await EventQueue(folder, pool, tasks).resume()

    assert asyncio.run(go()) == 1
    assert list(folder.iterdir()) == []
    taken, line = map(json.loads, said.getvalue().splitlines())
    assert taken["events"] == 1
    assert (line["level"], line["function"], line["request_id"]) == ("warning", ARN, "id-0")


def test_what_cannot_be_read_is_said_and_left(tmp_path: Path, said: io.StringIO) -> None:
    kit = FunctionKit(tmp_path)
    folder = tmp_path / "events"
    folder.mkdir()
    (folder / f"torn{SUFFIX}").write_bytes(b"\x85")

    async def go() -> int:
        async with kit.pool() as pool, asyncio.TaskGroup() as tasks:
            return await EventQueue(folder, pool, tasks).resume()

    assert asyncio.run(go()) == 0
    assert (folder / f"torn{SUFFIX}").exists()
    assert json.loads(said.getvalue().splitlines()[0])["event"] == "an event cannot be read"


def test_what_was_left_is_read_while_others_are_served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may be gigabytes, and whoever calls a function then must not wait for it."""
    kit = FunctionKit(tmp_path)
    kit.put(reserved=0)
    folder = tmp_path / "events"
    folder.mkdir()
    for number in range(5):
        event = StoredEvent(arn=ARN, request_id=f"id-{number}", payload=b"{}", accepted_at=time.time() - 7 * 3600)
        (folder / f"id-{number}{SUFFIX}").write_bytes(msgspec.msgpack.encode(event))
    may_read = threading.Event()

    def read_late(path: Path) -> StoredEvent:
        assert may_read.wait(LONGEST_S), "nobody else had a turn"
        return msgspec.msgpack.decode(path.read_bytes(), type=StoredEvent)

    monkeypatch.setattr(event_queue, "_read", read_late)
    monkeypatch.setattr(event_queue, "READ_AT_ONCE", 2)
    taken: list[int] = []

    async def go() -> None:
        async with kit.pool() as pool, asyncio.timeout(LONGEST_S), asyncio.TaskGroup() as tasks:
            queue = EventQueue(folder, pool, tasks)
            resuming = tasks.create_task(queue.resume())
            await asyncio.sleep(0)
            await queue.add(ARN, Invocation("id-new", b"{}"))
            may_read.set()
            taken.append(await resuming)
            await until(lambda: len(list(folder.iterdir())) == 1)
            raise _Enough

    with pytest.raises(ExceptionGroup):
        asyncio.run(go())
    assert taken == [5], "one that is added meanwhile was not left behind"
    assert [path.name for path in folder.iterdir()] == [f"id-new{SUFFIX}"]


def fill(folder: Path, events: int, payload: bytes, least_bytes: int) -> int:
    """How many events of a function that nothing may run were taken; waits until they have less memory than that."""
    kit = FunctionKit(folder)
    kit.put(reserved=0)
    taken = 0
    codes: list[str] = []

    async def go() -> None:
        nonlocal taken
        async with kit.pool() as pool, asyncio.timeout(LONGEST_S), asyncio.TaskGroup() as tasks:
            queue = EventQueue(folder / "events", pool, tasks)
            tracemalloc.start()
            try:
                for number in range(events):
                    await queue.add(ARN, Invocation(f"id-{number}", bytes(bytearray(payload))))
                    taken += 1
            except Refused as refused:
                codes.append(f"{refused.status} {refused.code}")
            try:
                await until(lambda: tracemalloc.get_traced_memory()[0] < least_bytes, "little memory")
            finally:
                tracemalloc.stop()
            raise _Enough

    with pytest.raises(ExceptionGroup):
        asyncio.run(go())
    assert codes in ([], ["429 TooManyRequestsException"])
    return taken


def test_cases_76_86_events_that_wait_are_not_held_in_memory(tmp_path: Path) -> None:
    """A function that may not run (reserved concurrency 0) has its events wait for six hours."""
    assert fill(tmp_path, 40, b"[" + b"1," * 250_000 + b"1]", 4_000_000) == 40
    assert len(list((tmp_path / "events").glob(f"*{SUFFIX}"))) == 40


@pytest.mark.parametrize(("bound", "value"), [("MAX_EVENTS", 5), ("MAX_EVENT_BYTES", 5 * 1002)])
def test_cases_76_86_one_account_does_not_fill_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bound: str, value: int
) -> None:
    monkeypatch.setattr(event_queue, bound, value)
    assert fill(tmp_path, 8, b"1" * 1000, 4_000_000) == 5
    assert len(list((tmp_path / "events").glob(f"*{SUFFIX}"))) == 5
