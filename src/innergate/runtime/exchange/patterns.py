"""Regular expressions that tenants write, in an engine that gives up where backtracking does not end."""

import re
from functools import lru_cache

import jsonschema_rs

MAX_BACKTRACKS = 100_000
MAX_PATTERN_CHARACTERS = 4096

_FLAGS = re.compile(r"\(\?([ims]+)\)")
"""Java's flags for a whole pattern; the engine here takes them for a group."""


@lru_cache(maxsize=4096)
def _validator(pattern: str) -> "jsonschema_rs.Draft4Validator | None":
    flags = _FLAGS.match(pattern)
    group = f"(?{flags[1]}:{pattern[flags.end() :]})" if flags is not None else f"(?:{pattern})"
    options = jsonschema_rs.FancyRegexOptions(backtrack_limit=MAX_BACKTRACKS)
    try:
        return jsonschema_rs.Draft4Validator({"pattern": f"^{group}$"}, pattern_options=options)
    except jsonschema_rs.ValidationError:
        return None


def matches_whole(pattern: str, text: str) -> bool:
    """Whether the pattern takes the whole text. False for a pattern that is none, or that takes too long."""
    if len(pattern) > MAX_PATTERN_CHARACTERS:
        return False
    validator = _validator(pattern)
    return validator is not None and validator.is_valid(text)
