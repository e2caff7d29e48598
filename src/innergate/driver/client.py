"""Speaks to the control process over its unix socket."""

import json
from pathlib import Path
from typing import Any, final

from innergate.nets.agent_record import find_other_folder, is_left_running


class ControlUnreachable(Exception):
    """No control process answers; the message says what to do."""


class ControlRefused(Exception):
    """The control process said no; the message is its own."""


@final
class ControlClient:
    """Calls of the control socket of one state folder."""

    def __init__(self, state: Path, timeout_s: float = 60.0) -> None:
        self.state = state
        self._timeout_s = timeout_s

    def call(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """The answer. Raises ControlUnreachable or ControlRefused."""
        from innergate.driver.control_socket import exchange  # brings http.client, which `up` need not wait for

        socket_path = self.state / "run" / "control.sock"
        try:
            answer: dict[str, Any] = json.loads(exchange(socket_path, method, path, body, self._timeout_s))
        except OSError as error:
            detail = "" if isinstance(error, FileNotFoundError) else f" ({error.strerror or error})"
            if is_left_running(self.state) and find_other_folder(self.state) is None:
                raise ControlUnreachable(
                    f"the control process of {self.state} does not answer{detail}, but what it has started runs on: calls are "
                    f"served, nothing can be changed or asked.\n"
                    f"Start control again: innergate up --state {self.state}   (or stop it all: innergate down)"
                ) from None
            raise ControlUnreachable(
                f"no Innergate runs on {self.state}{detail}.\n"
                f"Start one: innergate up --state {self.state}   (or set INNERGATE_STATE to the folder of one that runs)"
            ) from None
        if not answer.get("ok"):
            raise ControlRefused(str(answer.get("message", answer)))
        return answer
