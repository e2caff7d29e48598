"""Answers out of a connection's bytes, however these are cut. No sockets, no clock.

On a connection that is used again, a byte too many is the beginning of somebody else's answer (RFC 9112, section 11.2), so
another answer may follow only where this one has ended as its own head says, and nothing came after it.
"""

from typing import final

import httptools

from innergate.runtime.head_bounds import MAX_HEAD_BYTES, MAX_QUIET_BYTES
from innergate.runtime.peers.plain_answer import read_plain_answer

_FIRST_FINAL_STATUS = 200
_SWITCHING_PROTOCOLS = 101
_COUNTED_BESIDES = 4
"""Of a header's line: the colon, the space, the line's end."""


class BadAnswer(Exception):
    """What came is no answer; the message says why."""


@final
class AnswerParser:
    """Of one connection: `begin` before each question, `feed` with what comes. `parts` is what of the body has come and not
    been taken away. With `is_whole` the answer has ended; `may_follow` says whether the connection may be asked again."""

    def __init__(self) -> None:
        self._parser: httptools.HttpResponseParser | None = httptools.HttpResponseParser(self)
        self.begin(is_head=False)

    def begin(self, *, is_head: bool) -> None:
        """The next answer is to a request of HEAD, or not."""
        self.status = 0
        self.headers: list[tuple[str, str]] = []
        self.parts: list[bytes] = []
        self.has_head = False
        self.is_whole = False
        self.may_follow = False
        self._is_head = is_head
        self._has_begun = False
        self._head_size = 0
        self._quiet_size = 0

    def feed(self, data: bytes) -> None:
        """Raises BadAnswer. An answer that is whole stays so, whatever follows it."""
        if self._parser is None:
            return
        if not self._has_begun:
            self._has_begun = True
            if not self._is_head and self._take_plain(data):
                return
        self._quiet_size += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self.may_follow = False
            if self.is_whole:
                return
            reason = error.__context__ if isinstance(error.__context__, BadAnswer) else error
            raise BadAnswer(str(reason)) from error
        if self._quiet_size > MAX_QUIET_BYTES and not self.is_whole:
            raise BadAnswer("the head of the answer is too large")

    def _take_plain(self, data: bytes) -> bool:
        """Whether it is a whole answer that needs no parser."""
        plain = read_plain_answer(data)
        if plain is None:
            return False
        self.status, self.headers = plain.status, plain.headers
        if plain.body:
            self.parts.append(plain.body)
        self.has_head = self.is_whole = self.may_follow = True
        return True

    def drop(self) -> None:
        """Nothing more will come: the parser and this forget each other."""
        self._parser = None

    # -- httptools ----------------------------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        if self.is_whole:
            raise BadAnswer("more than one answer")
        self.headers = []

    def on_header(self, name: bytes, value: bytes) -> None:
        """Trailers, too, which nobody asks for."""
        self._head_size += len(name) + len(value) + _COUNTED_BESIDES
        if self._head_size > MAX_HEAD_BYTES:
            raise BadAnswer("the head of the answer is too large")
        if not self.has_head:
            self.headers.append((name.decode("latin-1"), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        """What an interim answer says counts for nothing (RFC 9110, section 15.2)."""
        assert self._parser is not None
        status = self._parser.get_status_code()
        if status == _SWITCHING_PROTOCOLS:
            raise BadAnswer("another protocol, for which nobody asked")
        if status < _FIRST_FINAL_STATUS:
            return
        self.status = status
        self.has_head = True
        if self._is_head:
            self.is_whole = True
            raise BadAnswer("what follows is not read: the parser takes it for a body")

    def on_body(self, data: bytes) -> None:
        if not self.has_head:
            raise BadAnswer("an interim answer with a body")
        self._quiet_size = 0
        self.parts.append(data)

    def on_message_complete(self) -> None:
        assert self._parser is not None
        if self.has_head:
            self.is_whole = True
            self.may_follow = self._parser.should_keep_alive()
