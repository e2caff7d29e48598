"""Request parameter mapping: integration.request.querystring.* and .header.*.

What is mapped from something absent is left out. Envoy does so with headers, but would send a query parameter without a value,
and its mutations know no conditions: so such a method has a route for each set of sources that are there. Where AWS decodes, or
takes the last of several values, a worker maps (`compile.resolve.api_restrictions`).
"""

from collections.abc import Iterator
from itertools import combinations
from typing import NamedTuple
from urllib.parse import parse_qsl

from innergate.compile.emit.envoy.context_operators import value_operator
from innergate.compile.emit.envoy.packed import CEL_FORMATTER, escape_operators, overwrite, packed
from innergate.compile.resolve.api_blueprint import Mapping, MethodPlan, ProxyAction, Value
from innergate.primitives.json_value import JsonObject, JsonValue


class Presence(NamedTuple):
    """The route that takes requests with some sources: how it knows them, and the query parameters that it does not send."""

    headers: tuple[JsonObject, ...] = ()
    queries: tuple[JsonObject, ...] = ()
    absent: frozenset[str] = frozenset()


def presences(action: ProxyAction) -> Iterator[Presence]:
    """One for each set of sources that may be absent, the largest first: a request takes the first whose sources it has."""
    if not action.querystrings:
        yield Presence()
        return
    optional = [q for q in action.querystrings if q.value.source in ("header", "querystring") and not _is_itself(q)]
    sources = list(dict.fromkeys(q.value for q in optional))
    for size in range(len(sources), -1, -1):
        for there in combinations(sources, size):
            yield Presence(
                tuple(_is_there(v.text.lower()) for v in there if v.source == "header"),
                tuple(_is_there(v.text) for v in there if v.source == "querystring"),
                frozenset(q.name for q in optional if q.value in sources and q.value not in there),
            )


def _is_there(name: str) -> JsonObject:
    return {"name": name, "present_match": True}


def _is_itself(query: Mapping) -> bool:
    """A client's parameter under its own name: it passes anyway, once."""
    return query.value.source == "querystring" and query.value.text == query.name


def parameter_mutations(
    method: MethodPlan, action: ProxyAction, mount: str, absent: frozenset[str] = frozenset()
) -> JsonObject | None:
    """The route's `typed_per_filter_config` for its mappings without the query parameters `absent`; None where it has none."""
    if not action.headers and not action.querystrings and not action.query:
        return None
    headers: list[JsonValue] = [
        {"append": overwrite(h.name.lower(), _operator(h.value, method.path, mount))}
        for h in action.headers
        if h.name.lower() != "host"
    ]
    queries: list[JsonValue] = [
        _query(name, escape_operators(value), "APPEND_IF_EXISTS_OR_ADD")
        for name, value in parse_qsl(action.query, keep_blank_values=True)
    ]
    queries += [
        _query(
            q.name,
            _operator(q.value, method.path, mount),
            "OVERWRITE_IF_EXISTS" if _is_itself(q) else "OVERWRITE_IF_EXISTS_OR_ADD",
        )
        for q in action.querystrings
        if q.name not in absent
    ]
    if not headers and not queries:
        return None
    mutations: dict[str, JsonValue] = {"formatters": [CEL_FORMATTER]}
    if headers:
        mutations["request_mutations"] = headers
    if queries:
        mutations["query_parameter_mutations"] = queries
    return packed("envoy.extensions.filters.http.header_mutation.v3.HeaderMutationPerRoute", {"mutations": mutations})


def _operator(value: Value, path: str, mount: str) -> str:
    """As elsewhere, but of a repeated header the last value. CEL sees all of them joined by commas, and no request that comes
    here has one with a comma of its own."""
    if value.source != "header":
        return value_operator(value, path, mount)
    name = value.text.lower()
    values = f"request.headers['{name}'].split(',')"
    return f"%CEL('{name}' in request.headers ? {values}[{values}.size() - 1] : '')%"


def _query(name: str, value: str, action: str) -> JsonObject:
    return {"append": {"record": {"key": name, "value": value}, "action": action}}
