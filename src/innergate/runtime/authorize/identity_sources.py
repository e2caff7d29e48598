"""Where a Lambda authorizer or a user pool finds what the caller shows: a header, a query parameter, a variable."""

import json

from innergate.plans.runtime import RuntimeAuthorizer
from innergate.runtime.authorize.question import Question
from innergate.runtime.exchange.context_values import find_variable, variable_text

_SEVERAL = "\0"
DEFAULT_SOURCE = "method.request.header.Authorization"


def source_values(question: Question, sources: tuple[str, ...]) -> tuple[str, ...] | None:
    """The value of each source, in order; None where one is missing or empty. A name that came more than once counts with all
    its values, so that no second one hides behind the first, and no single one is taken for several."""
    values: list[str] = []
    for source in sources:
        found = _values(question, source.strip())
        if not found or not all(found):
            return None
        is_plain = len(found) == 1 and not found[0].startswith(_SEVERAL)
        values.append(found[0] if is_plain else _SEVERAL + json.dumps(found))
    return tuple(values)


def single_value(question: Question, authorizer: RuntimeAuthorizer) -> str | None:
    """The token that the one source of a TOKEN authorizer or a user pool holds; None where it is missing, empty or there
    several times."""
    source = authorizer.identity_sources[0] if authorizer.identity_sources else DEFAULT_SOURCE
    found = _values(question, source.strip())
    return found[0] if len(found) == 1 and found[0] else None


def _values(question: Question, source: str) -> list[str]:
    request = question.request
    if source.startswith("method.request.header."):
        return [value.strip() for value in request.header_values(source.removeprefix("method.request.header."))]
    if source.startswith("method.request.querystring."):
        return request.multi_query.get(source.removeprefix("method.request.querystring."), [])
    if source.startswith("stageVariables."):
        value = question.stage.variables.get(source.removeprefix("stageVariables."))
        return [value] if value is not None else []
    if source.startswith("context."):
        variable = find_variable(question.context, source.removeprefix("context."))
        return [variable_text(variable)] if variable is not None else []
    return []
