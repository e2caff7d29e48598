"""A line of Envoy's access log as a record: fields by their names, numbers as numbers, None where there is no value.

`runtime` is None where Envoy answered by itself; where a worker did, it is an object of `$context` variables.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import TypeAlias
from uuid import uuid4

import msgspec

from innergate.compile.emit.envoy.access_logs import (
    BASE_PATH_FIELD,
    LOG_FIELDS,
    MOUNT_FIELD,
    NOTHING,
    ROUTE_FIELDS,
    RULE_FIELD,
    SEPARATOR,
)
from innergate.compile.emit.envoy.scopes import read_scope
from innergate.primitives.json_value import JsonValue

Record: TypeAlias = Mapping[str, JsonValue]

_NAMES = tuple(LOG_FIELDS)
_NUMBERS = ("status", "responseLength", "responseLatency", "integrationLatency")


def read_record(line: bytes) -> Record | None:
    """The record; None where the line is none (a process that was killed may leave half a line)."""
    values = line.decode("utf-8", "replace").split(SEPARATOR)
    if len(values) != len(_NAMES):
        return None
    route = _read_route(values[0])
    if route is None:
        return None
    record: dict[str, JsonValue] = dict(zip(_NAMES, values, strict=True))
    for name, value in record.items():
        if value == NOTHING:
            record[name] = None
    try:
        for name in _NUMBERS:
            value = record[name]
            record[name] = int(value) if isinstance(value, str) else None
    except ValueError:
        return None
    if record["requestId"] is None:
        _give_ids(record)
    scope = record["scope"]
    if isinstance(scope, str):
        record["domainName"], record["path"] = read_scope(scope)
    told = record["runtime"]
    if isinstance(told, str):
        record["runtime"] = _read_told(told)
    return record | route


def _read_told(text: str) -> JsonValue:
    """What a worker told of its answer; nothing where the text is none of a worker's."""
    try:
        return dict(msgspec.json.decode(text, type=dict[str, str]))
    except (msgspec.DecodeError, RecursionError):
        return {}


def _give_ids(record: dict[str, JsonValue]) -> None:
    """Of a client that left before its answer: the ids that others were told, or, where nobody was, any."""
    given = record["earlyRequestId"] or str(uuid4())
    record["requestId"], record["extendedRequestId"] = given, str(given)[:16]


@lru_cache(maxsize=10_000)
def _read_route(name: str) -> dict[str, JsonValue] | None:
    try:
        facts = msgspec.json.decode(name, type=tuple[str, ...])
    except msgspec.DecodeError:
        return None
    own, based = facts[: len(ROUTE_FIELDS)], facts[len(ROUTE_FIELDS) :]
    if len(own) != len(ROUTE_FIELDS) or len(based) > 2:
        return None
    mount = based[0] if based else None
    rule = based[1] if len(based) == 2 else None
    return {
        **dict(zip(ROUTE_FIELDS, own, strict=True)),
        BASE_PATH_FIELD: mount if rule is None else None,
        RULE_FIELD: rule,
        MOUNT_FIELD: mount,
    }
