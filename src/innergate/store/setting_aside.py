"""Files beside the state that are damaged: put aside under another name, so that what can be saved of them is still there."""

import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from innergate.primitives.event_log import EventLog
from innergate.store.errors import StoreDamaged, StoreUnwritable
from innergate.store.opening import reading_what_may_be_damaged

COMPANIONS = ("-wal", "-shm")
"""What SQLite keeps beside a file, found by that file's name."""

log = EventLog()


def set_aside(path: Path, why: BaseException) -> Path:
    """Renames a damaged file and its companions, and says so; its new name. Raises StoreUnwritable."""
    place = _free_name(path)
    try:
        for suffix in COMPANIONS:
            with suppress(FileNotFoundError):
                path.with_name(path.name + suffix).rename(place.with_name(place.name + suffix))
        path.rename(place)
    except OSError as error:
        raise StoreUnwritable(f"{path} is damaged and cannot be renamed: {error.strerror}") from error
    log.error("a damaged file was set aside and begun anew", path=str(path), kept_as=str(place), reason=str(why))
    return place


def set_aside_if_damaged(path: Path) -> Path | None:
    """The new name of a file that is no database any more; None where nothing is wrong or there is no file. Raises
    StoreUnwritable."""
    if not path.exists():
        return None
    try:
        with reading_what_may_be_damaged(path), closing(sqlite3.connect(path)) as db:
            db.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except StoreDamaged as damage:
        return set_aside(path, damage)
    return None


def _free_name(path: Path) -> Path:
    number = 1
    while (place := path.with_name(f"{path.name}.damaged-{number}")).exists():
        number += 1
    return place
