"""Facts about a connection that the listener knows: which endpoint, VPC, account and region it came in by.

They travel as filter state of the connection, which no client can write (design, rule 2).
"""

from typing import NamedTuple

from innergate.compile.emit.envoy.packed import escape_operators, extension, text_format
from innergate.primitives.json_value import JsonObject

VPCE, VPC, ACCOUNT, REGION = "innergate.vpce", "innergate.vpc", "innergate.account", "innergate.region"

REQUEST_ID = "innergate.request_id"
"""Filter state of a request: a fresh UUID, $context.requestId."""


class ConnectionFacts(NamedTuple):
    """What one listener's connections have in common; "" where it has none."""

    vpce: str
    vpc: str
    account: str
    region: str


def facts_filter(facts: ConnectionFacts) -> JsonObject:
    """The network filter that puts the facts on each new connection."""
    values = ((VPCE, facts.vpce), (VPC, facts.vpc), (ACCOUNT, facts.account), (REGION, facts.region))
    return extension(
        "innergate.facts",
        "envoy.extensions.filters.network.set_filter_state.v3.Config",
        {
            "on_new_connection": [
                {
                    "object_key": key,
                    "factory_key": "envoy.string",
                    "format_string": text_format(escape_operators(value)),
                }
                for key, value in values
                if value
            ]
        },
    )


def request_id_filter() -> JsonObject:
    """The HTTP filter that gives each request its id."""
    return extension(
        "innergate.request_id",
        "envoy.extensions.filters.http.set_filter_state.v3.Config",
        {
            "on_request_headers": [
                {"object_key": REQUEST_ID, "factory_key": "envoy.string", "format_string": text_format("%UNIQUE_ID%")}
            ]
        },
    )


REQUEST_ID_OPERATOR = f"%FILTER_STATE({REQUEST_ID}:PLAIN)%"
EXTENDED_ID_OPERATOR = f"%FILTER_STATE({REQUEST_ID}:PLAIN):16%"
