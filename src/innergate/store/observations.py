"""Observations: what executors saw. No revision, no waking, newest wins."""

from datetime import datetime
from typing import NamedTuple, Protocol

from innergate.primitives.json_value import JsonValue


class Observation(NamedTuple):
    """`subject` is what was looked at ("target/<arn>/10.0.1.21:80", "node/local"), `name` what was seen of it."""

    subject: str
    name: str
    value: JsonValue
    at: datetime


class Observations(Protocol):
    """Reads observations."""

    def observed(self, subject: str, name: str) -> Observation | None:
        """The newest observation, or None."""
        ...

    def observed_of(self, subject: str) -> tuple[Observation, ...]:
        """All of a subject."""
        ...
