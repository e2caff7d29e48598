"""Finds the line of each statement in a policy's text. The text is known to be good JSON."""

import json

_DECODER = json.JSONDecoder()
_SPACE = " \t\r\n"


def statement_lines(text: str) -> tuple[int, ...]:
    """The line (from 1) that each statement starts on, in order."""
    return tuple(text.count("\n", 0, offset) + 1 for offset in _statement_offsets(text))


def _statement_offsets(text: str) -> list[int]:
    at = _skip(text, 0) + 1
    while text[at := _skip(text, at)] != "}":
        name, at = _DECODER.raw_decode(text, at)
        at = _skip(text, _skip(text, at) + 1)
        if name == "Statement":
            return _elements(text, at)
        _, at = _DECODER.raw_decode(text, at)
        at = _skip(text, at)
        if text[at] == ",":
            at += 1
    return []


def _elements(text: str, at: int) -> list[int]:
    if text[at] != "[":
        return [at]
    offsets: list[int] = []
    at += 1
    while text[at := _skip(text, at)] != "]":
        offsets.append(at)
        _, at = _DECODER.raw_decode(text, at)
        at = _skip(text, at)
        if text[at] == ",":
            at += 1
    return offsets


def _skip(text: str, at: int) -> int:
    while text[at] in _SPACE:
        at += 1
    return at
