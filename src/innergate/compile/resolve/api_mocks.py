"""MOCK integrations whose templates are static: what CORS preflights and health pages use.

Developer guide, "Mock integrations in API Gateway". Templates with logic in them are for the runtime.

# AWS differs: a MOCK whose only template is a plain status answers 500 to bodies of other types than JSON, also where such a
# body is itself {"statusCode": N}, which AWS would take for the template's.
"""

import re

import msgspec

from innergate.compile.resolve.api_blueprint import Action, BrokenAction, Mapping, MockAction, RuntimeAction
from innergate.compile.resolve.api_values import Surroundings, is_answer_header, is_header_text, resolve_value
from innergate.plans.answer_headers import DROPPED_FROM_RESPONSES, REMAPPED_FROM_OTHERS
from innergate.primitives.bounded_patterns import matches_whole
from innergate.resources.rest_apis import Integration, IntegrationResponse, MethodDefinition

_STATUS = re.compile(r'\{\s*"?statusCode"?\s*:\s*"?(\d{3})"?\s*,?\s*\}')
_HEADER = "method.response.header."
_BODILESS = (204, 304)
"""Statuses whose answers end with their headers (RFC 9110, sections 15.3.5 and 15.4.5)."""
_TAKEN_HEADERS = REMAPPED_FROM_OTHERS | DROPPED_FROM_RESPONSES
"""Headers that an answer of a MOCK bears under other names, or not at all: the runtime renames them."""


class _Template(msgspec.Struct, frozen=True, rename="camel"):
    status_code: int


def resolve_mock(method: MethodDefinition, integration: Integration, around: Surroundings) -> Action:
    """The answer of a static MOCK; for the runtime where a template has logic in it."""
    template = (integration.request_templates or {}).get("application/json")
    status = _mock_status(template or "")
    if status is None:
        return RuntimeAction(reason='a MOCK whose request template is not a plain {"statusCode": N}')
    if len(integration.request_templates or {}) > 1:
        return RuntimeAction(reason="request templates of several types")
    response = _select_response(integration, status)
    if response is None:
        return BrokenAction(reason=f"no integration response matches status {status} and none is the default")
    answer = _answer(method, response, around)
    if not isinstance(answer, MockAction):
        return answer
    return msgspec.structs.replace(answer, refuses_types=integration.passthrough_behavior != "WHEN_NO_MATCH")


def _mock_status(template: str) -> int | None:
    """The status that the template asks for, None where it is not plain."""
    try:
        return msgspec.json.decode(template.encode(), type=_Template).status_code
    except (msgspec.DecodeError, ValueError):
        match = _STATUS.fullmatch(template.strip())
        return int(match[1]) if match else None


def _select_response(integration: Integration, status: int) -> IntegrationResponse | None:
    """The response whose pattern matches the status as a whole, else the default one (no pattern)."""
    default = None
    for _, response in sorted(integration.integration_responses.items()):
        if not response.selection_pattern:
            default = default or response
        elif matches_whole(response.selection_pattern, str(status)):
            return response
    return default


def _answer(method: MethodDefinition, response: IntegrationResponse, around: Surroundings) -> Action:
    if not response.status_code.isdigit() or response.status_code not in method.method_responses:
        return BrokenAction(reason=f"there is no method response for status {response.status_code}")
    if not 200 <= int(response.status_code) <= 599:
        return RuntimeAction(reason=f"the status {response.status_code}, which ends no exchange")
    headers = _headers(response, around)
    if isinstance(headers, RuntimeAction):
        return headers
    templates = response.response_templates or {}
    if len(templates) > 1:
        return RuntimeAction(reason="response templates of several types")
    content_type = "application/json" if "application/json" in templates or not templates else min(templates)
    if not is_header_text(content_type):
        return RuntimeAction(reason=f"the content type {content_type!r}")
    body = templates.get(content_type) or ""
    if "$" in body or "#" in body:
        return RuntimeAction(reason="a MOCK whose response template has expressions in it")
    status = int(response.status_code)
    mapped_type = next((header.value.text for header in headers if header.name.lower() == "content-type"), "")
    return MockAction(
        status=status,
        headers=tuple(header for header in headers if header.name.lower() != "content-type"),
        body="" if status in _BODILESS else body,
        content_type=mapped_type or content_type,
    )


def _headers(response: IntegrationResponse, around: Surroundings) -> list[Mapping] | RuntimeAction:
    """The headers that are mapped; the runtime's matter where it renames one, or needs the call to know one."""
    headers = []
    for target, expression in sorted((response.response_parameters or {}).items()):
        value = resolve_value(expression, around)
        name = target.removeprefix(_HEADER)
        lowered = name.lower()
        sources = ("static",) if lowered == "content-type" else ("static", "context")
        is_plain = target.startswith(_HEADER) and is_answer_header(name) and lowered not in _TAKEN_HEADERS
        if not is_plain or value is None or value.source not in sources:
            return RuntimeAction(reason=f"the response parameter {target} = {expression}")
        headers.append(Mapping(name=name, value=value))
    return headers
