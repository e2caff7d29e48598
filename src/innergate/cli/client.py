"""Speaks to the control process over its unix socket."""

import http.client
import json
import os
import socket
from pathlib import Path
from typing import Annotated, Any, final

from cyclopts import Parameter

from innergate.server.settings import DEFAULT_STATE

State = Annotated[str, Parameter(help="State folder (default: INNERGATE_STATE, else ~/.innergate).")]


class ControlUnreachable(Exception):
    """No control process answers; the message says what to do."""


class ControlRefused(Exception):
    """The control process said no; the message is its own."""


def state_folder(given: str = "") -> Path:
    """The state folder: as given, else INNERGATE_STATE, else ~/.innergate. Absolute."""
    return Path(given or os.environ.get("INNERGATE_STATE", "") or DEFAULT_STATE).expanduser().absolute()


@final
class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path, timeout_s: float) -> None:
        super().__init__("control", timeout=timeout_s)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


@final
class ControlClient:
    """Calls of the control socket of one state folder."""

    def __init__(self, state: Path, timeout_s: float = 60.0) -> None:
        self.state = state
        self._timeout_s = timeout_s

    def call(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """The answer. Raises ControlUnreachable or ControlRefused."""
        socket_path = self.state / "run" / "control.sock"
        connection = _UnixConnection(socket_path, self._timeout_s)
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None)
            response = connection.getresponse()
            answer: dict[str, Any] = json.loads(response.read())
        except (OSError, http.client.HTTPException) as error:
            raise ControlUnreachable(
                f"no Innergate runs on {self.state} ({error}).\n"
                f"Start one: innergate up --state {self.state}   (or set INNERGATE_STATE to the folder of one that runs)"
            ) from None
        finally:
            connection.close()
        if not answer.get("ok"):
            raise ControlRefused(str(answer.get("message", answer)))
        return answer
