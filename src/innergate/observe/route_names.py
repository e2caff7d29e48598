"""What the name of a route says: names of stages that log are JSON, those of others are short (compile/emit/envoy)."""

from typing import NamedTuple

import msgspec

from innergate.compile.emit.envoy.access_logs import ROUTE_FIELDS


class NamedRoute(NamedTuple):
    """A stage, and the path of the resource where the name tells it ("" elsewhere)."""

    api_id: str
    stage: str
    resource_path: str = ""


def read_route_name(name: str) -> NamedRoute | None:
    """None for the name of something else."""
    if not name.startswith("["):
        api_id, _, stage = name.partition("/")
        return NamedRoute(api_id, stage) if name.count("/") == 1 else None
    try:
        told = dict(zip(ROUTE_FIELDS, msgspec.json.decode(name, type=tuple[str, ...]), strict=False))
    except msgspec.DecodeError:
        return None
    return NamedRoute(told.get("apiId", ""), told.get("stage", ""), told.get("resourcePath", ""))
