"""Log events: put, read by stream, searched by group (CloudWatch Logs API Reference; limits from its quotas page)."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from innergate.primitives.fault import Fault
from innergate.services.context import Context, Params, Result
from innergate.services.logs.event_positions import Position, event_id, read_token, token
from innergate.services.logs.filter_patterns import Matches, compile_pattern
from innergate.services.logs.log_groups import group_of, invalid
from innergate.services.logs.log_streams import no_stream, now_ms
from innergate.store.log_events import LogEvent, LogKey, NewEvent, Span, key_of_group

MAX_EVENTS = 10_000
MAX_ANSWER_BYTES = 1 << 20
MAX_BATCH_BYTES = 1_048_576
EVENT_OVERHEAD_BYTES = 26
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
SCANNED_AT_ONCE = 10_000
FIRST_BACKWARD_MS = 1_704_067_200_000
"""Jan 1, 2024: the earliest startTime of a search that starts with the newest."""
MAX_SCANNED = 200_000
"""Events that one FilterLogEvents looks at before it answers with what it has, and a token."""


def put(context: Context, params: Params) -> Result:
    """PutLogEvents. Events out of time are left out and counted, as AWS does."""
    group, name = group_of(context, params), params["logStreamName"]
    key = key_of_group(group)
    _require_streams(context, key, (name,))
    given: Sequence[Mapping[str, object]] = params["logEvents"]
    events = [NewEvent(int(str(e["timestamp"])), str(e["message"])) for e in given]
    _check_batch(events)
    now = now_ms(context)
    retention_ms = (group.retention_in_days or 3653) * DAY_MS
    too_new = sum(e.at_ms > now + 2 * HOUR_MS for e in events)
    too_old = sum(e.at_ms < now - 14 * DAY_MS for e in events)
    expired = sum(e.at_ms < now - retention_ms for e in events)
    kept = events[max(too_old, expired) : len(events) - too_new]
    context.logs.append(key, name, kept, now)
    rejected = {
        "tooNewLogEventStartIndex": len(events) - too_new if too_new else None,
        "tooOldLogEventEndIndex": too_old or None,
        "expiredLogEventEndIndex": expired or None,
    }
    return {
        "nextSequenceToken": name[:56].rjust(56, "4"),
        "rejectedLogEventsInfo": rejected if any(value is not None for value in rejected.values()) else None,
    }


def _check_batch(events: Sequence[NewEvent]) -> None:
    size = sum(len(e.message.encode()) + EVENT_OVERHEAD_BYTES for e in events)
    if size > MAX_BATCH_BYTES:
        raise Fault("InvalidParameterException", f"Upload too large: {size} bytes exceeds limit of {MAX_BATCH_BYTES}")
    if any(later.at_ms < earlier.at_ms for earlier, later in pairwise(events)):
        raise Fault(
            "InvalidParameterException",
            "Log events in a single PutLogEvents request must be in chronological order.",
        )
    if events and events[-1].at_ms - events[0].at_ms > DAY_MS:
        raise Fault(
            "InvalidParameterException",
            "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.",
        )


def get(context: Context, params: Params) -> Result:
    """GetLogEvents: a page of one stream, oldest first. At the stream's end the same forward token comes back."""
    key, name = key_of_group(group_of(context, params)), params["logStreamName"]
    _require_streams(context, key, (name,))
    limit, given = _limit(params), params.get("nextToken", "")
    direction, at = read_token(given) if given else ("f" if params.get("startFromHead", False) else "b", None)
    span = Span((name,), params.get("startTime"), params.get("endTime"))
    if at is not None:
        span = span._replace(after=at) if direction == "f" else span._replace(before=at)
    found = context.logs.read(key, span, limit, newest_first=direction == "b")
    page = _cut(found)
    if direction == "b":
        page.reverse()
    rest = at or Position(int(params.get("startTime", 0)), 0)
    return {
        "events": [{"timestamp": e.position.at_ms, "message": e.message, "ingestionTime": e.ingested_ms} for e in page],
        "nextForwardToken": token("f", page[-1].position if page else rest),
        "nextBackwardToken": token("b", page[0].position if page else rest),
    }


