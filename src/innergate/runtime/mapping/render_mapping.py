"""A mapping template and its values -> text and overrides."""

from functools import lru_cache
from typing import Any, NamedTuple

from innergate.runtime.mapping.json_paths import BadJsonPath
from innergate.runtime.mapping.template_scope import Overrides, TemplateValues, make_scope, read_overrides
from innergate.runtime.vtl import (
    Program,
    TemplateFailed,
    TemplateSyntaxError,
    TemplateTooCostly,
    parse_template,
    properties_used,
)


class Rendered(NamedTuple):
    """What a template gave. `context_overrides` are `requestOverride` and `responseOverride` as a later template may see
    them."""

    text: str
    context_overrides: dict[str, Any]

    @property
    def overrides(self) -> Overrides:
        """What the template has overridden."""
        return read_overrides(self.context_overrides)


class MappingFailed(Exception):
    """The template cannot be rendered; API Gateway answers 500. The message says why."""


class _Ready(NamedTuple):
    """A template that can be rendered, and the parts of `$context` that it can see (None: all)."""

    program: Program
    context_names: frozenset[str] | None


@lru_cache(maxsize=2048)
def _ready(template: str) -> _Ready:
    block = parse_template(template)
    return _Ready(Program(block), properties_used(block, "context"))


def render_mapping(template: str, values: TemplateValues) -> Rendered:
    """Renders it. Raises MappingFailed."""
    try:
        ready = _ready(template)
        scope = make_scope(values, ready.context_names)
        context = scope["context"]
        text = ready.program.render(scope)
    except (TemplateSyntaxError, TemplateFailed, TemplateTooCostly, BadJsonPath) as error:
        raise MappingFailed(str(error)) from error
    except RecursionError:
        raise MappingFailed("what an earlier template has set contains itself") from None
    kept = {name: context.get(name) for name in ("requestOverride", "responseOverride")}
    return Rendered(text, kept)
