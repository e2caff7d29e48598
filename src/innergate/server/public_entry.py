"""The public entry: the address on which REGIONAL and EDGE APIs are called, a listener of Envoy's in the host's network.

Control picks the port before anything is planned and remembers it while the node lives, so that a control process that comes
back finds Envoy's own listener and not a stranger on the port.
"""

import os
import socket
from pathlib import Path
from typing import NamedTuple

from innergate.nets.agent_record import read_agent
from innergate.server.settings import Settings


class PublicEntry(NamedTuple):
    """Where public APIs answer; `port` is 0 where they do not, and `problem` says why ("" where nobody wanted it)."""

    host: str
    port: int
    problem: str = ""

    @property
    def address(self) -> str:
        """HOST:PORT, "" for none."""
        return f"{self.host}:{self.port}" if self.port else ""


def choose_public_entry(settings: Settings) -> PublicEntry:
    """The entry of this run. A taken port leaves the platform without one; everything else works.

    Where any port will do it is the last run's, if that is free: what was compiled for it holds again.
    """
    host, wanted = settings.public_host, settings.public_port
    if not host:
        return PublicEntry("", 0)
    if os.geteuid() != 0:
        problem = "a node without root has a network of its own; the host cannot reach a listener there. Run as root."
        return PublicEntry(host, 0, problem)
    kept = _read_kept(settings)
    is_wanted = kept is not None and kept.host == host and wanted in (0, kept.port)
    if kept is not None and is_wanted and read_agent(settings.state) is not None:
        return kept
    for port in (kept.port, wanted) if kept is not None and is_wanted else (wanted,):
        entry = _probe(host, port)
        if entry.port:
            _file(settings).write_text(f"{entry.host} {entry.port}")
            break
    return entry


def _probe(host: str, port: int) -> PublicEntry:
    try:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
            return PublicEntry(host, probe.getsockname()[1])
    except OSError as error:
        taken = f"cannot listen on {host}:{port} ({error.strerror}); choose another by --public HOST:PORT"
        return PublicEntry(host, 0, f"{taken}, or have none by --public none")


def hold_port(entry: PublicEntry) -> socket.socket | None:
    """A socket that keeps the port for this platform, also while no listener of Envoy's stands there (there is none until there
    is a public API). Envoy's listeners share ports with their user's other sockets, so two platforms would share one and each
    would get some of the other's calls; the probe of another platform meets this socket. None where there is nothing to keep.
    """
    if not entry.port:
        return None
    held = socket.socket(socket.AF_INET6 if ":" in entry.host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        held.bind((entry.host, entry.port))
    except OSError:
        held.close()
        return None
    return held


def _file(settings: Settings) -> Path:
    return settings.run_folder / "public_entry"


def _read_kept(settings: Settings) -> PublicEntry | None:
    """What a control process chose before."""
    if not _file(settings).exists():
        return None
    host, _, port = _file(settings).read_text().partition(" ")
    return PublicEntry(host, int(port)) if port.isdigit() else None
