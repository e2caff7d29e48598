"""Takes what functions say into the log store, each function's lines into its own group, and so execution logs of APIs: the
functions' supervisor, and each of the runtime's workers, appends to a file of its own."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import msgspec

from innergate.observe.access_file import AccessFile
from innergate.primitives.clock import Clock
from innergate.primitives.event_log import EventLog
from innergate.runtime.functions.log_file import LogRecord
from innergate.server.file_intake import FileIntake, Source
from innergate.server.own_log_groups import own_group
from innergate.server.settings import Settings
from innergate.store.log_events import NewEvent
from innergate.store.log_store import Batch, LogStore
from innergate.store.side_file import SourcePosition
from innergate.store.sqlite import SqliteStore

log = EventLog()

LOOK_INTERVAL_S = 0.2


def keep_lines(store: SqliteStore, logs: LogStore, clock: Clock, lines: Sequence[bytes], read: SourcePosition) -> None:
    """Appends the lines' events to their log groups, and keeps how far they were read. Groups that are missing are made."""
    events: dict[tuple[str, str, str, str], list[NewEvent]] = {}
    unread = 0
    for line in lines:
        try:
            record = msgspec.json.decode(line, type=LogRecord)
        except (msgspec.DecodeError, UnicodeDecodeError):
            unread += 1
            continue
        where = (record.account, record.region, record.group, record.stream)
        events.setdefault(where, []).extend(NewEvent(at_ms, message) for at_ms, message in record.lines)
    if unread:
        log.warning("lines for log groups left out", source=read.name, unreadable=unread)
    batches = []
    for (account, region, group, stream), taken in events.items():
        key = own_group(store, clock, account, region, group)
        if key is not None:
            batches.append(Batch(key, stream, taken))
    logs.take(batches, read, int(clock.now().timestamp() * 1000))


def open_function_logs(settings: Settings, store: SqliteStore, logs: LogStore, clock: Clock) -> tuple[FileIntake, ...]:
    """The intakes of a platform: what functions said, and what each of the runtime's workers says about calls. Who writes these
    files sees by itself that one was renamed."""
    files: dict[str, Path] = {"functions": settings.function_log_file}
    files |= {f"execution/{path.stem}": path for path in settings.execution_log_files}
    return tuple(
        FileIntake(
            Source(name, AccessFile(path, lambda: None), LOOK_INTERVAL_S),
            logs,
            partial(keep_lines, store, logs, clock),
        )
        for name, path in files.items()
    )
