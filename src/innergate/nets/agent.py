"""`python -m innergate.nets.agent`: makes this machine's networks, resolvers, workloads and Envoy as the plan says.

It lives apart from control: without it, it holds the last plan; killed, it leaves everything running for the next agent.
"""

import asyncio
import contextlib
import fcntl
import os
import resource
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, final

import msgspec

from innergate.nets.agent_record import AgentRecord
from innergate.nets.agent_settings import AgentSettings, parse_settings
from innergate.nets.control_link import ControlLink
from innergate.nets.document_folder import DocumentFolder
from innergate.nets.envoy_process import EnvoyProcess, EnvoySettings
from innergate.nets.health_events import HealthEvents
from innergate.nets.kernel import Kernel, LinuxKernel
from innergate.nets.log_bounds import bound_logs
from innergate.nets.merge import merge
from innergate.nets.namespaces import list_namespaces, name_own_namespace, remove_namespace
from innergate.nets.node import Node, Outcome
from innergate.nets.node_processes import NodeProcesses, list_parts
from innergate.nets.processes import is_running, read_record, read_start_time, write_record
from innergate.nets.resolvers import Resolvers, Upstream, read_upstreams
from innergate.nets.state_folder import StateFolder
from innergate.nets.workloads import Workloads
from innergate.plans.network import NetworkChange, NetworkPlan, WorkloadHost
from innergate.plans.node_messages import (
    Applied,
    Change,
    FromAgent,
    Hello,
    NamespaceRemade,
    Refused,
    Reopened,
    Stop,
    TargetHealthSeen,
    WorkloadState,
)
from innergate.primitives.event_log import EventLog, write_events_to
from innergate.primitives.log_file import open_log

TEND_PERIOD_S = 0.25
LOOK_PERIOD_S = 2.0
SAY_AGAIN_S = 6.0
"""Control that has not answered for so long was cut off, or Envoy did not take it in time."""

LOG_LIMIT_BYTES = 16 << 20
ALREADY_RUNNING = 3

log = EventLog()


class _Ending(Exception):
    """Ends all tasks at once."""


