"""Regular expressions by which templates replace and split. That needs Python's own engine, which backtracks without end: a
pattern is let near a text only if its worst case is short enough. (Whole matches: `primitives.bounded_patterns`.)
"""

import math
import re

from innergate.runtime.vtl.budget import TemplateTooCostly

MAX_SEARCHED_PATTERN_CHARACTERS = 200
MAX_TRIES = 30_000_000
"""Of Python's engine, which makes about a hundred million a second."""

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
