"""What a client's connections keep together has one bound, and is free again when it is handled or lost."""

from innergate.runtime.functions.body_room import BodyRoom
from innergate.runtime.functions.http_protocol import HttpProtocol, Request, Respond

HEAD = b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n"


def test_what_does_not_fit_is_not_taken_in_part() -> None:
    room = BodyRoom(10)
    assert room.take(6)
    assert not room.take(5)
    assert room.take(4)
    room.give_back(6)
    assert room.take(6)


class Client:
    """Connections that share room for `size` bytes."""

    def __init__(self, size: int) -> None:
        self.asked: list[int] = []
        self._room = BodyRoom(size)

    def connect(self) -> HttpProtocol:
        """Another one, which has sent a head."""
        protocol = HttpProtocol(self._note, 100, room=self._room)
        protocol.data_received(HEAD)
        return protocol

    def _note(self, request: Request, respond: Respond) -> None:
        self.asked.append(len(request.body))


def keeps(protocol: HttpProtocol) -> int:
    return len(protocol._body)


def test_connections_keep_no_more_together_than_there_is_room_for() -> None:
    client = Client(150)
    first, second = client.connect(), client.connect()
    first.data_received(b"x" * 90)
    second.data_received(b"x" * 90)
    assert (keeps(first), keeps(second)) == (90, 0)
    first.data_received(b"x" * 10)
    assert client.asked == [100]


def test_room_is_free_again_after_a_request_and_after_a_lost_connection() -> None:
    client = Client(100)
    for _ in range(3):
        whole = client.connect()
        whole.data_received(b"x" * 50)
        whole.data_received(b"x" * 50)
        lost = client.connect()
        lost.data_received(b"x" * 99)
        assert keeps(lost) == 99
        lost.connection_lost(None)
    assert client.asked == [100, 100, 100]


def test_a_body_over_the_limit_takes_no_more_than_the_limit() -> None:
    client = Client(101)
    protocol = HttpProtocol(client._note, 100, room=client._room)
    protocol.data_received(HEAD.replace(b"100", b"900"))
    for _ in range(3):
        protocol.data_received(b"x" * 300)
    assert client.asked == [101]
