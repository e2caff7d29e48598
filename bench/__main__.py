"""`python -m bench [--only PART] [--rounds N] [--seconds S]`: measures, prints a table, writes bench/results/latest.json."""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from bench.effort import Progress
from bench.figures import LATEST, Figure, print_figures, write_figures
from bench.parts import PARTS, Effort, Unavailable
from bench.report import write_plots


def tell(console: Console, part: str, place: str) -> Progress:
    """Says the part, what is measured, the round and how long the rest of its rounds will take."""
    began: dict[str, float] = {}

    def say(what: str, done: int, rounds: int) -> None:
        now = time.monotonic()
        if not done:
            began[what] = now
        left = f", about {(now - began[what]) / done * (rounds - done):.0f} s left" if what in began and done else ""
        console.print(f"{place} {part}: {what}: round {done + 1} of {rounds}{left}", highlight=False, soft_wrap=True)

    return say


def measure_all(
    names: list[str], effort_of: Callable[[Progress], Effort], console: Console
) -> tuple[list[Figure], bool]:
    """The figures of these parts, and whether all of them ran."""
    figures: list[Figure] = []
    is_whole = True
    for number, name in enumerate(names, 1):
        console.rule(name)
        began = time.monotonic()
        try:
            figures += PARTS[name](effort_of(tell(console, name, f"[{number}/{len(names)}]")))
        except Unavailable as reason:
            console.print(f"{name}: not measured: {reason}")
            is_whole = False
        console.print(f"{name}: {time.monotonic() - began:.0f} s")
    return figures, is_whole


def main() -> int:
    """0 if every part that was asked for ran."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--only", choices=sorted(PARTS), action="append", help="one part; may be repeated")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=2.0, help="of each measurement")
    parser.add_argument("--apis", default="10,100,1000", help="sizes of configurations that are tried")
    parser.add_argument("--changes", type=int, default=100, help="how many changes are timed at each size")
    parser.add_argument("--output", type=Path, default=LATEST)
    arguments = parser.parse_args()
    console = Console()
    sizes = tuple(int(size) for size in arguments.apis.replace(",", " ").split())

    def effort(progress: Progress) -> Effort:
        return Effort(arguments.rounds, arguments.seconds, sizes, arguments.changes, progress)

    figures, is_whole = measure_all(arguments.only or list(PARTS), effort, console)
    print_figures(figures, Console(width=160) if not console.is_terminal else console)
    write_figures(figures, arguments.output)
    plots = write_plots(figures, arguments.output.parent)
    console.print(f"written to {arguments.output}" + "".join(f", {path.name}" for path in plots))
    return 1 if arguments.only and not is_whole else 0


if __name__ == "__main__":
    sys.exit(main())
