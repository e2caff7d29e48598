"""Facts about a connection that the listener knows: which endpoint, VPC, account and region it came in by.

They travel as filter state of the connection, which no client can write (design, rule 2).
"""

from typing import NamedTuple

import msgspec

from innergate.compile.emit.envoy.packed import escape_operators, extension, packed, text_format
from innergate.primitives.json_value import JsonObject, JsonValue

VPCE, VPC, ACCOUNT, REGION = "innergate.vpce", "innergate.vpc", "innergate.account", "innergate.region"

REQUEST_ID = "innergate.request_id"
"""Filter state of a request: a fresh UUID, $context.requestId, where a stage tells it to anybody but the client."""


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


REQUEST_ID_FILTER = "innergate.request_id"
SET_FILTER_STATE = "envoy.extensions.filters.http.set_filter_state.v3.Config"

REQUEST_ID_OPERATOR = f"%FILTER_STATE({REQUEST_ID}:PLAIN)%"
EXTENDED_ID_OPERATOR = f"%FILTER_STATE({REQUEST_ID}:PLAIN):16%"
FRESH_ID_OPERATOR = "%UNIQUE_ID%"
FRESH_EXTENDED_ID_OPERATOR = '%COALESCE({"operators":["UNIQUE_ID"]}):16%'
"""Made where they stand: for answers of which nothing told the id before."""


def names_request_id(value: JsonValue) -> bool:
    """Whether the id of a request stands in a configuration, so that it must be there before the answer is."""
    return f"FILTER_STATE({REQUEST_ID}:".encode() in msgspec.json.encode(value)


def early_request_id() -> JsonObject:
    """A virtual host's configuration of the filter that gives each request its id."""
    rule: JsonObject = {
        "object_key": REQUEST_ID,
        "factory_key": "envoy.string",
        "format_string": text_format(FRESH_ID_OPERATOR),
    }
    return packed(SET_FILTER_STATE, {"on_request_headers": [rule]})
