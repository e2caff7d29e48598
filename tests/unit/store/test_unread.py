"""A store that reads later gives what one that reads at once gives, whoever asks when, and whatever is committed meanwhile."""

import gc
import random
import sqlite3
import threading
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.store.test_sqlite_store import CLOCK, subnet, vpc

from innergate.compile.engine import Compiler
from innergate.compile.family import Family, UnitOutput
from innergate.compile.settings import CompileSettings
from innergate.compile.view import View
from innergate.resources.accounts import Account
from innergate.resources.base import Key
from innergate.resources.subnets import Subnet
from innergate.resources.vpcs import Vpc
from innergate.store import unread
from innergate.store.errors import StillReferenced, StoreDamaged
from innergate.store.opening import reading_only
from innergate.store.rows import Row
from innergate.store.shelves import Drawn, draw_up
from innergate.store.sqlite import SqliteStore
from innergate.store.state import State


def filled(path: Path, count: int = 500) -> None:
    store = SqliteStore(path, CLOCK)
    with store.transaction() as tx:
        for number in range(count):
            tx.put(vpc(f"vpc-{number}"))
            tx.put(subnet(f"subnet-{number}", f"vpc-{number}"))
    with store.transaction() as tx:
        tx.delete(subnet("subnet-1"))
        tx.delete(vpc("vpc-1"))
    store.close()


ASKS: tuple[Callable[[State], object], ...] = (
    lambda state: state.get(Vpc, "vpc-7"),
    lambda state: state.get(Vpc, "vpc-1"),
    lambda state: state.all(Subnet),
    lambda state: state.find(Subnet, "vpc", "vpc-9"),
    lambda state: state.count(Vpc),
    lambda state: state.count(Account),
    lambda state: state.all(Account),
    lambda state: state.revision_of(Key("vpc", "vpc-3")),
    lambda state: state.holders_of(Key("vpc", "vpc-3")),
    lambda state: sorted((row.resource.key, row.created, row.written) for row in state.rows()),
    lambda state: state.revision,
)


