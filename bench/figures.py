"""Figures: what a run measured, as JSON for scripts and as a table for people."""

import json
from collections.abc import Sequence
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

from bench.rounds import compare

FIRM_SPREAD = 0.25
LATEST = Path(__file__).parent / "results" / "latest.json"


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One measured number. `ratio` is value over the peer's value in the same rounds, None where there is no peer; `spread`
    is the distance between the quartiles over the median, of the ratios, or of the values where there is no peer."""

    name: str
    value: float
    unit: str
    part: str
    peer: str = ""
    ratio: float | None = None
    spread: float = 0.0

    @property
    def is_firm(self) -> bool:
        """Whether rounds agreed well enough for the ratio to say something; one round alone never does."""
        return 0 < self.spread <= FIRM_SPREAD


def compared(name: str, values: Sequence[float], peer: str, peers: Sequence[float], unit: str, part: str) -> Figure:
    """The figure of `values` against those of the peer, both in the order of the rounds."""
    found = compare(values, peers)
    return Figure(name=name, value=found.value, unit=unit, part=part, peer=peer, ratio=found.ratio, spread=found.spread)


def write_figures(figures: Sequence[Figure], path: Path = LATEST) -> None:
    """Writes `{"figures": [...]}`, replacing the run before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    document = {"figures": [msgspec.to_builtins(figure) for figure in figures]}
    path.write_text(json.dumps(document, indent=1) + "\n")


def read_figures(path: Path = LATEST) -> list[Figure]:
    """The last run's figures. Raises FileNotFoundError and msgspec.ValidationError."""
    return msgspec.convert(json.loads(path.read_text())["figures"], list[Figure])


def print_figures(figures: Sequence[Figure], console: Console) -> None:
    """The table."""
    table = Table(box=None, pad_edge=False)
    for heading in ("part", "figure", "value", "unit", "ratio", "against", "spread"):
        table.add_column(heading, justify="right" if heading in ("value", "ratio", "spread") else "left", no_wrap=True)
    for figure in figures:
        ratio = "" if figure.ratio is None else f"{figure.ratio:.3f}"
        spread = f"{figure.spread:.0%}"
        table.add_row(figure.part, figure.name, f"{figure.value:,.1f}", figure.unit, ratio, figure.peer, spread)
    console.print(table)
