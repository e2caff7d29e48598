"""An origin server that tells who answered and what it saw: `python -m innergate.testing.origin --port 80 --name pod-a`.

Any method and path gets 200 and JSON: backend, method, path, host, source address, headers, size and digest of the body.
Paths that do otherwise: `/status/418` answers with that status, `/slow/2.5` waits so many seconds, `/bytes/1000` sends so many
bytes, `/echo` gives the body back, `/reset` cuts the connection. `/health` is a plain 200.
"""

import argparse
import hashlib
import json
import socket
import struct
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import final


@final
class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "innergate-origin"
    backend = "origin"
    wbufsize = 1 << 16
    disable_nagle_algorithm = True

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def _answer_any(self) -> None:
        body = self._read_body()
        path = self.path.partition("?")[0]
        word, _, argument = path.lstrip("/").partition("/")
        if word == "reset":
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.close_connection = True
            return
        status, content_type, answer = 200, "application/json", self._describe(body)
        if word == "slow":
            time.sleep(float(argument or "1"))
        elif word == "status":
            status = int(argument or "200")
        elif word == "bytes":
            content_type, answer = "application/octet-stream", b"x" * int(argument or "1")
        elif word == "echo":
            content_type, answer = self.headers.get("content-type", "application/octet-stream"), body
        self.send_response(status)
        self.send_header("content-type", content_type)
        self.send_header("x-backend", self.backend)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer)

    def _describe(self, body: bytes) -> bytes:
        seen = {
            "backend": self.backend,
            "method": self.command,
            "path": self.path,
            "host": self.headers.get("host", ""),
            "source": self.client_address[0],
            "headers": {name.lower(): value for name, value in self.headers.items()},
            "body_bytes": len(body),
            "body_sha256": hashlib.sha256(body).hexdigest(),
        }
        return json.dumps(seen, indent=1).encode() + b"\n"

    def _read_body(self) -> bytes:
        if self.headers.get("transfer-encoding", "").lower() == "chunked":
            chunks = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                chunks.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(chunks)
        return self.rfile.read(int(self.headers.get("content-length", 0)))

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _answer_any  # noqa: N815 - http.server's names

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing: the answers tell."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512


def main() -> None:
    """Serves until it is ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=80)
    parser.add_argument("--bind", default="0.0.0.0")
    parser.add_argument("--name", default="origin")
    arguments = parser.parse_args()
    _Handler.backend = arguments.name
    _Server((arguments.bind, arguments.port), _Handler).serve_forever()


if __name__ == "__main__":
    main()
