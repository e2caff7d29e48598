"""The file of lines that control takes: renamed under its writer, it is begun anew."""

import time
from pathlib import Path

import msgspec
import pytest

from innergate.runtime.functions import log_file
from innergate.runtime.functions.log_file import LogFile, LogLine, LogRecord, LogTarget
from innergate.testing.disk import refusing_disk
from innergate.testing.waiting import LONGEST_S

TARGET = LogTarget("000000000001", "us-east-1", "group", "stream")


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_file, "LOOK_INTERVAL_S", 0.05)


def test_a_writer_that_never_rests_sees_that_the_file_was_renamed(tmp_path: Path, often: None) -> None:
    path = tmp_path / "lines.jsonl"
    file = LogFile(path)
    file.write(TARGET, [LogLine(1, "before")])
    path.rename(tmp_path / "lines.jsonl.1")
    ends_at = time.monotonic() + LONGEST_S
    while not path.exists() and time.monotonic() < ends_at:
        file.write(TARGET, [LogLine(2, "meanwhile")])
        time.sleep(0.005)
    file.close()
    assert path.exists()
    assert b"before" in (tmp_path / "lines.jsonl.1").read_bytes()


def test_one_that_rests_sees_it_when_it_looks(tmp_path: Path) -> None:
    path = tmp_path / "lines.jsonl"
    file = LogFile(path)
    file.write(TARGET, [LogLine(1, "before")])
    path.rename(tmp_path / "lines.jsonl.1")
    file.look()
    file.close()
    assert path.read_bytes() == b""


def test_a_full_disk_fails_nobody_and_tears_one_line_at_most(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    log = LogFile(path)
    log.write(TARGET, [LogLine(1, "one")])
    with refusing_disk():
        log.write(TARGET, [LogLine(2, "two")])
    with refusing_disk(after_bytes=path.stat().st_size + 5):
        log.write(TARGET, [LogLine(3, "three")])
        log.write(TARGET, [LogLine(4, "four")])
    log.write(TARGET, [LogLine(5, "five")])
    log.close()
    whole, torn, last = path.read_bytes().splitlines()
    assert msgspec.json.decode(whole, type=LogRecord).lines == (LogLine(1, "one"),)
    assert len(torn) == 5
    assert msgspec.json.decode(last, type=LogRecord).lines == (LogLine(5, "five"),)


def test_case_86_a_file_that_nobody_reads_does_not_fill_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_file, "MAX_FILE_BYTES", 10_000)
    path = tmp_path / "lines.jsonl"
    for _ in range(2):
        file = LogFile(path)
        for _ in range(1_000):
            file.write(TARGET, [LogLine(1, "without end")])
        file.close()
    assert 9_000 < path.stat().st_size <= 10_000
    path.rename(tmp_path / "lines.jsonl.1")
    file = LogFile(path)
    file.write(TARGET, [LogLine(1, "again")])
    file.close()
    assert b"again" in path.read_bytes()
