"""Messages of `application/vnd.amazon.eventstream`, the form in which AWS streams events over HTTP.

Source: Smithy, "Amazon Event Stream specification": total length, length of headers, CRC-32 of both; headers; payload; CRC-32
of all before. Lambda answers InvokeWithResponseStream in it, and so does the functions' supervisor its callers.
"""

import struct
import zlib
from collections.abc import Mapping
from typing import NamedTuple, final

CONTENT_TYPE = "application/vnd.amazon.eventstream"
MAX_MESSAGE_BYTES = 24 * 1024 * 1024
"""More than AWS lets a message have (16 MB)."""

_PRELUDE = struct.Struct("!III")
_CHECK = struct.Struct("!I")
_STRING = 7
"""The type of a header whose value is text."""


class EventMessage(NamedTuple):
    """One message. All headers that Lambda uses are texts."""

    headers: Mapping[str, str]
    payload: bytes

    @property
    def event_type(self) -> str:
        """The name of the event, "" for a message that is none."""
        return self.headers.get(":event-type", "")


class BadEventStream(Exception):
    """Bytes that are no event stream."""


def encode_event(event_type: str, content_type: str, payload: bytes) -> bytes:
    """The bytes of one event."""
    headers = {":event-type": event_type, ":content-type": content_type, ":message-type": "event"}
    packed = b"".join(_encode_header(name, value) for name, value in headers.items())
    total = _PRELUDE.size + len(packed) + len(payload) + _CHECK.size
    lengths = struct.pack("!II", total, len(packed))
    message = lengths + _CHECK.pack(zlib.crc32(lengths)) + packed + payload
    return message + _CHECK.pack(zlib.crc32(message))


def _encode_header(name: str, value: str) -> bytes:
    raw_name, raw_value = name.encode(), value.encode()
    return bytes([len(raw_name)]) + raw_name + struct.pack("!BH", _STRING, len(raw_value)) + raw_value


@final
class EventDecoder:
    """Bytes in as they come, messages out as they are whole."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> list[EventMessage]:
        """The messages that `data` completes. Raises BadEventStream."""
        self._rest += data
        found = []
        while len(self._rest) >= _PRELUDE.size:
            total, headers_length, check = _PRELUDE.unpack_from(self._rest)
            if check != zlib.crc32(self._rest[:8]):
                raise BadEventStream("the lengths of a message do not fit their checksum")
            if total > MAX_MESSAGE_BYTES or total < _PRELUDE.size + headers_length + _CHECK.size:
                raise BadEventStream(f"a message of {total} bytes with headers of {headers_length}")
            if len(self._rest) < total:
                break
            message = bytes(self._rest[:total])
            del self._rest[:total]
            if _CHECK.unpack_from(message, total - _CHECK.size)[0] != zlib.crc32(message[: -_CHECK.size]):
                raise BadEventStream("a message does not fit its checksum")
            begin = _PRELUDE.size + headers_length
            headers = _decode_headers(message[_PRELUDE.size : begin])
            found.append(EventMessage(headers, message[begin : -_CHECK.size]))
        return found


def _decode_headers(packed: bytes) -> dict[str, str]:
    headers: dict[str, str] = {}
    place = 0
    try:
        while place < len(packed):
            end = place + 1 + packed[place]
            name = packed[place + 1 : end].decode()
            kind, length = struct.unpack_from("!BH", packed, end)
            if kind != _STRING:
                raise BadEventStream(f"the header {name} is no text")
            headers[name] = packed[end + 3 : end + 3 + length].decode()
            place = end + 3 + length
    except (struct.error, UnicodeDecodeError) as error:
        raise BadEventStream(f"a message's headers: {error}") from None
    return headers
