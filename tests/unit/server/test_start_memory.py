"""A start from what was kept gives the plans of a start from nothing, whatever was written before, meanwhile and since."""

import asyncio
import io
import shutil
from contextlib import redirect_stdout
from pathlib import Path

import pytest
from tests.unit.server.start_runs import CLOCK, QUICK, Run

from innergate.compile.engine import Compiler
from innergate.compile.family import Family, Unit, UnitOutput
from innergate.compile.memo import UnitMemo
from innergate.compile.settings import CompileSettings
from innergate.compile.view import View
from innergate.primitives.ids import AccountId, Region
from innergate.resources.vpcs import CidrAssociation, Vpc
from innergate.server import start_memory
from innergate.server.program_digest import program_digest
from innergate.server.start_file import Maker, StartFile
from innergate.server.start_memory import Pace, StartMemoryKeeper
from innergate.store.sqlite import SqliteStore
from innergate.testing.disk import refusing_disk
from innergate.testing.waiting import until


def vpc(number: int) -> Vpc:
    cidr = f"10.{number}.0.0/16"
    return Vpc(
        id=f"vpc-{number}",
        account=AccountId("111122223333"),
        region=Region("us-east-1"),
        cidr_block=cidr,
        cidr_associations=(CidrAssociation(association_id="a", cidr_block=cidr),),
        created_at=CLOCK.now(),
    )


def put(run: Run, *numbers: int) -> None:
    for number in numbers:
        with run.store.transaction() as tx:
            tx.put(vpc(number))
    run.follow()


def counting(ran: list[str], name: str = "counted") -> Family:
    def unit(view: View, id: str, settings: CompileSettings) -> UnitOutput:
        ran.append(id)
        view.get(Vpc, id)
        return UnitOutput()

    return Family(name, (Vpc,), unit)


def ran_at_start(folder: Path, pace: Pace = QUICK) -> list[str]:
    ran: list[str] = []
    run = Run(folder, pace, [counting(ran)])
    run.start()
    run.end()
    return sorted(ran)


def test_a_start_runs_what_was_written_since_and_no_more(tmp_path: Path) -> None:
    run = Run(tmp_path, QUICK, [counting([])])
    run.start()
    put(run, 1, 2, 3)
    asyncio.run(run.keeper.keep())
    run.end()
    assert ran_at_start(tmp_path) == []
    run = Run(tmp_path, QUICK, [counting([])])
    put(run, 2, 4)  # killed before it kept anything
    run.end()
    assert ran_at_start(tmp_path) == ["vpc-4"]  # the second was put as it was
    (tmp_path / "start.cache").unlink()
    assert ran_at_start(tmp_path) == ["vpc-1", "vpc-2", "vpc-3", "vpc-4"]


def test_what_is_written_while_it_keeps_is_kept_too(tmp_path: Path) -> None:
    run = Run(tmp_path, QUICK._replace(units_a_step=1, pause_s=0.002), [counting([])])
    run.start()
    put(run, *range(1, 20))

    async def live() -> None:
        async with asyncio.TaskGroup() as group:
            keeping = group.create_task(run.keeper.keep())
            await until((tmp_path / "start.new").exists)
            for number in range(30, 40):
                await asyncio.sleep(0.003)
                async with run.keeper.compiling:
                    put(run, number)
                    with run.store.transaction() as tx:
                        tx.delete(vpc(number - 29))
                    run.follow()
                assert not keeping.done()

    asyncio.run(live())
    run.end()
    assert ran_at_start(tmp_path) == []
    resumed = Run(tmp_path, QUICK, [counting([])])
    resumed.start()
    assert {unit.id for unit in resumed.compiler.all_units()} == {
        vpc(number).id for number in (*range(11, 20), *range(30, 40))
    }
    resumed.end()


def test_what_was_kept_of_another_way_is_not_taken(tmp_path: Path) -> None:
    """A saved copy that was put back, and has come as far by other commits."""
    state = tmp_path / "state"
    run = Run(state, QUICK, [counting([])])
    run.start()
    put(run, 1)
    run.end()
    shutil.copy(state / "store.sqlite", tmp_path)
    run = Run(state, QUICK, [counting([])])
    run.start()
    put(run, 2, 3)
    asyncio.run(run.keeper.keep())
    run.end()
    shutil.copy(tmp_path / "store.sqlite", state)
    (state / "store.acknowledged").unlink()
    run = Run(state, QUICK, [counting([])])
    put(run, 4, 5)
    run.end()
    assert ran_at_start(state) == ["vpc-1", "vpc-4", "vpc-5"]


def test_another_program_or_another_setting_compiles_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run(tmp_path, QUICK, [counting([])])
    run.start()
    put(run, 1)
    asyncio.run(run.keeper.keep())
    run.end()
    assert ran_at_start(tmp_path) == []
    with monkeypatch.context() as patched:
        patched.setattr(start_memory, "program_digest", lambda: "another")
        assert ran_at_start(tmp_path) == ["vpc-1"]
    store = SqliteStore(tmp_path / "store.sqlite", CLOCK)
    ran: list[str] = []
    compiler = Compiler([counting(ran)], CompileSettings(node="other"))
    other = CompileSettings(node="other").digest()
    StartMemoryKeeper(StartFile(tmp_path / "start.cache"), other, store, compiler, QUICK).compile_first(store.state())
    store.close()
    assert ran == ["vpc-1"]


