"""The order in which an API's paths are tried: a literal segment before {var} before {proxy+}, segment by segment.

Developer guide, "Set up a proxy integration with a proxy resource": the most specific match wins.
"""

import re
from functools import lru_cache
from typing import NamedTuple

_GREEDY = re.compile(r"\{([^{}+]+)\+\}")
_VARIABLE = re.compile(r"\{([^{}+]+)\}")


class Segment(NamedTuple):
    """One part of a path template. `kind` is literal, variable or greedy; `text` the literal or the variable's name."""

    kind: str
    text: str


@lru_cache(maxsize=65_536)
def split_path(path: str) -> tuple[Segment, ...]:
    """The segments of "/pets/{id}/{proxy+}"; none for "/"."""
    return tuple(_segment(part) for part in path.split("/") if part)


@lru_cache(maxsize=65_536)
def rank_path(path: str) -> tuple[tuple[int, str], ...]:
    """A key to sort paths by: what is to be tried first comes first. A path comes before longer ones that it begins."""
    ranks = {"literal": 0, "variable": 1, "greedy": 2}
    return tuple((ranks[s.kind], s.text if s.kind == "literal" else "") for s in split_path(path))


def path_variables(path: str) -> tuple[str, ...]:
    """The names of a template's variables, from left to right."""
    return tuple(s.text for s in split_path(path) if s.kind != "literal")


def parent_path(path: str) -> str:
    """The template without its last segment: "/" for "/{proxy+}"."""
    return path.rstrip("/").rpartition("/")[0] or "/"


def may_meet(path: str, other: str) -> bool:
    """Whether some request could fit both templates. True where it is not sure."""
    ours, theirs = split_path(path), split_path(other)
    for our, their in zip(ours, theirs, strict=False):
        if "greedy" in (our.kind, their.kind):
            return True
        if our.kind == their.kind == "literal" and our.text != their.text:
            return False
    longer = max(ours, theirs, key=len)
    return len(ours) == len(theirs) or longer[min(len(ours), len(theirs))].kind == "greedy"


def _segment(part: str) -> Segment:
    if match := _GREEDY.fullmatch(part):
        return Segment("greedy", match[1])
    if match := _VARIABLE.fullmatch(part):
        return Segment("variable", match[1])
    return Segment("literal", part)
