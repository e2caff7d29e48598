"""A line of Envoy's access log as a record: fields by their names, numbers as numbers, None where there is no value.

`runtime` is None where Envoy answered by itself; where a worker did, it is an object of `$context` variables.
"""

from collections.abc import Mapping
from typing import TypeAlias
from uuid import uuid4

from innergate.compile.emit.envoy.access_logs import CLIENT_FIELD, LOG_FIELDS
from innergate.compile.emit.envoy.scopes import read_scope
from innergate.observe.log_lines import read_fields, read_told
from innergate.observe.route_names import read_logged_route
from innergate.primitives.json_value import JsonValue

Record: TypeAlias = Mapping[str, JsonValue]

_NAMES = tuple(LOG_FIELDS)
_CLIENT_NAMES = (*_NAMES, CLIENT_FIELD)
_NUMBERS = ("status", "responseLength", "responseLatency", "integrationLatency")


def read_record(line: bytes) -> Record | None:
    """The record; None where the line is none."""
    fields = read_fields(line, _NAMES) or read_fields(line, _CLIENT_NAMES)
    if fields is None:
        return None
    route = read_logged_route(fields["route"] or "")
    if route is None:
        return None
    record: dict[str, JsonValue] = {**fields}
    try:
        for name in _NUMBERS:
            value = fields[name]
            record[name] = int(value) if value is not None else None
    except ValueError:
        return None
    if record["requestId"] is None:
        _give_ids(record)
    scope = record["scope"]
    if isinstance(scope, str):
        record["domainName"], record["path"] = read_scope(scope)
    told = record["runtime"]
    if isinstance(told, str):
        record["runtime"] = dict(read_told(told))
    return {**record, **route}


def _give_ids(record: dict[str, JsonValue]) -> None:
    """Of a client that left before its answer: the ids that others were told, or, where nobody was, any."""
    given = record["earlyRequestId"] or str(uuid4())
    record["requestId"], record["extendedRequestId"] = given, str(given)[:16]
