"""`python -m tests.abuse [--seconds S]`: every test of an abuse case, then random draws for each target, as one table.

S seconds go to each target (INNERGATE_FUZZ_SECONDS, 20 by default), at least one round. A failing round prints its seed.
"""

import argparse
import os
import random
import re
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table
from tests import fuzz_guided
from tests.unit.test_abuse_coverage import ELSEWHERE, missing_cases

ROOT = Path(__file__).parents[1]
TARGETS: Mapping[str, tuple[str, ...]] = {
    "wire parsers": (
        "tests/unit/wire/test_front.py::test_no_request_makes_the_wire_crash",
        "tests/wire_oracle/test_round_trips.py",
    ),
    "SigV4 canonical form, against botocore": ("tests/wire_oracle/test_sigv4_canonical.py",),
    "SigV4 signatures": ("tests/wire_oracle/test_sigv4_mutations.py",),
    "policies, against Envoy": ("tests/feature/test_rbac_live.py::test_envoy_decides_as_the_policy_engine_does",),
    "routes, against Envoy": ("tests/feature/test_envoy_routes_any.py",),
    "templates (VTL)": ("tests/unit/runtime/test_vtl.py::test_any_text_renders_or_is_refused",),
    "JSONPath": ("tests/unit/runtime/test_json_paths.py",),
    "OpenAPI import": ("tests/unit/services/apigateway/test_openapi_any.py",),
    "exchanges of the runtime": ("tests/unit/runtime/exchange/test_pipeline.py",),
    "walks of control operations": ("tests/unit/server/test_walk.py",),
}
_CASES = re.compile(r"test_cases?_((?:\d+_)+)")


class Verdict(NamedTuple):
    """Of one test: its file and name (parameters taken off), whether it passed, seconds, how many examples it tried; whether
    this machine left it out (for a reason that stands in tests/ratchets/skips.txt)."""

    place: str
    passed: bool
    seconds: float
    examples: int
    is_left_out: bool


def read_verdicts(report: str) -> list[Verdict]:
    """Those of a JUnit report; a test that was left out did not pass."""
    found = []
    for case in ElementTree.fromstring(report).iter("testcase"):
        file = case.get("classname", "").replace(".", "/").removeprefix("tests/") + ".py"
        examples = sum(int(p.get("value", "0")) for p in case.iter("property") if p.get("name") == "examples")
        passed = all(case.find(bad) is None for bad in ("failure", "error", "skipped"))
        name = case.get("name", "").partition("[")[0]
        is_left_out = case.find("skipped") is not None
        found.append(Verdict(f"{file}::{name}", passed, float(case.get("time", "0")), examples, is_left_out))
    return found


def cases_of(place: str) -> set[int]:
    """The abuse cases that a test tries."""
    named = {int(n) for found in _CASES.findall(place) for n in found.strip("_").split("_")}
    return named | {case for case, elsewhere in ELSEWHERE.items() if elsewhere == place}


def run_tests(arguments: Sequence[str], seed: int = 0, factor: int = 1) -> tuple[list[Verdict], str]:
    """The verdicts, and what pytest said."""
    environment = {**os.environ, "INNERGATE_FUZZ_SEED": str(seed), "INNERGATE_FUZZ_FACTOR": str(factor)}
    with tempfile.NamedTemporaryFile(suffix=".xml") as report:
        command = [sys.executable, "-m", "pytest", "-o", "junit_family=xunit1", f"--junitxml={report.name}", *arguments]
        command += [f"--hypothesis-seed={seed}"] if seed else []
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        text = Path(report.name).read_text()
    return (read_verdicts(text) if text else []), done.stdout + done.stderr


