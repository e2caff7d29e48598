"""From commits to executors: woken by a signal and by a timer, it reads the newest state and rolls out what differs.

Order of a roll-out: namespaces and addresses first (Envoy refuses a listener whose namespace is missing), then Envoy, then the
removal of what Envoy no longer uses, also where the agent starts from the whole. A roll-out waits for no Envoy that is not
there, and for an agent that has gone only where it must write documents first: routes name them, and a worker answers 503 for
one that it does not find.
"""

import asyncio
from collections.abc import Iterable
from typing import NamedTuple, final

import msgspec

from innergate.compile.compilation import Compilation
from innergate.compile.emit.envoy.listener_tcp import certificate_secret
from innergate.compile.engine import Compiler
from innergate.plans.network import NetworkChange
from innergate.primitives.event_log import EventLog
from innergate.resources.certificates import Certificate
from innergate.server.node_link import NodeLink
from innergate.server.node_reports import forget_deleted_groups
from innergate.server.observed import PlatformObservations
from innergate.server.settings import NODE
from innergate.server.start_memory import First, StartMemoryKeeper
from innergate.server.waiting_drops import WaitingDrops
from innergate.store.sqlite import SqliteStore
from innergate.store.state import Commit, State
from innergate.xds.server import XdsServer

log = EventLog()

TIMER_S = 5.0
NETWORK_TIMEOUT_S = 15.0


class Executors(NamedTuple):
    """Where plans go."""

    xds: XdsServer
    node: NodeLink


@final
class ControlLoop:
    """Keeps plans and executors in step with the store."""

    def __init__(
        self,
        store: SqliteStore,
        compiler: Compiler,
        executors: Executors,
        observations: PlatformObservations,
        keeper: StartMemoryKeeper | None = None,
    ) -> None:
        self._store = store
        self._compiler = compiler
        self._executors = executors
        self._observations = observations
        self._keeper = keeper
        self._compiling = keeper.compiling if keeper is not None else asyncio.Lock()
        self._wake = asyncio.Event()
        self._drops = WaitingDrops()
        self._known_greetings = 0
        self._settled = asyncio.Condition()
        self._notices: set[asyncio.Task[None]] = set()
        self._loop = asyncio.get_running_loop()
        self.compilation: Compilation | None = None
        self.compiled = asyncio.Event()
        """Set once the first plans are on their way."""
        self.applied_revision = -1
        store.on_commit(self._wake_from_any_thread)

    def _wake_from_any_thread(self) -> None:
        self._loop.call_soon_threadsafe(self._wake.set)

    def whole_network(self) -> NetworkChange:
        """The complete change that an agent starts from; what it has besides stays until it is swept."""
        if self.compilation is None:
            return NetworkChange(revision=0, complete=False)
        return _without_drops(self.compilation.whole_network)

    def poke(self) -> None:
        """Looks again soon (an executor has come, gone or moved on)."""
        self._note_progress()
        if self._executors.node.greetings != self._known_greetings:
            self._known_greetings = self._executors.node.greetings
            self._drops.sweep_again()
        if self._drops:
            self._wake.set()

    async def wait_applied(self, revision: int, timeout_s: float) -> bool:
        """Whether every executor has taken all of `revision` within `timeout_s`."""
        try:
            async with asyncio.timeout(timeout_s), self._settled:
                await self._settled.wait_for(lambda: self.applied_revision >= revision)
        except TimeoutError:
            return False
        return True

    async def run(self) -> None:
        """Runs until it is cancelled."""
        while True:
            await self._step()
            try:
                async with asyncio.timeout(TIMER_S):
                    await self._wake.wait()
            except TimeoutError:
                pass
            self._wake.clear()

    async def _step(self) -> None:
        state = self._store.state()
        if self.compilation is None:
            first = await self._compile_first(state)
            self.compilation = first.compilation
            await self._roll_out(self.compilation, first)
        elif state.revision > self.compilation.revision:
            commits = self._store.commits_after(self.compilation.revision)
            if commits is None:
                async with self._compiling:
                    self.compilation = await asyncio.to_thread(self._compiler.compile, state)
            else:
                commits = tuple(commit for commit in commits if commit.revision <= state.revision)
                async with self._compiling:
                    self.compilation = await asyncio.to_thread(self._compiler.advance, state, commits)
                forget_deleted_groups(self._store, commits)
                self._renew_secrets(commits)
            await self._roll_out(self.compilation)
        self._release_drops()

    async def _compile_first(self, state: State) -> First:
        async with self._compiling:
            if self._keeper is not None:
                return await asyncio.to_thread(self._keeper.compile_first, state)
            return First(await asyncio.to_thread(self._compiler.compile, state), ())

    def _renew_secrets(self, commits: Iterable[Commit]) -> None:
        """Users' certificates are no part of plans: keys stay out of them. Those that changed are sent anew."""
        changed = {
            change.key.id for commit in commits for change in commit.changes if change.key.kind == Certificate.kind
        }
        for arn in sorted(changed):
            self._executors.xds.refresh_secret(certificate_secret(arn))

    async def _roll_out(self, compilation: Compilation, first: First | None = None) -> None:
        """The first one waits for the agent even where none is there: it is being started, and goes before Envoy."""
        change = compilation.network
        node = self._executors.node
        if first is not None:
            self._executors.xds.prepare(compilation.envoy, first.bodies)
            self.compiled.set()
        self._drops.add(change)
        if _has_content(change):
            node.send(_without_drops(change))
            is_coming_back = bool(node.agent_pid and change.documents)
            waits = first is not None or node.is_connected or is_coming_back
            taken = node.wait_applied if change.documents else node.wait_networks
            if waits and not await taken(change.revision, NETWORK_TIMEOUT_S):
                log.warning("the agent is slow", revision=change.revision)
        elif node.is_connected:
            node.send(_without_drops(change))
        self._executors.xds.publish(compilation.envoy)

    def _release_drops(self) -> None:
        xds, node = self._executors
        if self._drops and node.is_connected and self.compilation is not None:
            settled, refuses_routes = xds.settled_revision(NODE), xds.refuses_routes(NODE)
            change = self._drops.release(self.compilation.revision, settled, refuses_routes=refuses_routes)
            if change is not None:
                node.send(change)

    def _note_progress(self) -> None:
        envoy = self._executors.xds.settled_revision(NODE)
        network = self._executors.node.applied_revision
        applied = min(envoy, network) if envoy is not None else -1
        if applied != self.applied_revision:
            self.applied_revision = applied
            self._observations.note("node/local", "applied_revision", applied)
            notice = self._loop.create_task(self._notify())
            self._notices.add(notice)
            notice.add_done_callback(self._notices.discard)

    async def _notify(self) -> None:
        async with self._settled:
            self._settled.notify_all()


def _without_drops(change: NetworkChange) -> NetworkChange:
    return msgspec.structs.replace(
        change,
        dropped_vpcs=(),
        dropped_hubs=(),
        dropped_links=(),
        dropped_documents=(),
        keeps_networks=change.complete,
    )


def _has_content(change: NetworkChange) -> bool:
    return bool(
        change.vpcs
        or change.hubs
        or change.links
        or change.dropped_vpcs
        or change.dropped_hubs
        or change.dropped_links
        or change.public_names
        or change.dropped_names
        or change.documents
        or change.dropped_documents
    )
