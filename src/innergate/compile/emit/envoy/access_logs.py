"""Access logs: one file of JSON lines for the stages that have a log, with every field that a user's format may name.

Envoy has no access log of a route's own, and one a stage in the connection manager would make each stage a listener change.
So stages that log wake a filter that keeps, in dynamic metadata, what the route's rewrites would hide; the log takes requests
that have such metadata, and whoever reads the file renders the user's format from the fields. A stage without a log costs a
look into an empty map.
"""

from innergate.compile.emit.envoy.facts import REQUEST_ID, VPC, VPCE
from innergate.compile.emit.envoy.http_filters import HEADER_TO_METADATA, LOG_FACTS, LOG_KEY_FACT
from innergate.compile.emit.envoy.packed import packed
from innergate.compile.settings import CompileSettings
from innergate.primitives.json_value import JsonObject, JsonValue

ACCESS_LOG_NAME = "access.jsonl"
_KEPT = "innergate.log"
"""The namespace of the metadata."""

_FIELDS: JsonObject = {
    "logGroup": "%METADATA(VIRTUAL_HOST:innergate:log_group)%",
    "apiId": "%METADATA(VIRTUAL_HOST:innergate:api_id)%",
    "stage": "%METADATA(VIRTUAL_HOST:innergate:stage)%",
    "resourcePath": "%ROUTE_NAME%",
    "resourceId": "%METADATA(ROUTE:innergate:resource_id)%",
    "requestId": f"%FILTER_STATE({REQUEST_ID}:PLAIN)%",
    "extendedRequestId": f"%FILTER_STATE({REQUEST_ID}:PLAIN):16%",
    "httpMethod": "%REQ(:METHOD)%",
    "path": f"%DYNAMIC_METADATA({_KEPT}:path)%",
    "protocol": "%PROTOCOL%",
    "domainName": f"%DYNAMIC_METADATA({_KEPT}:host)%",
    "requestTimeEpoch": "%START_TIME(%s%3f)%",
    "requestTime": "%START_TIME(%d/%b/%Y:%H:%M:%S +0000)%",
    "status": "%RESPONSE_CODE%",
    "responseLength": "%BYTES_SENT%",
    "responseLatency": "%DURATION%",
    "integrationLatency": "%RESPONSE_DURATION%",
    "errorType": "%RESP(X-AMZN-ERRORTYPE)%",
    "details": "%RESPONSE_CODE_DETAILS%",
    "flags": "%RESPONSE_FLAGS%",
    "upstream": "%UPSTREAM_HOST%",
    "cluster": "%UPSTREAM_CLUSTER_RAW%",
    "identity.sourceIp": "%DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT%",
    "identity.userAgent": "%REQ(USER-AGENT)%",
    "identity.vpceId": f"%FILTER_STATE({VPCE}:PLAIN)%",
    "identity.vpcId": f"%FILTER_STATE({VPC}:PLAIN)%",
    "identity.apiKeyId": f"%DYNAMIC_METADATA({_KEPT}:key_id)%",
    "tlsVersion": "%DOWNSTREAM_TLS_VERSION%",
    "cipherSuite": "%DOWNSTREAM_TLS_CIPHER%",
}


def log_filters() -> dict[str, JsonValue]:
    """A logging virtual host's `typed_per_filter_config`: before the policies, and once the API key is known."""
    without_query: JsonObject = {"pattern": {"regex": "\\?.*"}, "substitution": ""}
    return {
        LOG_FACTS: _keep(
            {"header": ":path", "on_header_present": {**_kept("path"), "regex_value_rewrite": without_query}},
            {"header": ":authority", "on_header_present": _kept("host")},
        ),
        LOG_KEY_FACT: _keep({"header": "x-innergate-key-id", "on_header_present": _kept("key_id")}),
    }


def _keep(*rules: JsonObject) -> JsonObject:
    return packed(HEADER_TO_METADATA, {"request_rules": list(rules)})


def _kept(key: str) -> JsonObject:
    return {"metadata_namespace": _KEPT, "key": key}


def access_log_file(settings: CompileSettings) -> str:
    """The file that all logging stages share."""
    return f"{settings.log_folder}/{ACCESS_LOG_NAME}"


def access_log(settings: CompileSettings) -> list[JsonValue]:
    """The connection manager's access log."""
    return [
        {
            "name": "envoy.access_loggers.file",
            "filter": {
                "metadata_filter": {
                    "matcher": {"filter": _KEPT, "path": [{"key": "path"}], "value": {"present_match": True}},
                    "match_if_key_not_found": False,
                }
            },
            **_file_log(settings),
        }
    ]


def _file_log(settings: CompileSettings) -> JsonObject:
    return {
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog",
            "path": access_log_file(settings),
            "log_format": {"json_format": _FIELDS},
        }
    }
