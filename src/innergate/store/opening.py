"""Whether a state can be opened at all, found out before any process is started for it."""

import fcntl
import os
import sqlite3
from pathlib import Path

from innergate.store.errors import StoreBusy, StoreTooNew
from innergate.store.schema import MIGRATIONS


def lock_state(path: Path) -> int:
    """A descriptor that keeps every other process from the state while it is open. Raises StoreBusy."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    guard = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(guard)
        raise StoreBusy(f"another process has {path.parent} open; stop it, or choose another --state") from None
    return guard


def check_version(db: sqlite3.Connection) -> int:
    """The schema's version. Raises StoreTooNew."""
    at = int(db.execute("PRAGMA user_version").fetchone()[0])
    if at > len(MIGRATIONS):
        raise StoreTooNew(f"the state has schema {at}, this Innergate knows up to {len(MIGRATIONS)}; use a newer one")
    return at


def check_openable(path: Path) -> None:
    """Raises StoreBusy or StoreTooNew."""
    os.close(lock_state(path))
    if path.exists():
        db = sqlite3.connect(path)
        try:
            check_version(db)
        finally:
            db.close()
