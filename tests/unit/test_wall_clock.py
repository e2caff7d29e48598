"""Waits and time-outs run on the monotonic clock: whoever reads the machine's clock stands here with the reason. So does a test
that fails where something takes too long by the clock: a busy machine may take any time for anything."""

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
SOURCE = TESTS.parent / "src" / "innergate"
READS = re.compile(r"\btime\.time(_ns)?\(|\bdatetime\.now\(|\butcnow\(|\bdate\.today\(")
READERS = {
    "primitives/clock.py": "the clock that is handed to everybody else",
    "primitives/event_log.py": "a log line says when",
    "runtime/performer.py": "a signature carries the date",
    "runtime/quotas.py": "quotas count by the calendar",
    "runtime/execution_records.py": "a log line says when",
    "runtime/functions/event_queue.py": "an event's age counts over restarts of the machine",
    "runtime/functions/execution_environment.py": "Lambda tells a function its deadline in Unix time; log lines say when",
    "runtime/functions/report_lines.py": "a log line says when",
    "runtime/functions/log_pipe.py": "a log line says when",
}


def test_nobody_else_reads_the_machines_clock() -> None:
    readers = {
        str(path.relative_to(SOURCE))
        for path in SOURCE.rglob("*.py")
        if path.parts[len(SOURCE.parts)] not in ("testing", "cli") and READS.search(path.read_text())
    }
    assert readers == set(READERS)


TOO_LONG = re.compile(r"\bassert [^\n]*\btime\.(monotonic|time|perf_counter)\(\) - \w+ <=? ")
BOUNDS = {
    "e2e/test_nets_agent.py": "one network more takes a small part of what seven hundred took a moment before",
}


def test_no_test_bounds_what_something_takes_by_the_clock() -> None:
    """Wait for it (`innergate.testing.waiting`), bound its CPU (`innergate.testing.cpu_time`), or stretch the bound by what the
    machine needs for everything (`tests/e2e/patience.py`)."""
    bounded = {str(path.relative_to(TESTS)) for path in TESTS.rglob("*.py") if TOO_LONG.search(path.read_text())}
    assert bounded == set(BOUNDS)
    took = "time.monotonic() - began"
    assert TOO_LONG.search(f"    assert {took} < 1.0")
    assert not TOO_LONG.search(f"    assert {took} > 1.0")
    assert not TOO_LONG.search("    assert time.monotonic() < deadline")
