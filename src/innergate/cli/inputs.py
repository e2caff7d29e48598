"""What commands read: files or standard input, and NAME=VALUE pairs. Raises WrongUsage with a sentence for the person."""

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

from innergate.primitives.json_value import JsonValue


class WrongUsage(Exception):
    """The command line says something that cannot be done; the message says what is wanted."""


def read_bytes(name: str) -> bytes:
    """What the file holds; `-` is standard input."""
    if name == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise WrongUsage(f"{name} cannot be read: {error.strerror or error}") from None


def read_text(name: str) -> str:
    """The same as text."""
    try:
        return read_bytes(name).decode()
    except UnicodeDecodeError as error:
        raise WrongUsage(f"{name} is no text in UTF-8: {error.reason} at byte {error.start}") from None


def read_object(name: str) -> dict[str, JsonValue]:
    """The JSON object that the file holds."""
    try:
        found = json.loads(read_text(name))
    except ValueError as error:
        raise WrongUsage(f"{name} is no JSON: {error}") from None
    if not isinstance(found, dict):
        raise WrongUsage(f"{name} holds no JSON object")
    return found


def read_pairs(option: str, given: Iterable[str]) -> dict[str, str]:
    """NAME=VALUE texts as a mapping; of a name that is given twice the last value counts."""
    pairs: dict[str, str] = {}
    for text in given:
        name, mark, value = text.partition("=")
        if not mark or not name:
            raise WrongUsage(f"{option} wants NAME=VALUE; got {text!r}")
        pairs[name] = value
    return pairs


def name_in_path(argument: str, text: str) -> str:
    """A name or id as a part of the path of a call, whatever it is made of."""
    if not text:
        raise WrongUsage(f"{argument} is empty")
    return quote(text, safe="")
