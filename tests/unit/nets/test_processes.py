"""A process that is kept is found again, however late the disk takes its record."""

import os
import sys
from pathlib import Path

from innergate.nets.processes import KeptProcess
from innergate.testing.disk import refusing_disk

SLEEP = [sys.executable, "-S", "-c", "import time; time.sleep(60)"]


def test_a_record_that_a_full_disk_did_not_take_is_written_later(tmp_path: Path) -> None:
    (tmp_path / "log").touch()
    kept = KeptProcess(tmp_path / "x.json")
    try:
        with refusing_disk():
            kept.start(SLEEP, os.environ, tmp_path / "log", "f")
            assert kept.is_alive()
            assert not (tmp_path / "x.json").exists()
        assert kept.is_alive()
        later = KeptProcess(tmp_path / "x.json")
        assert later.adopt("f")
        assert later.pid == kept.pid
    finally:
        kept.end()
    assert not (tmp_path / "x.json").exists()
