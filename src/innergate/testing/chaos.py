"""A seeded run of random faults under traffic and changes: `python -m innergate.testing.chaos [--seed N] [--seconds S]`.

Prints a table of what each kind of fault cost and why that was right, and each broken promise; ends with 1 if there is one.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple, final

from rich.console import Console
from rich.table import Column, Table

from innergate.driver.patience import measure_patience
from innergate.driver.platform import PlatformFailed, RunningPlatform
from innergate.testing.chaos_faults import FaultMaker
from innergate.testing.chaos_leaks import (
    Holdings,
    read_holdings,
    read_owned_namespaces,
    say_difference,
    wait_for_no_difference,
)
from innergate.testing.chaos_ledger import Fault, Sample, find_violations, tally_faults
from innergate.testing.chaos_scene import Scene, build_scene
from innergate.testing.chaos_schedule import PROMISES, plan_faults
from innergate.testing.chaos_writer import ChaosWriter
from innergate.testing.disk import small_disk

GIVE_UP_S = 40.0
LOOK_EVERY_S = 0.05
END_TIMEOUT_S = 30.0
GOOD_IN_A_ROW = 4
DISK_BYTES = 256 << 20
NUMBERS = ("times", "requests", "failed", "slowest recovery")


class Report(NamedTuple):
    """A whole run: `violations` is empty where every promise was kept."""

    seed: int
    samples: tuple[Sample, ...]
    faults: tuple[Fault, ...]
    acknowledged: int
    reads: int
    unanswered: int
    patience: float
    again: str
    violations: tuple[str, ...]


def say_again(seed: int, seconds: float, only: str) -> str:
    """How to make the same faults in the same order."""
    return f"the same faults again: make chaos SEED={seed} SECONDS={seconds:.0f}" + (f' ONLY="{only}"' if only else "")


@final
class Traffic:
    """All lanes from a host in the consumer's network, from entering until `end`."""

    def __init__(self, platform: RunningPlatform, scene: Scene) -> None:
        command = [sys.executable, "-m", "innergate.testing.chaos_client", json.dumps(scene.lanes())]
        self._argv = platform.exec_argv(scene.world.consumer_network.vpc, command)
        self._lanes = {lane["name"] for lane in scene.lanes()}
        self._folder = tempfile.TemporaryDirectory(prefix="innergate-")
        self._path = Path(self._folder.name) / "samples"
        self._seen: list[Sample] = []
        self._offset = 0

    def __enter__(self) -> "Traffic":
        with self._path.open("wb") as out:
            self._process = subprocess.Popen(self._argv, stdin=subprocess.PIPE, stdout=out, start_new_session=True)
        return self

    def __exit__(self, *exc: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._folder.cleanup()

    def samples(self) -> list[Sample]:
        """All until now."""
        with self._path.open("rb") as file:
            file.seek(self._offset)
            read = file.read()
        whole = read[: read.rfind(b"\n") + 1]
        self._offset += len(whole)
        self._seen += [Sample(*json.loads(line)) for line in whole.splitlines()]
        return self._seen

    def serves_since(self, instant: float) -> bool:
        """Whether the last few requests of each lane began after the instant and were all answered well."""
        samples = self.samples()
        newest = [[s for s in samples if s.lane == lane][-GOOD_IN_A_ROW:] for lane in self._lanes]
        return all(
            len(few) == GOOD_IN_A_ROW and all(s.began > instant and s.verdict == "ok" for s in few) for few in newest
        )

    def end(self) -> list[Sample]:
        """Stops; all samples. Raises PlatformFailed where the traffic had ended before."""
        if self._process.poll() is not None:
            raise PlatformFailed(f"the traffic ended by itself with {self._process.returncode}")
        self._process.communicate(timeout=END_TIMEOUT_S)
        return self.samples()


def run_chaos(
    platform: RunningPlatform,
    seed: int,
    seconds: float,
    patience: float = 1.0,
    tell: Callable[[str], None] = print,
    only: str = "",
) -> Report:
    """Breaks a running platform for so long, then stops it; `tell` gets a line for each fault. `only` is a part of the names of
    faults, "" for all. Raises PlatformFailed where it does not come back at all."""
    scene = build_scene(platform)
    maker, writer = FaultMaker(platform, scene), ChaosWriter(scene.gateway, scene.mock, seed)
    faults: list[Fault] = []
    with Traffic(platform, scene) as traffic:
        _wait_until_all_serves(platform, traffic, time.monotonic())
        owned = read_owned_namespaces(platform.state)
        before = read_holdings(platform.state, owned).without_repeated_files()
        writer.start()
        try:
            deadline = time.monotonic() + seconds
            for planned in plan_faults(seed, [kind for kind in maker.kinds() if only in kind]):
                if time.monotonic() > deadline:
                    break
                time.sleep(planned.pause_s)
                began = time.monotonic()
                tell(f"{datetime.now(UTC):%H:%M:%S.%f} {planned.kind} ({planned.choice})")
                maker.make(planned)
                ended = time.monotonic()
                _wait_until_all_serves(platform, traffic, ended)
                faults.append(Fault(planned.kind, began, ended, time.monotonic()))
                writer.check_added()
        finally:
            writer.end()
        writer.check_added()
        writer.check_history()
        platform.settle()
        leaks = wait_for_no_difference(platform.state, before, owned | read_owned_namespaces(platform.state))
        samples = traffic.end()
    owned |= read_owned_namespaces(platform.state)
    platform.stop()
    nothing = Holdings((), (), (), read_holdings(platform.state, owned).files)
    leaks += say_difference(nothing, read_holdings(platform.state, owned))
    violations = [*find_violations(samples, faults, patience), *maker.violations, *writer.violations, *leaks]
    calls = (writer.acknowledged, writer.reads, writer.unanswered)
    return Report(
        seed, tuple(samples), tuple(faults), *calls, patience, say_again(seed, seconds, only), tuple(violations)
    )


def _wait_until_all_serves(platform: RunningPlatform, traffic: Traffic, since: float) -> None:
    give_up = time.monotonic() + GIVE_UP_S
    while not (platform.is_ready() and traffic.serves_since(since)):
        if time.monotonic() > give_up:
            last = "\n".join(str(s) for s in traffic.samples()[-8:])
            raise PlatformFailed(f"not all served again after {GIVE_UP_S:.0f} s:\n{last}\n{platform.said()}")
        time.sleep(LOOK_EVERY_S)
    platform.settle()


def print_report(report: Report, out: Console) -> None:
    """The table, the sums, and what was broken with the command that repeats it."""
    table = Table("fault", *(Column(name, justify="right") for name in NUMBERS), "why that is right")
    for kind, tally in sorted(tally_faults(report.samples, report.faults, report.patience).items()):
        promised_s = PROMISES[kind].recovery_s * report.patience
        took = f"[{'red' if tally.recovery_s > promised_s else 'green'}]{tally.recovery_s:.2f}[/] of {promised_s:.0f} s"
        failed = f"[yellow]{tally.failed}[/]" if tally.failed else "[green]0[/]"
        table.add_row(kind, str(tally.faults), str(tally.requests), failed, took, PROMISES[kind].reason)
    out.print(table)
    failed_count = sum(sample.verdict != "ok" for sample in report.samples)
    out.print(
        f"seed {report.seed}: {len(report.faults)} faults, {len(report.samples)} requests, {failed_count} failed; "
        f"{report.acknowledged} changes acknowledged and read back, {report.reads} reads between them, "
        f"{report.unanswered} calls unanswered or refused",
        highlight=False,
    )
    for violation in report.violations:
        out.print(f"BROKEN {violation}", style="red", highlight=False, markup=False)
    if report.violations:
        out.print(f"{len(report.violations)} promises broken; {report.again}", style="bold red")
    else:
        out.print("every promise was kept", style="bold green")


def main() -> int:
    """0 if every promise was kept."""
    parser = argparse.ArgumentParser(prog="chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=0, help="0: a new one")
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--only", default="", help="faults whose names contain this")
    parser.add_argument(
        "--patience", type=float, default=0.0, help="stretches what is promised; 0: by the machine's load"
    )
    arguments = parser.parse_args()
    patience = arguments.patience or measure_patience()
    seed = arguments.seed or random.SystemRandom().randrange(1, 1 << 30)
    out = Console(width=max(Console().width, 120))
    stretched = f", promises stretched {patience:.1f} times: the machine is busy" if patience > 1 else ""
    out.print(f"seed {seed}, {arguments.seconds:.0f} s of faults{stretched}", highlight=False)
    try:
        with small_disk(DISK_BYTES) as state, RunningPlatform(state, concurrency=1) as platform:
            report = run_chaos(platform, seed, arguments.seconds, patience, out.print, arguments.only)
    except PlatformFailed as failure:
        out.print(str(failure), markup=False, highlight=False)
        out.print(say_again(seed, arguments.seconds, arguments.only), style="bold red")
        return 1
    print_report(report, out)
    return 1 if report.violations else 0


if __name__ == "__main__":
    sys.exit(main())
