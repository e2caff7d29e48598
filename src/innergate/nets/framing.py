"""Messages between control and agent on a stream: four bytes of length (big-endian), then MessagePack. Both sides use it."""

import asyncio
from typing import TypeVar

import msgspec

from innergate.plans.node_messages import FromAgent, ToAgent

MAX_MESSAGE_BYTES = 256 << 20

Message = TypeVar("Message", FromAgent, ToAgent)

FROM_AGENT = msgspec.msgpack.Decoder(FromAgent)
TO_AGENT = msgspec.msgpack.Decoder(ToAgent)


def frame(message: FromAgent | ToAgent) -> bytes:
    """The bytes to send."""
    body = msgspec.msgpack.encode(message)
    return len(body).to_bytes(4, "big") + body


async def read_message(reader: asyncio.StreamReader, decoder: msgspec.msgpack.Decoder[Message]) -> Message:
    """The next message, decoded by `FROM_AGENT` or `TO_AGENT`. Raises IncompleteReadError at the end, ValueError for what is
    none."""
    size = int.from_bytes(await reader.readexactly(4), "big")
    if size > MAX_MESSAGE_BYTES:
        raise ValueError(f"a message of {size} bytes is more than the {MAX_MESSAGE_BYTES} that are taken")
    try:
        return decoder.decode(await reader.readexactly(size))
    except msgspec.DecodeError as error:
        raise ValueError(f"no message: {error}") from error
