"""Whether a state can be opened at all, found out before any process is started for it."""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec

from innergate.store.acknowledged import check_acknowledged
from innergate.store.errors import StoreBusy, StoreDamaged, StoreTooNew, StoreUnwritable
from innergate.store.schema import MIGRATIONS

_UNWRITABLE = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_NOMEM,
}
"""SQLite's codes for a disk that does not take what is written, or nothing at all."""

_REMEDY = "put a saved copy of the state folder back"


def is_disks_refusal(error: BaseException) -> bool:
    """Whether SQLite failed for want of a disk that takes what is written."""
    return isinstance(error, sqlite3.OperationalError) and error.sqlite_errorcode & 0xFF in _UNWRITABLE


def lock_state(path: Path) -> int:
    """A descriptor that keeps every other process from the state while it is open. Raises StoreBusy, StoreUnwritable."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        guard = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreUnwritable(
            f"the state folder {path.parent} takes no files: {error.strerror}; choose another one with --state"
        ) from error
    try:
        fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(guard)
        raise StoreBusy(
            f"another process has {path.parent} open; stop it (innergate down), or choose another --state"
        ) from None
    return guard


def check_version(db: sqlite3.Connection) -> int:
    """The schema's version. Raises StoreTooNew."""
    at = int(db.execute("PRAGMA user_version").fetchone()[0])
    if at > len(MIGRATIONS):
        raise StoreTooNew(f"the state has schema {at}, this Innergate knows up to {len(MIGRATIONS)}; use a newer one")
    return at


@contextmanager
def reading_what_may_be_damaged(path: Path) -> Iterator[None]:
    """Raises StoreDamaged for what cannot be read within the block, StoreUnwritable for what SQLite cannot write."""
    try:
        yield
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise StoreDamaged(f"{path} is damaged ({error}); {_REMEDY}") from error
    except sqlite3.DatabaseError as error:
        if is_disks_refusal(error):
            raise StoreUnwritable(
                f"{path} cannot be opened for writing: {error}; see that its disk has room and takes what is written"
            ) from error
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            raise StoreDamaged(f"{path} is damaged ({error}); {_REMEDY}") from error
        raise


@contextmanager
def reading_only(path: Path) -> Iterator[None]:
    """The same where nothing is written: what the disk does not give back is lost as well. Raises StoreDamaged."""
    try:
        with reading_what_may_be_damaged(path):
            yield
    except StoreUnwritable as error:
        raise StoreDamaged(f"{path} cannot be read ({error.__cause__}); {_REMEDY}") from error


def check_openable(path: Path) -> None:
    """Raises StoreBusy, StoreTooNew, StoreDamaged or StoreUnwritable."""
    os.close(lock_state(path))
    if not path.exists():
        check_acknowledged(path, 0)
    else:
        with reading_what_may_be_damaged(path), closing(sqlite3.connect(path)) as db:
            if check_version(db):
                check_acknowledged(path, read_revision(db))


def read_revision(db: sqlite3.Connection) -> int:
    """The last commit's."""
    return int(db.execute("SELECT value FROM counter WHERE name = 'revision'").fetchone()[0])
