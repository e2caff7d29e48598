"""Netlink by hand: a socket that sits in a namespace, batches of requests, attributes.

pyroute2 serves one request and one event loop at a time; a plan of a thousand networks needs one socket and one batch per
namespace, opened by a thread that is inside for a moment. So only the wire format is here (netlink(7), RFC 3549).
"""

import errno
import os
import socket
import struct
from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import NamedTuple, Self, final

NETLINK_ROUTE = 0
NETLINK_NETFILTER = 12

REQUEST = 0x1
ACK = 0x4
DUMP = 0x300
REPLACE = 0x100
EXCLUSIVE = 0x200
CREATE = 0x400

ERROR = 2
DONE = 3
DUMP_INTERRUPTED = 0x10
NESTED = 0x8000
TYPE_MASK = 0x3FFF

SOCKET_TIMEOUT_S = 20.0
BUFFER_BYTES = 1 << 20
MAX_BATCH_BYTES = 128 << 10


class NetlinkError(OSError):
    """The kernel's refusal of one request, with what was asked."""

    def __init__(self, code: int, subject: str) -> None:
        super().__init__(code, f"{os.strerror(code)} ({subject})")


class Request(NamedTuple):
    """One message to the kernel. An answer with one of `forgiven` (errno values) counts as done."""

    type: int
    flags: int
    body: bytes
    subject: str
    forgiven: tuple[int, ...] = ()


def pack(kind: int, value: bytes) -> bytes:
    """An attribute, padded."""
    size = 4 + len(value)
    return struct.pack("=HH", size, kind) + value + b"\0" * (-size % 4)


def pack_u32(kind: int, value: int) -> bytes:
    return pack(kind, struct.pack("=I", value))


def pack_text(kind: int, value: str) -> bytes:
    return pack(kind, value.encode() + b"\0")


def nest(kind: int, *attributes: bytes) -> bytes:
    """An attribute that holds attributes."""
    return pack(kind | NESTED, b"".join(attributes))


def unpack(data: bytes) -> Mapping[int, bytes]:
    """Attributes by kind; the last of a kind wins."""
    found: dict[int, bytes] = {}
    offset = 0
    while offset + 4 <= len(data):
        size, kind = struct.unpack_from("=HH", data, offset)
        if size < 4:
            break
        found[kind & TYPE_MASK] = data[offset + 4 : offset + size]
        offset += (size + 3) & ~3
    return found


class Message(NamedTuple):
    """One message from the kernel."""

    type: int
    flags: int
    sequence: int
    body: bytes


@final
class NetlinkSocket:
    """Bound to the network namespace in which the calling thread is when it makes this."""

    def __init__(self, protocol: int) -> None:
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, protocol)
        self._socket.settimeout(SOCKET_TIMEOUT_S)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER_BYTES)
        self._socket.bind((0, 0))
        self._sequence = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Idempotent."""
        self._socket.close()

    def do(self, requests: Sequence[Request]) -> list[NetlinkError]:
        """Sends all, in order, and gives the refusals; requests after a refused one are still tried."""
        refusals: list[NetlinkError] = []
        chunk: list[Request] = []
        size = 0
        for request in requests:
            chunk.append(request)
            size += len(request.body)
            if len(chunk) >= 64 or size > MAX_BATCH_BYTES // 2:
                refusals += self._do_chunk(chunk)
                chunk, size = [], 0
        return refusals + self._do_chunk(chunk)

    def _do_chunk(self, requests: Sequence[Request]) -> list[NetlinkError]:
        if not requests:
            return []
        waiting = self._send(requests, ACK)
        refusals: list[NetlinkError] = []
        while waiting:
            for message in self._receive():
                if message.type != ERROR or message.sequence not in waiting:
                    continue
                request = waiting.pop(message.sequence)
                code = -struct.unpack_from("=i", message.body)[0]
                if code and code not in request.forgiven:
                    refusals.append(NetlinkError(code, request.subject))
        return refusals

    def transact(self, requests: Sequence[Request], begin: Request, end: Request) -> None:
        """Sends an nf_tables batch: all or nothing. Raises NetlinkError with the first refusal."""
        framed = [begin, *(request._replace(flags=request.flags | ACK) for request in requests), end]
        waiting = self._send(framed, 0)
        wanted = {number for number, request in waiting.items() if request.flags & ACK}
        refusal: NetlinkError | None = None
        while wanted:
            for message in self._receive():
                if message.type != ERROR or message.sequence not in waiting:
                    continue
                wanted.discard(message.sequence)
                code = -struct.unpack_from("=i", message.body)[0]
                if code and refusal is None:
                    refusal = NetlinkError(code, waiting[message.sequence].subject)
                if code and waiting[message.sequence] in (begin, end):
                    wanted.clear()
        if refusal is not None:
            raise refusal

    def dump(self, kind: int, body: bytes) -> list[bytes]:
        """The bodies of every object of a kind. Raises NetlinkError."""
        while True:
            sequence = next(iter(self._send([Request(kind, DUMP, body, "dump")], 0)))
            found: list[bytes] = []
            interrupted = False
            finished = False
            while not finished:
                for message in self._receive():
                    if message.sequence != sequence:
                        continue
                    interrupted |= bool(message.flags & DUMP_INTERRUPTED)
                    if message.type == ERROR:
                        raise NetlinkError(-struct.unpack_from("=i", message.body)[0] or errno.EIO, "dump")
                    if message.type == DONE:
                        finished = True
                    else:
                        found.append(message.body)
            if not interrupted:
                return found

    def _send(self, requests: Sequence[Request], flags: int) -> dict[int, Request]:
        sent: dict[int, Request] = {}
        parts: list[bytes] = []
        for request in requests:
            self._sequence += 1
            sent[self._sequence] = request
            size = 16 + len(request.body)
            parts.append(struct.pack("=IHHII", size, request.type, request.flags | flags | REQUEST, self._sequence, 0))
            parts.append(request.body + b"\0" * (-size % 4))
        self._socket.send(b"".join(parts))
        return sent

    def _receive(self) -> Iterator[Message]:
        data = self._socket.recv(BUFFER_BYTES)
        offset = 0
        while offset + 16 <= len(data):
            size, kind, flags, sequence, _ = struct.unpack_from("=IHHII", data, offset)
            yield Message(kind, flags, sequence, data[offset + 16 : offset + size])
            offset += max((size + 3) & ~3, 16)
