"""What compile needs of the store: all resources at one revision, and what commits changed."""

from collections.abc import Sequence
from typing import Protocol

from innergate.compile.view import Reader
from innergate.resources.base import Key, R, Resource


class Snapshot(Reader, Protocol):
    """All resources at one revision. The store's `State` is one."""

    @property
    def revision(self) -> int:
        """The store's counter."""
        ...

    def all(self, cls: type[R]) -> tuple[R, ...]:
        """Every resource of that class."""
        ...


class ChangeOf(Protocol):
    """One resource before and after a commit."""

    @property
    def key(self) -> Key: ...
    @property
    def before(self) -> Resource | None: ...
    @property
    def after(self) -> Resource | None: ...


class CommitOf(Protocol):
    """What one transaction changed. The store's `Commit` is one."""

    @property
    def changes(self) -> Sequence[ChangeOf]: ...
