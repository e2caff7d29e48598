"""A transport without a socket, and a server's side of a connection on it."""

import asyncio
from collections.abc import Callable
from typing import Any, cast, final

from innergate.runtime.http_app import App, QuietServer, make_server


@final
class RecordingTransport(asyncio.Transport):
    """A transport that remembers what was done with it."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[bytes] = []
        self.end = ""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        assert not self.end
        self.writes.append(bytes(data))

    def close(self) -> None:
        self.end = self.end or "closed"

    def abort(self) -> None:
        self.end = "aborted"

    def is_closing(self) -> bool:
        return bool(self.end)

    def get_write_buffer_size(self) -> int:
        return 0

    def resume_reading(self) -> None:
        pass


def connect(app: App, under: RecordingTransport, unix_socket: str = "") -> tuple[QuietServer, Any]:
    """A server of `app`, and its protocol on a connection that has just been made."""
    server = make_server(app, unix_socket=unix_socket)
    server.config.load()
    make = cast(Callable[..., Any], server.config.http_protocol_class)
    protocol = make(config=server.config, server_state=server.server_state, app_state={})
    protocol.connection_made(under)
    return server, protocol