@final
class Agent:
    """Applies one plan at a time; whatever it sees it tells control, if that is there."""

    def __init__(self, settings: AgentSettings, kernel: Kernel) -> None:
        self._settings = settings
        self._folder = settings.folder
        self._node = Node(kernel, self._folder.owned_namespaces)
        self._workloads = Workloads(self._folder)
        self._documents = DocumentFolder(self._folder.documents)
        self._processes = NodeProcesses(self._folder, list_parts(self._folder, settings.workers))
        self._envoy: EnvoyProcess | None = None
        self._health = HealthEvents(self._folder.health_events)
        self._seen_health: dict[tuple[str, str, int], TargetHealthSeen] = {}
        self._states: dict[str, WorkloadState] = {}
        self._plan = NetworkPlan(revision=0)
        self._applied_revision = 0
        self._is_behind = False
        self._unsaid: Applied | None = None
        self._said_at = 0.0
        self._envoy_starts = 0
        self._busy = asyncio.Lock()
        self._link = ControlLink(settings.socket, self._greet)
        self._is_stopping = False

    @property
    def has_taken_down(self) -> bool:
        """Whether it ended because control said Stop."""
        return self._is_stopping

    async def run(self) -> None:
        """Until Stop (everything taken down) or SIGTERM (everything left running)."""
        ended = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, ended.set)
        try:
            async with asyncio.TaskGroup() as tasks:
                self._resolvers = Resolvers(Upstream(read_upstreams()), tasks)
                await self._begin()
                tasks.create_task(self._link.run())
                tasks.create_task(self._obey(ended))
                tasks.create_task(self._tend())
                tasks.create_task(self._look())
                await ended.wait()
                raise _Ending
        except* _Ending:
            log.info("agent ends", took_everything_down=self._is_stopping)

    async def _begin(self) -> None:
        await asyncio.to_thread(self._name_host)
        if self._settings.runs_envoy:
            self._envoy = EnvoyProcess(
                self._folder, EnvoySettings(self._settings.node, self._settings.envoy_concurrency)
            )
            await asyncio.to_thread(self._envoy.open)
        await asyncio.to_thread(self._begin_processes)
        plan = await asyncio.to_thread(self._load_plan)
        refusals = await self._apply(plan)
        log.info("agent begins", revision=plan.revision, refusals=len(refusals), rootless=self._settings.is_rootless)

    def _name_host(self) -> None:
        """So that Envoy can say that a socket belongs to the host's network. Without the name it refuses such sockets."""
        name = self._settings.host_namespace
        try:
            if name and not self._is_stopping and name_own_namespace(name):
                log.info("the host's network has a name", name=name)
        except OSError as error:
            log.error("the host's network has no name", name=name, reason=str(error))

    def _begin_processes(self) -> None:
        self._processes.open()
        self._processes.want({name.kind for name in self._documents.names()})

    def _load_plan(self) -> NetworkPlan:
        try:
            return msgspec.msgpack.decode(self._folder.plan.read_bytes(), type=NetworkPlan)
        except (OSError, msgspec.DecodeError):
            return NetworkPlan(revision=0)

    def _greet(self) -> list[FromAgent]:
        hello = Hello(node=self._settings.node, pid=os.getpid(), applied_revision=self._applied_revision)
        envoy = [self._envoy.describe()] if self._envoy is not None else []
        return [hello, *envoy, *self._remade(), *self._states.values(), *self._seen_health.values()]

    def _remade(self) -> list[FromAgent]:
        """Until control has had Envoy's sockets made anew: a plan alone does not do that."""
        self._said_at = time.monotonic()
        return [NamespaceRemade(namespaces=dict(self._node.untold))] if self._node.untold else []

    async def _obey(self, ended: asyncio.Event) -> None:
        """Takes over all changes that wait, at once."""
        while True:
            messages = [await self._link.received.get()]
            while not self._link.received.empty():
                messages.append(self._link.received.get_nowait())
            changes = [message.change for message in messages if isinstance(message, Change)]
            for reopened in [message.namespaces for message in messages if isinstance(message, Reopened)]:
                async with self._busy:
                    await asyncio.to_thread(self._node.forget_untold, reopened)
            if any(isinstance(message, Stop) for message in messages):
                await self._take_down()
                ended.set()
                return
            if changes:
                await self._take_over(changes)

    async def _take_over(self, changes: Sequence[NetworkChange]) -> None:
        began_at = time.monotonic()
        plan = self._plan
        unwritten: tuple[Refused, ...] = ()
        for change in changes:
            plan = merge(plan, change)
        try:
            for change in changes:
                async with self._busy:
                    unwritten += await asyncio.to_thread(self._take_documents, change)
            refusals = unwritten + await self._apply(plan)
        except OSError as error:
            log.error("a plan was not taken over whole", revision=plan.revision, reason=str(error))
            self._plan, self._is_behind = plan, True
            refusals = (*unwritten, Refused(subject="node", reason=str(error)))
        log.info(
            "applied",
            revision=plan.revision,
            refusals=[refused.subject for refused in refusals],
            took_ms=round((time.monotonic() - began_at) * 1000, 1),
        )
        self._unsaid = Applied(revision=plan.revision, refusals=refusals)
        if self._documents.is_behind:
            self._link.send(msgspec.structs.replace(self._unsaid, lacks_documents=True))
        self._say_applied()

    def _say_applied(self) -> None:
        """Once every document is there: Envoy must not send requests to who does not find it."""
        if self._unsaid is not None and not self._documents.is_behind:
            self._link.send(self._unsaid)
            self._unsaid = None

    def _take_documents(self, change: NetworkChange) -> tuple[Refused, ...]:
        """Before Envoy learns of the change: whoever reads them must find them, and must run."""
        failures = self._documents.take_over(change)
        if self._documents.is_behind:
            log.error("the disk does not take documents", revision=change.revision)
        for name in self._processes.want({document.name.kind for document in change.documents}):
            log.error("does not answer", process=name)
        return tuple(Refused(subject="/".join(name), reason=why) for name, why in failures.items())

    async def _apply(self, plan: NetworkPlan | None) -> tuple[Refused, ...]:
        """None for the last plan again, if a namespace of it is lost."""
        async with self._busy:
            if plan is None:
                if not self._is_behind and not await asyncio.to_thread(self._node.has_lost_any):
                    return ()
                plan = self._plan
            vpcs = {vpc.vpc_id: vpc for vpc in plan.vpcs}
            self._resolvers.close_all_but(vpcs)
            hosts = [host for vpc in plan.vpcs for host in vpc.workloads]
            outcome = await asyncio.to_thread(self._apply_blocking, plan, hosts)
            failures = await self._resolvers.serve(vpcs, plan.public_names, self._node.generations)
            self._plan, self._applied_revision, self._is_behind = plan, plan.revision, False
            states = await asyncio.to_thread(self._after_apply, outcome.remade, plan)
        for state in states:
            self._link.send(state)
        if outcome.remade:
            log.warning("namespaces had vanished and were made anew", namespaces=outcome.remade)
            for message in self._remade():
                self._link.send(message)
        known = {refused.subject for refused in outcome.refusals}
        failed = [Refused(subject=vpc_id, reason=why) for vpc_id, why in failures.items() if vpc_id not in known]
        for refused in (*outcome.refusals, *failed):
            log.error("refused", subject=refused.subject, reason=refused.reason)
        return (*outcome.refusals, *failed)

    def _apply_blocking(self, plan: NetworkPlan, hosts: Sequence[WorkloadHost]) -> Outcome:
        self._workloads.set_hosts(hosts)
        stray = list_namespaces(self._settings.prefix) if self._settings.prefix else ()
        return self._node.apply(plan, stray)

    def _after_apply(self, remade: Sequence[str], plan: NetworkPlan) -> list[WorkloadState]:
        self._workloads.restart_in(remade)
        states = self._workloads.tend()
        self._states = {state.workload_id: state for state in self._workloads.list_states()}
        self._keep(plan)
        return states

    def _keep(self, plan: NetworkPlan) -> None:
        """For the agent after this one, which gets it from control if the disk does not take it."""
        spare = self._folder.plan.with_suffix(".new")
        try:
            spare.write_bytes(msgspec.msgpack.encode(plan))
            spare.replace(self._folder.plan)
        except OSError as error:
            log.error("the plan is not kept on disk", reason=str(error))

    async def _tend(self) -> None:
        """Keeps processes running and reads what Envoy says of targets."""
        while True:
            try:
                async with self._busy:
                    messages = await asyncio.to_thread(self._tend_blocking)
            except OSError as error:
                log.error("processes are not looked after", reason=str(error))
                messages = []
            for message in messages:
                self._link.send(message)
            self._say_applied()
            await asyncio.sleep(TEND_PERIOD_S)

    def _tend_blocking(self) -> list[FromAgent]:
        self._documents.tend()
        states = self._workloads.tend()
        self._processes.tend()
        known = {state.workload_id: state for state in self._workloads.list_states()}
        self._states = known
        health = self._health.read()
        for event in health:
            self._seen_health[(event.cluster, event.address, event.port)] = event
        envoy = self._envoy.tend() if self._envoy is not None else None
        if envoy is not None and envoy.is_running and envoy.starts > self._envoy_starts:
            self._envoy_starts = envoy.starts
            self._node.forget_untold(self._node.untold)
        return [*states, *health, *([envoy] if envoy is not None else [])]

    async def _look(self) -> None:
        """Finds namespaces that somebody took away."""
        while True:
            await asyncio.sleep(LOOK_PERIOD_S)
            await asyncio.to_thread(self._name_host)
            await asyncio.to_thread(bound_logs, self._folder)
            try:
                await self._apply(None)
                async with self._busy:
                    await asyncio.to_thread(self._node.keep_record)
            except OSError as error:
                log.error("the plan is not made good", reason=str(error))
            if time.monotonic() > self._said_at + SAY_AGAIN_S:
                for message in self._remade():
                    self._link.send(message)

    async def _take_down(self) -> None:
        self._is_stopping = True
        if self._envoy is not None:
            await asyncio.to_thread(self._envoy.stop)
        await asyncio.to_thread(self._processes.stop)
        await asyncio.to_thread(self._documents.clear)
        await self._apply(NetworkPlan(revision=self._plan.revision))
        await asyncio.to_thread(self._workloads.stop)
        if self._settings.host_namespace:
            await asyncio.to_thread(remove_namespace, self._settings.host_namespace)
        for path in (self._folder.plan, self._folder.owned_namespaces, self._folder.health_events):
            path.unlink(missing_ok=True)
        self._link.send(Applied(revision=self._plan.revision))
        await self._link.flush()


