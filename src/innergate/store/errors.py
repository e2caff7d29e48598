"""Why the store refuses a write. Services turn these into AWS's own errors."""

from typing import final

from innergate.resources.base import Key, UniqueName, Unreadable


@final
class NameTaken(Exception):
    """Another resource holds the name."""

    def __init__(self, name: UniqueName, wanted_by: Key, holder: Key) -> None:
        super().__init__(f"{wanted_by} wants the name {name.name!r} in {name.scope!r}, which {holder} holds")
        self.name = name
        self.holder = holder


@final
class StillReferenced(Exception):
    """A resource cannot go while `holder` refers to it."""

    def __init__(self, key: Key, holder: Key) -> None:
        super().__init__(f"{key} cannot be deleted: {holder} refers to it")
        self.key = key
        self.holder = holder


@final
class MissingReference(Exception):
    """A resource refers to one that is not there."""

    def __init__(self, holder: Key, missing: Key) -> None:
        super().__init__(f"{holder} refers to {missing}, which does not exist")
        self.holder = holder
        self.missing = missing


@final
class StoreBusy(Exception):
    """Another process has the state folder open."""


@final
class StoreTooNew(Exception):
    """The state was written by a newer Innergate."""


@final
class StoreUnwritable(OSError):
    """The disk does not take what is written (it is full, or read-only): nothing of the transaction has happened."""


@final
class StoreDamaged(Unreadable):
    """The file is not what was acknowledged: it is no database any more, what it holds cannot be read, or it ends before the
    last acknowledged commit."""
