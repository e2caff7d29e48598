"""Which mapping template a body goes through, and what happens where there is none (developer guide, "Integration passthrough
behaviors")."""

from collections.abc import Mapping

from innergate.runtime.exchange.gateway_failures import GatewayFailure
from innergate.runtime.exchange.method_request import DEFAULT_MEDIA_TYPE

ANY_TYPE = "$default"


def choose_request_template(templates: Mapping[str, str | None], media_type: str, passthrough: str) -> str | None:
    """The template for the body's media type; None where the body is handed on. Raises GatewayFailure (415)."""
    if media_type in templates:
        return templates[media_type]
    if ANY_TYPE in templates:
        return templates[ANY_TYPE]
    if passthrough == "NEVER" or (passthrough == "WHEN_NO_TEMPLATES" and templates):
        raise GatewayFailure("UNSUPPORTED_MEDIA_TYPE")
    return None


def choose_response_template(templates: Mapping[str, str | None], accepted_type: str) -> tuple[str, str | None]:
    """A content type and its template (None: the body is handed on): what the client accepts, JSON, or the first."""
    for media_type in (accepted_type, DEFAULT_MEDIA_TYPE):
        if media_type in templates:
            return media_type, templates[media_type]
    if templates:
        first = min(templates)
        return first, templates[first]
    return DEFAULT_MEDIA_TYPE, None
