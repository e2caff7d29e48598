"""What processes say of themselves: a JSON line an event, to wherever `write_events_to` says, else to standard output."""

import json
import sys
import traceback
from datetime import UTC, datetime
from typing import TextIO, final

_to: list[TextIO] = []


def write_events_to(output: TextIO) -> None:
    """Every logger of this process writes there from now on."""
    _to[:] = [output]


@final
class EventLog:
    """Each event has words of its own and named values; what JSON does not have is shown as Python shows it."""

    def info(self, event: str, **values: object) -> None:
        """Something worth knowing."""
        _write("info", event, values)

    def warning(self, event: str, **values: object) -> None:
        """Something is not as it should be, and goes on."""
        _write("warning", event, values)

    def error(self, event: str, **values: object) -> None:
        """Something was not done."""
        _write("error", event, values)

    def exception(self, event: str, **values: object) -> None:
        """An error, with the traceback of the exception that is being handled."""
        _write("error", event, values | {"exception": traceback.format_exc().rstrip("\n")})


def _write(level: str, event: str, values: dict[str, object]) -> None:
    at = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    line = json.dumps(values | {"event": event, "level": level, "timestamp": at}, default=repr)
    output = _to[0] if _to else sys.stdout
    output.write(line + "\n")
    output.flush()
