"""`innergate up`: opens the state, starts every part in order, and takes everything down again in reverse."""

import asyncio
import gc
import os
import signal
import socket
import sys
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, final

from innergate.compile.engine import Compiler
from innergate.compile.settings import CompileSettings
from innergate.compile.units import FAMILIES
from innergate.plans.functions import RoleCredentials
from innergate.plans.network import NetworkChange
from innergate.plans.node_messages import Applied, FromAgent
from innergate.primitives.clock import SystemClock
from innergate.primitives.digest import digest_bytes
from innergate.primitives.event_log import EventLog
from innergate.primitives.ids import RandomIds
from innergate.primitives.unused_memory import give_back_memory
from innergate.server.access_log_intake import open_access_logs
from innergate.server.agent_process import STOP_SIGNALS, AgentProcess
from innergate.server.certificates import CertificateAuthority, PlatformSecrets
from innergate.server.code_sweep import sweep_packages
from innergate.server.control_loop import ControlLoop, Executors
from innergate.server.ending_agent import end_agent, end_agent_alone
from innergate.server.file_intake import FileIntake
from innergate.server.function_logs import open_function_logs
from innergate.server.function_metrics import open_function_metrics
from innergate.server.metric_intake import open_metric_intake
from innergate.server.node_link import NodeLink
from innergate.server.node_reports import NodeReports
from innergate.server.observed import PlatformObservations
from innergate.server.platform import Parts, Platform
from innergate.server.public_entry import PublicEntry, choose_public_entry, hold_port
from innergate.server.purging import LOGS_INTERVAL_S, METRICS_INTERVAL_S, keep_purging, purge_logs, purge_metrics
from innergate.server.remade_namespaces import RemadeNamespaces
from innergate.server.renewing import keep_renewing
from innergate.server.settings import NODE, AgentNotStarted, CannotListen, Settings
from innergate.server.start_file import StartFile
from innergate.server.start_memory import StartMemoryKeeper
from innergate.store.errors import StoreBusy, StoreDamaged, StoreTooNew, StoreUnwritable
from innergate.store.log_store import LogStore
from innergate.store.metric_store import MetricStore
from innergate.store.sqlite import SqliteStore
from innergate.xds.server import XdsServer

if TYPE_CHECKING:
    from innergate.runtime.http_app import QuietServer
    from innergate.server.http_servers import HttpServers

log = EventLog()

REAPER_INTERVAL_S = 2.0
ENVOY_FIRST_S = 1.0
"""How long what else a start needs waits for an Envoy that comes for its plan."""
SAID = (AgentNotStarted, CannotListen, StoreBusy, StoreDamaged, StoreTooNew, StoreUnwritable)
"""What ends a platform with a sentence; anything else is a bug."""
GC_THRESHOLDS = (20_000, 20, 50)
"""The state is large and lives long: looking through it for cycles would hold up changes."""
STARTING_SWITCH_INTERVAL_S = 0.0005
"""How long a thread may hold the interpreter while starting: what Envoy asks for must not wait for imports."""


