"""Active health checks, and the file in which Envoy writes what it saw."""

from typing import Any

from innergate.compile.emit.envoy.packed import extension
from innergate.compile.resolve.path import HealthCheckPlan
from innergate.primitives.json_value import JsonObject


def health_check(plan: HealthCheckPlan, event_file: str, http_version: str) -> JsonObject:
    """The check. Its events (first result, changes, every failure) go to `event_file`, as JSON lines.

    A target that has never been checked is asked at once and takes traffic at its first success (HealthCheckerImplBase:
    the first success makes a host healthy), as one registers anew; AWS wants the whole threshold.
    """
    body: dict[str, Any] = {
        "timeout": f"{plan.timeout_s}s",
        "interval": f"{plan.interval_s}s",
        "no_traffic_interval": f"{plan.interval_s}s",
        "unhealthy_threshold": plan.unhealthy_threshold,
        "healthy_threshold": plan.healthy_threshold,
        "always_log_health_check_failures": True,
        "event_logger": [
            extension(
                "envoy.health_check.event_sink.file",
                "envoy.extensions.health_check.event_sinks.file.v3.HealthCheckEventFileSink",
                {"event_log_path": event_file},
            )
        ],
    }
    body["transport_socket_match_criteria"] = {"health_check": plan.protocol}
    if plan.protocol == "TCP":
        body["tcp_health_check"] = {}
        return body
    body["http_health_check"] = {
        "path": plan.path or "/",
        "host": "innergate-health-check",
        "codec_client_type": "HTTP2" if http_version == "HTTP2" else "HTTP1",
        "expected_statuses": [{"start": low, "end": high + 1} for low, high in plan.statuses],
        "request_headers_to_add": [{"header": {"key": "user-agent", "value": "ELB-HealthChecker/2.0"}}],
    }
    return body
