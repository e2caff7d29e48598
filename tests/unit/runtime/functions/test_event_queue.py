"""Asynchronous invocations: kept until they are delivered or too old."""

import asyncio
import io
import json
import time
from pathlib import Path

import msgspec
import pytest
from tests.unit.runtime.functions.function_kit import ARN, FunctionKit

from innergate.primitives import event_log
from innergate.runtime.functions.event_queue import SUFFIX, EventQueue, StoredEvent


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
        async with kit.pool() as pool, asyncio.timeout(20), asyncio.TaskGroup() as tasks:
            return EventQueue(folder, pool, tasks).resume()

    assert asyncio.run(go()) == 1
    assert list(folder.iterdir()) == []
    line = json.loads(said.getvalue())
    assert (line["level"], line["function"], line["request_id"]) == ("warning", ARN, "id-0")


def test_what_cannot_be_read_is_said_and_left(tmp_path: Path, said: io.StringIO) -> None:
    kit = FunctionKit(tmp_path)
    folder = tmp_path / "events"
    folder.mkdir()
    (folder / f"torn{SUFFIX}").write_bytes(b"\x85")

    async def go() -> int:
        async with kit.pool() as pool, asyncio.TaskGroup() as tasks:
            return EventQueue(folder, pool, tasks).resume()

    assert asyncio.run(go()) == 0
    assert (folder / f"torn{SUFFIX}").exists()
    assert json.loads(said.getvalue())["event"] == "an event cannot be read"
