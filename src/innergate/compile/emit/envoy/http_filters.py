"""The HTTP filters that every HTTP listener has, in the order of AWS's pipeline (aws-semantics.md, 2.6).

All but two sleep: a stage or a method wakes those that it needs by `typed_per_filter_config`, so nobody pays for what others
use, and a change of one stage never touches a listener.
"""

from innergate.compile.emit.envoy.facts import REQUEST_ID_FILTER, SET_FILTER_STATE
from innergate.compile.emit.envoy.internet_addresses import dns_cache
from innergate.compile.emit.envoy.packed import extension
from innergate.compile.emit.envoy.quotas import EXT_AUTHZ, QUOTA_FILTER
from innergate.compile.settings import CompileSettings
from innergate.primitives.json_value import JsonObject, JsonValue

POLICY_DENY, POLICY_ALLOW = "innergate.policy.deny", "innergate.policy.allow"
API_KEY = "innergate.api_key"
THROTTLE_CLIENT_METHOD = "innergate.throttle.client_method"
THROTTLE_CLIENT = "innergate.throttle.client"
THROTTLE_METHOD = "innergate.throttle.method"
LOG_FACTS, LOG_KEY_FACT = "innergate.log_facts", "innergate.log_key_fact"
PARAMETERS = "innergate.parameters"
GATEWAY_RESPONSES = "innergate.gateway_responses"
INTERNET = "innergate.internet"
RUNTIME_FACTS = "innergate.runtime_facts"
QUOTA = "innergate.quota"

MAX_PAYLOAD_BYTES = 10 * 1024 * 1024
"""API Gateway quotas, "Payload size"."""

HEADER_TO_METADATA = "envoy.extensions.filters.http.header_to_metadata.v3.Config"
_RBAC = "envoy.extensions.filters.http.rbac.v3.RBAC"
_LOCAL_RATE_LIMIT = "envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit"


def http_filters(settings: CompileSettings) -> list[JsonValue]:
    """The filters, the router last."""
    asleep: list[JsonValue] = [
        _asleep(REQUEST_ID_FILTER, SET_FILTER_STATE),
        _asleep(RUNTIME_FACTS, HEADER_TO_METADATA),
        _asleep(GATEWAY_RESPONSES, "envoy.extensions.filters.http.custom_response.v3.CustomResponse"),
        _asleep(LOG_FACTS, HEADER_TO_METADATA),
        _asleep(POLICY_DENY, _RBAC),
        _asleep(POLICY_ALLOW, _RBAC),
        _asleep(API_KEY, "envoy.extensions.filters.http.api_key_auth.v3.ApiKeyAuth", _NO_KEYS),
        _asleep(LOG_KEY_FACT, HEADER_TO_METADATA),
        _asleep(THROTTLE_CLIENT_METHOD, _LOCAL_RATE_LIMIT, {"stat_prefix": "throttle"}),
        _asleep(THROTTLE_CLIENT, _LOCAL_RATE_LIMIT, {"stat_prefix": "throttle"}),
        _asleep(THROTTLE_METHOD, _LOCAL_RATE_LIMIT, {"stat_prefix": "throttle"}),
        _asleep(QUOTA, EXT_AUTHZ, QUOTA_FILTER),
    ]
    return [
        *asleep,
        extension(
            "innergate.payload_limit",
            "envoy.extensions.filters.http.body_size_limit.v3.BodySizeLimit",
            {"max_request_bytes": MAX_PAYLOAD_BYTES},
        ),
        _asleep(PARAMETERS, "envoy.extensions.filters.http.header_mutation.v3.HeaderMutation"),
        _asleep(
            INTERNET,
            "envoy.extensions.filters.http.dynamic_forward_proxy.v3.FilterConfig",
            {"dns_cache_config": dns_cache(settings)},
        ),
        extension(
            "envoy.filters.http.router",
            "envoy.extensions.filters.http.router.v3.Router",
            {"dynamic_stats": False, "suppress_envoy_headers": True},
        ),
    ]


_NO_KEYS: JsonObject = {"key_sources": [{"header": "x-api-key"}]}


def _asleep(name: str, type_name: str, fields: JsonObject | None = None) -> JsonObject:
    return {**extension(name, type_name, fields), "disabled": True}