@final
class Up:
    """One `innergate up` from start to end. `on_ready` is called once everything serves."""

    def __init__(self, settings: Settings, agent: AgentProcess, on_ready: Callable[[Platform], None]) -> None:
        self._settings = settings
        self._on_ready = on_ready
        self._stopping = asyncio.Event()
        self._ready = asyncio.Event()
        self._is_down = False
        self._agent = agent
        self._held_port: socket.socket | None = None
        self._servers: HttpServers | None = None
        self._switch_interval_s = sys.getswitchinterval()

    async def run(self) -> None:
        """Serves until a signal or the operator's stop.

        A failure before the first ready state leaves nothing behind that this start has begun; one that comes later, or meets
        an agent of an earlier control, leaves the traffic alone. Raises those of SAID, alone or in a group.
        """
        sys.setswitchinterval(STARTING_SWITCH_INTERVAL_S)
        self._listen_for_signals()
        parts: Parts | None = None
        try:
            platform, parts = await self._build()
            await parts.xds.start()
            await parts.node.start()
            self._agent.ensure()
            await self._serve_all(platform, parts)
        except BaseException:
            if not self._ready.is_set():
                await self._give_up(parts)
            raise

    async def _give_up(self, parts: Parts | None) -> None:
        if parts is None and self._agent.starts:
            await end_agent_alone(self._settings, self._agent)
        elif parts is not None and not self._is_down:
            await self._take_down(parts, spares_agent=not self._agent.starts)

    async def _serve_all(self, platform: Platform, parts: Parts) -> None:
        """Every loop of the process, until the stop."""
        async with asyncio.TaskGroup() as group:
            loops = (
                parts.loop.run(),
                self._agent.watch(),
                self._reap(platform),
                self._keep_for_the_next(parts.keeper),
                _read_the_rest(parts),
                *(intake.run() for intake in open_intakes(parts)),
                platform.failures.run(),
                keep_purging(partial(purge_logs, parts.store, parts.logs, parts.clock), LOGS_INTERVAL_S),
                keep_renewing(parts.secrets, parts.xds),
                keep_purging(partial(purge_metrics, parts.metrics, parts.clock), METRICS_INTERVAL_S),
            )
            tasks = [group.create_task(loop) for loop in loops]
            http = group.create_task(self._serve_http(platform, parts))
            await self._stopping.wait()
            for task in tasks:
                task.cancel()
            for server in self._servers or ():
                server.should_exit = True
            if self._servers is not None:
                await asyncio.wait([http], timeout=5)
            http.cancel()
            await self._take_down(parts)

    async def _serve_http(self, platform: Platform, parts: Parts) -> None:
        """Begins once Envoy has something to do: what the servers need takes long to import."""
        await parts.loop.compiled.wait()
        await parts.xds.wait_scopes_sent(ENVOY_FIRST_S)
        await parts.xds.wait_prepared()
        self._servers = await asyncio.to_thread(_make_http_servers, platform, parts, self._stopping.set)
        async with asyncio.TaskGroup() as group:
            announcing = group.create_task(self._announce(platform, self._servers.front))
            servers = [group.create_task(_serve(server)) for server in self._servers]
            await asyncio.wait(servers)
            announcing.cancel()

    async def _build(self) -> tuple[Platform, Parts]:
        settings, clock, ids = self._settings, SystemClock(), RandomIds()
        store = SqliteStore(settings.store_path, clock, reads_later=True)
        logs = LogStore(settings.log_store_path)
        metrics = MetricStore(settings.metric_store_path)
        authority = CertificateAuthority(settings.state / "pki", clock)
        authority.write_bundle(settings.ca_bundle)
        sweep_packages(settings, store)
        secrets = PlatformSecrets(authority, store)
        observations = PlatformObservations(store, clock, settings.usage_path)
        entry = choose_public_entry(settings)
        self._held_port = hold_port(entry)
        planned_for = compile_settings(settings, entry)
        compiler = Compiler(FAMILIES, planned_for)
        keeper = StartMemoryKeeper(StartFile(settings.start_path), planned_for.digest(), store, compiler)
        links = _Links()
        reports = NodeReports(store, clock, links.remade)
        node = NodeLink(settings.node_socket, links.whole_network, links.report)
        xds = XdsServer(settings.xds_socket, secrets, reports.take_refusal, links.progress, reports.forget_refusals)
        loop = ControlLoop(store, compiler, Executors(xds, node), observations, keeper)
        remade = RemadeNamespaces(partial(xds.remake_listeners, NODE), node.tell_reopened)
        links.connect(loop, xds, reports, remade)
        parts = Parts(
            settings,
            clock,
            ids,
            store,
            logs,
            authority,
            secrets,
            observations,
            node,
            reports,
            xds,
            loop,
            metrics,
            keeper,
        )
        platform = Platform(parts, entry)
        platform.ensure_management_account()
        return platform, parts

    def _listen_for_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in STOP_SIGNALS:
            loop.add_signal_handler(number, self._stopping.set)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)

    async def _reap(self, platform: Platform) -> None:
        while True:
            await asyncio.sleep(REAPER_INTERVAL_S)
            try:
                await asyncio.to_thread(platform.workloads.remove_orphans)
                await asyncio.to_thread(platform.forget_deleted)
            except StoreUnwritable as error:
                log.error("what has ended stays for now", reason=str(error))

    async def _keep_for_the_next(self, keeper: StartMemoryKeeper) -> None:
        await self._ready.wait()
        await keeper.run()

    async def _announce(self, platform: Platform, front: "QuietServer") -> None:
        await _until(lambda: front.started)
        platform.listen_port = front.servers[0].sockets[0].getsockname()[1]
        platform.front_is_up = True
        await _until(lambda: platform.is_ready)
        self._ready.set()
        gc.freeze()
        gc.set_threshold(*GC_THRESHOLDS)
        gc.enable()
        sys.setswitchinterval(self._switch_interval_s)
        self._on_ready(platform)
        await asyncio.to_thread(_warm_wire)
        await asyncio.to_thread(give_back_memory)

    async def _take_down(self, parts: Parts, *, spares_agent: bool = False) -> None:
        self._is_down = True
        if not spares_agent:
            await end_agent(self._agent, parts.node, self._settings.state)
        if self._held_port is not None:
            self._held_port.close()
        await parts.xds.stop()
        await parts.node.stop()
        parts.logs.close()
        parts.metrics.close()
        parts.store.close()
        own = self._settings
        for path in (own.control_socket, own.front_socket, own.node_socket, own.xds_socket):
            path.unlink(missing_ok=True)


