"""MOCK integrations: the request template names the status (developer guide, "Mock integrations in API Gateway")."""

import re

import msgspec

from innergate.runtime.exchange.exchange_state import Exchange
from innergate.runtime.exchange.gateway_failures import configuration_error
from innergate.runtime.exchange.integration_reply import IntegrationReply
from innergate.runtime.exchange.integration_request import build_templated

_LENIENT = re.compile(r"""\{(?:[^{}]*,)?\s*["']?statusCode["']?\s*:\s*["']?(\d{3})["']?\s*(?:,[^{}]*)?\}""", re.DOTALL)
_MAX_CHARACTERS = 64 * 1024


class _Template(msgspec.Struct, frozen=True, rename="camel"):
    status_code: int


def integrate_mock(exchange: Exchange) -> IntegrationReply:
    """The reply that the template asks for. Raises GatewayFailure where it names no status."""
    body = build_templated(exchange).body
    status = _status(body)
    if status is None:
        raise configuration_error(
            "Unable to parse statusCode. It should be an integer that is defined in the request template."
        )
    return IntegrationReply(status, str(status))


def _status(body: bytes) -> int | None:
    """Keys may stand without quotes, or in single ones."""
    try:
        return msgspec.json.decode(body, type=_Template).status_code
    except (msgspec.DecodeError, ValueError):
        found = _LENIENT.fullmatch(body.decode("utf-8", "replace").strip()) if len(body) < _MAX_CHARACTERS else None
        return int(found[1]) if found else None
