"""Short stable names from content."""

import hashlib
import json


def digest_text(text: str, length: int = 16) -> str:
    """The first `length` hex digits (at most 64) of the SHA-256 of `text`."""
    return hashlib.sha256(text.encode()).hexdigest()[:length]


def digest_bytes(content: bytes) -> str:
    """The first 16 of them for bytes."""
    return hashlib.sha256(content).hexdigest()[:16]


def digest_value(value: object, length: int = 16) -> str:
    """As `digest_text`, for a JSON-able value; the order of keys does not matter."""
    return digest_text(json.dumps(value, sort_keys=True, separators=(",", ":"), default=str), length)
