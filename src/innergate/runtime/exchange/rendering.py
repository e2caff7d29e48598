"""Mapping templates inside an exchange: rendered with its values, failing in AWS's words."""

from innergate.runtime.exchange.exchange_state import Exchange
from innergate.runtime.exchange.gateway_failures import configuration_error
from innergate.runtime.mapping.render_mapping import MappingFailed, Rendered, render_mapping


def render_template(exchange: Exchange, template: str, body: str) -> Rendered:
    """The text; what it overrides is kept for the templates that follow. Raises GatewayFailure."""
    try:
        rendered = render_mapping(template, exchange.template_values(body))
    except MappingFailed as failure:
        raise configuration_error(f"Unable to transform request: {failure}") from None
    exchange.overrides = rendered.context_overrides
    return rendered
