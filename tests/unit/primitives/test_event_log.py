"""Events as JSON lines."""

import io
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from innergate.primitives import event_log
from innergate.primitives.event_log import EventLog, write_events_to


@pytest.fixture
def output(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    monkeypatch.setattr(event_log, "_to", [])
    made = io.StringIO()
    write_events_to(made)
    return made


def test_an_event_is_a_line(output: io.StringIO) -> None:
    log = EventLog()
    log.info("it began", pid=7)
    log.warning("late", by_s=0.5, path=Path("/x"))
    log.error("not done", reason="an\nodd one")
    began, late, failed = (json.loads(line) for line in output.getvalue().splitlines())
    at = datetime.fromisoformat(began.pop("timestamp"))
    assert abs(datetime.now(UTC) - at) < timedelta(minutes=1)
    assert began == {"event": "it began", "level": "info", "pid": 7}
    assert (late["level"], late["by_s"], late["path"]) == ("warning", 0.5, repr(Path("/x")))
    assert (failed["level"], failed["reason"]) == ("error", "an\nodd one")


def test_an_exception_brings_its_traceback(output: io.StringIO) -> None:
    try:
        raise ValueError("why")
    except ValueError:
        EventLog().exception("it broke", call="x")
    said = json.loads(output.getvalue())
    assert (said["event"], said["level"], said["call"]) == ("it broke", "error", "x")
    assert said["exception"].startswith("Traceback (most recent call last):\n")
    assert said["exception"].endswith("ValueError: why")


def test_a_timestamp_is_in_utc_with_a_z(output: io.StringIO) -> None:
    EventLog().info("now")
    assert json.loads(output.getvalue())["timestamp"].endswith("Z")


def test_a_process_that_says_nothing_about_it_writes_to_its_output() -> None:
    script = "from innergate.primitives.event_log import EventLog; EventLog().info('here')"
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert json.loads(said)["event"] == "here"
