"""A line of one of Envoy's file logs as values by name (compile/emit/envoy/file_logs.py)."""

import msgspec

from innergate.compile.emit.envoy.file_logs import NOTHING, SEPARATOR


def read_fields(line: bytes, names: tuple[str, ...]) -> dict[str, str | None] | None:
    """The line's values, None for one that Envoy did not know; None where the line is none (a process that was killed may leave
    half a line)."""
    values = line.decode("utf-8", "replace").split(SEPARATOR)
    if len(values) != len(names):
        return None
    return {name: None if value == NOTHING else value for name, value in zip(names, values, strict=True)}


def read_told(text: str) -> dict[str, str]:
    """What a worker told of its answer; nothing where the text is none of a worker's."""
    try:
        return msgspec.json.decode(text, type=dict[str, str])
    except (msgspec.DecodeError, RecursionError):
        return {}
