"""A start from what was kept gives the plans of a start from nothing, whatever was written before, meanwhile and since."""

import ast
import asyncio
import io
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout, suppress
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.compile.histories import History
from tests.unit.compile.test_incremental import bytes_of, from_scratch

import innergate
from innergate.compile.engine import Compiler
from innergate.compile.family import Family, Unit, UnitOutput
from innergate.compile.memo import UnitMemo
from innergate.compile.settings import CompileSettings
from innergate.compile.units import FAMILIES
from innergate.compile.view import View
from innergate.primitives.ids import AccountId, Region
from innergate.resources.base import Resource
from innergate.resources.load_balancers import LoadBalancer
from innergate.resources.vpcs import CidrAssociation, Vpc
from innergate.server import program_digest as program_module
from innergate.server import start_memory
from innergate.server.program_digest import LIBRARIES, PLANNING, program_digest
from innergate.server.public_entry import PublicEntry
from innergate.server.settings import Settings
from innergate.server.start_file import Maker, StartFile
from innergate.server.start_memory import First, Pace, StartMemoryKeeper
from innergate.server.up import compile_settings
from innergate.store.errors import MissingReference, NameTaken, StillReferenced
from innergate.store.sqlite import SqliteStore
from innergate.store.state import Commit
from innergate.testing.clock import FakeClock
from innergate.testing.disk import refusing_disk
from innergate.testing.waiting import until
from innergate.xds.encode import encode_body
from innergate.xds.kept_bodies import KeptBodies

CLOCK = FakeClock()
QUICK = Pace(least_units=1, look_s=0.005, quiet_s=0.02, rest_s=0.0, units_a_step=2, pause_s=0.0)


class Run:
    """One life of a control process, as far as compiling goes."""

    def __init__(self, folder: Path, pace: Pace = QUICK, families: Sequence[Family] = FAMILIES) -> None:
        self.store = SqliteStore(folder / "store.sqlite", CLOCK)
        self.compiler = Compiler(families, CompileSettings(), strict=True)
        file = StartFile(folder / "start.cache")
        self.keeper = StartMemoryKeeper(file, CompileSettings().digest(), self.store, self.compiler, pace)

    def start(self) -> First:
        return self.keeper.compile_first(self.store.state())

    def write(self, commits: Sequence[Commit]) -> None:
        """Commits what a history has committed, as far as a store takes it, and compiles it."""
        for commit in commits:
            with suppress(NameTaken, MissingReference, StillReferenced), self.store.transaction() as tx:
                for change in commit.changes:
                    if change.after is not None:
                        tx.put(with_own_name(change.after))
                    elif change.before is not None:
                        tx.delete(change.before)
        self.follow()

    def follow(self) -> None:
        last = self.compiler.last
        if last is not None:
            done = self.store.commits_after(last.revision)
            assert done is not None
            self.compiler.advance(self.store.state(), done)

    def end(self) -> None:
        self.store.close()


def with_own_name(resource: Resource) -> Resource:
    """Histories call every load balancer the same."""
    if isinstance(resource, LoadBalancer):
        return msgspec.structs.replace(resource, load_balancer_name=resource.id[-16:])
    return resource


def with_folder(play: Callable[[Path], None]) -> None:
    with tempfile.TemporaryDirectory(prefix="innergate-start-") as folder:
        play(Path(folder))


class Life:
    """A state folder, the process on it, and the history that it lived through, which can be lived again up to a saved copy."""

    def __init__(self, folder: Path, seed: int, loop: asyncio.Runner) -> None:
        self.loop = loop
        self.folder, self.saved = folder / "state", folder / "saved"
        self.seed = seed
        self.trail: list[int] = []
        self.saved_trail: list[int] | None = None
        self.history = History(seed)
        self.run = started(self.folder)

    def step(self) -> list[Commit]:
        self.trail.append(0)
        return self.history.step()

    def restart(self) -> None:
        self.run.end()
        self.run = started(self.folder)

    def save(self) -> None:
        """Copies the store alone."""
        self.run.end()
        self.saved.mkdir(exist_ok=True)
        shutil.copy(self.folder / "store.sqlite", self.saved)
        self.saved_trail = list(self.trail)
        self.run = started(self.folder)

    def go_back(self) -> None:
        """Puts the copy back beside the file of the later state, and goes on another way."""
        if self.saved_trail is None:
            return
        self.run.end()
        (self.folder / "store.acknowledged").unlink(missing_ok=True)
        shutil.copy(self.saved / "store.sqlite", self.folder)
        self.trail = [*self.saved_trail, len(self.trail) + 1]
        self.history = History(self.seed)
        for reseed in self.trail:
            if reseed:
                self.history.random.seed(reseed)
            else:
                self.history.step()
        self.run = started(self.folder)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32), data=st.data())
