"""Regular expressions that tenants write.

Whole matches run in an engine that gives up where backtracking does not end. Replacing and splitting need Python's own, which
does not: there a pattern is let near a text only if its worst case is short enough.
"""

import math
import re
from functools import lru_cache

import jsonschema_rs

from innergate.runtime.vtl.budget import TemplateTooCostly

MAX_BACKTRACKS = 100_000
MAX_PATTERN_CHARACTERS = 4096
MAX_SEARCHED_PATTERN_CHARACTERS = 200
MAX_TRIES = 30_000_000
"""Of Python's engine, which makes about a hundred million a second."""

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


_ESCAPED = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)
_GROUP_MARK = re.compile(r"\(\?(?:[:=!>]|<[=!])")
_LAZY = re.compile(r"(?<=[*+?}])[?+]")
_OPEN_ENDED = re.compile(r"[*+]|\{\d*,\d*\}")
_REPEATED_GROUP = re.compile(r"\)(?:[*+]|\{)")


def compile_search(pattern: str, text: str) -> "re.Pattern[str]":
    """The pattern for searching through the text. Raises TemplateTooCostly where that could take too long, re.error where it is
    none."""
    if len(pattern) > MAX_SEARCHED_PATTERN_CHARACTERS or _worst_case(pattern, len(text)) > MAX_TRIES:
        raise TemplateTooCostly(f"the pattern {pattern[:40]!r} could take too long")
    return re.compile(pattern)


def _worst_case(pattern: str, length: int) -> int:
    """How often the engine may try, at most about: each open repeat may end anywhere, each option may be there or not, and all
    that from each place of the text."""
    plain = _LAZY.sub("", _GROUP_MARK.sub("(", _ESCAPED.sub("x", pattern)))
    if _REPEATED_GROUP.search(plain):
        return _repeated_group(plain, length)
    repeats = len(_OPEN_ENDED.findall(plain))
    options = plain.count("?") + plain.count("|")
    ends_open = bool(re.search(r"(?:[*+]|\})\)*$", plain))
    degree = max(repeats + (0 if ends_open else 1), 1)
    return int(math.pow(length + 1, min(degree, 16)) * math.pow(2, min(options, 64)))


def _repeated_group(plain: str, length: int) -> int:
    """A repeat of what repeats, or of alternatives, has no bound; of anything else it is one repeat more."""
    inner = re.findall(r"\(([^()]*)\)(?:[*+]|\{)", plain)
    is_nested = plain.count("(") > len(inner) or any(re.search(r"[*+?|{]", text) for text in inner)
    return MAX_TRIES + 1 if is_nested else int(math.pow(length + 1, min(len(_OPEN_ENDED.findall(plain)) + 1, 16)))
