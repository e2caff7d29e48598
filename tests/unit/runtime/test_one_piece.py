"""What is written in one turn of the loop goes to the socket at once; what is more, or later, does not wait."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import pytest
import uvloop
from tests.unit.runtime.recording_transport import RecordingTransport

from innergate.runtime.one_piece import HELD_BYTES, OnePieceTransport


def on(
    loop: Callable[[Coroutine[Any, Any, None]], None], steps: Callable[[OnePieceTransport], Awaitable[None]]
) -> RecordingTransport:
    """What a transport has done after `steps` on one above it."""
    under = RecordingTransport()

    async def run() -> None:
        await steps(OnePieceTransport(under, asyncio.get_running_loop()))

    loop(run())
    return under


@pytest.mark.parametrize("loop", [asyncio.run, uvloop.run])
def test_the_end_of_a_turn_sends_what_is_held_in_order(loop: Callable[[Coroutine[Any, Any, None]], None]) -> None:
    async def steps(transport: OnePieceTransport) -> None:
        transport.writelines([b"a", b"", bytearray(b"b")])
        assert transport.get_write_buffer_size() == 2
        await asyncio.sleep(0)
        transport.write(b"c")
        await asyncio.sleep(0)
        assert transport.get_write_buffer_size() == 0

    assert on(loop, steps).writes == [b"ab", b"c"]


def test_more_than_a_bit_is_not_held() -> None:
    async def steps(transport: OnePieceTransport) -> None:
        transport.write(b"head")
        transport.write(b"x" * HELD_BYTES)
        assert transport.get_write_buffer_size() == 0
        transport.write(b"tail")
        await asyncio.sleep(0)

    assert list(map(len, on(asyncio.run, steps).writes)) == [HELD_BYTES + 4, 4]


def test_what_is_held_goes_before_the_end_and_is_lost_with_an_abort() -> None:
    async def close(transport: OnePieceTransport) -> None:
        transport.write(b"a")
        transport.close()
        assert transport.is_closing()
        await asyncio.sleep(0)

    async def abort(transport: OnePieceTransport) -> None:
        transport.write(b"a")
        transport.abort()
        await asyncio.sleep(0)

    assert (on(asyncio.run, close).writes, on(asyncio.run, abort).writes) == ([b"a"], [])
    assert on(asyncio.run, abort).end == "aborted"
