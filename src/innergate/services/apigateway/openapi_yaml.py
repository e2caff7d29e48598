"""YAML as an OpenAPI document is written in: what JSON has too, read in one pass of bounded depth and size.

PyYAML's own loaders go as deep as the text does, and take half a minute for a megabyte; here only its parser's events are used.
Its readings of plain words stay (YAML 1.1), but for dates: a version written 2017-01-01 is a text.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, final

import yaml
from yaml.constructor import SafeConstructor
from yaml.resolver import Resolver

from innergate.primitives.json_value import JsonValue

_PARSER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The one of libyaml, where PyYAML was built with it."""
_TAG = "tag:yaml.org,2002:"
_MERGE = f"{_TAG}merge"


class BadYamlError(ValueError):
    """The text is no YAML, or holds what JSON cannot carry."""


def read_yaml(text: str, max_depth: int, max_nodes: int) -> JsonValue:
    """The value of the one document that `text` holds; None for none. Keys are texts: a status 200 is a number in YAML.

    Raises BadYamlError, also for what is deeper or has more nodes than allowed (an alias is one, a merge as many as it merges).
    """
    reader = _Reader(max_depth, max_nodes)
    try:
        for event in yaml.parse(text, _PARSER):
            reader.take(event)
    except (yaml.YAMLError, ValueError) as error:
        raise BadYamlError from error
    return reader.value


class _Mapping(NamedTuple):
    """An object that is being read: its members, the merges that stand in it, and the key whose value comes next."""

    members: dict[str, JsonValue]
    merged: list[JsonValue]
    key: list[str]


@final
class _Reader:
    """Builds the value while events come in."""

    def __init__(self, max_depth: int, max_nodes: int) -> None:
        self.value: JsonValue = None
        self._open: list[list[JsonValue] | _Mapping] = []
        self._names: list[str | None] = []
        self._anchors: dict[str, JsonValue] = {}
        self._documents = 0
        self._nodes_left = max_nodes
        self._max_depth = max_depth

    def take(self, event: yaml.Event) -> None:
        """One event. Raises BadYamlError."""
        match event:
            case yaml.ScalarEvent():
                self._count()
                self._take_scalar(event)
            case yaml.AliasEvent():
                self._count()
                if event.anchor not in self._anchors:
                    raise BadYamlError
                self._add(self._anchors[event.anchor])
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                self._count()
                is_mapping = isinstance(event, yaml.MappingStartEvent)
                tags = (None, "!", f"{_TAG}map" if is_mapping else f"{_TAG}seq")
                if len(self._open) >= self._max_depth or event.tag not in tags:
                    raise BadYamlError
                self._open.append(_Mapping({}, [], []) if is_mapping else [])
                self._names.append(event.anchor)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self._close()
            case yaml.DocumentStartEvent():
                self._documents += 1
                if self._documents > 1:
                    raise BadYamlError

    def _count(self, nodes: int = 1) -> None:
        self._nodes_left -= nodes
        if self._nodes_left < 0:
            raise BadYamlError

    def _take_scalar(self, event: yaml.ScalarEvent) -> None:
        tag = event.tag
        if tag is None or tag == "!":
            tag = _resolve(yaml.ScalarNode, event.value, event.implicit)
        at = self._open[-1] if self._open else None
        if tag == _MERGE and isinstance(at, _Mapping) and not at.key:
            at.key.append(_MERGE)
            return
        read = _SCALARS.get(tag)
        if read is None:
            raise BadYamlError
        try:
            value = read(yaml.ScalarNode(tag, event.value))
        except (LookupError, ValueError):  # a tag whose text is none of its kind, like `!!bool x`
            raise BadYamlError from None
        if event.anchor is not None:
            self._anchors[event.anchor] = value
        self._add(value)

    def _close(self) -> None:
        closed, name = self._open.pop(), self._names.pop()
        value: JsonValue = closed
        if isinstance(closed, _Mapping):
            below: dict[str, JsonValue] = {}
            for held in reversed(closed.merged):
                members = _merged(held)
                self._count(len(members))
                below |= members
            value = {**below, **closed.members}
        if name is not None:
            self._anchors[name] = value
        self._add(value)

    def _add(self, value: JsonValue) -> None:
        at = self._open[-1] if self._open else None
        if at is None:
            self.value = value
        elif isinstance(at, list):
            at.append(value)
        elif not at.key:
            at.key.append(_key(value))
        else:
            key = at.key.pop()
            if key == _MERGE:
                at.merged.extend(value if isinstance(value, list) else [value])
            else:
                at.members[key] = value


def _key(value: JsonValue) -> str:
    if isinstance(value, list | dict):
        raise BadYamlError
    return str(value).lower() if isinstance(value, bool) else str(value)


def _merged(value: JsonValue) -> dict[str, JsonValue]:
    if not isinstance(value, dict):
        raise BadYamlError
    return value


@final
class _PlainWords(Resolver):
    """What a plain word means, dates aside."""


def _resolvers() -> Iterator[tuple[str, list[Any]]]:
    for letter, known in Resolver.yaml_implicit_resolvers.items():
        yield letter, [(tag, form) for tag, form in known if tag != f"{_TAG}timestamp"]


_PlainWords.yaml_implicit_resolvers = dict(_resolvers())
_resolve: Callable[..., str] = _PlainWords().resolve
_CONSTRUCTOR = SafeConstructor()
_SCALARS: dict[str, Callable[[yaml.ScalarNode], JsonValue]] = {
    f"{_TAG}str": lambda node: node.value,
    f"{_TAG}int": _CONSTRUCTOR.construct_yaml_int,
    f"{_TAG}float": _CONSTRUCTOR.construct_yaml_float,
    f"{_TAG}bool": _CONSTRUCTOR.construct_yaml_bool,
    f"{_TAG}null": lambda node: None,
}
