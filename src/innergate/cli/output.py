"""Tables and colours for people, JSON for machines."""

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Annotated

from cyclopts import Parameter
from rich import markup
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

PLAIN_WIDTH = 1000
"""Wide enough that no line of a file or a pipe is folded."""

_LEAST_LAST_COLUMN = 24

Json = Annotated[bool, Parameter(help="Print JSON.")]

_CONTROLS = [*range(32), *range(127, 160)]
_SHOWN_CONTROLS = {code: f"\\x{code:02x}" for code in _CONTROLS if chr(code) not in "\t\n"}
_JSON_CONTROLS = {code: f"\\u{code:04x}" for code in _CONTROLS if code >= 127}

VERDICT_STYLE = {"ok": "green", "refused": "bold red", "warning": "yellow"}
VERDICT_MARK = {"ok": "✓", "refused": "✗", "warning": "!"}


def console() -> Console:
    """Standard output; colours only on a terminal, elsewhere lines that are not folded."""
    return Console(highlight=False, emoji=False, width=None if sys.stdout.isatty() else PLAIN_WIDTH)


def escape(text: str) -> str:
    """The text as it is shown: no markup, and no control characters, by which a caller's Host or path would command the
    terminal of who looks at it."""
    return markup.escape(text.translate(_SHOWN_CONTROLS))


def print_json(value: object) -> None:
    """One JSON document."""
    text = json.dumps(value, indent=2, ensure_ascii=False, default=str)
    sys.stdout.write(text.translate(_JSON_CONTROLS) + "\n")


def make_table(columns: Sequence[str], rows: Iterable[Sequence[str]], has_markup: bool = False) -> Table:
    """A plain table. Cells are shown as they are unless `has_markup`."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for number, column in enumerate(columns, start=1):
        table.add_column(column, overflow="fold", no_wrap=number < len(columns))
    for row in rows:
        table.add_row(*(row if has_markup else map(escape, row)))
    return table


def table_width(out: Console, table: Table) -> int:
    """The columns that it takes where nothing is folded."""
    return Measurement.get(out, out.options.update(max_width=PLAIN_WIDTH), table).maximum


def print_table(out: Console, table: Table) -> None:
    """Prints it without spaces at the ends of lines. Where it is too wide, the last column is folded; where that has no room,
    the terminal folds: an id stays one word that can be copied."""
    wanted = table_width(out, table)
    last = max((Text.from_markup(str(cell)).cell_len for cell in table.columns[-1].cells), default=0)
    has_room = out.width - (wanted - last) >= _LEAST_LAST_COLUMN
    width = out.width if has_room else max(out.width, wanted)
    for line in out.render_lines(table, out.options.update(width=width, max_width=width), pad=False):
        text = Text.assemble(*((piece.text, piece.style or "") for piece in line))
        text.rstrip()
        out.print(text, soft_wrap=True)


def complain(message: str) -> None:
    """A message to standard error."""
    Console(stderr=True, highlight=False, emoji=False).print(
        f"[bold red]innergate:[/] {escape(message)}", soft_wrap=True
    )
