"""Open-loop load: requests at a constant rate, however slow the answers are; each one's latency counts from when it was due.

`python -m bench.open_loop ADDRESS PORT HOST PATH RATE SECONDS CONNECTIONS` prints the latencies' quantiles as JSON. A request
that is due while every connection waits for an answer waits, too, and its waiting counts: closed-loop tools leave just that
out. One thread, no verification of certificates; `--plain` leaves TLS out.
"""

import argparse
import json
import select
import socket
import ssl
import subprocess
import sys
import time
from collections import deque
from contextlib import ExitStack, closing
from pathlib import Path
from typing import NamedTuple, final
from urllib.parse import urlsplit

from bench.load import LoadFailed, Target

_HEAD_END = b"\r\n\r\n"
_LENGTH = b"\r\ncontent-length:"
_FIRST = ("nice", "-n", "-15")
"""Before others on its core: otherwise their turns would count as the proxy's time."""

_PATIENCE_S = 10.0
"""For answers that are still missing when the time is up."""


class Arrivals(NamedTuple):
    """Quantiles of the latencies in milliseconds, and how many requests there were."""

    requests: int
    p50_ms: float
    p99_ms: float
    max_ms: float


@final
class _Connection:
    """One keep-alive connection with at most one request on it."""

    def __init__(self, address: tuple[str, int], host: str, *, is_plain: bool) -> None:
        self.due = 0.0
        self._missing = -1
        self._received = b""
        raw = socket.create_connection(address, 10)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket: socket.socket | ssl.SSLSocket = raw
        if not is_plain:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            self._socket = context.wrap_socket(raw, server_hostname=host)
        self._socket.setblocking(False)

    def fileno(self) -> int:
        return self._socket.fileno()

    def close(self) -> None:
        self._socket.close()

    def send(self, request: bytes, due: float) -> None:
        """One small request, which a socket's buffer always takes."""
        self.due, self._missing, self._received = due, -1, b""
        self._socket.send(request)

    def is_answered(self) -> bool:
        """Reads what has come. Raises LoadFailed for anything but a whole 200."""
        while True:
            try:
                data = self._socket.recv(65536)
            except (BlockingIOError, ssl.SSLWantReadError):
                return False
            if not data:
                raise LoadFailed("the connection was closed without an answer")
            if self._missing < 0:
                self._received += data
                data = self._read_head()
            if self._missing >= 0:
                self._missing -= len(data)
                if self._missing == 0:
                    return True

    def _read_head(self) -> bytes:
        """What of the body came with the head; b"" while the head is not whole."""
        head, end, body = self._received.partition(_HEAD_END)
        if not end:
            return b""
        if not head.startswith(b"HTTP/1.1 200 "):
            raise LoadFailed(f"an answer that is no 200: {head[:80]!r}")
        _, found, rest = head.lower().partition(_LENGTH)
        if not found:
            raise LoadFailed("an answer without content-length")
        self._missing = int(rest.partition(b"\r\n")[0])
        return body


def run_arrivals(
    address: tuple[str, int],
    host: str,
    request: bytes,
    rate: float,
    seconds: float,
    connections: int,
    *,
    is_plain: bool,
) -> Arrivals:
    """Sends `rate` requests a second. Raises LoadFailed."""
    with ExitStack() as stack:
        made = [_Connection(address, host, is_plain=is_plain) for _ in range(connections)]
        for connection in made:
            stack.enter_context(closing(connection))
        return _run(made, request, rate, round(rate * seconds))


def _run(idle: list[_Connection], request: bytes, rate: float, total: int) -> Arrivals:
    busy: set[_Connection] = set()
    waiting: deque[float] = deque()
    latencies: list[float] = []
    sent = 0
    began = time.monotonic()
    while len(latencies) < total:
        now = time.monotonic()
        if now > began + total / rate + _PATIENCE_S:
            raise LoadFailed(f"{total - len(latencies)} of {total} answers never came")
        while sent < total and began + sent / rate <= now:
            waiting.append(began + sent / rate)
            sent += 1
        while waiting and idle:
            connection = idle.pop()
            connection.send(request, waiting.popleft())
            busy.add(connection)
        pause = began + sent / rate - time.monotonic() if sent < total else _PATIENCE_S
        for connection in select.select(list(busy), [], [], max(pause, 0))[0]:
            if connection.is_answered():
                latencies.append(time.monotonic() - connection.due)
                busy.remove(connection)
                idle.append(connection)
    latencies.sort()
    p50, p99 = (latencies[min(int(total * share), total - 1)] * 1000 for share in (0.5, 0.99))
    return Arrivals(total, p50, p99, latencies[-1] * 1000)


def run_open_loop(target: Target, rate: float, seconds: float, connections: int) -> Arrivals:
    """`run_arrivals` in a process of its own, where the target is reached. Raises LoadFailed."""
    url = urlsplit(target.url)
    port = url.port or 443
    words = [str(url.hostname), str(port), target.host, url.path, str(rate), str(seconds), str(connections)]
    done = subprocess.run(
        [*target.prefix, *_FIRST, sys.executable, "-m", "bench.open_loop", *words],
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        text=True,
        timeout=60 + seconds,
        check=False,
    )
    if done.returncode != 0:
        raise LoadFailed(f"requests at a constant rate did not get clean answers:\n{done.stderr[-2000:]}")
    return Arrivals(**json.loads(done.stdout))


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="bench.open_loop")
    for name, kind in (("address", str), ("port", int), ("host", str), ("path", str), ("rate", float)):
        parser.add_argument(name, type=kind)
    parser.add_argument("seconds", type=float)
    parser.add_argument("connections", type=int)
    parser.add_argument("--plain", action="store_true")
    given = parser.parse_args()
    request = f"GET {given.path} HTTP/1.1\r\nHost: {given.host}\r\n\r\n".encode()
    where = (given.address, given.port)
    load = (given.rate, given.seconds, given.connections)
    print(json.dumps(run_arrivals(where, given.host, request, *load, is_plain=given.plain)._asdict()))


if __name__ == "__main__":
    main()
