"""What a caller hears of an invocation whose response is streamed: events, as Lambda's InvokeWithResponseStream answers."""

from collections.abc import Mapping
from typing import final

import msgspec

from innergate.primitives.event_stream import CONTENT_TYPE, encode_event
from innergate.runtime.functions.http_protocol import Reply, Respond
from innergate.runtime.functions.invocations import Outcome
from innergate.runtime.functions.streamed_body import Hold, StreamedBody

MAX_CHUNK_BYTES = 64 * 1024


@final
class EventSink:
    """One answer. It begins with the function's first byte, so what is refused before is refused plainly."""

    def __init__(self, respond: Respond) -> None:
        self._respond = respond
        self._headers: Mapping[str, str] = {}
        self._body = StreamedBody()
        self._has_begun = False

    def use_headers(self, headers: Mapping[str, str]) -> None:
        """What the answer's head will say besides."""
        self._headers = headers

    def begin(self, content_type: str) -> None:
        """The answer begins; the function calls its response `content_type`."""
        self._has_begun = True
        own = {"x-innergate-content-type": content_type} if content_type else {}
        headers = {"content-type": CONTENT_TYPE, **self._headers, **own}
        self._respond(Reply(200, headers, b"", self._body))

    def write(self, data: bytes) -> None:
        """More of the response."""
        for place in range(0, len(data), MAX_CHUNK_BYTES):
            part = data[place : place + MAX_CHUNK_BYTES]
            self._body.write(encode_event("PayloadChunk", "application/octet-stream", part))

    def held_by(self, hold: Hold) -> None:
        """`hold` is called as the caller keeps up or does not."""
        self._body.held_by(hold)

    def end(self, outcome: Outcome, *, with_log: bool) -> None:
        """The invocation is over; of a function that does not stream, all of its result comes now."""
        if not self._has_begun:
            self.begin("" if outcome.error else "application/json")
        if not outcome.error and not outcome.was_streamed:
            self.write(outcome.payload)
        complete: dict[str, str] = {}
        if outcome.error:
            complete = {"ErrorCode": outcome.error, "ErrorDetails": outcome.payload.decode("utf-8", "replace")}
        if with_log:
            complete["LogResult"] = outcome.log_tail
        self._body.write(encode_event("InvokeComplete", "application/json", msgspec.json.encode(complete)))
        self._body.end()

    def give_up(self) -> bool:
        """Whether the answer can still be another one; where it has begun, it ends before it is whole."""
        if self._has_begun:
            self._body.break_off()
        return not self._has_begun
