"""A backend that behaves as a file says: `python -m innergate.testing.rough_origin PORT FILE`, which holds one of `MODES`.

In the mode `well` it answers as `innergate.driver.origin` does: JSON with its name `rough` and the path. A request that it
holds back (`hangs`, `dribbles`) is answered to the end once the mode is another.
"""

import json
import socket
import struct
import sys
import threading
import time
from pathlib import Path
from typing import final

MODES = ("well", "refuses", "hangs", "resets", "is slow", "talks garbage", "sends endless headers", "dribbles")
SLOW_S = 0.4
LOOK_S = 0.02
GARBAGE = b"\x00\x01\x02 nothing of HTTP\r\n\r\n"
FILLER = b"x-much: " + b"a" * 1000 + b"\r\n"


@final
class RoughOrigin:
    """One port; a thread a connection."""

    def __init__(self, port: int, mode_file: Path) -> None:
        self._port = port
        self._mode_file = mode_file

    def run(self) -> None:
        """For ever. A port that refuses is one on which nobody listens."""
        listener: socket.socket | None = None
        while True:
            if self._mode() == "refuses":
                if listener is not None:
                    listener.close()
                    listener = None
                time.sleep(LOOK_S)
                continue
            if listener is None:
                listener = socket.create_server(("0.0.0.0", self._port), backlog=256)
                listener.settimeout(LOOK_S)
            try:
                connection = listener.accept()[0]
            except TimeoutError:
                continue
            connection.settimeout(None)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _mode(self) -> str:
        try:
            return self._mode_file.read_text().strip()
        except OSError:
            return "well"

    def _wait_while(self, mode: str) -> None:
        while self._mode() == mode:
            time.sleep(LOOK_S)

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as requests:
            try:
                while line := requests.readline():
                    while requests.readline() not in (b"\r\n", b""):
                        pass
                    if not self._answer(connection, line.split(b" ")[1].decode("latin-1")):
                        return
            except OSError:
                return

    def _answer(self, connection: socket.socket, path: str) -> bool:
        """Whether the connection goes on."""
        body = json.dumps({"backend": "rough", "path": path}).encode()
        head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body)
        mode = self._mode()
        if mode in ("resets", "refuses"):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return False
        if mode == "talks garbage":
            connection.sendall(GARBAGE)
            return False
        if mode == "sends endless headers":
            connection.sendall(b"HTTP/1.1 200 OK\r\n")
            while self._mode() == mode:
                connection.sendall(FILLER)
            return False
        if mode == "dribbles":
            connection.sendall(head + body[:1])
            self._wait_while(mode)
            connection.sendall(body[1:])
            return True
        if mode == "hangs":
            self._wait_while(mode)
        elif mode == "is slow":
            time.sleep(SLOW_S)
        connection.sendall(head + body)
        return True


if __name__ == "__main__":
    RoughOrigin(int(sys.argv[1]), Path(sys.argv[2])).run()
