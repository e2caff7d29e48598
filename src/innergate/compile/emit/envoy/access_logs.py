"""Access logs: one file of JSON lines for the stages that have a log, with every field that a user's format may name.

Envoy has no access log of a route's own, and one a stage in the connection manager would make each stage a listener change.
So stages that log have virtual hosts of another name, a filter picks those, and whoever reads the file renders the user's
format from the fields. A stage without a log costs one comparison of short texts.
"""

from innergate.compile.emit.envoy.facts import (
    LOG_HOST,
    LOG_KEY,
    LOG_PATH,
    REQUEST_ID,
    SET_FILTER_STATE,
    VPC,
    VPCE,
    request_state,
)
from innergate.compile.emit.envoy.http_filters import LOG_FACTS, LOG_KEY_FACT
from innergate.compile.emit.envoy.packed import extension, packed
from innergate.compile.settings import CompileSettings
from innergate.primitives.json_value import JsonObject, JsonValue

LOGGED, QUIET = "logged", "quiet"
"""Names of virtual hosts."""

_FIELDS: JsonObject = {
    "logGroup": "%METADATA(VIRTUAL_HOST:innergate:log_group)%",
    "apiId": "%METADATA(VIRTUAL_HOST:innergate:api_id)%",
    "stage": "%METADATA(VIRTUAL_HOST:innergate:stage)%",
    "resourcePath": "%METADATA(ROUTE:innergate:resource_path)%",
    "resourceId": "%METADATA(ROUTE:innergate:resource_id)%",
    "requestId": f"%FILTER_STATE({REQUEST_ID}:PLAIN)%",
    "extendedRequestId": f"%FILTER_STATE({REQUEST_ID}:PLAIN):16%",
    "httpMethod": "%REQ(:METHOD)%",
    "path": f"%FILTER_STATE({LOG_PATH}:PLAIN)%",
    "protocol": "%PROTOCOL%",
    "domainName": f"%FILTER_STATE({LOG_HOST}:PLAIN)%",
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
    "identity.apiKeyId": f"%FILTER_STATE({LOG_KEY}:PLAIN)%",
    "tlsVersion": "%DOWNSTREAM_TLS_VERSION%",
    "cipherSuite": "%DOWNSTREAM_TLS_CIPHER%",
}


def log_filters() -> dict[str, JsonValue]:
    """A logging virtual host's `typed_per_filter_config`: keeps what the route's rewrites would hide."""
    return {
        LOG_FACTS: packed(SET_FILTER_STATE, request_state(((LOG_PATH, "%PATH(NQ)%"), (LOG_HOST, "%REQ(:AUTHORITY)%")))),
        LOG_KEY_FACT: packed(SET_FILTER_STATE, request_state(((LOG_KEY, "%REQ(X-INNERGATE-KEY-ID)%"),))),
    }


def access_log_file(settings: CompileSettings) -> str:
    """The file that all logging stages share."""
    return f"{settings.log_folder}/access.jsonl"


def access_log(settings: CompileSettings) -> list[JsonValue]:
    """The connection manager's access log."""
    return [
        {
            "name": "envoy.access_loggers.file",
            "filter": {
                "extension_filter": extension(
                    "envoy.access_loggers.extension_filters.cel",
                    "envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter",
                    {"expression": f"xds.virtual_host_name == '{LOGGED}'"},
                )
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