def test_any_life_starts_as_from_nothing(seed: int, data: st.DataObject) -> None:
    """Commits, keeping, ends and kills in any order; commits while it keeps; now and then a saved copy is put back."""
    steps = st.sampled_from(
        ["commit", "commit", "commit", "keep", "keep while writing", "restart", "kill", "save", "back"]
    )
    script = data.draw(st.lists(steps, min_size=3, max_size=16))

    def play(folder: Path) -> None:
        with asyncio.Runner() as loop:
            live(Life(folder, seed, loop), [*script, "keep", "commit", "restart"])

    with_folder(play)


def live(life: Life, script: Sequence[str]) -> None:
    for step in script:
        match step:
            case "commit":
                life.run.write(life.step())
            case "keep":
                life.loop.run(life.run.keeper.keep())
            case "keep while writing":
                life.loop.run(keep_while_writing(life))
            case "save":
                life.save()
            case "back":
                life.go_back()
            case _:
                if step == "kill":
                    (life.folder / "start.new").write_bytes(b"half of it")
                life.restart()
    life.run.end()


def started(folder: Path) -> Run:
    run = Run(folder)
    first = run.start()
    fresh = from_scratch(run.store.state())
    assert bytes_of(first.compilation) == bytes_of(fresh)
    assert first.compilation.network == fresh.network
    for kind in ("routes", "scopes"):
        kept = KeptBodies(kind, first.bodies)
        for name, resource in sorted(fresh.envoy.plan.of_kind(kind).items()):
            assert kept.find(resource) in (None, encode_body(kind, resource.body)), name
    return run


async def keep_while_writing(life: Life) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(life.run.keeper.keep())
        for _ in range(4):
            await asyncio.sleep(0)
            async with life.run.keeper.compiling:
                await asyncio.to_thread(life.run.write, life.step())


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


def test_the_digest_of_the_program_names_its_sources() -> None:
    assert len(program_digest()) == 64
    assert program_digest() == program_digest()
    root = Path(innergate.__file__).parent
    assert all((root / package).is_dir() for package in PLANNING)
    assert imported_by(PLANNING, "innergate") <= set(PLANNING)
    spelled = {"google": "protobuf", "jsonschema_rs": "jsonschema-rs"}
    foreign = imported_by(PLANNING, "") - sys.stdlib_module_names - {"innergate", "grpc"}
    assert {spelled.get(name, name) for name in foreign} == set(LIBRARIES)


def test_another_version_of_any_library_is_another_program(monkeypatch: pytest.MonkeyPatch) -> None:
    digests = {program_digest()}
    for changed in LIBRARIES:
        with monkeypatch.context() as patched:
            patched.setattr(program_module, "version", lambda name, of=changed: "another" if name == of else "1")
            digests.add(program_digest.__wrapped__())
    assert len(digests) == len(LIBRARIES) + 1


def test_other_trusted_certificates_are_another_setting(tmp_path: Path) -> None:
    """Units judge chains by them."""
    settings = Settings(tmp_path, "127.0.0.1", 0)
    digests = set()
    for content in (b"one", b"two", b"two"):
        settings.ca_bundle.write_bytes(content)
        digests.add(compile_settings(settings, PublicEntry("", 0)).digest())
    assert len(digests) == 2


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


def imported_by(packages: Sequence[str], within: str) -> set[str]:
    """The packages of `within` ("" for all there are) whose modules those of `packages` import."""
    root = Path(innergate.__file__).parent
    found: set[str] = set()
    for package in packages:
        for path in (root / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                split = [name.split(".") for name in names]
                found.update(parts[bool(within)] for parts in split if not within or parts[0] == within)
    return found - {"_typeshed"}
