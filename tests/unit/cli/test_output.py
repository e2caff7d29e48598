"""Tables on terminals of every width, and in pipes."""

import pytest
from rich.console import Console

from innergate.cli.output import make_table, print_table

ID = "wl-a0b0912ddb27c5e23"
COMMAND = "python3 -m http.server 80 --directory site"


def printed(width: int, *rows: tuple[str, ...]) -> list[str]:
    out = Console(width=width, highlight=False, color_system=None)
    with out.capture() as captured:
        print_table(out, make_table(("host", "name", "command"), rows))
    return captured.get().splitlines()


def test_lines_end_with_what_they_say() -> None:
    assert printed(200, (ID, "web", COMMAND), (ID, "w", "ls")) == [
        "host                  name  command",
        f"{ID}  web   {COMMAND}",
        f"{ID}  w     ls",
    ]


def test_the_last_column_is_folded_where_there_is_room_for_it() -> None:
    assert printed(60, (ID, "web", COMMAND))[1:] == [
        f"{ID}  web   python3 -m http.server 80",
        f"{' ' * 28}--directory site",
    ]


@pytest.mark.parametrize("width", [30, 40, 50])
def test_an_id_is_never_folded_by_us(width: int) -> None:
    """What is too wide is the terminal's to fold: the line is one, and can be copied."""
    assert printed(width, (ID, "web", COMMAND))[1] == f"{ID}  web   {COMMAND}"
