"""One HTTP exchange over the control process's unix socket."""

import http.client
import json
import socket
from pathlib import Path
from typing import final


@final
class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path, timeout_s: float) -> None:
        super().__init__("control", timeout=timeout_s)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def exchange(socket_path: Path, method: str, target: str, body: object, timeout_s: float) -> bytes:
    """The answer's body. `body` is sent as JSON unless it is None. Raises OSError, also for an answer that is no HTTP."""
    connection = _UnixConnection(socket_path, timeout_s)
    try:
        connection.request(method, target, json.dumps(body) if body is not None else None)
        return connection.getresponse().read()
    except http.client.HTTPException as error:
        raise ConnectionError(str(error)) from error
    finally:
        connection.close()
