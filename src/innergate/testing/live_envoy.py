"""A live Envoy on loopback that serves a plan without a control plane, and an origin that says what it was asked."""

import json
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from http.client import HTTPConnection, HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple, final

_START_TIMEOUT_S = 20.0


class Answer(NamedTuple):
    """What came back. Names of headers are lower-case; of repeated ones the last."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def free_ports(count: int) -> tuple[int, ...]:
    """Ports of loopback that nobody listens on now, all different."""
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return tuple(int(probe.getsockname()[1]) for probe in probes)


def ask(
    port: int, method: str, target: str, headers: dict[str, str] | None = None, body: bytes | None = None
) -> Answer:
    """One request to loopback, its target and headers exactly as given."""
    connection = HTTPConnection("127.0.0.1", port, timeout=15)
    try:
        connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        for name, value in (headers or {}).items():
            connection.putheader(name, value)
        if body is not None:
            connection.putheader("content-length", str(len(body)))
        connection.endheaders(body)
        response: HTTPResponse = connection.getresponse()
        return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
    finally:
        connection.close()


class _EchoHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _answer(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        body = self.rfile.read(length) if length else b""
        if "/slow" in self.path:
            time.sleep(8)
        told = {
            "method": self.command,
            "path": self.path,
            "headers": {k.lower(): v for k, v in self.headers.items()},
            "size": len(body),
            "port": self.connection.getsockname()[1],
        }
        content = json.dumps(told).encode()
        self.send_response(404 if "/absent" in self.path else 200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.send_header("x-amzn-errortype", "FromBackend")
        self.end_headers()
        if self.command != "HEAD":
            with suppress(ConnectionError):
                self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = _answer  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@contextmanager
def echo_origin() -> Iterator[int]:
    """The port of an origin on loopback that answers with what it was asked, as JSON: 404 for paths with /absent in them,
    after 8 s for those with /slow."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _EchoHandler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@final
class LiveEnvoy:
    """A running Envoy; `stop` ends it."""

    def __init__(self, binary: Path, bootstrap: dict[str, Any], folder: Path) -> None:
        self._admin = folder / "admin.sock"
        self.log = folder / "envoy.log"
        document = {**bootstrap, "admin": {"address": {"pipe": {"path": str(self._admin)}}}}
        file = folder / "bootstrap.json"
        file.write_text(json.dumps(document))
        with self.log.open("w") as log:
            self._process = subprocess.Popen(
                [
                    str(binary),
                    "-c",
                    str(file),
                    "--use-dynamic-base-id",
                    "--concurrency",
                    "1",
                    "-l",
                    "warning",
                    "--file-flush-interval-msec",
                    "50",
                ],
                stdout=log,
                stderr=log,
            )

    def wait(self, *ports: int) -> None:
        """Returns once every port accepts; raises RuntimeError with Envoy's log where that does not come to be."""
        deadline = time.monotonic() + _START_TIMEOUT_S
        for port in ports:
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port), timeout=1).close()
                    break
                except OSError:
                    if self._process.poll() is not None or time.monotonic() > deadline:
                        raise RuntimeError(self.log.read_text()) from None
                    time.sleep(0.02)

    def stop(self) -> None:
        """Ends the process."""
        self._process.kill()
        self._process.wait()
