"""Takes Envoy's access-log records into the log store, as the lines that users asked for."""

from collections.abc import Sequence
from functools import lru_cache, partial
from typing import NamedTuple, final

from innergate.compile.emit.envoy.access_logs import ACCESS_LOG_NAME, CANARY_FIELD
from innergate.nets.envoy_process import reopen_logs
from innergate.observe.access_file import AccessFile
from innergate.observe.access_lines import LineFormat, StageFacts
from innergate.observe.access_records import Record, read_record
from innergate.plans.runtime import log_groups_of
from innergate.primitives.clock import Clock
from innergate.primitives.digest import digest_text
from innergate.primitives.event_log import EventLog
from innergate.resources.api_keys import ApiKey
from innergate.resources.log_groups import LogGroup
from innergate.resources.rest_apis import RestApi
from innergate.resources.stages import Stage
from innergate.runtime.execution_records import cut_event
from innergate.server.execution_failures import ExecutionFailures
from innergate.server.file_intake import FileIntake, Source
from innergate.server.own_log_groups import own_group
from innergate.server.settings import Settings
from innergate.store.log_events import LogKey, NewEvent, key_of_group
from innergate.store.log_store import Batch, LogStore
from innergate.store.side_file import SourcePosition
from innergate.store.sqlite import SqliteStore
from innergate.store.state import State

log = EventLog()

SOURCE = "access"
LOOK_INTERVAL_S = 0.2
DAY_MS = 24 * 60 * 60 * 1000


class _Delivery(NamedTuple):
    """Where a stage's lines go, or its canary's, and what they look like."""

    groups: tuple[LogKey, ...]
    format: LineFormat


@final
class AccessLogs:
    """Renders records in their stages' formats. What a stage asks for is looked up once in a revision of the store."""

    def __init__(self, store: SqliteStore, logs: LogStore, clock: Clock) -> None:
        self._store = store
        self._logs = logs
        self._clock = clock
        self._failures = ExecutionFailures(store, clock)
        self._revision = -1
        self._deliveries: dict[tuple[str, str, bool], _Delivery | None] = {}

    def keep(self, lines: Sequence[bytes], read: SourcePosition) -> None:
        """Appends the records' lines to their log groups, and keeps how far they were read."""
        self._logs.take(self._render(lines), read, int(self._clock.now().timestamp() * 1000))

    def _render(self, lines: Sequence[bytes]) -> list[Batch]:
        state = self._store.state()
        if state.revision != self._revision:
            self._deliveries.clear()
            self._revision = state.revision
        events: dict[tuple[LogKey, str], list[NewEvent]] = {}
        unread = undelivered = 0
        for line in lines:
            record = read_record(line)
            if record is None:
                unread += 1
                continue
            self._add_failure(state, record, events)
            if not record.get("logGroup"):
                continue
            stage_id = f"{record.get('apiId')}/{record.get('stage')}"
            delivery = self._delivery(
                state, stage_id, str(record.get("logGroup")), is_canary=bool(record.get(CANARY_FIELD))
            )
            if delivery is None:
                undelivered += 1
                continue
            at_ms = written_at_ms(record)
            stream = stream_name(stage_id, at_ms)
            event = NewEvent(at_ms, delivery.format.fill(record))
            for group in delivery.groups:
                events.setdefault((group, stream), []).append(event)
        if unread or undelivered:
            log.warning("access-log records left out", unreadable=unread, without_log_group=undelivered)
        return [Batch(group, stream, sorted(taken, key=_at)) for (group, stream), taken in events.items()]

    def _add_failure(self, state: State, record: Record, events: dict[tuple[LogKey, str], list[NewEvent]]) -> None:
        found = self._failures.lines(state, record)
        if found is not None:
            groups, stream, messages = found
            at_ms = written_at_ms(record)
            said = [NewEvent(at_ms, cut_event(message)) for message in messages]
            for group in groups:
                events.setdefault((group, stream), []).extend(said)

    def _delivery(self, state: State, stage_id: str, group_arn: str, *, is_canary: bool) -> _Delivery | None:
        known = (stage_id, group_arn, is_canary)
        if known not in self._deliveries:
            delivery = find_delivery(state, stage_id, group_arn)
            self._deliveries[known] = self._with_canary(state, delivery, group_arn) if is_canary else delivery
        return self._deliveries[known]

    def _with_canary(self, state: State, delivery: _Delivery | None, group_arn: str) -> _Delivery | None:
        group = state.get(LogGroup, group_arn)
        if delivery is None or group is None:
            return delivery
        _, name = log_groups_of(group.log_group_name, is_canary=True)
        own = own_group(self._store, self._clock, group.account, group.region, name)
        return delivery._replace(groups=(*delivery.groups, own)) if own is not None else delivery


def open_access_logs(settings: Settings, store: SqliteStore, logs: LogStore, clock: Clock) -> FileIntake:
    """The intake of a platform."""
    file = AccessFile(settings.access_log_folder / ACCESS_LOG_NAME, partial(reopen_logs, settings.envoy_admin_socket))
    return FileIntake(Source(SOURCE, file, LOOK_INTERVAL_S), logs, AccessLogs(store, logs, clock).keep)


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
    canary = str((stage.canary_settings or {}).get("deploymentId") or "")
    facts = StageFacts(api.account, api.region, stage.deployment_id, types[0] if types else "", key_value, canary)
    return _Delivery((key_of_group(group),), LineFormat(settings.format, facts))
