"""Failures: a line an answer of 400 or more, by which the platform's operator asks why (`innergate why`).

Answers below 400 cost a look at their status. Lines hold no query, body or credential: an explanation needs none, and who reads
a log should find none.
"""

from collections.abc import Mapping

from innergate.compile.emit.envoy.facts import VPC, VPCE
from innergate.compile.emit.envoy.file_logs import file_log
from innergate.compile.settings import CompileSettings
from innergate.plans.runtime import FIRST_FAILURE
from innergate.primitives.json_value import JsonObject, JsonValue

FAILURE_LOG_NAME = "failures.log"
KEPT_REASON = "innergate.reason"
"""Namespace of the metadata that says why a worker answered so."""

FAILURE_FIELDS: Mapping[str, str] = {
    "request_id": "%RESP(X-AMZN-REQUESTID)%",
    "extended_id": "%RESP(X-AMZ-APIGW-ID)%",
    "epoch_ms": "%START_TIME(%s%3f)%",
    "status": "%RESPONSE_CODE%",
    "error_type": "%RESP(X-AMZN-ERRORTYPE)%",
    "details": "%RESPONSE_CODE_DETAILS%",
    "latency_ms": "%DURATION%",
    "verb": "%REQ(:METHOD)%",
    "scope": "%REQ(X-INNERGATE-SCOPE)%",
    "authority": "%REQ(:AUTHORITY)%",
    "path": "%PATH(NQ)%",
    "server_name": "%REQUESTED_SERVER_NAME%",
    "id_header": "%REQ(X-APIGW-API-ID)%",
    "user_agent": "%REQ(USER-AGENT)%",
    "source": "%DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT%",
    "vpce": f"%FILTER_STATE({VPCE}:PLAIN)%",
    "vpc": f"%FILTER_STATE({VPC}:PLAIN)%",
    "route": "%ROUTE_NAME%",
    "cluster": "%UPSTREAM_CLUSTER%",
    "target": "%UPSTREAM_HOST%",
    "connection_failure": "%UPSTREAM_TRANSPORT_FAILURE_REASON%",
    "told": f"%DYNAMIC_METADATA({KEPT_REASON}:reason)%",
}
"""The fields of a line in their order. What was routed has lost its scope header, and authority and path are the backend's."""


def failure_log(settings: CompileSettings) -> list[JsonValue]:
    """The connection manager's log of failures."""
    first: JsonObject = {"default_value": FIRST_FAILURE, "runtime_key": "innergate.first_failure"}
    is_failure: JsonObject = {"status_code_filter": {"comparison": {"op": "GE", "value": first}}}
    return [file_log(settings, FAILURE_LOG_NAME, FAILURE_FIELDS, is_failure)]
