"""Access logs: one file for the stages that have a log, a line a request, with every field that a user's format may name.

Envoy has no access log of a route's own, and one a stage in the connection manager would make each stage a listener change.
So stages that log wake a filter that keeps, in dynamic metadata, what the route's rewrites would hide; the log takes requests
that have such metadata, and whoever reads the file renders the user's format from the fields. A stage without a log costs a
look into an empty map.

What does not differ by request stands in the name of the route, which says it as it was when the request came.
"""

import json
from collections.abc import Mapping

from innergate.compile.emit.envoy.facts import REQUEST_ID_OPERATOR, VPC, VPCE
from innergate.compile.emit.envoy.file_logs import file_log
from innergate.compile.emit.envoy.http_filters import HEADER_TO_METADATA, LOG_FACTS, LOG_KEY_FACT
from innergate.compile.emit.envoy.packed import packed
from innergate.compile.emit.envoy.scopes import SCOPE_HEADER
from innergate.compile.settings import CompileSettings
from innergate.primitives.json_value import JsonObject, JsonValue

ACCESS_LOG_NAME = "access.log"
_KEPT, _KEPT_KEY, KEPT_RUNTIME = "innergate.log", "innergate.log.key", "innergate.log.runtime"
"""Namespaces of the metadata: what every logged request has, and what few have. That one is not there is found out sooner than
that a key is not in it."""

LOG_FIELDS: Mapping[str, str] = {
    "route": "%ROUTE_NAME%",
    "earlyRequestId": REQUEST_ID_OPERATOR,
    "requestId": "%RESP(X-AMZN-REQUESTID)%",
    "extendedRequestId": "%RESP(X-AMZ-APIGW-ID)%",
    "httpMethod": "%REQ(:METHOD)%",
    "protocol": "%PROTOCOL%",
    "requestTimeEpoch": "%START_TIME(%s%3f)%",
    "status": "%RESPONSE_CODE%",
    "responseLength": "%BYTES_SENT%",
    "responseLatency": "%DURATION%",
    "integrationLatency": "%RESPONSE_DURATION%",
    "errorType": "%RESP(X-AMZN-ERRORTYPE)%",
    "details": "%RESPONSE_CODE_DETAILS%",
    "identity.sourceIp": "%DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT%",
    "identity.vpceId": f"%FILTER_STATE({VPCE}:PLAIN)%",
    "identity.vpcId": f"%FILTER_STATE({VPC}:PLAIN)%",
    "identity.apiKeyId": f"%DYNAMIC_METADATA({_KEPT_KEY}:key_id)%",
    "identity.userAgent": "%REQ(USER-AGENT)%",
    "tlsVersion": "%DOWNSTREAM_TLS_VERSION%",
    "cipherSuite": "%DOWNSTREAM_TLS_CIPHER%",
    "runtime": f"%DYNAMIC_METADATA({KEPT_RUNTIME}:runtime)%",
    "scope": f"%DYNAMIC_METADATA({_KEPT}:scope)%",
}
"""The fields of a line in their order."""

ROUTE_FIELDS = ("logGroup", "apiId", "stage", "resourceId", "resourcePath")
"""What the name of a logging stage's route says."""

CLIENT_FIELD = "identity.clientCert"
"""The last of a line where clients show certificates: one as Envoy gives it, PEM encoded for URLs."""
_CLIENT_FIELDS = {**LOG_FIELDS, CLIENT_FIELD: "%DOWNSTREAM_PEER_CERT%"}

BASE_PATH_FIELD = "customDomain.basePathMatched"
"""What it says besides under a base path of a custom domain name; `(none)` for the empty one."""
RULE_FIELD = "customDomain.routingRuleIdMatched"
"""What it says instead where a routing rule led to the stage."""
CANARY_FIELD = "isCanaryRequest"
CANARY_STAGE = "/Canary"
"""What follows the stage in the names of its canary's routes; no stage has a slash in its name."""
MOUNT_FIELD = "mount"
"""The base path that the method's path follows, whatever led there; None for the stage's name."""


def logged_route_name(
    log_group: str,
    api_id: str,
    stage: str,
    resource_id: str,
    path: str,
    *,
    base_path: str | None = None,
    rule_id: str = "",
    is_canary: bool = False,
) -> str:
    """A JSON array of ROUTE_FIELDS, of the base path where there is one, and of the routing rule that led there; "" for the
    resource where a request met none."""
    stage = f"{stage}{CANARY_STAGE}" if is_canary else stage
    based = [] if base_path is None else [base_path or "(none)", *([rule_id] if rule_id else [])]
    return json.dumps([log_group, api_id, stage, resource_id, path, *based], separators=(",", ":"))


def log_filters(has_keys: bool) -> dict[str, JsonValue]:
    """A logging virtual host's `typed_per_filter_config`: before the policies, and once the API key is known."""
    kept: dict[str, JsonValue] = {
        LOG_FACTS: _keep({"header": SCOPE_HEADER, "on_header_present": _kept(_KEPT, "scope")})
    }
    if has_keys:
        kept[LOG_KEY_FACT] = _keep({"header": "x-innergate-key-id", "on_header_present": _kept(_KEPT_KEY, "key_id")})
    return kept


def _keep(*rules: JsonObject) -> JsonObject:
    return packed(HEADER_TO_METADATA, {"request_rules": list(rules)})


def _kept(namespace: str, key: str) -> JsonObject:
    return {"metadata_namespace": namespace, "key": key}


def access_log(settings: CompileSettings, asks_clients: bool = False) -> list[JsonValue]:
    """The connection manager's access log: one file, which all logging stages share. `asks_clients`: for certificates."""
    is_kept: JsonObject = {
        "metadata_filter": {
            "matcher": {"filter": _KEPT, "path": [{"key": "scope"}], "value": {"present_match": True}},
            "match_if_key_not_found": False,
        }
    }
    return [file_log(settings, ACCESS_LOG_NAME, _CLIENT_FIELDS if asks_clients else LOG_FIELDS, is_kept)]
