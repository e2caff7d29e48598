"""An origin server that tells who answered and what it saw: `python -m innergate.driver.origin --port 80 --name pod-a`.

Any method and path gets 200 and JSON: backend, method, path, host, source address, headers, size and digest of the body.
Paths that do otherwise: `/status/418` answers with that status, `/slow/2.5` waits so many seconds, `/bytes/1000` sends so many
bytes, `/echo` gives the body back, `/reset` cuts the connection. `/health` is 200 until `/become/503` makes it otherwise.

With `--certificate FILE --key FILE` it speaks TLS, and with `--clients FILE` only to those who show one of these certificates.
A PROXY header (version 2) in front of a connection is read and told.
"""

import argparse
import hashlib
import json
import socket
import ssl
import struct
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedIOBase, BufferedReader
from typing import final

_PROXY_SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"
_PROXY_TLV_AWS = 0xEA


def read_proxy_header(stream: BufferedIOBase) -> dict[str, str]:
    """A PROXY header (version 2, "The PROXY protocol", 2.2): the source that it names, and AWS's endpoint id."""
    stream.read(len(_PROXY_SIGNATURE))
    command, family, length = struct.unpack("!BBH", stream.read(4))
    rest = stream.read(length)
    seen = {"command": "PROXY" if command & 0xF == 1 else "LOCAL", "source": "", "vpce": ""}
    if family >> 4 == 1:
        seen["source"] = socket.inet_ntoa(rest[:4])
        rest = rest[12:]
    while len(rest) >= 3:
        kind, size = struct.unpack("!BH", rest[:3])
        value, rest = rest[3 : 3 + size], rest[3 + size :]
        if kind == _PROXY_TLV_AWS and value[:1] == b"\x01":
            seen["vpce"] = value[1:].decode()
    return seen


@final
class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "innergate-origin"
    backend = "origin"
    health = 200
    proxy: dict[str, str] | None = None
    wbufsize = 1 << 16
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        assert isinstance(self.rfile, BufferedReader)
        if self.rfile.peek(len(_PROXY_SIGNATURE))[: len(_PROXY_SIGNATURE)] == _PROXY_SIGNATURE:
            self.proxy = read_proxy_header(self.rfile)

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
        elif word == "become":
            _Handler.health = int(argument or "200")
        elif word == "health":
            status = _Handler.health
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
            "proxy": self.proxy,
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
    parser.add_argument("--certificate", default="")
    parser.add_argument("--key", default="")
    parser.add_argument("--clients", default="")
    arguments = parser.parse_args()
    _Handler.backend = arguments.name
    server = _Server((arguments.bind, arguments.port), _Handler)
    if arguments.certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(arguments.certificate, arguments.key)
        if arguments.clients:
            context.verify_mode = ssl.CERT_REQUIRED
            context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
            context.load_verify_locations(arguments.clients)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.serve_forever()


if __name__ == "__main__":
    main()
