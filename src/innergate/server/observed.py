"""Observations as services read them: the store's, and the few that change with every message and live in memory."""

from typing import final

from innergate.primitives.clock import Clock
from innergate.store.observations import Observation
from innergate.store.sqlite import SqliteStore


@final
class PlatformObservations:
    """`node/local` `applied_revision` is the store revision of which every executor has taken everything."""

    def __init__(self, store: SqliteStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._live: dict[tuple[str, str], Observation] = {}

    def note(self, subject: str, name: str, value: int | str | bool) -> None:
        """Keeps a live value."""
        self._live[subject, name] = Observation(subject, name, value, self._clock.now())

    def observed(self, subject: str, name: str) -> Observation | None:
        """The newest observation, or None."""
        return self._live.get((subject, name)) or self._store.observed(subject, name)

    def observed_of(self, subject: str) -> tuple[Observation, ...]:
        """All observations of a subject."""
        live = tuple(seen for (about, _), seen in self._live.items() if about == subject)
        return live or self._store.observed_of(subject)
