"""Waits and time-outs run on the monotonic clock: whoever reads the machine's clock stands here with the reason."""

import re
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src" / "innergate"
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
