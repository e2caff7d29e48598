"""A control socket that answers from a table, so that commands can be tried without a platform."""

import json
import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingMixIn, UnixStreamServer
from typing import Any, NamedTuple

Answer = Mapping[str, Any]
Answers = Mapping[tuple[str, str], Answer | Sequence[Answer]]
"""By method and path; several are given in turn, the last one from then on."""


class Asked(NamedTuple):
    """One call that a command made."""

    method: str
    path: str
    body: Any


class _Server(ThreadingMixIn, UnixStreamServer):
    daemon_threads = True

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, _ = super().get_request()
        return connection, ("control", 0)


@contextmanager
def serve_control(state: Path, answers: Answers) -> Iterator[list[Asked]]:
    """Serves `answers` by (method, path) on the state folder's control socket; gives what was asked."""
    asked: list[Asked] = []

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            size = int(self.headers.get("content-length") or 0)
            body = json.loads(self.rfile.read(size)) if size else None
            asked.append(Asked(self.command, self.path, body))
            found = answers.get((self.command, self.path), {"ok": False, "message": f"no {self.path}"})
            if not isinstance(found, Mapping):
                times = sum((a.method, a.path) == (self.command, self.path) for a in asked)
                found = found[min(times, len(found)) - 1]
            data = json.dumps({"ok": True, **found}).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def __getattr__(self, name: str) -> Any:
            if name in ("do_GET", "do_POST", "do_DELETE"):
                return self._answer
            raise AttributeError(name)

        def log_message(self, format: str, *arguments: Any) -> None:
            """Says nothing."""

    (state / "run").mkdir(parents=True)
    server = _Server(str(state / "run" / "control.sock"), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
