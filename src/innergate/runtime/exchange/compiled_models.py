"""Models ready to validate: compiled once, kept while there is room, never more than a worker that all tenants share can bear.

What a model costs is decided by its regular expressions: one of a dozen letters can become a quarter of a megabyte.

# AWS differs: a model whose regular expressions are more than 2,000, or compile to more than 16 MB, cannot be used.
"""

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias, final

import jsonschema_rs

from innergate.runtime.exchange.schema_references import inline_models
from innergate.runtime.exchange.schema_weight import Weight, weigh

MAX_BACKTRACKS = 10_000
"""Of one pattern on one text."""
MAX_PATTERNS = 2_000
PATTERN_BYTES = 16 * 1024
"""Of a compiled pattern, as most are."""
MAX_PATTERNS_BYTES = 16 * 1024 * 1024
"""Of all the patterns of a model that has larger ones."""
MAX_KEPT_BYTES = 256 * 1024 * 1024
"""Of all models that a worker keeps, about."""
_BYTES_OF_A_LETTER = 20
"""Of a schema, compiled."""

Schemas: TypeAlias = tuple[tuple[str, str], ...]
"""An API's models by name, each with its schema's text."""


class CompiledModel(NamedTuple):
    """A model, ready to validate. `may_backtrack`: it has patterns that only a backtracking engine knows."""

    validator: "jsonschema_rs.Draft4Validator"
    weight: Weight
    may_backtrack: bool
    size_bytes: int


def compile_model(name: str, schemas: Mapping[str, str]) -> CompiledModel | None:
    """The validator of a model with those that it refers to; None where its schema is none, or costs too much."""
    try:
        schema = inline_models(name, schemas)
        weight = weigh(schema)
    except (ValueError, RecursionError):
        return None
    patterns = len(set(_patterns(schema)))
    if patterns > MAX_PATTERNS:
        return None
    letters = sum(map(len, schemas.values())) * _BYTES_OF_A_LETTER
    for size in sorted({PATTERN_BYTES, max(MAX_PATTERNS_BYTES // max(patterns, 1), PATTERN_BYTES)}):
        for options in (
            jsonschema_rs.RegexOptions(size_limit=size, dfa_size_limit=size),
            jsonschema_rs.FancyRegexOptions(backtrack_limit=MAX_BACKTRACKS, size_limit=size, dfa_size_limit=size),
        ):
            try:
                validator = jsonschema_rs.Draft4Validator(schema, validate_formats=False, pattern_options=options)
            except ValueError:
                continue
            may_backtrack = isinstance(options, jsonschema_rs.FancyRegexOptions)
            return CompiledModel(validator, weight, may_backtrack, letters + patterns * size)
    return None


def _patterns(node: Any) -> Iterator[str]:
    """Those of a schema, and whatever looks like one."""
    ahead = [node]
    while ahead:
        found = ahead.pop()
        if isinstance(found, list):
            ahead += found
        if not isinstance(found, dict):
            continue
        ahead += found.values()
        if isinstance(found.get("pattern"), str):
            yield found["pattern"]
        by_pattern = found.get("patternProperties")
        if isinstance(by_pattern, dict):
            yield from by_pattern


@final
class CompiledModels:
    """Those of a worker; the least used go where there is no room. What cannot be compiled is known, too."""

    def __init__(self, max_bytes: int = MAX_KEPT_BYTES) -> None:
        self._kept: OrderedDict[tuple[str, Schemas], CompiledModel | None] = OrderedDict()
        self._max_bytes = max_bytes
        self.size_bytes = 0

    def find(self, name: str, schemas: Schemas) -> CompiledModel | None:
        """The model of these; None where it is none."""
        key = (name, schemas)
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        model = compile_model(name, dict(schemas))
        self._kept[key] = model
        self.size_bytes += _size(key, model)
        while self.size_bytes > self._max_bytes and len(self._kept) > 1:
            self.size_bytes -= _size(*self._kept.popitem(last=False))
        return model


def _size(key: tuple[str, Schemas], model: CompiledModel | None) -> int:
    return model.size_bytes if model is not None else sum(len(text) for _, text in key[1])