def configure_logging(path: Path) -> IO[str]:
    """JSON lines, appended; a large file of before is put aside."""
    if path.exists() and path.stat().st_size > LOG_LIMIT_BYTES:
        path.replace(path.with_name(f"{path.name}.1"))
    output = open_log(path)
    write_events_to(output)
    return output


def raise_file_limit() -> None:
    """As many open files as the machine lets this process have: each resolver is four sockets."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def main(arguments: Sequence[str] | None = None) -> int:
    """0 after Stop or SIGTERM; 3 if another agent serves this state folder."""
    settings = parse_settings(arguments)
    folder = settings.folder
    folder.prepare()
    with folder.agent_lock.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"innergate: another agent already serves {folder.root}", file=sys.stderr)
            return ALREADY_RUNNING
        output = configure_logging(folder.agent_log)
        raise_file_limit()
        holder = read_record(folder.holder_record)
        record = AgentRecord(
            pid=os.getpid(),
            started=read_start_time(os.getpid()),
            rootless=settings.is_rootless,
            holder=holder.pid if holder is not None else 0,
        )
        write_record(folder.agent_record, record)
        agent = Agent(settings, LinuxKernel())
        with output:
            asyncio.run(agent.run())
        folder.agent_record.unlink(missing_ok=True)
        if agent.has_taken_down and holder is not None:
            end_holder(folder)
    return 0


def end_holder(folder: StateFolder) -> None:
    """A rootless node's namespaces go with the last process in them."""
    holder = read_record(folder.holder_record)
    if holder is not None and is_running(holder):
        with contextlib.suppress(ProcessLookupError):
            os.kill(holder.pid, signal.SIGTERM)
    folder.holder_record.unlink(missing_ok=True)


if __name__ == "__main__":
    sys.exit(main())
