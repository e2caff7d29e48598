"""What a platform holds, so that a test can see what a client left behind."""

import http.client
import json
import os
import socket
import sqlite3
from pathlib import Path
from typing import NamedTuple

from innergate.driver.platform import RunningPlatform

SINGLETONS = ("api-gateway-account", "region-network")
"""Kinds that an account has always once, as at AWS: no client can delete them."""

COUNTERS = ("layer",)
"""Kinds that only count what there was: numbers are never used again, as at AWS."""


class Holdings(NamedTuple):
    """Rows of the store (`kind id`), subjects of observations, network namespaces, Envoy's listeners and clusters."""

    rows: frozenset[str]
    observed: frozenset[str]
    namespaces: frozenset[str]
    listeners: frozenset[str]
    clusters: frozenset[str]

    def beyond(self, before: "Holdings") -> dict[str, list[str]]:
        """What there is now and was not before; empty where nothing was left."""
        pairs = zip(self._fields, self, before, strict=True)
        return {name: sorted(now - then) for name, now, then in pairs if now - then}


def holdings_of(platform: RunningPlatform) -> Holdings:
    """What the platform holds now, once every executor has the newest revision."""
    platform.settle()
    with sqlite3.connect(f"file:{platform.state / 'store.sqlite'}?mode=ro", uri=True) as store:
        rows = store.execute("SELECT kind, id, body FROM resource").fetchall()
        subjects = store.execute("SELECT DISTINCT subject FROM observation WHERE subject LIKE 'target/%'").fetchall()
    store.close()
    return Holdings(
        rows=frozenset(f"{kind} {name}" for kind, name, body in rows if _counts(kind, body)),
        observed=frozenset(subject for (subject,) in subjects),
        namespaces=_namespaces(platform),
        listeners=frozenset(line.split("::")[0] for line in _ask_envoy(platform, "/listeners").splitlines()),
        clusters=frozenset(line.split("::")[0] for line in _ask_envoy(platform, "/clusters").splitlines()),
    )


def _counts(kind: str, body: bytes) -> bool:
    """Records of what is deleted stay readable for a while, as at AWS (transit gateways, attachments)."""
    return kind not in (*SINGLETONS, *COUNTERS) and not json.loads(body).get("DeletedAt")


def _namespaces(platform: RunningPlatform) -> frozenset[str]:
    """Those that the platform's agent has: its own mount namespace is looked into, so that it works without root too."""
    agent = platform.client.call("GET", "/status")["agent"]["pid"]
    words = Path(f"/proc/{agent}/cmdline").read_bytes().decode().split("\0")
    own = words[words.index("--prefix") + 1]
    folder = f"/proc/{agent}/root/run/netns"
    return frozenset(name for name in os.listdir(folder) if name.startswith(own))


class _Admin(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("envoy", timeout=10)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def _ask_envoy(platform: RunningPlatform, path: str) -> str:
    admin = _Admin(platform.state / "run" / "envoy-admin.sock")
    try:
        admin.request("GET", path)
        return admin.getresponse().read().decode()
    finally:
        admin.close()
