"""Workloads: hosts of a VPC that run on the platform's own machine (`innergate run`, `innergate exec`)."""

from datetime import datetime
from typing import ClassVar

from innergate.resources.base import IndexEntry, Key, Resource, UniqueName


class Workload(Resource, frozen=True, kw_only=True, rename="camel"):
    """A host with an address of its own. `id` is `wl-` and 17 hex digits; its network interface is held by it.

    `command` is empty for a host whose process somebody else starts (a foreground `run` or an `exec`); it lives as long as
    the process `holder_pid` that was started at `holder_started` (clock ticks since boot). Otherwise the node keeps
    `command` running.
    """

    kind: ClassVar[str] = "workload"

    vpc_id: str
    subnet_id: str
    address: str
    name: str
    created_at: datetime
    command: tuple[str, ...] = ()
    environment: dict[str, str] = {}
    working_directory: str = ""
    group_ids: tuple[str, ...] = ()
    holder_pid: int = 0
    holder_started: int = 0

    def unique_names(self) -> tuple[UniqueName, ...]:
        return (UniqueName(f"workload-name/{self.vpc_id}", self.name),) if self.name else ()

    def references(self) -> tuple[Key, ...]:
        return (Key("vpc", self.vpc_id), Key("subnet", self.subnet_id))

    def index_entries(self) -> tuple[IndexEntry, ...]:
        return (IndexEntry("vpc", self.vpc_id),)
