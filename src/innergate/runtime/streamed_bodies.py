"""Bodies that backends and functions are still making, as a worker reads them."""

import json
import time
from collections.abc import AsyncIterator
from typing import final

from innergate.primitives.event_stream import BadEventStream, EventDecoder
from innergate.runtime.exchange.body_rest import BodyBroken, BodyLate
from innergate.runtime.exchange.function_answer import MAX_PRELUDE_BYTES, PRELUDE_END
from innergate.runtime.peers.answer_parser import BadAnswer
from innergate.runtime.peers.connection import PeerAnswer

METADATA_TYPE = "application/vnd.awslambda.http-integration-response"
"""How a function calls a response that begins with metadata."""


@final
class HttpRest:
    """The body of an answer whose head has come. It must be whole at `ends_at` (of the monotonic clock), and no part may take
    longer than `idle_s`."""

    def __init__(self, answer: PeerAnswer, ends_at: float, idle_s: float) -> None:
        self._answer = answer
        self._ends_at = ends_at
        self._idle_s = idle_s

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            while True:
                left_s = self._ends_at - time.monotonic()
                if left_s <= 0 and not self._answer.is_whole:
                    raise TimeoutError
                part = await self._answer.read(min(self._idle_s, left_s))
                if not part:
                    return
                yield part
        except TimeoutError:
            raise BodyLate("no more of the body came in time") from None
        except (BadAnswer, OSError) as error:
            raise BodyBroken(f"{type(error).__name__}: {error}") from error
        finally:
            await self.close()

    async def close(self) -> None:
        """Ends the connection, if the body has not been read to its end."""
        self._answer.close()


@final
class FunctionResult:
    """What a function streams, by the events of the functions' supervisor. `payload` is what has been read of it; `error` is ""
    or what the function's failure is called, whose details are in `details`."""

    def __init__(self, events: HttpRest) -> None:
        self._events = events
        self._parts = events.__aiter__()
        self._decoder = EventDecoder()
        self.payload = b""
        self.error = ""
        self.details = b""
        self.is_complete = False

    async def read_metadata(self) -> None:
        """Reads up to the end of the metadata, or as far as that would have to be. Raises BodyBroken."""
        limit = MAX_PRELUDE_BYTES + len(PRELUDE_END)
        while not self.is_complete and PRELUDE_END not in self.payload and len(self.payload) <= limit:
            self.payload += await self._read()

    async def read_first(self) -> None:
        """Reads until there is something. Raises BodyBroken."""
        while not self.is_complete and not self.payload:
            self.payload += await self._read()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while not self.is_complete:
            part = await self._read()
            if part:
                yield part
        if self.error:
            raise BodyBroken(f"the function failed: {self.details.decode('utf-8', 'replace')}")

    async def close(self) -> None:
        """Reads no more; the function goes on."""
        await self._events.close()

    async def _read(self) -> bytes:
        try:
            messages = self._decoder.feed(await anext(self._parts))
        except StopAsyncIteration:
            raise BodyBroken("the functions' supervisor broke off") from None
        except BadEventStream as error:
            raise BodyBroken(str(error)) from error
        part = b""
        for message in messages:
            if message.event_type == "PayloadChunk":
                part += message.payload
            elif message.event_type == "InvokeComplete":
                said = json.loads(message.payload or b"{}")
                self.error = str(said.get("ErrorCode", ""))
                self.details = str(said.get("ErrorDetails", "")).encode()
                self.is_complete = True
        return part
