"""`python -m innergate.nets.launch`: becomes a command inside a namespace, with the resolver of its network.

Order: the agent's own user, mount and network namespaces (only where it runs without root), the network namespace, then a mount
namespace of its own in which /etc/resolv.conf is another file. The host's file is never touched.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from innergate.nets.namespaces import (
    CLONE_NEWNET,
    CLONE_NEWNS,
    CLONE_NEWUSER,
    MS_BIND,
    MS_REC,
    MS_SLAVE,
    mount,
    path_of,
    set_namespace,
    unshare,
)

RESOLVER_FILE = Path("/etc/resolv.conf")
NOT_FOUND = 127
NOT_ENTERED = 126


def enter_process(pid: int) -> None:
    """Moves this process, which must have one thread only, into the user, mount and network namespaces of another. Raises
    OSError."""
    kinds = (("user", CLONE_NEWUSER), ("mnt", CLONE_NEWNS), ("net", CLONE_NEWNET))
    opened = [(os.open(f"/proc/{pid}/ns/{name}", os.O_RDONLY | os.O_CLOEXEC), flag) for name, flag in kinds]
    folder = Path.cwd()
    for descriptor, flag in opened:
        set_namespace(descriptor, flag)
        os.close(descriptor)
    os.chdir(folder)


def enter(namespace: str, resolver: Path | None, command: Sequence[str]) -> NoReturn:
    """Becomes `command` inside `namespace`; its /etc/resolv.conf is the file `resolver`. Raises OSError."""
    descriptor = os.open(path_of(namespace), os.O_RDONLY | os.O_CLOEXEC)
    set_namespace(descriptor, CLONE_NEWNET)
    os.close(descriptor)
    if resolver is not None and resolver.exists() and RESOLVER_FILE.exists():
        unshare(CLONE_NEWNS)
        mount("none", "/", MS_REC | MS_SLAVE)
        mount(str(resolver), os.path.realpath(RESOLVER_FILE), MS_BIND)
    os.execvp(command[0], list(command))


def main(arguments: Sequence[str] | None = None) -> int:
    """126 if the namespace cannot be entered, 127 if there is no such command; else whatever the command gives."""
    parser = argparse.ArgumentParser(prog="innergate.nets.launch")
    parser.add_argument("--namespace", required=True)
    parser.add_argument("--resolv", type=Path)
    parser.add_argument("--pid", type=int, default=0)
    parser.add_argument("--directory", type=Path)
    parser.add_argument("command", nargs="+")
    options = parser.parse_args(arguments)
    try:
        if options.pid:
            enter_process(options.pid)
        if options.directory is not None:
            os.chdir(options.directory)
        enter(options.namespace, options.resolv, options.command)
    except FileNotFoundError as error:
        print(f"innergate: no such file: {error.filename or options.command[0]}", file=sys.stderr)
        return NOT_FOUND
    except OSError as error:
        print(f"innergate: cannot enter {options.namespace}: {error}", file=sys.stderr)
        return NOT_ENTERED


if __name__ == "__main__":
    sys.exit(main())
