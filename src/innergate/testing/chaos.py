"""A seeded run of random faults under traffic and changes: `python -m innergate.testing.chaos [--seed N] [--seconds S]`.

Prints a table of what each kind of fault cost and why that was right, and each broken promise; ends with 1 if there is one.
"""

import argparse
import json
import random
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple, final

from rich.console import Console
from rich.table import Table

from innergate.testing.chaos_faults import FaultMaker
from innergate.testing.chaos_leaks import Holdings, read_holdings, read_owned_namespaces, say_difference
from innergate.testing.chaos_ledger import Fault, Sample, find_violations, tally_faults
from innergate.testing.chaos_scene import Scene, build_scene
from innergate.testing.chaos_schedule import PROMISES, plan_faults
from innergate.testing.chaos_writer import ChaosWriter
from innergate.testing.platform import PlatformFailed, RunningPlatform

GIVE_UP_S = 40.0
LOOK_EVERY_S = 0.05
END_TIMEOUT_S = 30.0
GOOD_IN_A_ROW = 4


class Report(NamedTuple):
    """A whole run: `violations` is empty where every promise was kept."""

    seed: int
    samples: tuple[Sample, ...]
    faults: tuple[Fault, ...]
    acknowledged: int
    unanswered: int
    patience: float
    violations: tuple[str, ...]


@final
class Traffic:
    """All lanes from a host in the consumer's network, from entering until `end`."""

    def __init__(self, platform: RunningPlatform, scene: Scene) -> None:
        command = [sys.executable, "-m", "innergate.testing.chaos_client", json.dumps(scene.lanes())]
        self._argv = platform.exec_argv(scene.world.consumer_network.vpc, command)
        self._lanes = {lane["name"] for lane in scene.lanes()}
        self._path = platform.state / "chaos.samples"
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
    platform: RunningPlatform, seed: int, seconds: float, patience: float = 1.0, tell: Callable[[str], None] = print
) -> Report:
    """Breaks a running platform for so long, then stops it; `tell` gets a line for each fault. Raises PlatformFailed where it
    does not come back at all."""
    scene = build_scene(platform)
    maker, writer = FaultMaker(platform, scene), ChaosWriter(scene.gateway, scene.mock)
    faults: list[Fault] = []
    with Traffic(platform, scene) as traffic:
        _wait_until_all_serves(platform, traffic, time.monotonic())
        owned = read_owned_namespaces(platform.state)
        before = read_holdings(platform.state, owned)
        writer.start()
        try:
            deadline = time.monotonic() + seconds
            for planned in plan_faults(seed, maker.kinds()):
                if time.monotonic() > deadline:
                    break
                time.sleep(planned.pause_s)
                began = time.monotonic()
                tell(f"{datetime.now(UTC):%H:%M:%S.%f} {planned.kind} ({planned.choice})")
                maker.make(planned)
                ended = time.monotonic()
                _wait_until_all_serves(platform, traffic, ended)
                faults.append(Fault(planned.kind, began, ended, time.monotonic()))
                writer.check()
        finally:
            writer.end()
        writer.check()
        platform.settle()
        leaks = _wait_for_no_difference(platform.state, before, owned | read_owned_namespaces(platform.state))
        samples = traffic.end()
    owned |= read_owned_namespaces(platform.state)
    platform.stop()
    nothing = Holdings((), (), (), read_holdings(platform.state, owned).files)
    leaks += say_difference(nothing, read_holdings(platform.state, owned))
    violations = [*find_violations(samples, faults, patience), *writer.violations, *leaks]
    log = writer.log
    return Report(seed, tuple(samples), tuple(faults), log.acknowledged, log.unanswered, patience, tuple(violations))


def _wait_until_all_serves(platform: RunningPlatform, traffic: Traffic, since: float) -> None:
    give_up = time.monotonic() + GIVE_UP_S
    while not (platform.is_ready() and traffic.serves_since(since)):
        if time.monotonic() > give_up:
            last = "\n".join(str(s) for s in traffic.samples()[-8:])
            raise PlatformFailed(f"not all served again after {GIVE_UP_S:.0f} s:\n{last}\n{platform.said()}")
        time.sleep(LOOK_EVERY_S)
    platform.settle()


def _wait_for_no_difference(state: Path, before: Holdings, namespaces: frozenset[str]) -> list[str]:
    give_up = time.monotonic() + 5.0
    while leaks := say_difference(before, read_holdings(state, namespaces)):
        if time.monotonic() > give_up:
            break
        time.sleep(LOOK_EVERY_S)
    return leaks


def print_report(report: Report, out: Console) -> None:
    """The table, the sums, and what was broken."""
    table = Table("fault", "times", "requests", "failed", "slowest recovery", "failures are right because")
    for kind, tally in sorted(tally_faults(report.samples, report.faults, report.patience).items()):
        reason = PROMISES[kind].reason if tally.failed else ""
        row = (kind, str(tally.faults), str(tally.requests), str(tally.failed), f"{tally.recovery_s:.2f} s", reason)
        table.add_row(*row)
    out.print(table)
    failed = sum(sample.verdict != "ok" for sample in report.samples)
    out.print(
        f"seed {report.seed}: {len(report.faults)} faults, {len(report.samples)} requests, {failed} failed, "
        f"{report.acknowledged} writes acknowledged and read back, {report.unanswered} unanswered, "
        f"{len(report.violations)} promises broken",
        highlight=False,
    )
    for violation in report.violations:
        out.print(f"BROKEN {violation}", highlight=False, markup=False)


def main() -> int:
    """0 if every promise was kept."""
    parser = argparse.ArgumentParser(prog="chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=0, help="0: a new one")
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--patience", type=float, default=1.0, help="stretches what is promised, for slow machines")
    arguments = parser.parse_args()
    seed = arguments.seed or random.SystemRandom().randrange(1, 1 << 30)
    out = Console(width=160)
    out.print(f"seed {seed}, {arguments.seconds:.0f} s of faults", highlight=False)
    try:
        with RunningPlatform(concurrency=1) as platform:
            report = run_chaos(platform, seed, arguments.seconds, arguments.patience)
    except PlatformFailed as failure:
        out.print(f"seed {seed}: {failure}", markup=False, highlight=False)
        return 1
    print_report(report, out)
    return 1 if report.violations else 0


if __name__ == "__main__":
    sys.exit(main())
