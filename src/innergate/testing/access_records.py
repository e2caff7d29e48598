"""Access-log lines as Envoy writes them, for tests of their readers."""

from collections.abc import Mapping

from innergate.compile.emit.envoy.access_logs import (
    BASE_PATH_FIELD,
    CANARY_FIELD,
    CLIENT_FIELD,
    LOG_FIELDS,
    ROUTE_FIELDS,
    RULE_FIELD,
    logged_route_name,
)
from innergate.compile.emit.envoy.file_logs import NOTHING, SEPARATOR
from innergate.primitives.json_value import JsonValue


def line_of(record: Mapping[str, JsonValue]) -> str:
    """The line of a record, without its end; fields that the record lacks have no value."""
    named = [str(record.get(name, "")) for name in ROUTE_FIELDS]
    based, rule = record.get(BASE_PATH_FIELD), record.get(RULE_FIELD)
    route = logged_route_name(
        *named,
        base_path=based if isinstance(based, str) else None,
        rule_id=rule if isinstance(rule, str) else "",
        is_canary=bool(record.get(CANARY_FIELD)),
    )
    scope = f"private.r|x.suffix {record.get('path', '/')}/ {record.get('domainName', 'x')}"
    fields = {"scope": scope, **record, "route": route}
    names = (*LOG_FIELDS, CLIENT_FIELD) if CLIENT_FIELD in fields else LOG_FIELDS
    values = (fields.get(name) for name in names)
    return SEPARATOR.join(NOTHING if value is None else str(value) for value in values)
