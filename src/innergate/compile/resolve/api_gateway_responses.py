"""Gateway responses that users have put: what the gateway answers in its own name."""

from innergate.compile.resolve.api_blueprint import GatewayResponse, Mapping
from innergate.compile.resolve.api_values import Surroundings, resolve_value
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
            if value is None or not target.startswith(_HEADER):
                missing.append(f"{kind}: {target} = {expression}")
            else:
                headers.append(Mapping(name=target.removeprefix(_HEADER), value=value))
        templates = definition.response_templates
        content_type = "application/json" if "application/json" in templates or not templates else min(templates)
        responses.append(
            GatewayResponse(
                response_type=kind,
                status=_status(definition.status_code),
                headers=tuple(headers),
                body=templates.get(content_type),
                content_type=content_type,
            )
        )
    return tuple(responses), tuple(missing)


def _status(text: str | None) -> int:
    """The status, 0 where none is set."""
    return int(text) if text and text.isdigit() else 0
