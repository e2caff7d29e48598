"""A log never stops who writes it."""

import os
from pathlib import Path

from innergate.primitives.log_file import open_log
from innergate.testing.disk import refusing_disk


def test_what_a_full_disk_does_not_take_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("before\n")
    with open_log(path) as log:
        log.write("one\n")
        assert path.read_text() == "before\none\n"
        with refusing_disk():
            log.write("two\n")
            log.flush()
        log.write("three\n")
    assert path.read_text() == "before\none\nthree\n"


def test_a_descriptor_stays_open(tmp_path: Path) -> None:
    number = os.open(tmp_path / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    with open_log(number) as log:
        log.write("one\n")
    os.write(number, b"two\n")
    os.close(number)
    assert (tmp_path / "log").read_text() == "one\ntwo\n"
