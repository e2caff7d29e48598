"""Limits that a tenant's template cannot talk its way around."""

from typing import final

MAX_LOOP_ITERATIONS = 1000
"""Of one #foreach (API Gateway quotas, "iterations in a #foreach loop")."""
MAX_OUTPUT_CHARACTERS = 10 * 1024 * 1024
MAX_STEPS = 200_000
MAX_DEPTH = 60


class TemplateTooCostly(Exception):
    """A template went over a limit; the message says which."""


@final
class Budget:
    """What one rendering may spend. Raises TemplateTooCostly when it is spent."""

    __slots__ = ("_characters", "_steps")

    def __init__(self, steps: int = MAX_STEPS) -> None:
        self._steps = steps
        self._characters = MAX_OUTPUT_CHARACTERS

    def step(self) -> None:
        """One node, one element, one call."""
        self._steps -= 1
        if self._steps < 0:
            raise TemplateTooCostly("the template takes too many steps")

    def spend(self, steps: int, characters: int) -> None:
        """Several steps, and characters, at once."""
        self._steps -= steps
        self._characters -= characters
        if self._steps < 0:
            raise TemplateTooCostly("the template takes too many steps")
        if self._characters < 0:
            raise TemplateTooCostly("the template makes too much text")

    def characters(self, count: int) -> None:
        """Characters of output, or of a text that the template makes on the way."""
        self._characters -= count
        if self._characters < 0:
            raise TemplateTooCostly("the template makes too much text")
