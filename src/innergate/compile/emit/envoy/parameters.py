"""Request parameter mapping: integration.request.querystring.* and .header.*."""

from urllib.parse import parse_qsl

from innergate.compile.emit.envoy.context_operators import value_operator
from innergate.compile.emit.envoy.packed import CEL_FORMATTER, escape_operators, overwrite, packed
from innergate.compile.resolve.api_blueprint import MethodPlan, ProxyAction
from innergate.primitives.json_value import JsonObject, JsonValue


def parameter_mutations(method: MethodPlan, action: ProxyAction, mount: str) -> JsonObject | None:
    """The route's `typed_per_filter_config` for its mappings; None where it has none."""
    headers: list[JsonValue] = [
        {"append": overwrite(h.name.lower(), value_operator(h.value, method.path, mount))}
        for h in action.headers
        if h.name.lower() != "host"
    ]
    queries: list[JsonValue] = [
        _query(name, escape_operators(value), "APPEND_IF_EXISTS_OR_ADD")
        for name, value in parse_qsl(action.query, keep_blank_values=True)
    ]
    queries += [
        _query(q.name, value_operator(q.value, method.path, mount), "OVERWRITE_IF_EXISTS_OR_ADD")
        for q in action.querystrings
    ]
    if not headers and not queries:
        return None
    mutations: dict[str, JsonValue] = {"formatters": [CEL_FORMATTER]}
    if headers:
        mutations["request_mutations"] = headers
    if queries:
        mutations["query_parameter_mutations"] = queries
    return packed("envoy.extensions.filters.http.header_mutation.v3.HeaderMutationPerRoute", {"mutations": mutations})


def _query(name: str, value: str, action: str) -> JsonObject:
    return {"append": {"record": {"key": name, "value": value}, "action": action}}
