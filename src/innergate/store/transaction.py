"""One transaction: reads see its own writes; nobody else sees anything before the commit."""

from typing import cast, final

from innergate.resources.base import Key, R, Resource, UniqueName, all_index_entries
from innergate.store.errors import MissingReference, NameTaken, StillReferenced
from innergate.store.state import Change, State


@final
class Transaction:
    """Reads and writes on top of a state. A read-only one (`writable=False`) refuses writes."""

    def __init__(self, state: State, writable: bool = True) -> None:
        self._state = state
        self._writable = writable
        self._written: dict[Key, Resource | None] = {}
        self._named: dict[UniqueName, Key] = {}
        """Who was last given a name here; it may have another one by now."""

    def scratch(self) -> "Transaction":
        """A writable transaction on the same state that nobody commits: for what is shown before it is stored."""
        return Transaction(self._state)

    @property
    def revision(self) -> int:
        """The revision that this transaction started from."""
        return self._state.revision

    def get(self, cls: type[R], id: str) -> R | None:
        """The resource of that class and id, or None."""
        key = Key(cls.kind, id)
        if key in self._written:
            return cast("R | None", self._written[key])  # a key's kind tells the class
        return self._state.get(cls, id)

    def all(self, cls: type[R]) -> tuple[R, ...]:
        """Every resource of that class, oldest first, new ones last."""
        return self._with_own(cls, self._state.all(cls), None)

    def find(self, cls: type[R], index: str, value: str) -> tuple[R, ...]:
        """Every resource of that class with this index entry, oldest first, new ones last."""
        return self._with_own(cls, self._state.find(cls, index, value), (index, value))

    def in_account(self, cls: type[R], account: str, region: str) -> tuple[R, ...]:
        """Every resource of that class in the account and region."""
        return self.find(cls, "account", f"{account}/{region}")

    def _with_own(self, cls: type[R], stored: tuple[R, ...], entry: tuple[str, str] | None) -> tuple[R, ...]:
        own = {key.id: cast("R | None", resource) for key, resource in self._written.items() if key.kind == cls.kind}
        if not own:
            return stored
        known = {resource.id for resource in stored}
        changed = (own.get(resource.id, resource) for resource in stored)
        new = (resource for id, resource in own.items() if id not in known)
        return tuple(
            resource
            for resource in (*changed, *new)
            if resource is not None and (entry is None or entry in all_index_entries(resource))
        )

    def revision_of(self, key: Key) -> int:
        """The revision that last wrote the resource; 0 where it is new or absent."""
        return self._state.revision_of(key)

    def holders_of(self, key: Key) -> tuple[Key, ...]:
        """Who refers to the resource, this transaction's writes included."""
        holders = {h for h in self._state.holders_of(key) if h not in self._written}
        holders |= {k for k, r in self._written.items() if r is not None and key in r.references()}
        return tuple(sorted(holders))

    def holder_of_name(self, name: UniqueName) -> Key | None:
        """Who holds the unique name, this transaction's writes included."""
        holder = self._state.holder_of_name(name)
        if holder is not None and holder in self._written:
            now = self._written[holder]
            holder = holder if now is not None and name in now.unique_names() else None
        if holder is not None:
            return holder
        writer = self._named.get(name)
        now = self._written.get(writer) if writer is not None else None
        return writer if now is not None and name in now.unique_names() else None

    def put(self, resource: Resource) -> None:
        """Makes or replaces the resource. Raises NameTaken or MissingReference (a backstop: services check first)."""
        self._require_writable()
        key = resource.key
        for name in resource.unique_names():
            holder = self.holder_of_name(name)
            if holder is not None and holder != key:
                raise NameTaken(name, key, holder)
        for target in resource.references():
            if target != key and not self._exists(target):
                raise MissingReference(key, target)
        self._written[key] = resource
        self._named.update(dict.fromkeys(resource.unique_names(), key))

    def delete(self, resource: Resource) -> None:
        """Removes the resource. Whether somebody still refers to it is checked at the commit."""
        self._require_writable()
        self._written[resource.key] = None

    def changes(self) -> tuple[Change, ...]:
        """What a commit would change, in the order of writing. Raises StillReferenced."""
        result = []
        for key, after in self._written.items():
            row = self._state.row(key)
            before = row.resource if row is not None else None
            if before is not None and before == after:
                continue
            if after is None:
                holders = [h for h in self.holders_of(key) if h != key]
                if holders:
                    raise StillReferenced(key, holders[0])
            if before is not None or after is not None:
                result.append(Change(key, before, after))
        return tuple(result)

    def _exists(self, key: Key) -> bool:
        if key in self._written:
            return self._written[key] is not None
        return self._state.row(key) is not None

    def _require_writable(self) -> None:
        if not self._writable:
            raise RuntimeError("this operation is listed as a reading one, but it writes")
