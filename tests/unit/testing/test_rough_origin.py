"""A backend that misbehaves as it is told to, and answers well afterwards."""

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from innergate.testing.chaos_schedule import PROMISES
from innergate.testing.rough_origin import GARBAGE, MODES, SLOW_S, RoughOrigin
from innergate.testing.waiting import LONGEST_S

HEAD = b"HTTP/1.1 200 OK\r\n"
WHOLE = b'{"backend": "rough", "path": "/x"}'


class Rough(NamedTuple):
    port: int
    mode: Path

    def ask(self, wanted: bytes = WHOLE) -> bytes:
        """What comes until `wanted` is in it, or until the end."""
        with socket.create_connection(("127.0.0.1", self.port), LONGEST_S) as connection:
            connection.sendall(b"GET /x HTTP/1.1\r\nhost: h\r\n\r\n")
            got = b""
            while wanted not in got and (more := connection.recv(1 << 20)):
                got += more
            return got


@pytest.fixture
def rough(tmp_path: Path) -> Iterator[Rough]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    mode = tmp_path / "mode"
    mode.write_text("refuses")
    threading.Thread(target=RoughOrigin(port, mode).run, daemon=True).start()
    yield Rough(port, mode)
    mode.write_text("refuses")


def answers_well(rough: Rough) -> bool:
    rough.mode.write_text("well")
    until = time.monotonic() + LONGEST_S
    while time.monotonic() < until:
        try:
            return rough.ask().endswith(WHOLE)
        except OSError:
            time.sleep(0.01)
    return False


def test_it_refuses_until_it_listens(rough: Rough) -> None:
    with pytest.raises(ConnectionRefusedError):
        rough.ask()
    assert answers_well(rough)


def test_it_lies(rough: Rough) -> None:
    assert answers_well(rough)
    rough.mode.write_text("talks garbage")
    assert rough.ask() == GARBAGE
    rough.mode.write_text("sends endless headers")
    assert rough.ask(b"x-much").startswith(HEAD)
    rough.mode.write_text("resets")
    with pytest.raises(ConnectionResetError):
        rough.ask()
    assert answers_well(rough)


def test_it_takes_its_time(rough: Rough) -> None:
    assert answers_well(rough)
    rough.mode.write_text("is slow")
    began = time.monotonic()
    assert rough.ask().endswith(WHOLE)
    assert time.monotonic() - began >= SLOW_S
    for mode in ("hangs", "dribbles"):
        rough.mode.write_text(mode)
        began = time.monotonic()
        recovery = threading.Timer(0.1, rough.mode.write_text, ("well",))
        recovery.start()
        assert rough.ask().endswith(WHOLE)
        recovery.join()
        assert time.monotonic() - began >= 0.1


def test_every_mode_is_a_fault() -> None:
    faults = {kind.removeprefix("target ") for kind in PROMISES if kind.startswith("target ")}
    assert faults == set(MODES) - {"well"}
