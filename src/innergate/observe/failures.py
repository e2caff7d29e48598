"""A line of the log of failures as a value (compile/emit/envoy/failure_lines.py writes them)."""

from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec

from innergate.compile.emit.envoy.failure_lines import FAILURE_FIELDS
from innergate.compile.emit.envoy.runtime import CLUSTER
from innergate.compile.emit.envoy.scopes import read_scope
from innergate.observe.log_lines import read_fields, read_told
from innergate.observe.route_names import NamedRoute, read_route_name

_NAMES = tuple(FAILURE_FIELDS)
_BAD_NAME = "invalid:"
"""What Envoy writes before a server name that is no host name."""

_ROUTED_ALIKE = frozenset({CLUSTER})
"""Clusters that get a request with the Host and the path that the client gave."""


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """One answer of 400 or more; "" where Envoy knew no value. `host` and `path` are what the client asked for, both "" where
    only `sent_to`, the backend's, is known. `url_id` is that of a called function URL, "" for an API. `is_by_worker`:
    a worker was asked; `told` is why it answered so (plans.runtime.REASON_FACTS), None where it did not say."""

    request_id: str
    extended_id: str
    at: datetime
    status: int
    error_type: str
    details: str
    latency_ms: int
    verb: str
    host: str
    path: str
    sent_to: str
    server_name: str
    id_header: str
    user_agent: str
    source: str
    vpce: str
    vpc: str
    api_id: str
    stage: str
    resource_path: str
    url_id: str
    target: str
    connection_failure: str
    is_by_worker: bool
    told: Mapping[str, str] | None


def read_failure(line: bytes) -> Failure | None:
    """The failure; None where the line is none."""
    fields = read_fields(line, _NAMES)
    if fields is None:
        return None
    said = {name: value or "" for name, value in fields.items()}
    try:
        at = datetime.fromtimestamp(int(said["epoch_ms"]) / 1000, UTC)
        status, latency_ms = int(said["status"]), int(said["latency_ms"] or 0)
    except (ValueError, OverflowError):
        return None
    host, path, sent_to = _read_target(said)
    route = read_route_name(said["route"]) or NamedRoute("", "")
    kept = ("request_id", "extended_id", "error_type", "details", "verb", "id_header", "user_agent")
    return Failure(
        **{name: said[name] for name in (*kept, "source", "vpce", "vpc", "target", "connection_failure")},
        at=at,
        status=status,
        latency_ms=latency_ms,
        host=host,
        path=path,
        sent_to=sent_to,
        server_name="" if said["server_name"].startswith(_BAD_NAME) else said["server_name"],
        api_id=route.api_id,
        stage=route.stage,
        resource_path=route.resource_path,
        url_id=route.url_id,
        is_by_worker=said["cluster"] == CLUSTER,
        told=read_told(said["told"]) if said["told"] else None,
    )


def _read_target(said: Mapping[str, str]) -> tuple[str, str, str]:
    """The client's Host and path, and what was asked of the backend instead."""
    if said["scope"]:
        return *read_scope(said["scope"]), ""
    if said["cluster"] in _ROUTED_ALIKE or not said["cluster"]:
        return said["authority"], said["path"], ""
    return "", "", f"{said['authority']}{said['path']}"
