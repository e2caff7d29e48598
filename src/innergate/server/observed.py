"""Observations as services read them: the store's, and the few that change with every message and live in memory."""

from datetime import datetime
from pathlib import Path
from typing import NamedTuple, final

from innergate.primitives.clock import Clock
from innergate.runtime.usage_counts import UsageCounts
from innergate.store.observations import Observation
from innergate.store.sqlite import SqliteStore

USAGE_PREFIX = "usage/"


class LatestChecks(NamedTuple):
    """What checks of targets have found, as explanations read it."""

    store: SqliteStore
    clock: Clock

    def observed(self, subject: str, name: str) -> Observation | None:
        """The newest observation, or None."""
        return self.store.observed(subject, name)

    def now(self) -> datetime:
        """The time, for how old an observation is."""
        return self.clock.now()


@final
class PlatformObservations:
    """`node/local` `applied_revision` is the store revision of which every executor has taken everything; `usage/<plan>/<key>`
    `<day>` is what the runtime's workers have counted."""

    def __init__(self, store: SqliteStore, clock: Clock, usage_file: Path | None = None) -> None:
        self._usage_file = usage_file
        self._usage: UsageCounts | None = None
        self._store = store
        self._clock = clock
        self._live: dict[tuple[str, str], Observation] = {}

    def note(self, subject: str, name: str, value: int | str | bool) -> None:
        """Keeps a live value."""
        self._live[subject, name] = Observation(subject, name, value, self._clock.now())

    def observed(self, subject: str, name: str) -> Observation | None:
        """The newest observation, or None."""
        if subject.startswith(USAGE_PREFIX):
            return self._usage_of(subject, name)
        return self._live.get((subject, name)) or self._store.observed(subject, name)

    def _usage_of(self, subject: str, day: str) -> Observation | None:
        if self._usage is None:
            if self._usage_file is None or not self._usage_file.exists():
                return None
            self._usage = UsageCounts(self._usage_file)
        plan, _, key = subject.removeprefix(USAGE_PREFIX).partition("/")
        return Observation(subject, day, self._usage.counted(plan, key, day), self._clock.now())

    def observed_of(self, subject: str) -> tuple[Observation, ...]:
        """All observations of a subject."""
        live = tuple(seen for (about, _), seen in self._live.items() if about == subject)
        return live or self._store.observed_of(subject)
