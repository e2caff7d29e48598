"""`python -m bench [--only PART] [--rounds N] [--seconds S]`: measures, prints a table, writes bench/results/latest.json."""

import argparse
import sys
from pathlib import Path

from rich.console import Console

from bench.figures import LATEST, Figure, print_figures, write_figures
from bench.parts import PARTS, Effort, Unavailable


def main() -> int:
    """0 if every part that was asked for ran."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--only", choices=sorted(PARTS), action="append", help="one part; may be repeated")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=2.0, help="of each measurement")
    parser.add_argument("--output", type=Path, default=LATEST)
    arguments = parser.parse_args()
    console = Console()
    figures: list[Figure] = []
    status = 0
    for name in arguments.only or PARTS:
        console.rule(name)
        try:
            figures += PARTS[name](Effort(arguments.rounds, arguments.seconds))
        except Unavailable as reason:
            console.print(f"{name}: not measured: {reason}")
            status = 1 if arguments.only else status
    print_figures(figures, Console(width=160) if not console.is_terminal else console)
    write_figures(figures, arguments.output)
    console.print(f"written to {arguments.output}")
    return status


if __name__ == "__main__":
    sys.exit(main())
