"""What every resource is: an envelope around an AWS document, with names, references and indexes of its own."""

from datetime import datetime
from typing import Any, ClassVar, NamedTuple, TypeVar

import msgspec

from innergate.primitives.ids import AccountId, Region


class Unreadable(Exception):
    """What is kept cannot be read. Nobody goes on as if it were not there: what he made of the rest would be wrong."""


class Key(NamedTuple):
    """Where a resource lives: its kind, and an id that is unique in that kind on the whole platform."""

    kind: str
    id: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.id}"


class UniqueName(NamedTuple):
    """A name that only one resource may have. `scope` says where ("load-balancer-name/111122223333/us-east-1")."""

    scope: str
    name: str


class IndexEntry(NamedTuple):
    """One way to find a resource other than by its id."""

    name: str
    value: str


class Resource(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=False):
    """A noun of the product. Subclasses set `kind` and choose `rename="pascal"` or `"camel"` as their service writes."""

    kind: ClassVar[str]
    version: ClassVar[int] = 1

    id: str
    account: AccountId
    region: Region

    @property
    def key(self) -> Key:
        return Key(self.kind, self.id)

    def unique_names(self) -> tuple[UniqueName, ...]:
        """Names that no other resource may hold at the same time; the store enforces it."""
        return ()

    def references(self) -> tuple[Key, ...]:
        """What must exist while this does; the store refuses to delete it, naming this resource as the holder."""
        return ()

    def index_entries(self) -> tuple[IndexEntry, ...]:
        """Where `find` looks this up. Every resource is also found under ("account", "<account>/<region>")."""
        return ()


R = TypeVar("R", bound=Resource)


def all_index_entries(resource: Resource) -> tuple[IndexEntry, ...]:
    """The resource's own entries and the one that every resource has."""
    return (IndexEntry("account", f"{resource.account}/{resource.region}"), *resource.index_entries())


def document(value: msgspec.Struct, leave_out: frozenset[str] = frozenset()) -> dict[str, Any]:
    """The AWS document of `value`: encoded member names, without the envelope, without None. Instants stay `datetime`.

    `leave_out` names further encoded members that the answer must not show.
    """
    built: dict[str, Any] = msgspec.to_builtins(value, builtin_types=(datetime,))
    if isinstance(value, Resource):
        fields = {field.name: field.encode_name for field in msgspec.structs.fields(value)}
        hidden = {fields["id"], fields["account"], fields["region"]} | leave_out
    else:
        hidden = set(leave_out)
    return {name: member for name, member in built.items() if name not in hidden and member is not None}
