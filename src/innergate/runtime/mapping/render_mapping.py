"""A mapping template and its values -> text and overrides."""

from functools import lru_cache
from typing import Any, NamedTuple

from innergate.runtime.mapping.json_paths import BadJsonPath
from innergate.runtime.mapping.template_scope import Overrides, TemplateValues, make_scope, read_overrides
from innergate.runtime.vtl import Budget, TemplateFailed, TemplateSyntaxError, TemplateTooCostly, parse_template, render
from innergate.runtime.vtl.syntax import Block


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


@lru_cache(maxsize=2048)
def _parsed(template: str) -> Block:
    return parse_template(template)


def render_mapping(template: str, values: TemplateValues, budget: Budget | None = None) -> Rendered:
    """Renders it. Raises MappingFailed."""
    try:
        scope = make_scope(values)
    except RecursionError:
        raise MappingFailed("what an earlier template has set contains itself") from None
    context = scope["context"]
    try:
        text = render(_parsed(template), scope, budget)
    except (TemplateSyntaxError, TemplateFailed, TemplateTooCostly, BadJsonPath) as error:
        raise MappingFailed(str(error)) from error
    kept = {name: context.get(name) for name in ("requestOverride", "responseOverride")}
    return Rendered(text, kept)
