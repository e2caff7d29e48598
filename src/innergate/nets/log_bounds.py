"""Logs that others write for ever, kept bounded: of a large one the end is put aside, and the file is emptied under its writer.

Writers append (O_APPEND), so they go on at the start. What they write in the moment between is lost.
"""

from contextlib import suppress
from pathlib import Path

from innergate.nets.state_folder import StateFolder

LIMIT_BYTES = 16 << 20


def bound_logs(folder: StateFolder, limit_bytes: int = LIMIT_BYTES) -> None:
    """What hosts, workers and the functions' supervisor print, what Envoy says outside its log, and the logs of agent and
    control. What the disk refuses is tried again with the next call."""
    names = ("agent.log", "control.log", "envoy.out", "functions.log", "runtime-*.log", "workloads/*.log")
    for path in (path for name in names for path in folder.log.glob(name)):
        with suppress(OSError):
            _bound(path, limit_bytes)


def _bound(path: Path, limit_bytes: int) -> None:
    size = path.stat().st_size
    if size <= limit_bytes:
        return
    with path.open("r+b") as file:
        file.seek(size - limit_bytes)
        end = file.read(limit_bytes)
        file.truncate(0)
    path.with_name(f"{path.name}.1").write_bytes(end)
