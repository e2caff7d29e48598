"""Gateway responses that users have put: what the gateway answers in its own name."""

from innergate.compile.resolve.api_blueprint import GatewayResponse, Mapping
from innergate.compile.resolve.api_values import Surroundings, is_answer_header, is_header_text, resolve_value
from innergate.resources.rest_apis import GatewayResponseDefinition

_HEADER = "gatewayresponse.header."


def resolve_gateway_responses(
    definitions: dict[str, GatewayResponseDefinition], around: Surroundings
) -> tuple[tuple[GatewayResponse, ...], tuple[str, ...]]:
    """The responses by type, and a sentence for each parameter that is left out."""
    responses: list[GatewayResponse] = []
    missing: list[str] = []
    for kind, definition in sorted(definitions.items()):
        headers = []
        for target, expression in sorted(definition.response_parameters.items()):
            value = resolve_value(expression, around)
            name = target.removeprefix(_HEADER)
            if value is None or not target.startswith(_HEADER) or not is_answer_header(name):
                missing.append(f"{kind}: {target} = {expression}")
            else:
                headers.append(Mapping(name=name, value=value))
        templates = definition.response_templates
        content_type = "application/json" if "application/json" in templates or not templates else min(templates)
        if not is_header_text(content_type):
            missing.append(f"{kind}: a template for {content_type!r}")
            content_type = "application/json"
        responses.append(
            GatewayResponse(
                response_type=kind,
                status=gateway_status(definition.status_code),
                headers=tuple(headers),
                body=templates.get(content_type),
                content_type=content_type,
            )
        )
    return tuple(responses), tuple(missing)


def gateway_status(text: str | None) -> int:
    """The status, 0 where none is set, or one that ends no exchange."""
    return int(text) if text and text.isdigit() and 200 <= int(text) <= 599 else 0
