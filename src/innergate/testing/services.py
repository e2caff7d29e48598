"""Runs service operations without sockets: a store in a folder, a fake clock, seeded ids, a caller."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, final

from innergate.primitives.ids import AccountId, Region
from innergate.services.context import Caller, Context
from innergate.services.node_calls import NodeAnswer, NodeCall
from innergate.services.operation import Operations
from innergate.store.blobs import FolderBlobs
from innergate.store.log_store import LogStore
from innergate.store.metric_store import MetricStore
from innergate.store.object_folder import ObjectFolder
from innergate.store.sqlite import SqliteStore
from innergate.testing.clock import FakeClock
from innergate.testing.ids import SeededIds


def _nobody(call: NodeCall) -> NodeAnswer:
    """No process serves a harness, unless a test says what answers."""
    raise call.unreachable


def root_caller(account: str) -> Caller:
    """The root of an account."""
    return Caller(AccountId(account), f"arn:aws:iam::{account}:root", account, "root", "", "AKIATEST")


@final
class ServiceHarness:
    """Calls operations of one or more services as some account: `harness.call("CreateVpc", CidrBlock="10.0.0.0/16")`."""

    def __init__(self, folder: Path, *tables: Operations) -> None:
        self.clock = FakeClock()
        self.ids = SeededIds()
        self.store = SqliteStore(folder / "store.sqlite", self.clock)
        self.logs = LogStore(folder / "logs.sqlite")
        self.metrics = MetricStore(folder / "metrics.sqlite")
        self.objects = folder / "objects"
        self.blobs = FolderBlobs(folder / "blobs")
        self.ask_node: Callable[[NodeCall], NodeAnswer] = _nobody
        self._operations = {name: op for table in tables for name, op in table.items()}

    def call(
        self, operation: str, /, account: str = "111122223333", region: str = "us-east-1", **params: Any
    ) -> Mapping[str, Any]:
        """The operation's result; raises Fault as the operation does."""
        table = self._operations[operation]
        with self.store.transaction() if table.writes else self.store.reading() as tx:
            context = Context(
                caller=root_caller(account),
                region=Region(region),
                request_id="00000000-0000-0000-0000-000000000000",
                tx=tx,
                clock=self.clock,
                ids=self.ids,
                observations=self.store,
                logs=self.logs,
                objects=ObjectFolder(self.objects),
                blobs=self.blobs,
                metrics=self.metrics,
            )
            result = table.run(context, params)
        if isinstance(result, NodeCall):
            return result.finish(self.ask_node(result))
        return result or {}
