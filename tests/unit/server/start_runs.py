"""Runs of control over one state folder, as far as starts are concerned."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import msgspec
from tests.unit.compile.test_incremental import bytes_of, from_scratch

from innergate.compile.engine import Compiler
from innergate.compile.family import Family
from innergate.compile.settings import CompileSettings
from innergate.compile.units import FAMILIES
from innergate.resources.base import Resource
from innergate.resources.load_balancers import LoadBalancer
from innergate.server.start_file import StartFile
from innergate.server.start_memory import First, Pace, StartMemoryKeeper
from innergate.store.errors import MissingReference, NameTaken, StillReferenced
from innergate.store.sqlite import SqliteStore
from innergate.store.state import Commit
from innergate.testing.clock import FakeClock
from innergate.xds.encode import encode_body
from innergate.xds.kept_bodies import KeptBodies

CLOCK = FakeClock()
QUICK = Pace(least_units=1, look_s=0.005, quiet_s=0.02, rest_s=0.0, units_a_step=2, pause_s=0.0)


class Run:
    """One life of a control process, as far as compiling goes."""

    def __init__(self, folder: Path, pace: Pace = QUICK, families: Sequence[Family] = FAMILIES) -> None:
        self.store = SqliteStore(folder / "store.sqlite", CLOCK)
        self.compiler = Compiler(families, CompileSettings(), strict=True)
        file = StartFile(folder / "start.cache")
        self.keeper = StartMemoryKeeper(file, CompileSettings().digest(), self.store, self.compiler, pace)

    def start(self) -> First:
        return self.keeper.compile_first(self.store.state())

    def write(self, commits: Sequence[Commit]) -> None:
        """Commits what a history has committed, as far as a store takes it, and compiles it."""
        for commit in commits:
            with suppress(NameTaken, MissingReference, StillReferenced), self.store.transaction() as tx:
                for change in commit.changes:
                    if change.after is not None:
                        tx.put(with_own_name(change.after))
                    elif change.before is not None:
                        tx.delete(change.before)
        self.follow()

    def follow(self) -> None:
        last = self.compiler.last
        if last is not None:
            done = self.store.commits_after(last.revision)
            assert done is not None
            self.compiler.advance(self.store.state(), done)

    def end(self) -> None:
        self.store.close()


def started(folder: Path) -> Run:
    run = Run(folder)
    first = run.start()
    fresh = from_scratch(run.store.state())
    assert bytes_of(first.compilation) == bytes_of(fresh)
    assert first.compilation.network == fresh.network
    for kind in ("routes", "scopes"):
        kept = KeptBodies(kind, first.bodies)
        for name, resource in sorted(fresh.envoy.plan.of_kind(kind).items()):
            assert kept.find(resource) in (None, encode_body(kind, resource.body)), name
    return run


def with_own_name(resource: Resource) -> Resource:
    """Histories call every load balancer the same."""
    if isinstance(resource, LoadBalancer):
        return msgspec.structs.replace(resource, load_balancer_name=resource.id[-16:])
    return resource
