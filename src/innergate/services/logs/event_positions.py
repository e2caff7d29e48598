"""Places in a log as clients carry them: event ids of 56 digits, and tokens that lead forward or backward from one."""

import re

from innergate.primitives.fault import Fault
from innergate.store.log_events import Position

__all__ = ["Position", "event_id", "read_token", "token"]

_NUMBER_DIGITS = 40
_ID = re.compile(r"\d{56}")


def event_id(position: Position) -> str:
    """Sorts as its event does."""
    return f"{position.at_ms:016d}{position.number:0{_NUMBER_DIGITS}d}"


def _read_id(text: str) -> Position:
    if not _ID.fullmatch(text):
        raise Fault("InvalidParameterException", "The specified nextToken is invalid.")
    return Position(int(text[:-_NUMBER_DIGITS]), min(int(text[-_NUMBER_DIGITS:]), 2**63 - 1))


def token(direction: str, position: Position) -> str:
    """`direction` is f or b."""
    return f"{direction}/{event_id(position)}/s"


def read_token(text: str) -> tuple[str, Position]:
    """Direction and position. Raises Fault InvalidParameterException."""
    direction, _, rest = text.partition("/")
    if direction not in ("f", "b") or not rest.endswith("/s"):
        raise Fault("InvalidParameterException", "The specified nextToken is invalid.")
    return direction, _read_id(rest.removesuffix("/s"))