def compile_settings(settings: Settings, entry: PublicEntry) -> CompileSettings:
    """What compile needs to know of this machine."""
    return CompileSettings(
        public_addresses=(entry.host,) if entry.port else (),
        public_port=entry.port or 443,
        allows_loopback_backends=settings.allows_loopback_backends,
        has_no_internet=os.geteuid() != 0,
        namespace_prefix=settings.namespace_prefix,
        host_namespace=settings.host_namespace,
        log_folder=str(settings.access_log_folder),
        health_events_file=str(settings.run_folder / "health.jsonl"),
        authorities_file=str(settings.ca_bundle),
        authorities_digest=digest_bytes(settings.ca_bundle.read_bytes()),
        worker_sockets=tuple(map(str, settings.worker_sockets)),
        egress_socket=str(settings.egress_socket),
        token_issuers=dict(settings.token_issuers),
        service_endpoints=dict(settings.service_endpoints),
        service_credentials={name: RoleCredentials(**given._asdict()) for name, given in settings.service_credentials},
    )


def open_intakes(parts: Parts) -> tuple[FileIntake, ...]:
    """Everything that other processes write into files and control takes into its stores."""
    return (
        open_access_logs(parts.settings, parts.store, parts.logs, parts.clock),
        open_metric_intake(parts.settings, parts.store, parts.metrics),
        open_function_metrics(parts.settings, parts.metrics),
        *open_function_logs(parts.settings, parts.store, parts.logs, parts.clock),
    )


@final
class _Links:
    """Joins parts that speak to each other but are built one after the other."""

    def __init__(self) -> None:
        self._loop: ControlLoop | None = None
        self._xds: XdsServer | None = None
        self._reports: NodeReports | None = None
        self._remade: RemadeNamespaces | None = None

    def connect(self, loop: ControlLoop, xds: XdsServer, reports: NodeReports, remade: RemadeNamespaces) -> None:
        self._loop, self._xds, self._reports, self._remade = loop, xds, reports, remade

    def whole_network(self) -> NetworkChange:
        assert self._loop is not None
        return self._loop.whole_network()

    def report(self, message: FromAgent) -> None:
        if self._reports is not None:
            self._reports.take(message)
        if self._xds is not None and isinstance(message, Applied):
            self._xds.retry_refused("listeners")
        self.progress()

    def progress(self) -> None:
        if self._loop is not None:
            self._loop.poke()

    def remade(self, namespaces: dict[str, int]) -> None:
        if self._remade is not None:
            self._remade.take(namespaces)


async def _read_the_rest(parts: Parts) -> None:
    """What no plan needed, while Envoy takes its plan."""
    await parts.loop.compiled.wait()
    await parts.xds.wait_scopes_sent(ENVOY_FIRST_S)
    await asyncio.to_thread(parts.store.read_all)


async def _until(holds: Callable[[], bool]) -> None:
    """Returns once it holds; looks a hundred times a second (only while starting or ending)."""
    while not holds():  # noqa: ASYNC110 - neither uvicorn nor the executors offer an event
        await asyncio.sleep(0.01)


def _make_http_servers(platform: Platform, parts: Parts, stop: Callable[[], None]) -> "HttpServers":
    from innergate.server.http_servers import make_http_servers

    return make_http_servers(platform, parts, stop)


def _warm_wire() -> None:
    from innergate.server.front import warm_wire

    warm_wire()


async def _serve(server: "QuietServer") -> None:
    try:
        await server.serve()
    except SystemExit as failure:
        place = server.config.uds or f"{server.config.host}:{server.config.port}"
        raise CannotListen(f"cannot listen on {place}; is it taken?") from failure


def run_up(settings: Settings, agent: AgentProcess, on_ready: Callable[[Platform], None]) -> None:
    """Runs the platform in the foreground until it is stopped. Nothing that it makes before it is ready is garbage."""
    gc.disable()
    asyncio.run(_run(settings, agent, on_ready))


async def _run(settings: Settings, agent: AgentProcess, on_ready: Callable[[Platform], None]) -> None:
    try:
        await Up(settings, agent, on_ready).run()
    except ExceptionGroup as group:
        found = single(group)
        if found is group:
            raise
        raise found from group


def single(group: ExceptionGroup[Exception]) -> Exception:
    """What stands for all that ended the platform at once: one that says in a sentence what an operator can do, if there is
    nothing but such, else the group with all that a maintainer wants to see."""
    said, others = group.split(SAID)
    return _first(said) if said is not None and others is None else group


def _first(group: ExceptionGroup[Exception]) -> Exception:
    found = group.exceptions[0]
    return _first(found) if isinstance(found, ExceptionGroup) else found
