"""What `innergate up` tells to type next."""

import pytest

from innergate.cli.up import next_steps

FIRST = 'next: [bold]innergate account add NAME[/] and [bold]eval "$(innergate env NAME)"[/]'


@pytest.mark.parametrize(
    ("names", "lines"),
    [
        ([], [FIRST]),
        (["shop"], ["accounts shop", 'next: [bold]eval "$(innergate env shop)"[/]']),
        (
            ["a b", *"bcdefg"],
            ["accounts 'a b', b, c, d, e and 2 more", "next: [bold]eval \"$(innergate env 'a b')\"[/]"],
        ),
        (["[red]x"], ["accounts '\\[red]x'", "next: [bold]eval \"$(innergate env '\\[red]x')\"[/]"]),
    ],
)
def test_a_first_start_wants_an_account_and_a_later_one_has_them(names: list[str], lines: list[str]) -> None:
    assert next_steps(names) == lines
