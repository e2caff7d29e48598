"""Reading a snapshot while noting what was read, so that nobody writes invalidation rules."""

from collections.abc import Callable
from typing import Protocol, TypeAlias, final

from innergate.resources.base import Key, R, Resource

IndexKey: TypeAlias = tuple[str, str, str]
"""(kind, index, value)."""


class Reader(Protocol):
    """What compile needs of a snapshot. The store's `State` and `Transaction` both are one."""

    def get(self, cls: type[R], id: str) -> R | None:
        """The resource of that class and id, or None."""
        ...

    def find(self, cls: type[R], index: str, value: str) -> tuple[R, ...]:
        """Every resource of that class with this index entry, oldest first."""
        ...


@final
class View:
    """A reader that notes every key and every (kind, index, value) that it was asked for, and every unit that was demanded.

    `run` runs a demanded unit (or looks up its value); without it nothing can be demanded.
    """

    __slots__ = ("_reader", "_run", "demands", "indexes", "keys")

    def __init__(self, reader: Reader, run: Callable[[str, str], object] | None = None) -> None:
        self._reader = reader
        self._run = run
        self.keys: set[Key] = set()
        self.indexes: set[IndexKey] = set()
        self.demands: set[tuple[str, str]] = set()

    def get(self, cls: type[R], id: str) -> R | None:
        """The resource, noted."""
        self.keys.add(Key(cls.kind, id))
        return self._reader.get(cls, id)

    def find(self, cls: type[R], index: str, value: str) -> tuple[R, ...]:
        """The resources, noted: the index entry itself and each resource found."""
        self.indexes.add((cls.kind, index, value))
        found = self._reader.find(cls, index, value)
        self.keys.update(_keys(found))
        return found

    def demand(self, family: str, id: str) -> object:
        """The value of another unit, noted. The unit exists (and emits) while somebody demands it; who demands it runs again
        only when its value changes, however often what it emits does."""
        if self._run is None:
            raise LookupError(f"unit {family}/{id} is demanded, but a demanded unit cannot demand others")
        self.demands.add((family, id))
        return self._run(family, id)


def _keys(resources: tuple[Resource, ...]) -> list[Key]:
    return [resource.key for resource in resources]
