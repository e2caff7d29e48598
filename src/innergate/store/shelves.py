"""What a state is made of: for each kind its rows and indexes, and over all kinds unique names and references."""

from collections.abc import Iterable
from typing import NamedTuple, TypeAlias

import immutables

from innergate.resources.base import IndexEntry, Key, UniqueName, all_index_entries
from innergate.store.rows import Row

Ids: TypeAlias = "immutables.Map[str, None]"
Holders: TypeAlias = "immutables.Map[Key, None]"


class Shelf(NamedTuple):
    """All resources of one kind, by id and by index entry."""

    rows: "immutables.Map[str, Row]"
    entries: "immutables.Map[IndexEntry, Ids]"


EMPTY_SHELF = Shelf(immutables.Map(), immutables.Map())


class Contents(NamedTuple):
    """All resources; who has a unique name, and who refers to a resource."""

    shelves: "immutables.Map[str, Shelf]"
    names: "immutables.Map[UniqueName, Key]"
    held: "immutables.Map[Key, Holders]"


EMPTY = Contents(immutables.Map(), immutables.Map(), immutables.Map())


class Drawn(NamedTuple):
    """One kind, with what its resources add to names and references."""

    shelf: Shelf
    names: dict[UniqueName, Key]
    held: "dict[Key, Holders]"


def draw_up(rows: Iterable[Row]) -> Drawn:
    """The shelf of all rows of one kind."""
    of_id: dict[str, Row] = {}
    index: dict[IndexEntry, dict[str, None]] = {}
    names: dict[UniqueName, Key] = {}
    held: dict[Key, dict[Key, None]] = {}
    for row in rows:
        resource = row.resource
        id, key = resource.id, resource.key
        of_id[id] = row
        for entry in all_index_entries(resource):
            index.setdefault(entry, {})[id] = None
        for name in resource.unique_names():
            names[name] = key
        for target in resource.references():
            held.setdefault(target, {})[key] = None
    maps = {entry: immutables.Map(ids) for entry, ids in index.items()}
    holders = {target: immutables.Map(keys.items()) for target, keys in held.items()}
    return Drawn(Shelf(immutables.Map(of_id), immutables.Map(maps)), names, holders)


def put_together(drawn: Iterable[tuple[str, Drawn]]) -> Contents:
    """The contents of all kinds."""
    shelves: dict[str, Shelf] = {}
    names: dict[UniqueName, Key] = {}
    held: dict[Key, Holders] = {}
    for kind, one in drawn:
        if one.shelf.rows:
            shelves[kind] = one.shelf
        names |= one.names
        for target, holders in one.held.items():
            others = held.get(target)
            held[target] = others.update(holders) if others is not None else holders
    return Contents(immutables.Map(shelves), immutables.Map(names), immutables.Map(held))
