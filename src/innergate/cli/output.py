"""Tables and colours for people, JSON for machines."""

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console
from rich.markup import escape
from rich.table import Table

PLAIN_WIDTH = 1000
"""Wide enough that no line of a file or a pipe is folded."""

Json = Annotated[bool, Parameter(help="Print JSON.")]

VERDICT_STYLE = {"ok": "green", "refused": "bold red", "warning": "yellow"}
VERDICT_MARK = {"ok": "✓", "refused": "✗", "warning": "!"}


def console() -> Console:
    """Standard output; colours only on a terminal, elsewhere lines that are not folded."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else PLAIN_WIDTH)


def print_json(value: object) -> None:
    """One JSON document."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n")


def make_table(
    columns: Sequence[str], rows: Iterable[Sequence[str]], title: str = "", has_markup: bool = False
) -> Table:
    """A plain table. Cells are shown as they are unless `has_markup`."""
    table = Table(title=title or None, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(row if has_markup else map(escape, row)))
    return table


def complain(message: str) -> None:
    """A message to standard error."""
    Console(stderr=True, highlight=False).print(f"[bold red]innergate:[/] {escape(message)}", soft_wrap=True)
