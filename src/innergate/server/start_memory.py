"""Keeps, while nothing else is to do, what the next start would otherwise have to find out again.

A start compiles every unit and encodes every body, which takes seconds where there are thousands of APIs. What was found out is
kept in a file; the next start takes it over and runs only what read something that was written since. No change waits for the
keeping: it goes in small steps, and what changes meanwhile is written again.
"""

import asyncio
import time
import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, TypeVar, final

import msgspec

from innergate.compile.compilation import Compilation
from innergate.compile.engine import Compiler
from innergate.compile.family import Unit
from innergate.compile.memo import UnitMemo, Unmemorable
from innergate.compile.snapshot import Snapshot
from innergate.plans.envoy import EnvoyKind, EnvoyPlan, EnvoyResource, EnvoyResources
from innergate.primitives.event_log import EventLog
from innergate.server.program_digest import program_digest
from innergate.server.start_file import Maker, StartFile, StartFileWriter
from innergate.store.sqlite import LOGGED_REVISIONS, SqliteStore
from innergate.xds.kept_bodies import BODIES_A_FRAME, BodyFrame, KeptBodies, KeptBody, frame_bodies, keep_bodies

log = EventLog()

KEPT_KINDS: tuple[EnvoyKind, ...] = ("scopes", "routes")
"""The many ones."""
STEP_S = 0.002
"""Of encoding."""


class Pace(NamedTuple):
    """When to keep, and how gently. Fewer than `least_units` are compiled faster than read."""

    least_units: int = 200
    look_s: float = 2.0
    quiet_s: float = 10.0
    """No revision for so long."""
    rest_s: float = 60.0
    """At least, between one keeping and the next."""
    units_a_step: int = 40
    pause_s: float = 0.005
    """After each step."""
    behind: int = LOGGED_REVISIONS // 2
    """Revisions after which it does not wait for quiet: the store forgets."""


GENTLE = Pace()


class First(NamedTuple):
    """The first plans of a run, and encoded bodies of the run before it."""

    compilation: Compilation
    bodies: tuple[BodyFrame, ...]


@final
class StartMemoryKeeper:
    """Of one platform. `compiling` is held by whoever lets the compiler work."""

    def __init__(
        self, file: StartFile, settings_digest: str, store: SqliteStore, compiler: Compiler, pace: Pace = GENTLE
    ) -> None:
        self._file = file
        self._settings = settings_digest
        self._store, self._compiler = store, compiler
        self._pace = pace
        self.compiling = asyncio.Lock()
        self._kept_revision = -1

    def compile_first(self, state: Snapshot) -> First:
        """The plans of `state`, from the file as far as it holds. Takes long: for another thread."""
        began_at = time.monotonic()
        memory = self._file.read(self._maker())
        written = self._store.keys_since(memory.point) if memory is not None else None
        if memory is None or written is None:
            return First(self._compiler.compile(state), ())
        try:
            compilation = self._compiler.resume(memory.memos(), state, written)
        except (zlib.error, msgspec.MsgspecError) as error:
            log.error("a bug: what the run before had compiled does not come back", reason=str(error))
            return First(self._compiler.compile(state), ())
        self._kept_revision = memory.point.revision
        took_ms = round((time.monotonic() - began_at) * 1000)
        log.info(
            "took over what the run before had compiled",
            units=len(self._compiler.all_units()),
            written=len(written),
            ms=took_ms,
        )
        return First(compilation, memory.bodies)

    async def run(self) -> None:
        """Keeps whenever it is time, until it is cancelled."""
        seen, seen_at, rested_at = -1, time.monotonic(), 0.0
        while True:
            await asyncio.sleep(self._pace.look_s)
            now, revision = time.monotonic(), self._store.state().revision
            if revision != seen:
                seen, seen_at = revision, now
            is_quiet = now - seen_at >= self._pace.quiet_s or revision - self._kept_revision >= self._pace.behind
            if revision == self._kept_revision or not is_quiet or now < rested_at:
                continue
            await self.keep()
            rested_at = time.monotonic() + max(self._pace.rest_s, 10 * (time.monotonic() - now))

    async def keep(self) -> None:
        """Writes the file, unless there is too little; a unit that has failed, or a disk that does not take it, leaves the old
        one."""
        if self._compiler.has_failures:
            return
        try:
            if len(self._compiler.all_units()) < self._pace.least_units:
                self._kept_revision = self._store.state().revision
                await asyncio.to_thread(self._file.delete)
                return
            writer = await asyncio.to_thread(self._file.begin, self._maker())
        except OSError as error:
            log.warning("what a start could use is not kept", reason=str(error))
            return
        try:
            await self._write(writer)
        except (OSError, Unmemorable) as error:
            log.warning("what a start could use is not kept", reason=str(error))
        finally:
            self._compiler.unwatch()
            await asyncio.to_thread(writer.drop)

    async def _write(self, writer: StartFileWriter) -> None:
        last = self._compiler.last
        if last is not None:
            await self._write_bodies(writer, last.envoy.plan)
        async with self.compiling:
            waiting, touched = self._compiler.all_units(), self._compiler.watch()
        while waiting:
            for some in _in_steps(waiting, self._pace.units_a_step):
                async with self.compiling:
                    memos = await asyncio.to_thread(self._memos, some)
                await asyncio.to_thread(writer.add_units, memos)
                await asyncio.sleep(self._pace.pause_s)
            async with self.compiling:
                waiting = sorted(touched)
                touched.clear()
                last = self._compiler.last
                if not waiting and last is not None:
                    await asyncio.to_thread(writer.finish, self._store.point_of(last.revision))
                    self._kept_revision = last.revision

    async def _write_bodies(self, writer: StartFileWriter, plan: EnvoyPlan) -> None:
        memory = await asyncio.to_thread(self._file.read, self._maker())
        frames = memory.bodies if memory is not None else ()
        for kind in KEPT_KINDS:
            bodies = keep_bodies(_in_order(plan.of_kind(kind)), kind, KeptBodies(kind, frames))
            made: list[KeptBody] = []
            while some := await asyncio.to_thread(_pull, bodies):
                made += some
                if len(made) >= BODIES_A_FRAME:
                    await asyncio.to_thread(_add, writer, kind, made)
                    made = []
                await asyncio.sleep(self._pace.pause_s)
            if made:
                await asyncio.to_thread(_add, writer, kind, made)

    def _memos(self, units: Iterable[Unit]) -> list[UnitMemo]:
        return [self._compiler.memo_of(unit) or UnitMemo(unit, (), (), (), ()) for unit in units]

    def _maker(self) -> Maker:
        return Maker(program_digest(), self._settings)


def _in_order(resources: EnvoyResources) -> Iterator[EnvoyResource]:
    for name in sorted(resources):
        yield resources[name]


def _add(writer: StartFileWriter, kind: EnvoyKind, bodies: Sequence[KeptBody]) -> None:
    writer.add_bodies(frame_bodies(kind, bodies))


def _pull(bodies: Iterator[KeptBody]) -> list[KeptBody]:
    """The next few, none at the end."""
    until = time.monotonic() + STEP_S
    pulled = []
    for body in bodies:
        pulled.append(body)
        if time.monotonic() > until or len(pulled) == BODIES_A_FRAME:
            break
    return pulled


T = TypeVar("T")


def _in_steps(values: list[T], size: int) -> Iterator[list[T]]:
    for first in range(0, len(values), size):
        yield values[first : first + size]
