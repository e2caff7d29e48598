"""JSONPath as templates use it. Plain paths (`$.a.b[0]`) are followed by hand, everything else by the library."""

import re
from functools import lru_cache
from threading import Lock
from typing import Any, NamedTuple, final

import jsonpath

from innergate.runtime.vtl.budget import TemplateTooCostly

MAX_PATH_CHARACTERS = 1000
MAX_VALUES = 200_000
"""That a path may look at: about a second's work."""
MAX_CHOICES = 1000
_COST_OF_SEARCH = 5
"""Of looking at a value by the library, in values of a plain path."""

_QUOTED = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")
_BRACKETS = re.compile(r"\[([^\[\]]*)\]")

_PLAIN = re.compile(r"\$(?:\.[A-Za-z_][\w-]*|\[\d+\]|\['[^'\\]*'\]|\[\"[^\"\\]*\"\])*")
_STEP = re.compile(r"\.([A-Za-z_][\w-]*)|\[(\d+)\]|\['([^'\\]*)'\]|\[\"([^\"\\]*)\"\]")


class BadJsonPath(Exception):
    """The text is no JSONPath."""


class Found(NamedTuple):
    """`value` is None where nothing was found (`is_found` tells a null from nothing). `looked_at`: how many values, about."""

    value: Any
    is_found: bool
    looked_at: int = 1


def find_by_library(document: Any, path: str) -> list[Any]:
    """All values that the library finds, however plain the path. Raises BadJsonPath."""
    try:
        return list(_compile(path).findall(document))
    except jsonpath.JSONPathError as error:
        raise BadJsonPath(f"{path!r}: {error}") from None


def find(document: Any, path: str) -> Found:
    """What `path` leads to: a value, or the list of all values where the path may lead to several. Raises BadJsonPath."""
    if len(path) > MAX_PATH_CHARACTERS:
        raise TemplateTooCostly("a JSONPath is too long")
    text = path if path.startswith("$") else f"$.{path}"
    if _PLAIN.fullmatch(text):
        return _follow(document, text)
    if "=~" in text or "match(" in text or "search(" in text:
        raise BadJsonPath(f"{path!r}: regular expressions are not offered in JSONPath")
    _compile(text)
    cost = _check_cost(document, text)
    return Found(find_by_library(document, text), True, cost * _COST_OF_SEARCH)


def _check_cost(document: Any, path: str) -> int:
    """How many values the path may look at. Raises TemplateTooCostly where it could lead through the document too often: each
    descent but the first starts from every value, each `$` in a filter looks at all of them again, each union multiplies what
    follows."""
    plain = _QUOTED.sub("''", path)
    choices = 1
    for group in _BRACKETS.findall(plain):
        choices *= group.count(",") + 1
    descents, roots = plain.count(".."), plain.count("$") - 1
    if choices > MAX_CHOICES:
        raise TemplateTooCostly("a JSONPath has too many choices")
    values, depth = _measure(document)
    cost: int = values * depth ** max(descents - 1, 0) * values**roots * choices
    if cost > MAX_VALUES and (descents or roots or choices > 1):
        raise TemplateTooCostly("a JSONPath leads through the document too often")
    return cost


def _measure(document: Any) -> tuple[int, int]:
    """How many values there are, and how deep they lie; neither is counted beyond what is allowed anyway."""
    level, values, depth = [document], 0, 0
    while level and values <= MAX_VALUES and depth <= MAX_VALUES:
        values, depth = values + len(level), depth + 1
        level = [
            item
            for value in level
            if isinstance(value, dict | list)
            for item in (value.values() if isinstance(value, dict) else value)
        ]
    return values, depth


def _follow(document: Any, path: str) -> Found:
    value = document
    for name, index, single, double in _STEP.findall(path):
        if index:
            if not isinstance(value, list) or int(index) >= len(value):
                return Found(None, False)
            value = value[int(index)]
        else:
            key = name or single or double
            if not isinstance(value, dict) or key not in value:
                return Found(None, False)
            value = value[key]
    return Found(value, True)


@final
class _Dialect(jsonpath.JSONPathEnvironment):
    """Reads paths leniently and follows them strictly: `[0]` is an element of an array, never an object's member of that name,
    as in the JSONPath of AWS's templates."""

    def __init__(self) -> None:
        super().__init__()
        self._one_reader = Lock()
        self.strict = True

    def compile(self, path: str) -> "jsonpath.JSONPath | jsonpath.CompoundJSONPath":
        """As the library does it. Raises JSONPathError."""
        with self._one_reader:
            self.strict = False
            try:
                return super().compile(path)
            finally:
                self.strict = True


_DIALECT = _Dialect()


@lru_cache(maxsize=1024)
def _compile(path: str) -> "jsonpath.JSONPath | jsonpath.CompoundJSONPath":
    try:
        return _DIALECT.compile(path)
    except jsonpath.JSONPathError as error:
        raise BadJsonPath(f"{path!r}: {error}") from None
