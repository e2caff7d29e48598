"""`python -m bench.report`: the last run as a page of the docs, docs/performance.md, with its pictures."""

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench.figures import LATEST, Figure, read_figures
from bench.plot import plot_ratios

DOCS = Path(__file__).parents[1] / "docs"
TITLES: Mapping[str, str] = {
    "request-path": "Request path",
    "runtime": "Runtime",
    "control-plane": "Control plane",
    "scale": "Scale of configuration",
}
BARS: Mapping[str, tuple[float, str]] = {
    "private_path_no_log": (0.95, "at least"),
    "private_path_log": (0.90, "at least"),
    "private_path_vs_chain": (2.5, "at least"),
    "runtime_mock": (0.20, "at least"),
    "runtime_http": (0.10, "at least"),
    "runtime_lambda": (0.08, "at least"),
}
"""Ratios that are wanted."""
VALUE_BARS: Mapping[str, float] = {"added_latency_p99": 1.0, "change_live_p99_ms": 50.0, "start_10000_apis": 10.0}
"""Values that are wanted, in the figure's unit: less than this."""
HEAD = """# Performance

What `make bench` last measured here, written by `python -m bench.report`; to compare, run it on your own machine. Each figure
is measured in turn with its peer in the same run, so the ratio is what counts; the spread is the distance between the quartiles
of the rounds' ratios over their median. CPU and latency are better below 1, rates above. At half load requests come at a
constant rate, however slow the answers are, and each one's latency counts from when it was due. In the pictures green is better
than the peer, amber worse. A ratio in brackets, a pale bar, says little: the spread was above a quarter, or there was one round
only; an idle machine says more. Why the request path costs what it costs is in [decision 21](decisions/0021-request-path.md),
the runtime in [decision 31](decisions/0031-runtime-cost.md).
"""


def write_plots(figures: Sequence[Figure], folder: Path) -> list[Path]:
    """One SVG for each part that has ratios."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for part in _parts(figures):
        path = folder / f"{part}.svg"
        path.write_text(plot_ratios(_title(part), [figure for figure in figures if figure.part == part]))
        written.append(path)
    return written


def render_page(figures: Sequence[Figure], machine: str) -> str:
    """The page. `machine` is a sentence."""
    lines = [HEAD, machine, ""]
    for part in _parts(figures):
        lines += [f"## {_title(part)}", "", f"![Ratios: {_title(part).lower()}](performance/{part}.svg)", ""]
        lines += ["| figure | value | ratio | against | spread | wanted |", "|---|---|---|---|---|---|"]
        lines += [_row(figure) for figure in figures if figure.part == part]
        lines.append("")
    return "\n".join(lines)


def describe_machine(now: datetime) -> str:
    """What the figures were taken on, by cores alone."""
    load = "its load before the request path was measured is among the figures"
    return f"Machine: {os.cpu_count()} cores; {now:%Y-%m-%d}; {load}."


def _title(part: str) -> str:
    return TITLES.get(part, part)


def _parts(figures: Iterable[Figure]) -> list[str]:
    return list(dict.fromkeys(figure.part for figure in figures))


def _row(figure: Figure) -> str:
    ratio = "" if figure.ratio is None else f"{figure.ratio:.2f}"
    if ratio and not figure.is_firm:
        ratio = f"({ratio})"
    value = f"{figure.value:,.1f} {figure.unit}".strip()
    bar, words = BARS.get(figure.name, (0.0, ""))
    wanted = f"{words} {bar:.2f}" if words else ""
    if figure.name in VALUE_BARS:
        wanted = f"under {VALUE_BARS[figure.name]:g} {figure.unit}"
    return f"| `{figure.name}` | {value} | {ratio} | {figure.peer.replace('_', ' ')} | {figure.spread:.0%} | {wanted} |"


def main() -> int:
    """Writes the page and its pictures."""
    figures = read_figures(Path(sys.argv[1]) if len(sys.argv) > 1 else LATEST)
    write_plots(figures, DOCS / "performance")
    (DOCS / "performance.md").write_text(render_page(figures, describe_machine(datetime.now(UTC))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
