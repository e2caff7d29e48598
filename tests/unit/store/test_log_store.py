"""The log store keeps events in order, for as long as it is told, and never twice."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from innergate.store.errors import StoreTooNew
from innergate.store.log_events import LogKey, NewEvent, Position, Span
from innergate.store.log_store import SCHEMA_VERSION, Batch, LogStore
from innergate.store.side_file import SourcePosition

GROUP, OTHER = LogKey("arn:group", 1), LogKey("arn:other", 1)
EVERYTHING = Span()


@pytest.fixture
def logs(tmp_path: Path) -> Iterator[LogStore]:
    store = LogStore(tmp_path / "logs.sqlite")
    yield store
    store.close()


def messages(logs: LogStore, span: Span = EVERYTHING, limit: int = 100, newest_first: bool = False) -> list[str]:
    return [event.message for event in logs.read(GROUP, span, limit, newest_first)]


def test_events_come_back_by_time_then_by_arrival(logs: LogStore) -> None:
    logs.append(GROUP, "s", [NewEvent(20, "c"), NewEvent(10, "a")], 100)
    logs.append(GROUP, "t", [NewEvent(10, "b")], 101)
    logs.append(OTHER, "s", [NewEvent(10, "x")], 101)
    assert messages(logs) == ["a", "b", "c"]
    assert messages(logs, newest_first=True, limit=2) == ["c", "b"]
    assert messages(logs, Span(streams=("t",))) == ["b"]
    assert messages(logs, Span(streams=("none",))) == []
    assert messages(logs, Span(start_ms=11)) == ["c"]
    assert messages(logs, Span(end_ms=20)) == ["a", "b"]
    first, second, third = logs.read(GROUP, Span(), 3)
    assert messages(logs, Span(after=first.position)) == ["b", "c"]
    assert messages(logs, Span(before=third.position, after=first.position)) == ["b"]
    assert (second.stream, second.ingested_ms, second.position.at_ms) == ("t", 101, 10)


def test_a_stream_knows_its_first_and_last_event(logs: LogStore) -> None:
    assert logs.create_stream(GROUP, "s", 5)
    assert not logs.create_stream(GROUP, "s", 6)
    [empty] = logs.streams(GROUP)
    assert (empty.created_ms, empty.first_ms, empty.last_ms, empty.ingested_ms) == (5, None, None, None)
    logs.append(GROUP, "s", [NewEvent(20, "a"), NewEvent(30, "b")], 40)
    logs.append(GROUP, "s", [NewEvent(10, "late")], 41)
    [stream] = logs.streams(GROUP)
    assert (stream.created_ms, stream.first_ms, stream.last_ms, stream.ingested_ms) == (5, 10, 30, 41)


def test_a_deleted_stream_takes_its_events_along(logs: LogStore) -> None:
    logs.append(GROUP, "s", [NewEvent(1, "four")], 1)
    logs.append(GROUP, "t", [NewEvent(1, "kept!")], 1)
    assert logs.delete_stream(GROUP, "s")
    assert not logs.delete_stream(GROUP, "s")
    assert messages(logs) == ["kept!"]
    assert logs.stored_bytes()[GROUP] == 5


def test_purging_keeps_what_it_is_told(logs: LogStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("innergate.store.log_store.PURGE_BATCH", 3)
    logs.append(GROUP, "s", [NewEvent(n, str(n)) for n in range(10)], 1)
    logs.append(OTHER, "s", [NewEvent(n, str(n)) for n in range(10)], 1)
    logs.purge({GROUP: 8}.get)
    assert messages(logs) == ["8", "9"]
    assert logs.read(OTHER, Span(), 100) == []
    assert logs.streams(OTHER) == ()
    assert logs.stored_bytes() == {GROUP: 2}


def test_a_group_made_again_starts_empty(logs: LogStore) -> None:
    logs.append(GROUP, "s", [NewEvent(1, "old")], 1)
    again = LogKey(GROUP.arn, 2)
    assert logs.read(again, Span(), 10) == []
    assert logs.streams(again) == ()


def test_events_and_how_far_their_source_was_read_are_one_step(tmp_path: Path) -> None:
    path = tmp_path / "logs.sqlite"
    logs = LogStore(path)
    logs.take([Batch(GROUP, "s", [NewEvent(1, "a")])], SourcePosition("access", 7, 100, b"a"), 1)
    nothing: Any = None
    broken = [Batch(GROUP, "s", [NewEvent(2, "b"), NewEvent(3, nothing)])]
    with pytest.raises(sqlite3.IntegrityError):
        logs.take(broken, SourcePosition("access", 7, 200, b"b"), 2)
    logs.close()
    logs = LogStore(path)
    assert messages(logs) == ["a"]
    assert logs.positions("access") == (SourcePosition("access", 7, 100, b"a"),)
    logs.forget_source("access", 7)
    assert logs.positions("access") == ()
    logs.close()


def test_numbers_are_never_used_twice(logs: LogStore) -> None:
    logs.append(GROUP, "s", [NewEvent(1, "a")], 1)
    [event] = logs.read(GROUP, Span(), 1)
    logs.purge({GROUP: 5}.get)
    logs.append(GROUP, "s", [NewEvent(9, "b")], 9)
    [later] = logs.read(GROUP, Span(after=Position(0, event.position.number)), 1)
    assert later.position.number > event.position.number


def test_a_file_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "logs.sqlite"
    LogStore(path).close()
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    with pytest.raises(StoreTooNew, match="use a newer one"):
        LogStore(path)
