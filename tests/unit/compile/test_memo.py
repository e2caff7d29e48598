"""A compiler that goes on from memos is the one that compiled everything, at once and after any history."""

import random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.compile.histories import History
from tests.unit.compile.test_incremental import bytes_of, from_scratch

from innergate.compile.compilation import Compilation
from innergate.compile.engine import Compiler
from innergate.compile.family import Family, UnitOutput
from innergate.compile.memo import UnitMemo, Unmemorable, decode_memos, encode_memos
from innergate.compile.settings import CompileSettings
from innergate.compile.units import FAMILIES
from innergate.compile.view import View
from innergate.resources.base import Key
from innergate.resources.vpcs import Vpc
from innergate.testing.scenario import Scenario


def new_compiler() -> Compiler:
    return Compiler(FAMILIES, CompileSettings(), strict=True)


def memos_of(compiler: Compiler) -> tuple[UnitMemo, ...]:
    """As they come back from a file."""
    memos = [memo for unit in compiler.all_units() if (memo := compiler.memo_of(unit)) is not None]
    return decode_memos(encode_memos(memos))


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32), before=st.integers(1, 25), between=st.integers(0, 12), after=st.integers(0, 5))
def test_any_history_goes_on_from_memos(seed: int, before: int, between: int, after: int) -> None:
    history = History(seed)
    first = new_compiler()
    first.compile(history.scenario.state)
    for _ in range(before):
        go_on(first, history)
    memos = list(memos_of(first))
    history.random.shuffle(memos)

    missed = [commit for _ in range(between) for commit in history.step()]
    written = {change.key for commit in missed for change in commit.changes}
    second = new_compiler()
    out = second.resume(memos, history.scenario.state, written)
    fresh = from_scratch(history.scenario.state)
    assert bytes_of(out) == bytes_of(fresh)
    assert out.envoy.changed == fresh.envoy.changed
    assert out.network == fresh.network
    assert set(second.all_units()) == set(new_compiled(history).all_units())
    for _ in range(after):
        out = go_on(second, history)
    assert bytes_of(out) == bytes_of(from_scratch(history.scenario.state))
    assert memos_by_unit(second) == memos_by_unit(new_compiled(history))


def go_on(compiler: Compiler, history: History) -> Compilation:
    commits = history.step()
    return compiler.advance(history.scenario.state, commits)


def new_compiled(history: History) -> Compiler:
    compiler = new_compiler()
    compiler.compile(history.scenario.state)
    return compiler


def memos_by_unit(compiler: Compiler) -> dict[str, object]:
    """What each unit's memo says, without the order in which sets were written."""
    return {
        str(memo.unit): (
            frozenset(memo.roots),
            frozenset(memo.keys),
            frozenset(memo.indexes),
            frozenset(memo.demands),
            frozenset(memo.envoy),
            memo.vpcs,
            memo.documents,
            memo.diagnostics,
            memo.value,
        )
        for memo in memos_of(compiler)
    }


def test_nothing_runs_where_nothing_was_written() -> None:
    history = History(3)
    for _ in range(30):
        history.step()
    memos = memos_of(new_compiled(history))

    def explode(view: View, id: str, settings: CompileSettings) -> UnitOutput:
        raise AssertionError(id)

    idle = Compiler([family._replace(run=explode) for family in FAMILIES], CompileSettings(), strict=True)
    out = idle.resume(memos, history.scenario.state, ())
    assert bytes_of(out) == bytes_of(from_scratch(history.scenario.state))


def test_a_written_key_that_nobody_read_runs_nothing_but_new_roots() -> None:
    s = Scenario()
    s.vpc("10.0.0.0/16")
    s.commit()
    memos = memos_of(compiled(s))
    fresh = s.vpc("10.1.0.0/16")
    s.commit()
    ran: list[str] = []

    def noting(family: Family) -> Family:
        def run(view: View, id: str, settings: CompileSettings) -> UnitOutput:
            ran.append(id)
            return family.run(view, id, settings)

        return family._replace(run=run)

    watched = Compiler([noting(family) for family in FAMILIES], CompileSettings(), strict=True)
    out = watched.resume(memos, s.state, [fresh.key, Key("vpc", "vpc-never-was")])
    assert fresh.id in ran
    assert not [id for id in ran if id != fresh.id and id.startswith("vpc-")]
    assert bytes_of(out) == bytes_of(from_scratch(s.state))


