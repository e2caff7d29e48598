"""The scope of a mapping template: what a request or a backend's answer looks like to it."""

import json
from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple, final

from innergate.primitives.json_reading import read_json
from innergate.runtime.mapping.json_paths import BadJsonPath, Found, find
from innergate.runtime.mapping.util_functions import UtilFunctions
from innergate.runtime.vtl import TemplateTooCostly
from innergate.runtime.vtl.java import Method


class Parameters(NamedTuple):
    """What `$input.params()` shows. Path values are decoded; of a repeated name the last value counts."""

    path: Mapping[str, str]
    querystring: Mapping[str, str]
    header: Mapping[str, str]


class Overrides(NamedTuple):
    """What a template has set of `$context.requestOverride` and `$context.responseOverride`."""

    path: Mapping[str, Any]
    querystring: Mapping[str, Any]
    header: Mapping[str, Any]
    response_header: Mapping[str, Any]
    response_status: int | None


MAX_VALUES = 1_000_000
"""Of a body, each counted as often as a template looks at it."""


@final
class TemplateInput:
    """The object behind `$input`: `body`, `json(path)`, `path(path)`, `params()`, `params(name)`."""

    template_methods: ClassVar[Mapping[str, Method]] = {
        "body": lambda v, a: v.body,
        "json": lambda v, a: v.json(*a),
        "path": lambda v, a: v.path(*a),
        "params": lambda v, a: v.params(*a),
    }

    def __init__(self, body: str, parameters: Parameters) -> None:
        self.body = body
        self._parameters = parameters
        self._document: Any = None
        self._is_parsed = False
        self._values_left = MAX_VALUES

    def json(self, path: str = "$") -> str:
        """The JSON text of what the path leads to, "" for nothing."""
        found = self._find(path)
        if not found.is_found:
            return ""
        text = json.dumps(found.value, separators=(",", ":"), ensure_ascii=False)
        self._spend(len(text) // 16)
        return text

    def path(self, path: str = "$") -> Any:
        """The value that the path leads to (the template's own copy), None for nothing."""
        value = self._find(path).value
        self._spend(_count(value))
        return _copied(value)

    def params(self, name: str | None = None) -> Any:
        """All parameters, or the named one: of the path, the query string or the headers, in this order; "" for none."""
        if name is None:
            return {key: dict(value) for key, value in self._parameters._asdict().items()}
        for place in self._parameters:
            if name in place:
                return place[name]
        lowered = {key.lower(): value for key, value in self._parameters.header.items()}
        return lowered.get(name.lower(), "")

    def _find(self, path: str) -> Found:
        """What a path leads to."""
        found = find(self._parsed(), path)
        self._spend(found.looked_at)
        return found

    def _spend(self, values: int) -> None:
        """Raises TemplateTooCostly where the template has looked at too much by now."""
        self._values_left -= values
        if self._values_left < 0:
            raise TemplateTooCostly("the template looks at too much of the body")

    def _parsed(self) -> Any:
        if not self._is_parsed:
            try:
                self._document = read_json(self.body) if self.body.strip() else {}
            except ValueError as error:
                raise BadJsonPath(f"the body is no JSON: {error}") from None
            self._is_parsed = True
        return self._document


def _count(value: Any) -> int:
    """How many values there are in it."""
    if not isinstance(value, dict | list):
        return 1
    return 1 + sum(map(_count, value.values() if isinstance(value, dict) else value))


def _copied(value: Any) -> Any:
    """Objects and lists anew, to any depth: templates may change what they see."""
    if isinstance(value, dict):
        return {key: item if type(item) is str else _copied(item) for key, item in value.items()}
    if isinstance(value, list):
        return [item if type(item) is str else _copied(item) for item in value]
    return value


class TemplateValues(NamedTuple):
    """What a template is rendered with. `context` is `$context` by dotted names' first parts (nested mappings)."""

    body: str
    parameters: Parameters
    context: Mapping[str, Any]
    stage_variables: Mapping[str, str]


_OVERRIDES = frozenset({"requestOverride", "responseOverride"})


def make_scope(values: TemplateValues, context_names: frozenset[str] | None) -> dict[str, Any]:
    """A fresh scope; `read_overrides` tells afterwards what the template has overridden in its `context`. What an earlier
    template has set stands in `values.context`. `context_names` are the parts of `$context` that the template can see (None:
    all): the others are left out."""
    known = values.context
    seen = known if context_names is None else [name for name in (*context_names, *_OVERRIDES) if name in known]
    context = {name: _copied(known[name]) for name in seen}
    context.setdefault("requestOverride", {"path": {}, "querystring": {}, "header": {}})
    context.setdefault("responseOverride", {"header": {}})
    return {
        "input": TemplateInput(values.body, values.parameters),
        "util": UtilFunctions(),
        "context": context,
        "stageVariables": dict(values.stage_variables),
    }


def read_overrides(context: Mapping[str, Any]) -> Overrides:
    """What was set. A status that is no number of 100 to 599 is ignored (developer guide, "Use a mapping template to override
    an API's request and response parameters and status codes")."""
    request = _object(context.get("requestOverride"))
    response = _object(context.get("responseOverride"))
    status = response.get("status")
    text = str(status)
    number = int(text) if len(text) == 3 and text.isdecimal() else 0
    return Overrides(
        _object(request.get("path")),
        _object(request.get("querystring")),
        _object(request.get("header")),
        _object(response.get("header")),
        number if 100 <= number <= 599 else None,
    )


def _object(value: Any) -> Mapping[str, Any]:
    """The value if it is still the object that it was: a template may have put anything in its place."""
    return value if isinstance(value, dict) else {}
