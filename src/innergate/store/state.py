"""The immutable heart of the store: all resources at one revision, as persistent maps.

It knows nothing of files. A commit makes a new `State` that shares all but what changed with the old one.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple, TypeVar, cast, final

import immutables

from innergate.resources.base import IndexEntry, Key, R, Resource, UniqueName, all_index_entries
from innergate.store.rows import Row
from innergate.store.shelves import EMPTY, EMPTY_SHELF, Contents, Shelf, draw_up, put_together
from innergate.store.unread import Unread

K = TypeVar("K")
V = TypeVar("V")


class Change(NamedTuple):
    """One resource before and after a commit; `before` is None for a new one, `after` for a deleted one."""

    key: Key
    before: Resource | None
    after: Resource | None


class Commit(NamedTuple):
    """What one transaction changed."""

    revision: int
    changes: tuple[Change, ...]


@final
class State:
    """All resources at `revision`. Reading never blocks and never changes, but for the state of a store that is being opened:
    there the first to read a kind waits until it is read."""

    __slots__ = ("_contents", "_unread", "revision")

    def __init__(self, revision: int = 0, contents: Contents = EMPTY, unread: Unread | None = None) -> None:
        self.revision = revision
        self._contents: Contents | None = contents if unread is None else None
        self._unread = unread

    @classmethod
    def load(cls, revision: int, rows: Iterable[Row]) -> "State":
        """The state that holds just `rows`, each with the revisions that it says."""
        of_kind: dict[str, list[Row]] = {}
        for row in rows:
            of_kind.setdefault(row.resource.kind, []).append(row)
        return cls(revision, put_together([(kind, draw_up(group)) for kind, group in of_kind.items()]))

    def read_all(self) -> Contents:
        """Everything, read where it has not been. Raises StoreDamaged."""
        contents, unread = self._contents, self._unread
        if contents is None:
            assert unread is not None
            contents = self._contents = unread.contents()
            self._unread = None
        return contents

    @property
    def is_read(self) -> bool:
        """Whether reading waits for no file."""
        return self._unread is None

    def close(self) -> None:
        """Lets go of a file that has not been read to its end."""
        if self._unread is not None:
            self._unread.close()

    def _shelf(self, kind: str) -> Shelf:
        contents, unread = self._contents, self._unread
        if contents is not None:
            return contents.shelves.get(kind, EMPTY_SHELF)
        return unread.shelf(kind) if unread is not None else self._shelf(kind)

    def row(self, key: Key) -> Row | None:
        """The row under `key`, or None."""
        return self._shelf(key.kind).rows.get(key.id)

    def get(self, cls: type[R], id: str) -> R | None:
        """The resource of that class and id, or None."""
        row = self._shelf(cls.kind).rows.get(id)
        return cast("R", row.resource) if row is not None else None  # a key's kind tells the class

    def all(self, cls: type[R]) -> tuple[R, ...]:
        """Every resource of that class, oldest first."""
        return self._ordered(cls, self._shelf(cls.kind).rows.items())

    def count(self, cls: type[R]) -> int:
        """How many resources of that class there are."""
        unread = self._unread
        return unread.count(cls.kind) if unread is not None else len(self._shelf(cls.kind).rows)

    def find(self, cls: type[R], index: str, value: str) -> tuple[R, ...]:
        """Every resource of that class with this index entry, oldest first."""
        rows, entries = self._shelf(cls.kind)
        ids = entries.get(IndexEntry(index, value))
        if not ids:
            return ()
        return self._ordered(cls, ((id, rows[id]) for id in ids))

    def revision_of(self, key: Key) -> int:
        """The revision that last wrote the resource; 0 where it does not exist."""
        row = self.row(key)
        return row.written if row is not None else 0

    def holder_of_name(self, name: UniqueName) -> Key | None:
        """Who holds the unique name, or None."""
        return self.read_all().names.get(name)

    def holders_of(self, key: Key) -> tuple[Key, ...]:
        """Who refers to the resource, in a stable order."""
        holders = self.read_all().held.get(key)
        return tuple(sorted(holders)) if holders else ()

    def rows(self) -> Iterator[Row]:
        """Every row of every kind."""
        for shelf in self.read_all().shelves.values():
            yield from shelf.rows.values()

    @staticmethod
    def _ordered(cls: type[R], rows: Iterable[tuple[str, Row]]) -> tuple[R, ...]:
        """Rows of the shelf of `cls`."""
        found = tuple(row.resource for _, row in sorted(rows, key=lambda found: (found[1].created, found[0])))
        return cast("tuple[R, ...]", found)

    def apply(self, revision: int, changes: tuple[Change, ...]) -> "State":
        """The state after `changes`. They must be consistent: a transaction has checked them."""
        contents = self.read_all()
        shelves, names, held = contents.shelves.mutate(), contents.names.mutate(), contents.held.mutate()
        for key, before, after in changes:
            rows, entries = shelves.get(key.kind, EMPTY_SHELF)
            old = rows.get(key.id)
            index = entries.mutate()
            if before is not None:
                for entry in all_index_entries(before):
                    _take_out(index, entry, key.id)
                for name in before.unique_names():
                    if names.get(name) == key:
                        del names[name]
                for target in before.references():
                    _take_out(held, target, key)
            if after is not None:
                rows = rows.set(key.id, Row(after, old.created if old else revision, revision))
                for entry in all_index_entries(after):
                    index[entry] = index.get(entry, immutables.Map()).set(key.id, None)
                for target in after.references():
                    held[target] = held.get(target, immutables.Map()).set(key, None)
            else:
                rows = rows.delete(key.id)
            shelves[key.kind] = Shelf(rows, index.finish())
        for key, _, after in changes:
            if after is not None:
                for name in after.unique_names():
                    names[name] = key
        return State(revision, Contents(shelves.finish(), names.finish(), held.finish()))


def _take_out(maps: "immutables.MapMutation[K, immutables.Map[V, None]]", spot: K, value: V) -> None:
    """Takes a value out of the map at a spot, and with the last one the spot."""
    values = maps.get(spot)
    if values is None or value not in values:
        return
    rest = values.delete(value)
    if rest:
        maps[spot] = rest
    else:
        del maps[spot]