def compiled(s: Scenario) -> Compiler:
    compiler = new_compiler()
    compiler.compile(s.state)
    return compiler


def test_the_last_memo_of_a_unit_counts() -> None:
    history = History(5)
    compiler = new_compiled(history)
    memos = list(memos_of(compiler))
    for _ in range(20):
        go_on(compiler, history)
        memos += memos_of(compiler)
    kept = {memo.unit for memo in memos_of(compiler)}
    memos += [UnitMemo(unit, (), (), (), ()) for unit in sorted({memo.unit for memo in memos} - kept)]
    second = new_compiler()
    out = second.resume(memos, history.scenario.state, ())
    assert bytes_of(out) == bytes_of(from_scratch(history.scenario.state))
    assert memos_by_unit(second) == memos_by_unit(new_compiled(history))


def test_a_unit_that_failed_has_no_memo() -> None:
    s = Scenario()
    vpc = s.vpc("10.0.0.0/16")
    s.commit()
    fails = [False]

    def run(view: View, id: str, settings: CompileSettings) -> UnitOutput:
        view.get(Vpc, id)
        if fails[0]:
            raise ValueError("broken")
        return UnitOutput()

    compiler = Compiler([Family("f", (Vpc,), run)], CompileSettings())
    compiler.compile(s.state)
    unit = min(compiler.all_units())
    assert compiler.memo_of(unit) is not None
    fails[0] = True
    s.put(vpc)
    compiler.compile(s.state)
    with pytest.raises(Unmemorable, match="failed"):
        compiler.memo_of(unit)
    fails[0] = False
    compiler.compile(s.state)
    assert compiler.memo_of(unit) is not None


def test_a_value_that_would_come_back_as_another_one_has_no_memo() -> None:
    s = Scenario()
    s.vpc("10.0.0.0/16")
    s.commit()

    def ask(view: View, id: str, settings: CompileSettings) -> UnitOutput:
        view.demand("told", "one")
        return UnitOutput()

    def tell(view: View, id: str, settings: CompileSettings) -> UnitOutput:
        return UnitOutput(value=(1, (2, 3)))

    compiler = Compiler([Family("ask", (Vpc,), ask), Family("told", (), tell)], CompileSettings(), strict=True)
    compiler.compile(s.state)
    told = next(unit for unit in compiler.all_units() if unit.family == "told")
    with pytest.raises(Unmemorable, match="told"):
        compiler.memo_of(told)
    typed = Family("told", (), tell, value_type=tuple[int, tuple[int, int]])
    compiler = Compiler([Family("ask", (Vpc,), ask), typed], CompileSettings(), strict=True)
    compiler.compile(s.state)
    assert compiler.memo_of(told) is not None


def test_a_watch_names_the_units_that_ran_or_went() -> None:
    s = Scenario()
    one, other = s.vpc("10.0.0.0/16"), s.vpc("10.1.0.0/16")
    s.commit()
    compiler = compiled(s)
    touched = compiler.watch()
    assert touched == set()
    begun = len(s.commits)
    s.put(one)
    s.drop(other)
    s.commit()
    compiler.advance(s.state, s.commits[begun:])
    assert {unit.id for unit in touched} >= {other.id}
    assert [compiler.memo_of(unit) for unit in sorted(touched) if unit.id == other.id] == [None]
    compiler.unwatch()
    size = len(touched)
    compiler.compile(s.state)
    assert len(touched) == size


@pytest.mark.parametrize("seed", range(3))
def test_memos_that_are_cut_are_refused(seed: int) -> None:
    history = History(seed)
    for _ in range(10):
        history.step()
    data = encode_memos(memos_of(new_compiled(history)))
    with pytest.raises(msgspec.DecodeError):
        decode_memos(data[: random.Random(seed).randrange(len(data))])
