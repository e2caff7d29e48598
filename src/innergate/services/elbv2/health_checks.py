"""A target group's health check: AWS's defaults by protocol, and what AWS refuses."""

import re
from typing import Any

import msgspec

from innergate.primitives.digits import read_digits
from innergate.primitives.fault import Fault
from innergate.resources.target_groups import HealthCheck
from innergate.services.context import Params

_PROTOCOLS = ("TCP", "HTTP", "HTTPS")
_CODES = re.compile(r"\d{1,3}(-\d{1,3})?(,\d{1,3}(-\d{1,3})?)*")
_LOWEST_CODE = 200
TRAFFIC_PORT = "traffic-port"


def default_check(protocol: str, target_type: str, version: str, wanted: str | None) -> HealthCheck:
    """The health check of a new target group; `wanted` is the HealthCheckProtocol that the caller gives.

    Source: CreateTargetGroup in the elbv2 service model, and the defaults of the two load balancers' guides.
    """
    if target_type == "lambda":
        return HealthCheck(
            protocol="",
            path="/",
            interval_s=35,
            timeout_s=30,
            healthy_threshold=5,
            unhealthy_threshold=5,
            matcher="200",
            enabled=False,
        )
    if protocol in ("HTTP", "HTTPS"):
        grpc = version == "GRPC"
        return HealthCheck(
            protocol=wanted or "HTTP",
            path="/AWS.ALB/healthcheck" if grpc else "/",
            timeout_s=5,
            matcher="12" if grpc else "200",
        )
    asks_http = wanted in ("HTTP", "HTTPS") or (target_type == "alb" and wanted is None)
    if not asks_http:
        return HealthCheck(protocol=wanted or "TCP", timeout_s=10)
    chosen = wanted or "HTTP"
    return HealthCheck(protocol=chosen, path="/", timeout_s=6 if chosen == "HTTP" else 10, matcher="200-399")


def with_changes(check: HealthCheck, params: Params, protocol: str, target_type: str) -> HealthCheck:
    """The health check after the caller's `HealthCheck…`, threshold and matcher members. Raises Fault ValidationError."""
    matcher = params.get("Matcher") or {}
    changed = msgspec.structs.replace(
        check,
        protocol=params.get("HealthCheckProtocol") or check.protocol,
        port=params.get("HealthCheckPort") or check.port,
        path=params.get("HealthCheckPath") or check.path,
        interval_s=int(params.get("HealthCheckIntervalSeconds") or check.interval_s),
        timeout_s=int(params.get("HealthCheckTimeoutSeconds") or check.timeout_s),
        healthy_threshold=int(params.get("HealthyThresholdCount") or check.healthy_threshold),
        unhealthy_threshold=int(params.get("UnhealthyThresholdCount") or check.unhealthy_threshold),
        matcher=matcher.get("HttpCode") or matcher.get("GrpcCode") or check.matcher,
        enabled=bool(params["HealthCheckEnabled"]) if params.get("HealthCheckEnabled") is not None else check.enabled,
    )
    if changed.protocol == "TCP":
        if params.get("Matcher") or params.get("HealthCheckPath"):
            member = "matcher" if params.get("Matcher") else "path"
            raise Fault(
                "ValidationError", f"Health check {member} is not supported for health checks with TCP protocol"
            )
        changed = msgspec.structs.replace(changed, path="", matcher="")
    elif target_type != "lambda" and not changed.path:
        changed = msgspec.structs.replace(changed, path="/", matcher=changed.matcher or "200-399")
    _check(changed, protocol, target_type)
    return changed


def _check(check: HealthCheck, protocol: str, target_type: str) -> None:
    if target_type != "lambda":
        if check.protocol not in _PROTOCOLS:
            raise Fault(
                "ValidationError", f"Health check protocol '{check.protocol}' must be one of: [HTTP, HTTPS, TCP]"
            )
        if check.protocol == "TCP" and protocol in ("HTTP", "HTTPS"):
            raise Fault(
                "ValidationError", "Health check protocol 'TCP' is not supported for target groups with HTTP or HTTPS"
            )
        if check.protocol == "TCP" and target_type == "alb":
            raise Fault(
                "ValidationError", "Health check protocol must be HTTP or HTTPS for target groups with type 'alb'"
            )
        if not check.enabled:
            raise Fault(
                "ValidationError",
                f"Health check enabled must be true for target groups with target type '{target_type}'",
            )
    _require_range("Health check interval", check.interval_s, 5, 300)
    _require_range("Health check timeout", check.timeout_s, 2, 120)
    _require_range("Healthy threshold count", check.healthy_threshold, 2, 10)
    _require_range("Unhealthy threshold count", check.unhealthy_threshold, 2, 10)
    if check.timeout_s > check.interval_s or (check.timeout_s == check.interval_s and check.protocol != "TCP"):
        raise Fault(
            "ValidationError",
            f"Health check timeout '{check.timeout_s}' must be smaller than the interval '{check.interval_s}'",
        )
    if check.port != TRAFFIC_PORT and not read_digits(check.port, 65535):
        raise Fault(
            "ValidationError", f"Health check port '{check.port}' must be '{TRAFFIC_PORT}' or in the range 1-65535"
        )
    if check.path and not (check.path.startswith("/") and len(check.path) <= 1024):
        raise Fault("ValidationError", f"Health check path '{check.path}' must begin with a '/' character")
    _check_matcher(check.matcher, highest=499 if protocol in ("HTTP", "HTTPS") or target_type == "lambda" else 599)


def _check_matcher(matcher: str, highest: int) -> None:
    """Raises Fault ValidationError for codes beyond those of the load balancer's kind (`Matcher` in the service model)."""
    if not matcher:
        return
    well_formed = _CODES.fullmatch(matcher) is not None
    spans = [[int(code) for code in part.split("-")] for part in matcher.split(",")] if well_formed else []
    if not well_formed or any(span[0] < _LOWEST_CODE or span[-1] > highest or span[0] > span[-1] for span in spans):
        raise Fault(
            "ValidationError",
            f"Health check matcher HTTP code '{matcher}' must be within '{_LOWEST_CODE}-{highest}' inclusive",
        )


def _require_range(what: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise Fault("ValidationError", f"{what} must be in the range [{low}-{high}]: '{value}'")


def rendered(check: HealthCheck, version: str) -> dict[str, Any]:
    """The health check's members of AWS's TargetGroup."""
    answer: dict[str, Any] = {
        "HealthCheckProtocol": check.protocol or None,
        "HealthCheckPort": check.port if check.protocol else None,
        "HealthCheckEnabled": check.enabled,
        "HealthCheckIntervalSeconds": check.interval_s,
        "HealthCheckTimeoutSeconds": check.timeout_s,
        "HealthyThresholdCount": check.healthy_threshold,
        "UnhealthyThresholdCount": check.unhealthy_threshold,
    }
    if check.path:
        answer["HealthCheckPath"] = check.path
    if check.matcher:
        answer["Matcher"] = {"GrpcCode" if version == "GRPC" else "HttpCode": check.matcher}
    return answer