def test_it_keeps_once_it_is_quiet_and_again_after_a_change(tmp_path: Path) -> None:
    run = Run(tmp_path, QUICK, [counting([])])
    run.start()
    path = tmp_path / "start.cache"

    async def live() -> None:
        async with asyncio.TaskGroup() as group:
            keeping = group.create_task(run.keeper.run())
            put(run, 1)
            await until(path.exists)
            first = path.read_bytes()
            put(run, 2)
            await until(lambda: path.read_bytes() != first)
            keeping.cancel()

    asyncio.run(live())
    run.end()
    assert ran_at_start(tmp_path) == []


def test_with_few_units_nothing_is_kept_and_an_old_file_goes(tmp_path: Path) -> None:
    run = Run(tmp_path, QUICK._replace(least_units=3), [counting([])])
    run.start()
    put(run, 1, 2, 3)
    asyncio.run(run.keeper.keep())
    assert (tmp_path / "start.cache").exists()
    with run.store.transaction() as tx:
        tx.delete(vpc(1))
    run.follow()
    asyncio.run(run.keeper.keep())
    assert not (tmp_path / "start.cache").exists()
    run.end()


def test_a_disk_that_takes_nothing_and_a_failed_unit_leave_the_old_file(tmp_path: Path) -> None:
    run = Run(tmp_path, QUICK, [counting([])])
    run.start()
    put(run, 1)
    asyncio.run(run.keeper.keep())
    before = (tmp_path / "start.cache").read_bytes()
    (tmp_path / "start.new").mkdir()
    put(run, 2)
    asyncio.run(run.keeper.keep())
    assert (tmp_path / "start.cache").read_bytes() == before
    (tmp_path / "start.new").rmdir()
    run.end()

    def fail(view: View, id: str, settings: CompileSettings) -> UnitOutput:
        raise ValueError(id)

    broken = Run(tmp_path, QUICK, [Family("counted", (Vpc,), fail)])
    broken.compiler = Compiler([Family("counted", (Vpc,), fail)], CompileSettings())
    keeper = StartMemoryKeeper(StartFile(tmp_path / "start.cache"), "x", broken.store, broken.compiler, QUICK)
    keeper.compile_first(broken.store.state())
    asyncio.run(keeper.keep())
    assert sorted(path.name for path in tmp_path.glob("start.*")) == ["start.cache"]
    assert (tmp_path / "start.cache").read_bytes() == before
    broken.end()


def test_a_failed_unit_is_no_reason_to_write_again_and_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(view: View, id: str, settings: CompileSettings) -> UnitOutput:
        raise ValueError(id)

    run = Run(tmp_path, QUICK, [counting([])])
    put(run, 1)
    compiler = Compiler([Family("counted", (Vpc,), fail)], CompileSettings())
    file = StartFile(tmp_path / "start.cache")
    keeper = StartMemoryKeeper(file, "x", run.store, compiler, QUICK)
    keeper.compile_first(run.store.state())
    monkeypatch.setattr(StartFile, "begin", lambda file, maker: pytest.fail("it begins a file"))
    asyncio.run(keeper.keep())
    run.end()


def test_a_memo_that_does_not_come_back_costs_a_whole_compile_and_no_more(tmp_path: Path) -> None:
    """Otherwise no start would succeed until somebody deleted the file."""
    run = Run(tmp_path, QUICK, [counting([])])
    put(run, 1)
    digest = CompileSettings().digest()
    writer = StartFile(tmp_path / "start.cache").begin(Maker(program_digest(), digest))
    writer.add_units([UnitMemo(Unit("counted", "vpc-1"), (), (), (), (), value=b"\xc1")])
    writer.finish(run.store.point_of(run.store.state().revision))
    run.end()
    with redirect_stdout(io.StringIO()):
        assert ran_at_start(tmp_path) == ["vpc-1"]


def test_a_file_system_that_turned_read_only_or_full_ends_nothing(tmp_path: Path) -> None:
    run = Run(tmp_path, QUICK, [counting([])])
    run.start()
    put(run, 1)
    asyncio.run(run.keeper.keep())
    put(run, 3)
    before = (tmp_path / "start.cache").read_bytes()
    with refusing_disk(), redirect_stdout(io.StringIO()):  # where pytest keeps the log in a file
        asyncio.run(run.keeper.keep())
    assert (tmp_path / "start.cache").read_bytes() == before
    (tmp_path / "start.cache").unlink()
    (tmp_path / "start.cache").mkdir()  # neither can it be replaced nor deleted
    put(run, 2)
    asyncio.run(run.keeper.keep())
    few = StartMemoryKeeper(
        StartFile(tmp_path / "start.cache"), "x", run.store, run.compiler, QUICK._replace(least_units=9)
    )
    asyncio.run(few.keep())
    assert (tmp_path / "start.cache").is_dir()
    assert not (tmp_path / "start.new").exists()
    run.end()