@settings(max_examples=20, deadline=None)
@given(order=st.permutations(range(len(ASKS))), read_after=st.integers(0, len(ASKS)))
def test_every_question_in_every_order(
    order: list[int], read_after: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("later") / "s.sqlite"
    filled(path, 20)
    at_once = SqliteStore(path, CLOCK)
    wanted = [ask(at_once.state()) for ask in ASKS]
    at_once.close()
    later = SqliteStore(path, CLOCK, reads_later=True)
    for number, asked in enumerate(order):
        if number == read_after:
            later.read_all()
        assert ASKS[asked](later.state()) == wanted[asked]
    later.close()


def test_only_the_kind_that_was_asked_for_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "s.sqlite"
    filled(path)
    read: list[int] = []

    def noting(rows: Iterable[Row]) -> Drawn:
        drawn = draw_up(rows)
        read.append(len(drawn.shelf.rows))
        return drawn

    monkeypatch.setattr(unread, "draw_up", noting)
    store = SqliteStore(path, CLOCK, reads_later=True)
    assert store.state().count(Vpc) == 499
    assert read == []
    store.state().get(Vpc, "vpc-1")
    store.state().find(Vpc, "account", "x")
    assert read == [499]
    assert not store.state().is_read
    store.read_all()
    assert sum(read) == 998
    assert store.state().is_read
    store.close()


def test_a_commit_reads_the_rest_and_the_state_before_stays_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite"
    filled(path)
    store = SqliteStore(path, CLOCK, reads_later=True)
    before = store.state()
    with pytest.raises(StillReferenced), store.transaction() as tx:
        tx.delete(vpc("vpc-2"))
    with store.transaction() as tx:
        tx.delete(subnet("subnet-2", "vpc-2"))
        tx.delete(vpc("vpc-2"))
    assert before.get(Vpc, "vpc-2") == vpc("vpc-2")
    assert store.state().get(Vpc, "vpc-2") is None
    assert (before.revision, store.state().revision) == (2, 3)
    store.close()


def test_a_reset_meanwhile_changes_nothing_for_the_state_before(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite"
    filled(path)
    store = SqliteStore(path, CLOCK, reads_later=True)
    before = store.state()
    store.reset()
    with store.transaction() as tx:  # which takes away some of the dead
        tx.put(vpc("vpc-2"))
    assert before.count(Vpc) == 499
    assert len(before.all(Subnet)) == 499
    assert store.state().count(Vpc) == 1
    store.close()
    again = SqliteStore(path, CLOCK, reads_later=True)
    assert [found.id for found in again.state().all(Vpc)] == ["vpc-2"]
    assert again.state().count(Subnet) == 0
    again.close()


def test_threads_that_ask_at_once_get_the_same(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite"
    filled(path)
    store = SqliteStore(path, CLOCK, reads_later=True)
    state, barrier, seen = store.state(), threading.Barrier(6), []

    def ask(number: int) -> None:
        random.Random(number).shuffle(asks := list(range(len(ASKS))))
        barrier.wait()
        answers = {asked: ASKS[asked](state) for asked in asks}
        seen.append([answers[asked] for asked in range(len(ASKS))])

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(5)]
    for thread in threads:
        thread.start()
    barrier.wait()
    store.read_all()
    for thread in threads:
        thread.join()
    assert len(seen) == 5
    assert all(answers == seen[0] for answers in seen)
    store.close()


def test_who_counts_while_the_last_kind_is_read_needs_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "s.sqlite"
    filled(path)
    store = SqliteStore(path, CLOCK, reads_later=True)

    def read_by_another_first(path: Path) -> AbstractContextManager[None]:
        monkeypatch.setattr(unread, "reading_only", reading_only)
        store.read_all()
        return reading_only(path)

    monkeypatch.setattr(unread, "reading_only", read_by_another_first)
    assert store.state().count(Vpc) == 499
    store.close()


def test_who_asks_for_a_small_kind_does_not_wait_for_a_large_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "s.sqlite"
    filled(path)
    reached, go_on = threading.Event(), threading.Event()

    def slow(rows: Iterable[Row]) -> Drawn:
        drawn = draw_up(rows)
        if len(drawn.shelf.rows) == 499:
            reached.set()
            assert go_on.wait(10)
        return drawn

    monkeypatch.setattr(unread, "draw_up", slow)
    store = SqliteStore(path, CLOCK, reads_later=True)
    reader = threading.Thread(target=store.read_all)
    reader.start()
    assert reached.wait(10)
    assert store.state().all(Account) == ()
    go_on.set()
    reader.join()
    store.close()


def test_damage_that_is_found_later_is_said_as_at_once(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite"
    filled(path, 3000)
    content = bytearray(path.read_bytes())
    for page in range(len(content) // 4096 // 2, len(content) // 4096 * 3 // 4):
        content[page * 4096 : page * 4096 + 200] = b"\xff" * 200
    path.write_bytes(content)
    with pytest.raises(StoreDamaged):
        SqliteStore(path, CLOCK)
    store = SqliteStore(path, CLOCK, reads_later=True)
    with pytest.raises(StoreDamaged, match="put a saved copy of the state folder back"):
        store.read_all()
    store.close()


def test_a_body_that_is_no_resource_is_damage_and_nothing_is_committed_on_it(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite"
    filled(path, 20)
    with closing(sqlite3.connect(path)) as db:
        db.execute("UPDATE resource SET body = substr(body, 1, 30) WHERE id = 'subnet-3'")
        db.commit()
    with pytest.raises(StoreDamaged, match="put a saved copy"):
        SqliteStore(path, CLOCK)
    store = SqliteStore(path, CLOCK, reads_later=True)
    assert store.state().get(Vpc, "vpc-3") is not None
    with pytest.raises(StoreDamaged), store.transaction() as tx:
        tx.put(tx.get(Vpc, "vpc-3") or vpc("vpc-3"))
        tx.put(vpc("vpc-99"))
    store.close()
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT count(*) FROM resource WHERE id = 'vpc-99'").fetchone() == (0,)


def test_a_disk_that_does_not_give_it_back_is_damage(tmp_path: Path) -> None:
    refused = sqlite3.OperationalError("disk I/O error")
    refused.sqlite_errorcode = sqlite3.SQLITE_IOERR
    with (
        pytest.raises(StoreDamaged, match=r"cannot be read \(disk I/O error\); put a saved copy"),
        reading_only(tmp_path),
    ):
        raise refused


def test_a_unit_does_not_go_on_as_if_what_cannot_be_read_were_not_there(tmp_path: Path) -> None:
    """Its API would vanish from Envoy."""
    path = tmp_path / "s.sqlite"
    filled(path, 20)
    with closing(sqlite3.connect(path)) as db:
        db.execute("UPDATE resource SET body = substr(body, 1, 30) WHERE id = 'subnet-3'")
        db.commit()
    store = SqliteStore(path, CLOCK, reads_later=True)

    def unit(view: View, id: str, settings: CompileSettings) -> UnitOutput:
        view.find(Subnet, "vpc", id)
        return UnitOutput()

    with pytest.raises(StoreDamaged):
        Compiler([Family("vpc", (Vpc,), unit)], CompileSettings()).compile(store.state())
    store.close()


def test_a_store_does_not_hold_the_state_that_it_opened_with(tmp_path: Path) -> None:
    """Whatever is changed or deleted later would stay in memory."""
    path = tmp_path / "s.sqlite"
    filled(path, 20)
    store = SqliteStore(path, CLOCK, reads_later=True)
    opened = id(store.state())
    store.read_all()
    with store.transaction() as tx:
        tx.put(vpc("vpc-99"))
    del tx
    gc.collect()
    assert opened not in [id(found) for found in gc.get_objects() if isinstance(found, State) and found.revision == 2]
    store.close()
