"""Reading a snapshot while noting what was read, so that nobody writes invalidation rules."""

from typing import Protocol, final

from innergate.resources.base import Key, R, Resource


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
    """A reader that notes every key and every (kind, index, value) that it was asked for."""

    __slots__ = ("_reader", "indexes", "keys")

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.keys: set[Key] = set()
        self.indexes: set[tuple[str, str, str]] = set()

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


def _keys(resources: tuple[Resource, ...]) -> list[Key]:
    return [resource.key for resource in resources]
