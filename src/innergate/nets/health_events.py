"""Reads Envoy's health check event log as it grows.

Each line is an envoy.data.core.v3.HealthCheckEvent. The file is cut when it is large: Envoy appends, so it goes on from the
start.
"""

import json
from pathlib import Path
from typing import final

from innergate.plans.node_messages import TargetHealthSeen
from innergate.primitives.json_value import JsonObject, JsonValue

LIMIT_BYTES = 4 << 20
FAILURE_KEYS = ("eject_unhealthy_event", "health_check_failure_event")


@final
class HealthEvents:
    """`read` gives what was added since the last time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self._rest = b""

    def read(self) -> list[TargetHealthSeen]:
        """Complete lines only; lines that are no event of ours are left out."""
        try:
            size = self._path.stat().st_size
            if size < self._offset:
                self._offset, self._rest = 0, b""
            if size == self._offset:
                return []
            with self._path.open("rb") as file:
                file.seek(self._offset)
                data = self._rest + file.read()
                self._offset = file.tell()
        except FileNotFoundError:
            return []
        *lines, self._rest = data.split(b"\n")
        if self._offset > LIMIT_BYTES and not self._rest:
            with self._path.open("r+b") as file:
                file.truncate(0)
            self._offset = 0
        return [event for line in lines if (event := parse_event(line)) is not None]


def parse_event(line: bytes) -> TargetHealthSeen | None:
    """None for an event that says nothing about health, or no event at all."""
    try:
        event = json.loads(line)
    except ValueError:
        return None
    if not isinstance(event, dict):
        return None
    address = _dig(event, "host", "socket_address")
    cluster = event.get("cluster_name")
    if not isinstance(address, dict) or not isinstance(cluster, str):
        return None
    port = address.get("port_value", 0)
    host = address.get("address", "")
    is_healthy = "add_healthy_event" in event or "successful_health_check_event" in event
    failure, status = "", 0
    if not is_healthy:
        found = next((event[key] for key in FAILURE_KEYS if isinstance(event.get(key), dict)), None)
        if found is None:
            return None
        failure = str(found.get("failure_type", "ACTIVE"))
        status = _find_status(event, found)
    return TargetHealthSeen(
        cluster=cluster,
        address=str(host),
        port=port if isinstance(port, int) else 0,
        is_healthy=is_healthy,
        failure=failure,
        http_status=status,
    )


def _dig(value: JsonValue, *keys: str) -> JsonValue:
    for key in keys:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def _find_status(*places: JsonObject) -> int:
    for place in places:
        for key in ("http_status_code", "status_code", "response_code"):
            value = place.get(key)
            if isinstance(value, int):
                return value
    return 0
