"""Regular expressions that tenants write, or that their texts meet: tried by an engine that gives up where backtracking does
not end. Python's own does not, and holds up every thread of its process meanwhile.

The one module here that is not of the standard library alone: all who meet such expressions must read them alike.
"""

import re
from functools import lru_cache

import jsonschema_rs

MAX_BACKTRACKS = 100_000
MAX_PATTERN_CHARACTERS = 4096
MAX_COMPILED_BYTES = 512 * 1024
"""Of one expression; most need a tenth of it."""

_FLAGS = re.compile(r"\(\?([ims]+)\)")
"""Java's flags for a whole pattern; the engine here takes them for a group."""


@lru_cache(maxsize=512)
def _validator(pattern: str, *, is_whole: bool) -> "jsonschema_rs.Draft4Validator | None":
    flags = _FLAGS.match(pattern)
    group = f"(?{flags[1]}:{pattern[flags.end() :]})" if flags is not None else f"(?:{pattern})"
    options = jsonschema_rs.FancyRegexOptions(backtrack_limit=MAX_BACKTRACKS, size_limit=MAX_COMPILED_BYTES)
    try:
        return jsonschema_rs.Draft4Validator({"pattern": f"^{group}$" if is_whole else group}, pattern_options=options)
    except jsonschema_rs.ValidationError:
        return None


def _find(pattern: str, *, is_whole: bool) -> "jsonschema_rs.Draft4Validator | None":
    return _validator(pattern, is_whole=is_whole) if len(pattern) <= MAX_PATTERN_CHARACTERS else None


def is_known(pattern: str) -> bool:
    """Whether it is an expression that can be tried here."""
    return _find(pattern, is_whole=True) is not None


def matches_whole(pattern: str, text: str) -> bool:
    """Whether the pattern takes the whole text. False for a pattern that is none, or that takes too long."""
    validator = _find(pattern, is_whole=True)
    return validator is not None and validator.is_valid(text)


def occurs_in(pattern: str, text: str) -> bool:
    """Whether the pattern takes some part of the text. False as above."""
    validator = _find(pattern, is_whole=False)
    return validator is not None and validator.is_valid(text)
