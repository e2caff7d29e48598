"""Steady traffic as a command: `python -m innergate.testing.loader URL [--seconds N] [--once]`, until its input ends.

Two threads: one keeps its connection, one makes a new one for each request. Prints JSON lines: `{"ready": true}` after the
first good answers, at the end `{"requests": ..., "failures": [...], "longest_gap_s": ...}`. A failure is any answer but 200
with the time since the start. `--once` asks the resolver just once.
"""

import argparse
import http.client
import json
import os
import socket
import ssl
import sys
import threading
import time
import urllib.parse
from typing import final

REQUEST_TIMEOUT_S = 5.0
PAUSE_S = 0.005
KEPT_FAILURES = 20


@final
class Load:
    """What both threads share."""

    def __init__(self, url: str, asks_once: bool) -> None:
        parts = urllib.parse.urlsplit(url)
        self._host = parts.hostname or ""
        self._port = parts.port or (443 if parts.scheme == "https" else 80)
        self._target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._tls = ssl.create_default_context(cafile=os.environ.get("SSL_CERT_FILE") or None)
        self._is_tls = parts.scheme == "https"
        self._address = self._resolve() if asks_once else ""
        self._lock = threading.Lock()
        self._began = time.monotonic()
        self._last = self._began
        self.requests = 0
        self.failed = 0
        self.failures: list[str] = []
        self.longest_gap_s = 0.0
        self.ended = threading.Event()

    def _resolve(self) -> str:
        return str(socket.getaddrinfo(self._host, self._port, socket.AF_INET)[0][4][0])

    def _connect(self) -> http.client.HTTPConnection:
        connection = http.client.HTTPConnection(self._host, self._port, timeout=REQUEST_TIMEOUT_S)
        plain = socket.create_connection((self._address or self._resolve(), self._port), REQUEST_TIMEOUT_S)
        connection.sock = self._tls.wrap_socket(plain, server_hostname=self._host) if self._is_tls else plain
        return connection

    def keep_alive(self) -> None:
        """Requests on one connection, made anew only after a failure or where the server said that it closes."""
        connection: http.client.HTTPConnection | None = None
        while not self.ended.is_set():
            try:
                if connection is None or connection.sock is None:
                    connection = self._connect()
                self._note("kept", self._ask(connection))
            except (OSError, http.client.HTTPException) as error:
                self._note("kept", f"{type(error).__name__}: {error}")
                connection = None
            time.sleep(PAUSE_S)

    def anew(self) -> None:
        """A connection for each request."""
        while not self.ended.is_set():
            try:
                connection = self._connect()
                self._note("new", self._ask(connection))
                connection.close()
            except (OSError, http.client.HTTPException) as error:
                self._note("new", f"{type(error).__name__}: {error}")
            time.sleep(PAUSE_S)

    def _ask(self, connection: http.client.HTTPConnection) -> str:
        connection.request("GET", self._target)
        response = connection.getresponse()
        body = response.read()
        return "" if response.status == 200 else f"{response.status} {body[:100].decode(errors='replace')}"

    def _note(self, who: str, failure: str) -> None:
        now = time.monotonic()
        with self._lock:
            self.requests += 1
            if failure:
                self.failed += 1
                if len(self.failures) < KEPT_FAILURES:
                    self.failures.append(f"{now - self._began:.2f} s {who}: {failure}")
                return
            self.longest_gap_s = max(self.longest_gap_s, now - self._last)
            self._last = now


def main() -> None:
    """Runs until the time is over or the input ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--seconds", type=float, default=3600.0)
    parser.add_argument("--once", action="store_true")
    arguments = parser.parse_args()
    load = Load(arguments.url, arguments.once)
    threads = [threading.Thread(target=load.keep_alive), threading.Thread(target=load.anew)]
    for thread in threads:
        thread.start()
    while load.requests < 4 and not load.failed:
        time.sleep(0.01)
    sys.stdout.write('{"ready": true}\n')
    sys.stdout.flush()
    threading.Thread(target=_wait_for_end, args=(load,), daemon=True).start()
    load.ended.wait(arguments.seconds)
    load.ended.set()
    for thread in threads:
        thread.join()
    result = {
        "requests": load.requests,
        "failed": load.failed,
        "failures": load.failures,
        "longest_gap_s": round(load.longest_gap_s, 3),
    }
    sys.stdout.write(json.dumps(result) + "\n")


def _wait_for_end(load: Load) -> None:
    sys.stdin.read()
    load.ended.set()


if __name__ == "__main__":
    main()
