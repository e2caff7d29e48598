"""Keeps the commands of workloads running inside their namespaces, over the death of this process too.

`Workloads.set_hosts` says what should run; `tend` starts what does not, with a growing pause after each death, and gives what
changed. Both block for a moment and belong in a thread.
"""

import sys
import time
from collections.abc import Callable, Iterable
from typing import final

from innergate.nets.names import shorten
from innergate.nets.processes import KeptProcess
from innergate.nets.state_folder import StateFolder
from innergate.nets.trust import machine_environment, renew_trust
from innergate.plans.network import WorkloadHost
from innergate.plans.node_messages import WorkloadState

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
STABLE_AFTER_S = 30.0


@final
class _Kept:
    """One workload's process and when it may be started again."""

    def __init__(self, host: WorkloadHost, process: KeptProcess) -> None:
        self.host = host
        self.process = process
        self.was_running = False
        self.started_at = 0.0
        self.pause_s = 0.0
        self.start_at = 0.0


@final
class Workloads:
    """The commands of one node. `now` gives seconds that only grow."""

    def __init__(self, folder: StateFolder, now: Callable[[], float] = time.monotonic) -> None:
        self._folder = folder
        self._now = now
        self._kept: dict[str, _Kept] = {}

    def set_hosts(self, hosts: Iterable[WorkloadHost]) -> None:
        """Ends what is no longer wanted or is wanted otherwise, adopts what an agent before left running, writes the
        resolver files. Nothing is started yet."""
        wanted = {host.workload_id: host for host in hosts}
        for host in wanted.values():
            self._write_resolver(host)
        runnable = {name: host for name, host in wanted.items() if host.command}
        for name, kept in list(self._kept.items()):
            if name not in runnable or _fingerprint(runnable[name]) != _fingerprint(kept.host):
                kept.process.end()
                del self._kept[name]
        for name, host in runnable.items():
            if name not in self._kept:
                self._kept[name] = self._take_over(host)
        self._end_strangers(runnable)
        self._drop_resolvers({host.namespace for host in wanted.values()})

    def restart_in(self, namespaces: Iterable[str]) -> None:
        """Ends the commands in namespaces that were made anew, so that `tend` starts them in the new ones."""
        remade = frozenset(namespaces)
        for kept in self._kept.values():
            if kept.host.namespace in remade:
                kept.process.end()
                kept.start_at = 0.0

    def tend(self) -> list[WorkloadState]:
        """Starts what should run and does not; gives every state that changed since the last call."""
        return [state for kept in self._kept.values() for state in self._tend_one(kept)]

    def list_states(self) -> list[WorkloadState]:
        """Of all, as they are."""
        return [self._state_of(name, kept) for name, kept in self._kept.items()]

    def stop(self) -> None:
        """Ends all and removes their files."""
        self.set_hosts(())

    def _take_over(self, host: WorkloadHost) -> _Kept:
        kept = _Kept(host, KeptProcess(self._folder.workload_record(host.workload_id)))
        if kept.process.adopt(_fingerprint(host)):
            kept.started_at = self._now()
        return kept

    def _tend_one(self, kept: _Kept) -> Iterable[WorkloadState]:
        now = self._now()
        is_alive = kept.process.is_alive()
        if is_alive and not kept.was_running:
            kept.was_running = True
            yield self._state_of(kept.host.workload_id, kept)
        elif not is_alive and kept.was_running:
            kept.was_running = False
            if now - kept.started_at >= STABLE_AFTER_S:
                kept.pause_s = 0.0
            kept.pause_s = min(max(kept.pause_s * 2, FIRST_PAUSE_S), LONGEST_PAUSE_S)
            kept.start_at = now + kept.pause_s
            yield self._state_of(kept.host.workload_id, kept)
        if not is_alive and now >= kept.start_at:
            self._start(kept)
            kept.started_at = now
            kept.was_running = True
            yield self._state_of(kept.host.workload_id, kept)

    def _start(self, kept: _Kept) -> None:
        host = kept.host
        resolver = self._folder.resolver_file(host.namespace)
        command = [sys.executable, "-m", "innergate.nets.launch", "--namespace", host.namespace]
        command += ["--resolv", str(resolver)]
        if host.working_directory:
            command += ["--directory", host.working_directory]
        environment = {**machine_environment(), **renew_trust(host.environment, self._folder.root)}
        log = self._folder.workload_log(host.workload_id)
        kept.process.start([*command, "--", *host.command], environment, log, _fingerprint(host))

    @staticmethod
    def _state_of(name: str, kept: _Kept) -> WorkloadState:
        if kept.process.is_alive():
            return WorkloadState(workload_id=name, is_running=True, pid=kept.process.pid)
        return WorkloadState(workload_id=name, is_running=False, exit_code=kept.process.exit_code)

    def _end_strangers(self, runnable: Iterable[str]) -> None:
        """Processes that an agent before left and that no plan knows any more."""
        known = {self._folder.workload_record(name) for name in runnable}
        for record in (self._folder.run / "workloads").glob("*.json"):
            if record not in known:
                process = KeptProcess(record)
                process.adopt("")
                process.end()

    def _write_resolver(self, host: WorkloadHost) -> None:
        path = self._folder.resolver_file(host.namespace)
        text = f"nameserver {host.resolver}\noptions timeout:2 attempts:2\n" if host.resolver else ""
        if not path.exists() or path.read_text() != text:
            path.write_text(text)

    def _drop_resolvers(self, namespaces: set[str]) -> None:
        kept = {self._folder.resolver_file(namespace) for namespace in namespaces}
        for path in (self._folder.run / "resolv").glob("*.conf"):
            if path not in kept:
                path.unlink(missing_ok=True)


def _fingerprint(host: WorkloadHost) -> str:
    """Differs when the command must be started again."""
    parts = (host.namespace, host.command, sorted(host.environment.items()), host.working_directory)
    return shorten(repr(parts), 16)