def try_cases(table: Table) -> list[str]:
    """Runs the tests of all cases, a row each; what failed."""
    elsewhere = sorted({f"tests/{place}" for place in ELSEWHERE.values()})
    files = [str(path.relative_to(ROOT)) for path in sorted((ROOT / "tests").rglob("test_*.py"))]
    named = [file for file in files if _CASES.search((ROOT / file).read_text())]
    verdicts, said = run_tests(["-k", "test_case_ or test_cases_", *named])
    more, said_more = run_tests(elsewhere)
    by_case: dict[int, list[Verdict]] = defaultdict(list)
    for verdict in (*verdicts, *more):
        for case in cases_of(verdict.place):
            by_case[case].append(verdict)
    failed = []
    for case in range(1, 89):
        mine = by_case[case]
        is_listed = case in missing_cases()
        tried = [verdict for verdict in mine if not verdict.is_left_out]
        holds = bool(tried) and all(verdict.passed for verdict in tried)
        is_left_out = bool(mine) and not tried
        word = "closed" if holds else "left out here" if is_left_out else "not tried yet" if is_listed else "FAILED"
        table.add_row(f"case {case}", str(len(mine)), word, f"{sum(v.seconds for v in mine):.1f}")
        if word == "FAILED":
            failed.append(f"case {case}: {[v.place for v in mine if not v.passed] or 'no test ran'}")
    return [*failed, said, said_more] if failed else []


def fuzz(table: Table, target: str, seconds: float) -> list[str]:
    """Rounds of a target with other seeds until its time is over; what failed."""
    failed: list[str] = []
    began, examples, rounds = time.monotonic(), 0, 0
    while not failed and (not rounds or time.monotonic() < began + seconds):
        seed = random.SystemRandom().randrange(1, 1 << 30)
        verdicts, said = run_tests(TARGETS[target], seed, factor=5)
        rounds += 1
        examples += sum(verdict.examples for verdict in verdicts)
        if not verdicts or not all(verdict.passed for verdict in verdicts):
            again = f"INNERGATE_FUZZ_SEED={seed} INNERGATE_FUZZ_FACTOR=5 pytest --hypothesis-seed={seed}"
            failed = [f"{target}: {again} {' '.join(TARGETS[target])}", said]
    spent_s = time.monotonic() - began
    table.add_row(target, f"{examples} examples", "FAILED" if failed else "holds", f"{spent_s:.1f}")
    return failed


def fuzz_by_coverage(table: Table, target: str, seconds: float) -> list[str]:
    """Draws of Atheris, in a process of their own; what they found. Where Atheris is not installed, a row says so."""
    name = f"{target}, by coverage"
    if not fuzz_guided.is_installed():
        table.add_row(name, "Atheris is not installed", "left out here", "0.0")
        return []
    began = time.monotonic()
    command = [sys.executable, "-m", "tests.fuzz_guided", target, "--seconds", str(max(1, round(seconds)))]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    runs = re.search(r"^Done (\d+) runs", done.stderr, re.MULTILINE)
    holds = done.returncode == 0 and runs is not None
    examples = f"{runs[1]} examples" if runs is not None else ""
    table.add_row(name, examples, "holds" if holds else "FAILED", f"{time.monotonic() - began:.1f}")
    return [] if holds else [f"{name}: {' '.join(command)}", done.stdout[-2000:] + done.stderr[-4000:]]


def main() -> int:
    """0 if every case is closed and every target holds."""
    parser = argparse.ArgumentParser(prog="abuse", description=__doc__)
    parser.add_argument("--seconds", type=float, default=float(os.environ.get("INNERGATE_FUZZ_SECONDS", "20")))
    parser.add_argument(
        "--only", choices=["cases", *TARGETS, *fuzz_guided.TARGETS], action="append", help="may be repeated"
    )
    arguments = parser.parse_args()
    out = Console(width=140)
    failed: list[str] = []
    table = Table("case or target", "tests or examples", "verdict", "seconds")
    for part in arguments.only or ["cases", *TARGETS, *fuzz_guided.TARGETS]:
        if part == "cases":
            failed += try_cases(table)
        else:
            draw = fuzz if part in TARGETS else fuzz_by_coverage
            failed += draw(table, part, arguments.seconds)
    for line in failed:
        out.print(line, markup=False, highlight=False)
    out.print(table)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
