"""Quotas: Envoy asks a worker whether a key may call once more; the worker counts.

A worker that does not answer lets the call pass: a quota is a matter of accounts, not of authorization.
"""

from innergate.compile.emit.envoy.packed import overwrite, packed
from innergate.compile.resolve.api_blueprint import StageBlueprint
from innergate.plans.usage import KEY_HEADER, USAGE_HEADER, usage_document_name
from innergate.primitives.json_value import JsonObject

EXT_AUTHZ = "envoy.extensions.filters.http.ext_authz.v3.ExtAuthz"
_CLUSTER = "runtime"
_PATH = "/usage"


def _service(headers: tuple[JsonObject, ...] = ()) -> JsonObject:
    return {
        "server_uri": {"uri": "http://runtime", "cluster": _CLUSTER, "timeout": "2s"},
        "path_override": _PATH,
        "authorization_request": {"headers_to_add": [header["header"] for header in headers]},
    }


QUOTA_FILTER: JsonObject = {
    "http_service": _service(),
    "allowed_headers": {"patterns": [{"exact": KEY_HEADER}]},
    "failure_mode_allow": True,
}
"""The filter as it sleeps."""


def quota_check(blueprint: StageBlueprint) -> JsonObject:
    """A route's `typed_per_filter_config`."""
    name = usage_document_name(blueprint.api_id, blueprint.stage)
    service = _service((overwrite(USAGE_HEADER, name),))
    return packed(
        "envoy.extensions.filters.http.ext_authz.v3.ExtAuthzPerRoute",
        {"check_settings": {"http_service": service, "disable_request_body_buffering": True}},
    )
