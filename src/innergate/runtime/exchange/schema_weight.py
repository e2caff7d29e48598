"""How much work a model can make of a document, found out before anything is validated: the validator cannot be stopped."""

from collections import Counter
from typing import Any, NamedTuple, TypeAlias, final

MAX_EXPANSION = 100_000
"""Subschemas, each counted as often as it is reached. A model of 400 KB (API Gateway quotas) has some ten thousand."""
MAX_WORK = 100_000

_SAME = ("allOf", "anyOf", "oneOf")
Path: TypeAlias = tuple[str, ...]


class Weight(NamedTuple):
    """`expansion`: how many subschemas there are without recursion; `branching`: how often a recursive model may come back to
    itself for one and the same part of a document."""

    expansion: int
    branching: int

    def allows(self, document: Any) -> bool:
        """Whether validating the document ends soon. Trees do: each of their parts is looked at once."""
        return self.branching <= 1 or self.branching ** min(depth_of(document), 64) <= MAX_WORK


class TooHeavy(ValueError):
    """The schema refers to itself without end, or expands too far."""


def depth_of(document: Any) -> int:
    """1 for a text, 2 for an object of texts."""
    level, depth = [document], 0
    while level:
        depth += 1
        level = [
            item
            for value in level
            if isinstance(value, dict | list)
            for item in (value.values() if isinstance(value, dict) else value)
        ]
    return depth


def weigh(schema: dict[str, Any]) -> Weight:
    """The weight of a schema whose references all stay inside it. Raises TooHeavy."""
    walk = _Walk(schema)
    walk.visit(schema, (), {})
    return Weight(walk.expansion, walk.branching)


class _Entry(NamedTuple):
    """A reference that is being followed: where in the document that began, and where it comes back."""

    began: Path
    returns: Counter[Path]


@final
class _Walk:
    def __init__(self, root: dict[str, Any]) -> None:
        self._root = root
        self.expansion = 0
        self.branching = 0

    def visit(self, node: Any, path: Path, followed: dict[str, _Entry]) -> None:
        if not isinstance(node, dict):
            return
        self.expansion += 1
        if self.expansion > MAX_EXPANSION or len(path) > MAX_EXPANSION:
            raise TooHeavy("the schema expands too far")
        reference = node.get("$ref")
        if isinstance(reference, str):
            self._follow(reference, path, followed)
            return
        for keyword in _SAME:
            for inner in _list(node.get(keyword)):
                self.visit(inner, path, followed)
        self.visit(node.get("not"), path, followed)
        for inner in _dict(node.get("dependencies")).values():
            self.visit(inner, path, followed)
        for name, inner in _dict(node.get("properties")).items():
            self.visit(inner, (*path, name), followed)
        for keyword in ("patternProperties", "additionalProperties", "items", "additionalItems"):
            self._visit_parts(node.get(keyword), keyword, path, followed)

    def _visit_parts(self, inner: Any, keyword: str, path: Path, followed: dict[str, _Entry]) -> None:
        if keyword == "patternProperties":
            for each in _dict(inner).values():
                self.visit(each, (*path, "*"), followed)
        elif isinstance(inner, list):
            for index, each in enumerate(inner):
                self.visit(each, (*path, str(index)), followed)
        else:
            self.visit(inner, (*path, "*" if keyword == "additionalProperties" else "[]"), followed)

    def _follow(self, reference: str, path: Path, followed: dict[str, _Entry]) -> None:
        entry = followed.get(reference)
        if entry is None:
            began = _Entry(path, Counter())
            self.visit(self._target(reference), path, {**followed, reference: began})
            self.branching = max([self.branching, *began.returns.values()])
            return
        way = path[len(entry.began) :]
        if not way:
            raise TooHeavy(f"{reference} refers to itself")
        entry.returns[way] += 1

    def _target(self, reference: str) -> Any:
        node: Any = self._root
        for part in reference.removeprefix("#").split("/")[1:]:
            name = part.replace("~1", "/").replace("~0", "~")
            node = node[int(name)] if isinstance(node, list) and name.isdecimal() else _dict(node).get(name)
        return node


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
