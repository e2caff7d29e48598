"""Reads Envoy's health check event log as it grows.

Each line is an envoy.data.core.v3.HealthCheckEvent. Envoy tells every failed check, also those below the threshold: a failure
counts only once the target has been ejected, or where it was the very first check; then it says why. The file is cut when it is
large: Envoy appends, so it goes on from the start.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, NamedTuple, final

from innergate.plans.node_messages import TargetHealthSeen
from innergate.primitives.json_value import JsonObject, JsonValue

LIMIT_BYTES = 4 << 20
EJECTED, FAILED = "eject_unhealthy_event", "health_check_failure_event"


@final
class HealthEvents:
    """`read` gives what was added since the last time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self._rest = b""
        self._ejected: set[tuple[str, str, int]] = set()

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
        return self._sift(event for line in lines if (event := parse_event(line)) is not None)

    def _sift(self, events: Iterable["HealthEvent"]) -> list[TargetHealthSeen]:
        """What changes a target's state, or explains it; an ejection and the failure that led to it are one."""
        found: list[TargetHealthSeen] = []
        for seen, kind in events:
            target = (seen.cluster, seen.address, seen.port)
            if kind == "healthy":
                self._ejected.discard(target)
            elif kind != "failed":
                self._ejected.add(target)
            elif target not in self._ejected:
                continue
            elif (
                found and not found[-1].is_healthy and (found[-1].cluster, found[-1].address, found[-1].port) == target
            ):
                found.pop()
            found.append(seen)
        return found


class HealthEvent(NamedTuple):
    """One event. `kind` tells a failure that by itself changes nothing ("failed") from one that does."""

    seen: TargetHealthSeen
    kind: Literal["healthy", "ejected", "first-failed", "failed"]


def parse_event(line: bytes) -> HealthEvent | None:
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
    place = (cluster, str(host), port if isinstance(port, int) else 0)
    if "add_healthy_event" in event or "successful_health_check_event" in event:
        return HealthEvent(
            TargetHealthSeen(cluster=place[0], address=place[1], port=place[2], is_healthy=True), "healthy"
        )
    for key in (EJECTED, FAILED):
        found = event.get(key)
        if isinstance(found, dict):
            seen = TargetHealthSeen(
                cluster=place[0],
                address=place[1],
                port=place[2],
                is_healthy=False,
                failure=str(found.get("failure_type", "ACTIVE")),
                http_status=_find_status(event, found),
            )
            if key == EJECTED:
                return HealthEvent(seen, "ejected")
            return HealthEvent(seen, "first-failed" if found.get("first_check") is True else "failed")
    return None


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
