"""Takes Envoy's access-log records into the log store, as the lines that users asked for.

Envoy appends to one file and knows nothing of this; while control is down the file grows, and is read afterwards. What was read
and how far is one transaction of the log store, so no record is lost or taken twice by a restart.
"""

import asyncio
import sqlite3
import time
from functools import lru_cache
from typing import NamedTuple, final

import structlog

from innergate.compile.emit.envoy.access_logs import ACCESS_LOG_NAME
from innergate.nets.envoy_process import call_admin
from innergate.observe.access_file import AccessFile, Chunk
from innergate.observe.access_lines import LineFormat, StageFacts
from innergate.observe.access_records import Record, read_record
from innergate.primitives.clock import Clock
from innergate.primitives.digest import digest_text
from innergate.resources.api_keys import ApiKey
from innergate.resources.log_groups import LogGroup
from innergate.resources.rest_apis import RestApi
from innergate.resources.stages import Stage
from innergate.runtime.execution_records import cut_event
from innergate.server.execution_failures import ExecutionFailures
from innergate.server.settings import Settings
from innergate.store.log_events import LogKey, NewEvent, key_of_group
from innergate.store.log_store import Batch, LogStore
from innergate.store.side_file import SourcePosition
from innergate.store.sqlite import SqliteStore
from innergate.store.state import State

log = structlog.get_logger(__name__)

SOURCE = "access"
LOOK_INTERVAL_S = 0.2
PURGE_INTERVAL_S = 60.0
DAY_MS = 24 * 60 * 60 * 1000


class _Delivery(NamedTuple):
    """Where a stage's lines go and what they look like."""

    group: LogKey
    format: LineFormat


@final
class LogIntake:
    """One reader of one file. `run` is its life; `take` one look at the file."""

    def __init__(self, file: AccessFile, store: SqliteStore, logs: LogStore, clock: Clock) -> None:
        self._file = file
        self._store = store
        self._logs = logs
        self._clock = clock
        self._failures = ExecutionFailures(store, clock)
        self._offsets: dict[int, int] = {}
        self._revision = -1
        self._deliveries: dict[tuple[str, str], _Delivery | None] = {}
        for read in logs.positions(SOURCE):
            self._go_on(read)

    async def run(self) -> None:
        """Reads until it is cancelled."""
        purged_at = 0.0
        while True:
            if not await asyncio.to_thread(self._take_safely):
                await asyncio.sleep(LOOK_INTERVAL_S)
            if time.monotonic() > purged_at + PURGE_INTERVAL_S:
                purged_at = time.monotonic()
                await asyncio.to_thread(self._purge_safely)

    def take(self) -> int:
        """Takes the next records, at most a chunk of them; how many there were."""
        chunk = self._file.read(self._offsets)
        if chunk is not None:
            batches = self._render(chunk)
            self._logs.take(batches, SourcePosition(SOURCE, chunk.inode, chunk.offset, chunk.tail), self._now_ms())
            self._offsets[chunk.inode] = chunk.offset
        self._file.rotate()
        self._file.finish(self._offsets, self._forget)
        return len(chunk.lines) if chunk is not None else 0

    def purge(self) -> None:
        """Deletes what is older than its group's retention, and what groups left behind that are gone."""
        now_ms = self._now_ms()

        def keep_from_ms(key: LogKey) -> int | None:
            group = self._store.state().get(LogGroup, key.arn)
            if group is None or key_of_group(group) != key:
                return None
            return now_ms - group.retention_in_days * DAY_MS if group.retention_in_days else 0

        self._logs.purge(keep_from_ms)

    def _take_safely(self) -> int:
        try:
            return self.take()
        except (OSError, sqlite3.Error) as error:
            log.warning("access-log records wait", error=str(error))
            return 0

    def _purge_safely(self) -> None:
        try:
            self.purge()
        except sqlite3.Error as error:
            log.warning("old log events stay for now", error=str(error))

    def _go_on(self, read: SourcePosition) -> None:
        """Finds the file that was read so far, wherever it is now."""
        inode = self._file.find(read.offset, read.tail)
        if inode is not None:
            self._offsets[inode] = read.offset
            self._logs.take((), read._replace(inode=inode), self._now_ms())
        if inode != read.inode:
            self._logs.forget_source(SOURCE, read.inode)

    def _forget(self, inode: int) -> None:
        self._logs.forget_source(SOURCE, inode)
        self._offsets.pop(inode, None)

    def _now_ms(self) -> int:
        return int(self._clock.now().timestamp() * 1000)

    def _render(self, chunk: Chunk) -> list[Batch]:
        state = self._store.state()
        if state.revision != self._revision:
            self._deliveries.clear()
            self._revision = state.revision
        events: dict[tuple[LogKey, str], list[NewEvent]] = {}
        unread = undelivered = 0
        for line in chunk.lines:
            record = read_record(line)
            if record is None:
                unread += 1
                continue
            self._add_failure(state, record, events)
            if not record.get("logGroup"):
                continue
            stage_id = f"{record.get('apiId')}/{record.get('stage')}"
            delivery = self._delivery(state, stage_id, str(record.get("logGroup")))
            if delivery is None:
                undelivered += 1
                continue
            at_ms = written_at_ms(record)
            stream = stream_name(stage_id, at_ms)
            events.setdefault((delivery.group, stream), []).append(NewEvent(at_ms, delivery.format.fill(record)))
        if unread or undelivered:
            log.warning("access-log records left out", unreadable=unread, without_log_group=undelivered)
        return [Batch(group, stream, sorted(taken, key=_at)) for (group, stream), taken in events.items()]

    def _add_failure(self, state: State, record: Record, events: dict[tuple[LogKey, str], list[NewEvent]]) -> None:
        found = self._failures.lines(state, record)
        if found is not None:
            group, stream, messages = found
            at_ms = written_at_ms(record)
            events.setdefault((group, stream), []).extend(NewEvent(at_ms, cut_event(message)) for message in messages)

    def _delivery(self, state: State, stage_id: str, group_arn: str) -> _Delivery | None:
        known = (stage_id, group_arn)
        if known not in self._deliveries:
            self._deliveries[known] = find_delivery(state, stage_id, group_arn)
        return self._deliveries[known]


