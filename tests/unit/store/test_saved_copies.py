"""A copy that SQLite makes of a state that is being written is a state: what docs/operations.md tells operators to save."""

import sqlite3
from pathlib import Path

from tests.unit.store.test_sqlite_store import CLOCK, vpc

from innergate.resources.vpcs import Vpc
from innergate.store.sqlite import SqliteStore

VPCS = 400


def test_a_copy_that_is_made_while_control_writes_is_a_state_that_was(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "s.sqlite", CLOCK)
    with store.transaction() as tx:
        for number in range(VPCS):
            tx.put(vpc(f"vpc-{number:03d}"))
    writes = iter(range(10))

    def write_meanwhile(status: int, remaining: int, total: int) -> None:
        number = next(writes, None)
        if number is not None:
            with store.transaction() as tx:
                tx.put(vpc(f"vpc-late-{number}"))

    saved = tmp_path / "saved" / "s.sqlite"
    saved.parent.mkdir()
    source, target = sqlite3.connect(tmp_path / "s.sqlite"), sqlite3.connect(saved)
    source.backup(target, pages=1, progress=write_meanwhile)
    source.close()
    target.close()
    assert next(writes, None) is None, "nothing was written meanwhile"
    copy = SqliteStore(saved, CLOCK)
    try:
        state = copy.state()
        late = [number for number in range(10) if state.get(Vpc, f"vpc-late-{number}") is not None]
        assert late == list(range(len(late)))
        assert state.revision == 1 + len(late)
        assert all(state.get(Vpc, f"vpc-{number:03d}") is not None for number in range(VPCS))
        with copy.transaction() as tx:
            tx.put(vpc("vpc-next"))
        assert copy.state().revision == 2 + len(late)
    finally:
        copy.close()
        store.close()
