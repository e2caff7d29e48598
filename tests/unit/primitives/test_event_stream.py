"""Event streams as botocore reads them, and nothing else taken for one."""

import pytest
from botocore.eventstream import EventStreamBuffer
from hypothesis import given
from hypothesis import strategies as st

from innergate.primitives.event_stream import BadEventStream, EventDecoder, encode_event


@given(st.binary(max_size=200), st.text(min_size=1, max_size=40))
def test_botocore_reads_what_is_written(payload: bytes, name: str) -> None:
    buffer = EventStreamBuffer()
    buffer.add_data(encode_event(name, "application/json", payload))
    [event] = list(buffer)
    assert event.payload == payload
    headers: object = event.headers
    assert headers == {":event-type": name, ":content-type": "application/json", ":message-type": "event"}


@given(st.lists(st.binary(max_size=50), max_size=5), st.integers(1, 30))
def test_messages_come_in_any_pieces(payloads: list[bytes], size: int) -> None:
    whole = b"".join(encode_event("PayloadChunk", "text/plain", payload) for payload in payloads)
    decoder = EventDecoder()
    found = [message for at in range(0, len(whole), size) for message in decoder.feed(whole[at : at + size])]
    assert [(message.event_type, message.payload) for message in found] == [("PayloadChunk", p) for p in payloads]


@pytest.mark.parametrize("place", [0, 5, 9, 14, 80, -1])
def test_a_changed_byte_is_seen(place: int) -> None:
    data = bytearray(encode_event("PayloadChunk", "application/octet-stream", b"some payload"))
    data[place] ^= 1
    with pytest.raises(BadEventStream):
        EventDecoder().feed(bytes(data))


def test_a_message_that_is_cut_off_waits() -> None:
    decoder, whole = EventDecoder(), encode_event("a", "b", b"c")
    assert decoder.feed(whole[:-1]) == []
    assert [message.payload for message in decoder.feed(whole[-1:])] == [b"c"]
