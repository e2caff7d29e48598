"""Load at a constant rate: what was due while nobody answered counts from when it was due."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest
from bench.load import LoadFailed
from bench.open_loop import Arrivals, run_arrivals

STALL_S = 0.5
BODY = b"x" * 40
REQUEST = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


class Origin:
    """Answers one request after the other; the one numbered `stalls_at` after STALL_S."""

    def __init__(self, stalls_at: int = -1, status: bytes = b"200 OK") -> None:
        self._stalls_at = stalls_at
        self._answer = b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n" % (status, len(BODY)) + BODY
        self._asked = 0
        self._lock = threading.Lock()
        self.server = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while True:
            try:
                connection = self.server.accept()[0]
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with connection, suppress(OSError):  # who has seen an error goes away at once
            while connection.recv(4096):
                with self._lock:
                    if self._asked == self._stalls_at:
                        time.sleep(STALL_S)
                    self._asked += 1
                connection.sendall(self._answer[:30])
                connection.sendall(self._answer[30:])


@pytest.fixture
def origins() -> Iterator[list[Origin]]:
    made: list[Origin] = []
    yield made
    for origin in made:
        origin.server.close()


def load(origin: Origin, connections: int = 2) -> Arrivals:
    address = origin.server.getsockname()
    return run_arrivals(address, "a", REQUEST, 200.0, 1.0, connections, is_plain=True)


def test_a_stall_counts_for_all_that_were_due_in_it(origins: list[Origin]) -> None:
    origins.append(Origin(stalls_at=20))
    found = load(origins[0])
    assert found.requests == 200
    assert found.max_ms >= STALL_S * 1000 * 0.9
    assert found.p50_ms < found.p99_ms
    assert found.p99_ms >= STALL_S * 1000 * 0.9, "some 100 of 200 were due while nobody answered"


def test_an_error_is_no_measurement(origins: list[Origin]) -> None:
    origins.append(Origin(status=b"503 No"))
    with pytest.raises(LoadFailed, match="503"):
        load(origins[0])


def test_more_connections_do_not_change_the_rate(origins: list[Origin]) -> None:
    origins.append(Origin())
    assert [load(origins[0], connections).requests for connections in (1, 8)] == [200, 200]
