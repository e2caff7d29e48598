"""Log events: what was logged, by group and stream. Apart from the resources: no revision, kept for as long as a group says."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

from innergate.resources.log_groups import LogGroup


class LogKey(NamedTuple):
    """One life of a log group: a group that is deleted and made again starts empty."""

    arn: str
    created_ms: int


def key_of_group(group: LogGroup) -> LogKey:
    """The group as its events know it."""
    return LogKey(group.id, int(group.created_at.timestamp() * 1000))


class NewEvent(NamedTuple):
    """An event to keep. `at_ms` is when it happened (Unix time)."""

    at_ms: int
    message: str


class Position(NamedTuple):
    """A place in the order of events: by time, then by arrival (`number`, unique over all events)."""

    at_ms: int
    number: int


class LogEvent(NamedTuple):
    """A kept event."""

    position: Position
    stream: str
    ingested_ms: int
    message: str


class LogStream(NamedTuple):
    """A stream; instants are None as long as it is empty."""

    name: str
    created_ms: int
    first_ms: int | None
    last_ms: int | None
    ingested_ms: int | None


class Span(NamedTuple):
    """Which events of a group: of these streams (None for all), from `start_ms` on, before `end_ms`, after and before a
    position (each exclusive)."""

    streams: Sequence[str] | None = None
    start_ms: int | None = None
    end_ms: int | None = None
    after: Position | None = None
    before: Position | None = None


class LogEvents(Protocol):
    """Keeps and finds log events."""

    def create_stream(self, group: LogKey, name: str, now_ms: int) -> bool:
        """False if the stream is there already."""
        ...

    def delete_stream(self, group: LogKey, name: str) -> bool:
        """Deletes a stream with its events; False if there is none."""
        ...

    def streams(self, group: LogKey) -> tuple[LogStream, ...]:
        """The group's streams by name."""
        ...

    def append(self, group: LogKey, stream: str, events: Iterable[NewEvent], now_ms: int) -> None:
        """Keeps events; the stream is made if it is missing."""
        ...

    def read(self, group: LogKey, span: Span, limit: int, newest_first: bool = False) -> list[LogEvent]:
        """At most `limit` events of the span in order, or the other way round."""
        ...

    def stored_bytes(self) -> dict[LogKey, int]:
        """The size of every group's messages."""
        ...
