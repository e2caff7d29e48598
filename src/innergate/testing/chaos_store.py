"""Faults of the store: damage to its files as a crash of the machine could leave it, and what must come of it."""

import random
import shutil
import tempfile
from pathlib import Path

from innergate.primitives.clock import SystemClock
from innergate.store.errors import StoreDamaged
from innergate.store.sqlite import SqliteStore

STORE = "store.sqlite"
TORN = b"\x37\x7f\x06\x82" * 700
"""What a transaction that was being written when the machine stopped may have left: the begin of a frame, not its end."""


def tear(state: Path) -> None:
    """Half a transaction at the end of the write-ahead log of a store that nobody has open."""
    with (state / f"{STORE}-wal").open("ab") as file:
        file.write(TORN)


def try_damage(state: Path, chance: random.Random, rounds: int = 5) -> list[str]:
    """Cuts or garbles the write-ahead log of copies of a store that nobody has open. A copy opens with all that was
    acknowledged, or refuses; what is otherwise is said."""
    found = []
    acknowledged = int((state / "store.acknowledged").read_text())
    for _ in range(rounds):
        with tempfile.TemporaryDirectory(prefix="innergate-") as folder:
            for path in state.glob("store.*"):
                shutil.copy(path, folder)
            found += _damage(Path(folder) / STORE, acknowledged, chance)
    return found


def _damage(copy: Path, acknowledged: int, chance: random.Random) -> list[str]:
    log = copy.with_name(f"{STORE}-wal")
    held = bytearray(log.read_bytes())
    where = chance.randrange(len(held)) if held else 0
    if chance.random() < 0.5:
        what, held = "cut", held[:where]
    else:
        what = "garbled"
        held[where : where + 64] = chance.randbytes(min(64, len(held) - where))
    log.write_bytes(held)
    try:
        store = SqliteStore(copy, SystemClock())
    except StoreDamaged:
        return []
    revision = store.state().revision
    store.close()
    if revision >= acknowledged:
        return []
    return [f"a log that was {what} at byte {where} opens at revision {revision}; {acknowledged} was acknowledged"]
