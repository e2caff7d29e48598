"""The parsed form of a policy. Frozen; says nothing of any request."""

from collections.abc import Mapping
from typing import Literal, NamedTuple, TypeAlias

import msgspec

Effect: TypeAlias = Literal["Allow", "Deny"]
PolicyKind: TypeAlias = Literal["identity", "resource", "trust"]
"""`identity` has no Principal; `resource` (API, endpoint, …) needs one; `trust` needs one and has no Resource."""


class PolicyError(Exception):
    """The text is no policy. The message is AWS's; services choose the error code that it travels in."""

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


class Condition(NamedTuple):
    """One operator with one key: `{"StringEquals": {"aws:SourceVpce": ["vpce-1"]}}` is one of these."""

    qualifier: Literal["", "ForAnyValue", "ForAllValues"]
    operator: str
    """The operator without qualifier and without IfExists, as the policy spells it."""
    if_exists: bool
    key: str
    """As the policy spells it; compared in lower case."""
    values: tuple[str, ...]

    @property
    def name(self) -> str:
        """The operator as the policy writes it."""
        prefix = f"{self.qualifier}:" if self.qualifier else ""
        return f"{prefix}{self.operator}{'IfExists' if self.if_exists else ''}"


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """One statement. `principals` and the others are None where the statement does not have the element."""

    index: int
    line: int
    """The line of the policy text that the statement starts on, from 1."""
    sid: str = ""
    effect: Effect
    principals: Mapping[str, tuple[str, ...]] | None = None
    not_principals: Mapping[str, tuple[str, ...]] | None = None
    actions: tuple[str, ...] | None = None
    not_actions: tuple[str, ...] | None = None
    resources: tuple[str, ...] | None = None
    not_resources: tuple[str, ...] | None = None
    conditions: tuple[Condition, ...] = ()

    @property
    def name(self) -> str:
        """How a person finds it: `Sid (statement 2, line 14)`."""
        where = f"statement {self.index}, line {self.line}"
        return f"{self.sid} ({where})" if self.sid else where


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """A policy. `name` says where it is from, in explanations."""

    statements: tuple[Statement, ...]
    kind: PolicyKind = "resource"
    version: str = "2008-10-17"
    id: str = ""
    name: str = ""

    @property
    def has_variables(self) -> bool:
        """Whether `${…}` means something; it does not in the old version of the language."""
        return self.version == "2012-10-17"


def deny_everything(kind: PolicyKind, name: str) -> Policy:
    """What stands in for a stored policy that cannot be read."""
    principals = {"AWS": ("*",)} if kind != "identity" else None
    statement = Statement(
        index=0, line=1, sid="Unreadable", effect="Deny", principals=principals, actions=("*",), resources=("*",)
    )
    return Policy(statements=(statement,), kind=kind, version="2012-10-17", name=name)
