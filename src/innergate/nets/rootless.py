"""A node without root: agent, Envoy and workloads inside a user namespace with networks and mounts of its own.

`python -m innergate.nets.rootless AGENT-ARGUMENTS` makes or joins it and becomes the agent there. A tiny process, the holder,
stays in it so that the namespaces outlive an agent. Also what the host's side calls: `agent_command` and `enter_argv`.
"""

import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from innergate.nets.launch import enter_process
from innergate.nets.namespaces import (
    CLONE_NEWNET,
    CLONE_NEWNS,
    CLONE_NEWUSER,
    MS_BIND,
    MS_REC,
    MS_SLAVE,
    NAMESPACE_FOLDER,
    mount,
    unshare,
)
from innergate.nets.processes import ProcessRecord, is_running, read_record, read_start_time, write_record
from innergate.nets.rtnetlink import open_route_socket, raise_loopback
from innergate.nets.state_folder import StateFolder


def agent_command(state: Path, arguments: Sequence[str]) -> list[str]:
    """How to start the agent for a state folder, as whoever calls: with root directly, else in a user namespace.
    `arguments` as `python -m innergate.nets.agent --help` lists them."""
    module = "innergate.nets.agent" if os.geteuid() == 0 else "innergate.nets.rootless"
    return [sys.executable, "-m", module, "--state", str(state), *arguments]


def enter_argv(state: Path, namespace: str, command: Sequence[str]) -> list[str]:
    """What to run from the host so that `command` runs in a workload's namespace with its resolver; works for a node with root
    and for one without."""
    folder = StateFolder(state.resolve())
    argv = [sys.executable, "-m", "innergate.nets.launch", "--namespace", namespace]
    argv += ["--resolv", str(folder.resolver_file(namespace))]
    holder = read_record(folder.holder_record)
    if holder is not None and is_running(holder):
        argv += ["--pid", str(holder.pid)]
    return [*argv, "--", *command]


def make_user_namespace() -> None:
    """Moves this process into new user, mount and network namespaces in which it is root. Raises OSError where the machine does
    not let users have them."""
    user, group = os.geteuid(), os.getegid()
    unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"0 {user} 1")
    Path("/proc/self/gid_map").write_text(f"0 {group} 1")
    mount("none", "/", MS_REC | MS_SLAVE)
    make_namespace_folder()
    with open_route_socket() as sock:
        sock.do([raise_loopback()])


def make_namespace_folder() -> None:
    """An empty /run/netns that only this mount namespace sees; the rest of /run stays as it is."""
    if NAMESPACE_FOLDER.is_dir():
        mount("tmpfs", str(NAMESPACE_FOLDER), 0, "tmpfs")
        return
    run = NAMESPACE_FOLDER.parent
    old = os.open(run, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    entries = [(entry.name, entry.is_dir(follow_symlinks=False), entry.is_symlink()) for entry in os.scandir(run)]
    mount("tmpfs", str(run), 0, "tmpfs")
    for name, is_folder, is_symlink in entries:
        origin, target = f"/proc/self/fd/{old}/{name}", run / name
        if is_symlink:
            target.symlink_to(os.readlink(origin))
            continue
        if is_folder:
            target.mkdir()
        else:
            target.touch()
        try:
            mount(origin, str(target), MS_BIND | MS_REC)
        except OSError:
            continue
    os.close(old)
    NAMESPACE_FOLDER.mkdir()


def start_holder(folder: StateFolder) -> None:
    """A child that waits until it is ended."""
    pid = os.fork()
    if pid == 0:
        os.setsid()
        null = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):
            os.dup2(null, number)
        while True:
            signal.pause()
    write_record(folder.holder_record, ProcessRecord(pid=pid, started=read_start_time(pid)))


def main(arguments: Sequence[str]) -> NoReturn:
    """Becomes the agent. Raises SystemExit with a reason if the machine does not allow it."""
    from innergate.nets.agent_settings import parse_settings

    folder = parse_settings(arguments).folder
    folder.prepare()
    holder = read_record(folder.holder_record)
    try:
        if holder is not None and is_running(holder):
            enter_process(holder.pid)
        else:
            make_user_namespace()
            start_holder(folder)
    except OSError as error:
        raise SystemExit(
            f"innergate: without root, networks need user namespaces, and this machine refused: {error}. "
            "Run as root, or allow them (kernel.unprivileged_userns_clone, "
            "kernel.apparmor_restrict_unprivileged_userns, the container's seccomp profile)."
        ) from error
    os.execv(sys.executable, [sys.executable, "-m", "innergate.nets.agent", "--rootless", *arguments])


if __name__ == "__main__":
    main(sys.argv[1:])
