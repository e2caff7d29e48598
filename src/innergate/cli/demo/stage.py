"""What the audience sees: a line a step, as it happens, with what it made and how long it took."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple, final

from rich.console import Console

from innergate.cli.output import escape

STYLES = {"purple": "bold magenta", "red": "bold red", "setup": "bold cyan", "must fail": "bold yellow"}


class Done(NamedTuple):
    """A finished step."""

    group: str
    number: str
    title: str
    seconds: float
    result: str


@final
class Step:
    """A step under way: `made` notes an id or a finding, which is shown under the step's line."""

    def __init__(self, out: Console) -> None:
        self._out = out
        self.notes: list[str] = []
        self.result = "ok"

    def made(self, label: str, value: object) -> None:
        """Shows `label value` below the step."""
        self.notes.append(f"{label} {value}")
        self._out.print(f"      {escape(label):<22} [cyan]{escape(str(value))}[/]", highlight=False, soft_wrap=True)

    def say(self, text: str) -> None:
        """Shows a remark below the step."""
        self._out.print(f"      {escape(text)}", highlight=False, soft_wrap=True)


@final
class Stage:
    """Prints steps and remembers them for the summary."""

    def __init__(self, out: Console) -> None:
        self.out = out
        self.done: list[Done] = []

    @contextmanager
    def step(self, group: str, number: str, title: str) -> Iterator[Step]:
        """Shows a step from its begin to its end; an error ends the demo."""
        mark = f"{group} {number}".strip()
        self.out.print(f"[{STYLES.get(group, 'bold')}]{mark:>10}[/]  {title}", highlight=False, soft_wrap=True)
        began = time.monotonic()
        step = Step(self.out)
        yield step
        seconds = time.monotonic() - began
        self.out.print(f"      [dim]{seconds:.2f} s[/]", highlight=False, soft_wrap=True)
        self.done.append(Done(group, number, title, seconds, step.result))
