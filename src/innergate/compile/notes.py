"""What each unit read and demanded the last time it ran, and the other way round: whom a change concerns."""

from collections.abc import Iterable
from typing import TypeVar, final

import msgspec

from innergate.compile.family import Unit
from innergate.compile.view import IndexKey, View
from innergate.resources.base import IndexEntry, Key


class Note(msgspec.Struct, frozen=True):
    """Of one unit."""

    keys: frozenset[Key] = frozenset()
    indexes: frozenset[IndexKey] = frozenset()
    demands: frozenset[Unit] = frozenset()


_NOTHING = Note()


@final
class Notes:
    """Of all units."""

    def __init__(self) -> None:
        self._of_unit: dict[Unit, Note] = {}
        self._by_key: dict[Key, set[Unit]] = {}
        self._by_index: dict[IndexKey, set[Unit]] = {}
        self.demanders: dict[Unit, set[Unit]] = {}
        """Who demands a unit."""

    def of(self, unit: Unit) -> Note:
        """What the unit read."""
        return self._of_unit.get(unit, _NOTHING)

    def take(self, unit: Unit, view: View) -> None:
        """What the unit has just read, in place of what it read before."""
        demands = frozenset(Unit(family, id) for family, id in view.demands)
        self.put(unit, Note(frozenset(view.keys), frozenset(view.indexes), demands))

    def put(self, unit: Unit, note: Note) -> None:
        """The same from a note."""
        old = self._of_unit.pop(unit, None)
        if old is not None:
            _unlist(self._by_key, old.keys - note.keys, unit)
            _unlist(self._by_index, old.indexes - note.indexes, unit)
            _unlist(self.demanders, old.demands - note.demands, unit)
        _enlist(self._by_key, note.keys, unit)
        _enlist(self._by_index, note.indexes, unit)
        _enlist(self.demanders, note.demands, unit)
        if note != _NOTHING:
            self._of_unit[unit] = note

    def readers_of(self, key: Key, entries: Iterable[IndexEntry]) -> set[Unit]:
        """Who read the resource, or looked it up by one of these index entries."""
        readers = set(self._by_key.get(key, ()))
        for name, value in entries:
            readers |= self._by_index.get((key.kind, name, value), set())
        return readers


E = TypeVar("E")


def _enlist(lists: dict[E, set[Unit]], entries: Iterable[E], unit: Unit) -> None:
    for entry in entries:
        lists.setdefault(entry, set()).add(unit)


def _unlist(lists: dict[E, set[Unit]], entries: Iterable[E], unit: Unit) -> None:
    for entry in entries:
        units = lists.get(entry)
        if units is not None:
            units.discard(unit)
            if not units:
                del lists[entry]
