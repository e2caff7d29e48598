"""Mapping templates inside an exchange: rendered with its values, failing in AWS's words."""

from innergate.runtime.exchange.exchange_state import Exchange
from innergate.runtime.exchange.gateway_failures import configuration_error
from innergate.runtime.mapping.render_mapping import MappingFailed, render_mapping


def render_template(exchange: Exchange, template: str, body: str) -> str:
    """The text. What the template overrides is put into the exchange's `overrides`. Raises GatewayFailure."""
    if "$" not in template and "#" not in template:
        return template
    try:
        rendered = render_mapping(template, exchange.template_values(template, body))
    except MappingFailed as failure:
        raise configuration_error(f"Unable to transform request: {failure}") from None
    exchange.overrides = rendered.context_overrides
    return rendered.text
