"""The immutable heart of the store: all resources at one revision, as persistent maps.

It knows nothing of files. A commit makes a new `State` that shares all but what changed with the old one.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple, final

import immutables

from innergate.resources.base import Key, R, Resource, UniqueName, all_index_entries
from innergate.store.rows import Row

IndexKey = tuple[str, str, str]
"""(kind, index name, value)."""


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
    """All resources at `revision`. Reading never blocks and never changes."""

    __slots__ = ("_held", "_index", "_kinds", "_names", "revision")

    def __init__(
        self,
        revision: int = 0,
        kinds: "immutables.Map[str, immutables.Map[str, Row]] | None" = None,
        index: "immutables.Map[IndexKey, immutables.Map[str, None]] | None" = None,
        names: "immutables.Map[UniqueName, Key] | None" = None,
        held: "immutables.Map[Key, immutables.Map[Key, None]] | None" = None,
    ) -> None:
        self.revision = revision
        self._kinds = kinds if kinds is not None else immutables.Map()
        self._index = index if index is not None else immutables.Map()
        self._names = names if names is not None else immutables.Map()
        self._held = held if held is not None else immutables.Map()

    @classmethod
    def load(cls, revision: int, rows: Iterable[Row]) -> "State":
        """The state that holds just `rows`, each with the revisions that it says."""
        kinds: dict[str, dict[str, Row]] = {}
        index: dict[IndexKey, dict[str, None]] = {}
        names: dict[UniqueName, Key] = {}
        held: dict[Key, dict[Key, None]] = {}
        for row in rows:
            resource = row.resource
            key = resource.key
            kinds.setdefault(key.kind, {})[key.id] = row
            for entry in all_index_entries(resource):
                index.setdefault((key.kind, entry.name, entry.value), {})[key.id] = None
            for name in resource.unique_names():
                names[name] = key
            for target in resource.references():
                held.setdefault(target, {})[key] = None
        return cls(
            revision,
            immutables.Map({kind: immutables.Map(group) for kind, group in kinds.items()}),
            immutables.Map({spot: immutables.Map(ids) for spot, ids in index.items()}),
            immutables.Map(names),
            immutables.Map({target: immutables.Map(holders.items()) for target, holders in held.items()}),
        )

    def row(self, key: Key) -> Row | None:
        """The row under `key`, or None."""
        rows = self._kinds.get(key.kind)
        return rows.get(key.id) if rows is not None else None

    def get(self, cls: type[R], id: str) -> R | None:
        """The resource of that class and id, or None."""
        rows = self._kinds.get(cls.kind)
        row = rows.get(id) if rows is not None else None
        return row.resource if row is not None else None  # type: ignore[return-value]

    def all(self, cls: type[R]) -> tuple[R, ...]:
        """Every resource of that class, oldest first."""
        rows = self._kinds.get(cls.kind)
        return self._ordered(rows.items()) if rows is not None else ()  # type: ignore[return-value]

    def count(self, cls: type[R]) -> int:
        """How many resources of that class there are."""
        return len(self._kinds.get(cls.kind, ()))

    def find(self, cls: type[R], index: str, value: str) -> tuple[R, ...]:
        """Every resource of that class with this index entry, oldest first."""
        ids = self._index.get((cls.kind, index, value))
        if not ids:
            return ()
        rows = self._kinds[cls.kind]
        return self._ordered((id, rows[id]) for id in ids)  # type: ignore[return-value]

    def revision_of(self, key: Key) -> int:
        """The revision that last wrote the resource; 0 where it does not exist."""
        row = self.row(key)
        return row.written if row is not None else 0

    def holder_of_name(self, name: UniqueName) -> Key | None:
        """Who holds the unique name, or None."""
        return self._names.get(name)

    def holders_of(self, key: Key) -> tuple[Key, ...]:
        """Who refers to the resource, in a stable order."""
        holders = self._held.get(key)
        return tuple(sorted(holders)) if holders else ()

    def rows(self) -> Iterator[Row]:
        """Every row of every kind."""
        for rows in self._kinds.values():
            yield from rows.values()

    @staticmethod
    def _ordered(rows: Iterable[tuple[str, Row]]) -> tuple[Resource, ...]:
        return tuple(row.resource for _, row in sorted(rows, key=lambda found: (found[1].created, found[0])))

    def apply(self, revision: int, changes: tuple[Change, ...]) -> "State":
        """The state after `changes`. They must be consistent: a transaction has checked them."""
        kinds, index = self._kinds.mutate(), self._index.mutate()
        names, held = self._names.mutate(), self._held.mutate()
        for key, before, after in changes:
            rows = kinds.get(key.kind, immutables.Map())
            old = rows.get(key.id)
            if before is not None:
                for entry in all_index_entries(before):
                    spot = (key.kind, entry.name, entry.value)
                    if spot in index and key.id in index[spot]:
                        rest = index[spot].delete(key.id)
                        if rest:
                            index[spot] = rest
                        else:
                            del index[spot]
                for name in before.unique_names():
                    if names.get(name) == key:
                        del names[name]
                for target in before.references():
                    rest_held = held.get(target)
                    if rest_held is not None and key in rest_held:
                        remaining = rest_held.delete(key)
                        if remaining:
                            held[target] = remaining
                        else:
                            del held[target]
            if after is None:
                kinds[key.kind] = rows.delete(key.id)
                continue
            kinds[key.kind] = rows.set(key.id, Row(after, old.created if old else revision, revision))
            for entry in all_index_entries(after):
                spot = (key.kind, entry.name, entry.value)
                index[spot] = index.get(spot, immutables.Map()).set(key.id, None)
            for target in after.references():
                held[target] = held.get(target, immutables.Map()).set(key, None)
        for key, _, after in changes:
            if after is not None:
                for name in after.unique_names():
                    names[name] = key
        return State(revision, kinds.finish(), index.finish(), names.finish(), held.finish())
