"""JSON as the standard library reads it, most of it sooner."""

import json
from typing import Any

import msgspec


def read_json(text: str | bytes) -> Any:
    """What `json.loads` gives. That takes more than JSON (NaN, halves of surrogate pairs, numbers without end, UTF-16), so it
    has the last word. Raises ValueError, RecursionError."""
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return json.loads(text)
