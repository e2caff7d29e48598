"""Lives of drawn changes, stops and starts: each start gives what compiling from nothing gives."""

import asyncio
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.compile.histories import History
from tests.unit.server.start_runs import started

from innergate.store.state import Commit


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


async def keep_while_writing(life: Life) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(life.run.keeper.keep())
        for _ in range(4):
            await asyncio.sleep(0)
            async with life.run.keeper.compiling:
                await asyncio.to_thread(life.run.write, life.step())