def search(context: Context, params: Params) -> Result:
    """FilterLogEvents: a group's events that the pattern finds, oldest first, or newest first where `startFromHead` is
    false; a token keeps its direction."""
    key = key_of_group(group_of(context, params))
    matches = compile_pattern(params.get("filterPattern", ""))
    limit, given = _limit(params), params.get("nextToken", "")
    is_forward = bool(params.get("startFromHead", True))
    if not is_forward and params.get("startTime", FIRST_BACKWARD_MS) < FIRST_BACKWARD_MS:
        raise Fault(
            "InvalidParameterException", "startFromHead can only be false for a startTime on or after Jan 1, 2024."
        )
    at: Position | None = None
    if given:
        direction, at = read_token(given)
        is_forward = direction == "f"
    span = Span(_streams(context, key, params), params.get("startTime"), params.get("endTime"))
    if span.end_ms is not None:
        span = span._replace(end_ms=span.end_ms + 1)
    found, at, is_more = _scan(context, key, _Search(span, matches, limit, is_forward), at)
    page = _cut(found)
    if len(page) < len(found):
        at, is_more = page[-1].position, True
    return {
        "events": [
            {
                "logStreamName": e.stream,
                "timestamp": e.position.at_ms,
                "message": e.message,
                "ingestionTime": e.ingested_ms,
                "eventId": event_id(e.position),
            }
            for e in page
        ],
        "searchedLogStreams": [],
        "nextToken": token("f" if is_forward else "b", at) if is_more and at is not None else None,
    }


class _Search(NamedTuple):
    span: Span
    matches: Matches
    limit: int
    is_forward: bool


def _scan(
    context: Context, key: LogKey, wanted: _Search, at: Position | None
) -> tuple[list[LogEvent], Position | None, bool]:
    """What was found from `at` on, how far it looked, and whether there may be more."""
    found: list[LogEvent] = []
    scanned = 0
    while scanned < MAX_SCANNED:
        span = wanted.span._replace(after=at) if wanted.is_forward else wanted.span._replace(before=at)
        batch = context.logs.read(key, span, SCANNED_AT_ONCE, newest_first=not wanted.is_forward)
        scanned += len(batch)
        for event in batch:
            if wanted.matches(event.message):
                if len(found) == wanted.limit:
                    return found, at, True
                found.append(event)
            at = event.position
        if len(batch) < SCANNED_AT_ONCE:
            return found, at, False
    return found, at, True


def _streams(context: Context, key: LogKey, params: Params) -> tuple[str, ...] | None:
    names, prefix = params.get("logStreamNames"), params.get("logStreamNamePrefix")
    if names is not None and prefix is not None:
        raise Fault(
            "InvalidParameterException",
            "LogStreamNamePrefix and LogStreamNames are mutually exclusive parameters.",
        )
    if names is not None:
        _require_streams(context, key, names)
        return tuple(names)
    if prefix is None:
        return None
    return tuple(s.name for s in context.logs.streams(key) if s.name.startswith(prefix))


def _require_streams(context: Context, key: LogKey, names: Sequence[str]) -> None:
    known = {stream.name for stream in context.logs.streams(key)}
    if not known.issuperset(names):
        raise no_stream()


def _limit(params: Params) -> int:
    limit = int(params.get("limit", MAX_EVENTS))
    if not 1 <= limit <= MAX_EVENTS:
        raise invalid(limit, "limit", f"Member must have value less than or equal to {MAX_EVENTS}")
    return limit


def _cut(events: list[LogEvent]) -> list[LogEvent]:
    """As many as one answer holds, one at least."""
    size = 0
    for index, event in enumerate(events):
        size += len(event.message.encode()) + EVENT_OVERHEAD_BYTES
        if size > MAX_ANSWER_BYTES and index:
            return events[:index]
    return events
