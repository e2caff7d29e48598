"""The file of lines that control takes: renamed under its writer, it is begun anew."""

import time
from pathlib import Path

import pytest

from innergate.runtime.functions import log_file
from innergate.runtime.functions.log_file import LogFile, LogLine, LogTarget

TARGET = LogTarget("000000000001", "us-east-1", "group", "stream")


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_file, "LOOK_INTERVAL_S", 0.05)


def test_a_writer_that_never_rests_sees_that_the_file_was_renamed(tmp_path: Path, often: None) -> None:
    path = tmp_path / "lines.jsonl"
    file = LogFile(path)
    file.write(TARGET, [LogLine(1, "before")])
    path.rename(tmp_path / "lines.jsonl.1")
    ends_at = time.monotonic() + 1
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
