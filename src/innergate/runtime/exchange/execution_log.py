"""The lines of the execution log, in AWS's words (aws-semantics.md, 9.2)."""

from collections.abc import Callable, Mapping, Sequence
from typing import final

MAX_VALUE_CHARACTERS = 998
_MASKED = frozenset({"authorization", "x-api-key", "x-amz-security-token"})


@final
class ExecutionLog:
    """Lines in order. Nothing is kept where the method's log level is OFF; at ERROR only failures are."""

    def __init__(self, settings: Mapping[str, object], *, everything: bool) -> None:
        level = "INFO" if everything else str(settings.get("logging/loglevel", "OFF"))
        self.lines: list[str] = []
        self.has_info = level == "INFO"
        self.has_errors = level in ("INFO", "ERROR")
        self.has_data = everything or (self.has_info and bool(settings.get("logging/dataTrace")))

    def info(self, line: str) -> None:
        """What happened. Where making the line costs something, ask `has_info` first."""
        if self.has_info:
            self.lines.append(line)

    def data(self, line: Callable[[], str]) -> None:
        """Headers, parameters and bodies, which are traced only where that is asked for."""
        if self.has_data:
            self.lines.append(line())

    def error(self, line: str) -> None:
        """Why a call failed."""
        if self.has_errors and line:
            self.lines.append(line)


def show_values(values: Mapping[str, str]) -> str:
    """{a=1, b=2}"""
    return f"{{{', '.join(f'{name}={value}' for name, value in values.items())}}}"


def show_headers(headers: Sequence[tuple[str, str]]) -> str:
    """Values of a repeated name are joined; secrets show their last characters only."""
    joined: dict[str, str] = {}
    for name, value in headers:
        shown = _mask(value) if name.lower() in _MASKED else value
        joined[name] = f"{joined[name]},{shown}" if name in joined else shown
    return _cut(show_values(joined))


def show_body(body: bytes) -> str:
    """As text, cut; how long it is where it is none."""
    try:
        return _cut(body.decode())
    except UnicodeDecodeError:
        return f"[Binary Data: {len(body)} bytes]"


def _mask(value: str) -> str:
    return "*" * max(len(value) - 6, 0) + value[-6:] if len(value) > 6 else "*" * len(value)


def _cut(text: str) -> str:
    return text if len(text) <= MAX_VALUE_CHARACTERS else f"{text[:MAX_VALUE_CHARACTERS]} [TRUNCATED]"