def open_intake(settings: Settings, store: SqliteStore, logs: LogStore, clock: Clock) -> LogIntake:
    """The intake of a platform."""

    def reopen() -> None:
        call_admin(settings.envoy_admin_socket, "/reopen_logs", "POST")

    return LogIntake(AccessFile(settings.access_log_folder / ACCESS_LOG_NAME, reopen), store, logs, clock)


def _at(event: NewEvent) -> int:
    return event.at_ms


def written_at_ms(record: Record) -> int:
    """When the request ended, which is when API Gateway writes its line."""
    latency = record.get("responseLatency")
    try:
        began = int(str(record.get("requestTimeEpoch")))
    except ValueError:
        return 0
    return began + (latency if isinstance(latency, int) else 0)


def stream_name(stage_id: str, at_ms: int) -> str:
    """32 hex digits, as API Gateway names its streams; a stage has one a day."""
    return _stream_of_day(stage_id, at_ms // DAY_MS)


@lru_cache(maxsize=10_000)
def _stream_of_day(stage_id: str, day: int) -> str:
    return digest_text(f"{stage_id}/{day}", 32)


def find_delivery(state: State, stage_id: str, group_arn: str) -> _Delivery | None:
    """None where the stage or the group is gone, or the group is another account's or region's: a stage's settings may name
    any ARN, and nobody writes into a stranger's logs."""
    stage = state.get(Stage, stage_id)
    group = state.get(LogGroup, group_arn)
    api = state.get(RestApi, stage.rest_api_id) if stage is not None else None
    if stage is None or api is None or group is None or (group.account, group.region) != (api.account, api.region):
        return None
    # AWS differs: there is no Firehose here, so a stage whose access log names a delivery stream has no lines.
    settings = stage.access_log_settings
    if settings is None or not settings.format:
        return None

    def key_value(key_id: str) -> str:
        key = state.get(ApiKey, key_id)
        return key.value if key is not None and key.account == api.account else ""

    types = api.endpoint_configuration.types
    facts = StageFacts(api.account, api.region, stage.deployment_id, types[0] if types else "", key_value)
    return _Delivery(key_of_group(group), LineFormat(settings.format, facts))
