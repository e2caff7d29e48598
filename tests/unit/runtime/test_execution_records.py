"""A worker's lines about calls reach a file off its loop, whole, cut as AWS cuts them, and never without a role for them."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from innergate.plans.runtime import RuntimeStage
from innergate.runtime import execution_records
from innergate.runtime.execution_records import MAX_EVENT_BYTES, ExecutionRecords, cut_event
from innergate.runtime.functions.log_file import LogFile, LogRecord
from innergate.testing.waiting import until

STAGE = RuntimeStage(
    api_id="abc123",
    stage="test",
    account="111122223333",
    region="us-east-1",
    deployment_id="dep1",
    logging_group="API-Gateway-Execution-Logs_abc123/test",
)


def written(path: Path) -> list[LogRecord]:
    return (
        [msgspec.json.decode(line, type=LogRecord) for line in path.read_bytes().splitlines()] if path.exists() else []
    )


def messages(records: list[LogRecord]) -> list[str]:
    return [line.message for record in records for line in record.lines]


def say(path: Path, *calls: tuple[RuntimeStage, str, list[str]]) -> list[LogRecord]:
    async def run() -> None:
        records = ExecutionRecords(LogFile(path))
        records.start()
        for stage, request_id, lines in calls:
            records.add(stage, request_id, lines)
        await records.close()

    asyncio.run(run())
    return written(path)


def test_the_lines_of_a_call_are_in_order_in_one_stream(tmp_path: Path) -> None:
    seen = say(tmp_path / "l", (STAGE, "id-1", ["a", "b"]), (STAGE, "id-2", ["c"]))
    assert messages(seen) == ["(id-1) a", "(id-1) b", "(id-2) c"]
    assert {record.group for record in seen} == {STAGE.logging_group}
    assert [len(record.lines) for record in seen] == [2, 1]
    assert seen[0].stream != seen[1].stream
    assert len(seen[0].stream) == 32
    assert (seen[0].account, seen[0].region) == ("111122223333", "us-east-1")


def test_the_lines_of_a_canarys_call_are_in_both_groups(tmp_path: Path) -> None:
    seen = say(tmp_path / "l", (msgspec.structs.replace(STAGE, is_canary=True), "id-1", ["a"]))
    assert [record.group for record in seen] == [STAGE.logging_group, f"{STAGE.logging_group}/Canary"]
    assert messages(seen) == ["(id-1) a"] * 2


@pytest.mark.parametrize("lines", [[], ["a"]])
def test_without_a_role_or_a_line_nothing_is_written(tmp_path: Path, lines: list[str]) -> None:
    stage = STAGE if not lines else msgspec.structs.replace(STAGE, logging_group="")
    assert say(tmp_path / "l", (stage, "id-1", lines)) == []


def test_lines_are_written_while_the_worker_lives(tmp_path: Path) -> None:
    async def run() -> int:
        records = ExecutionRecords(LogFile(tmp_path / "l"))
        records.start()
        records.add(STAGE, "id-1", ["a"])
        await until(lambda: written(tmp_path / "l"))
        count = len(written(tmp_path / "l"))
        await records.close()
        return count

    assert asyncio.run(run()) == 1


def test_what_memory_does_not_hold_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(execution_records, "MAX_WAITING_LINES", 100)
    many = ["x"] * 99
    seen = say(tmp_path / "l", (STAGE, "id-1", many), (STAGE, "id-2", ["a", "b"]), (STAGE, "id-3", ["c"]))
    said = messages(seen)
    assert (len(said), said[-1]) == (100, "(id-3) c")


def test_a_disk_that_refuses_costs_no_call(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("no folder")

    async def run() -> None:
        records = ExecutionRecords(LogFile(tmp_path / "f" / "l"))
        records.start()
        records.add(STAGE, "id-1", ["a"])
        await records.close()

    asyncio.run(run())


@pytest.mark.parametrize("text", ["é" * 600, "x" * 1025])
def test_an_event_is_cut_to_1024_bytes(text: str) -> None:
    cut = cut_event(text)
    assert len(cut.encode()) <= MAX_EVENT_BYTES
    assert cut.endswith("[TRUNCATED]")
    assert text.startswith(cut.removesuffix("[TRUNCATED]"))


def test_a_short_event_stays() -> None:
    assert cut_event("x" * 1024) == "x" * 1024


def test_cases_76_86_half_a_pair_in_one_callers_line_ends_no_others(tmp_path: Path) -> None:
    """A backend, a client or a function can name one in JSON. The task that writes for all ended with the first."""

    async def run() -> None:
        records = ExecutionRecords(LogFile(tmp_path / "worker-0.jsonl"))
        records.start()
        records.add(STAGE, "r1", ["a \ud800 b"])
        await until(lambda: written(tmp_path / "worker-0.jsonl"))
        records.add(STAGE, "r2", ["after"])
        await records.close()

    asyncio.run(run())
    assert messages(written(tmp_path / "worker-0.jsonl")) == ["(r1) a ? b", "(r2) after"]


def test_case_86_a_long_line_is_not_held_whole(tmp_path: Path) -> None:
    records = ExecutionRecords(LogFile(tmp_path / "worker-0.jsonl"))
    records.add(STAGE, "r1", ["x" * 6_000_000])
    ((_, (line,)),) = records._waiting
    assert len(line.message) < 2 * MAX_EVENT_BYTES
    assert cut_event(line.message) == cut_event("(r1) " + "x" * 6_000_000)
