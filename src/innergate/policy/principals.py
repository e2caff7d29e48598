"""Who asks, and whether a statement means them (IAM User Guide, "Principal", "NotPrincipal")."""

from collections.abc import Mapping
from enum import IntEnum
from typing import NamedTuple

from innergate.policy.document import Statement
from innergate.primitives.arn import parse_arn


class Principal(NamedTuple):
    """Who asks. `kind` is root, user, assumed-role or service; for a service `arn` is its name (`apigateway.amazonaws.com`).
    `role_arn` is the role of an assumed-role session; `id` the unique id (AIDA…, AROA…:session)."""

    kind: str
    account: str
    arn: str
    id: str = ""
    role_arn: str = ""


class Grant(IntEnum):
    """How closely a statement names the asker."""

    NOBODY = 0
    ACCOUNT = 1
    """Only the asker's account is named: the account's own policies must allow it too."""
    ROLE = 2
    """The role is named, not the session of it that asks: what limits the session limits this, too."""
    EVERYONE = 3
    PRINCIPAL = 4


def grant_of(statement: Statement, principal: Principal | None) -> Grant:
    """How the statement names the principal (None: an anonymous one). A statement of an identity policy names its holder."""
    if statement.principals is not None:
        return _named(statement.principals, principal)
    if statement.not_principals is not None:
        return Grant.NOBODY if _is_excepted(statement, principal) else Grant.EVERYONE
    return Grant.PRINCIPAL


def _named(principals: Mapping[str, tuple[str, ...]], principal: Principal | None) -> Grant:
    best = Grant.NOBODY
    for kind, names in principals.items():
        for name in names:
            best = max(best, _named_by(kind, name, principal))
    return best


def _named_by(kind: str, name: str, principal: Principal | None) -> Grant:
    if kind == "AWS" and name == "*":
        return Grant.EVERYONE
    if principal is None:
        return Grant.NOBODY
    if kind == "Service":
        return Grant.PRINCIPAL if principal.kind == "service" and principal.arn == name else Grant.NOBODY
    if kind != "AWS" or principal.kind == "service":
        return Grant.NOBODY
    if name == principal.arn:
        return Grant.PRINCIPAL
    if name in (principal.role_arn, principal.id.partition(":")[0]):
        return Grant.ROLE if principal.role_arn else Grant.PRINCIPAL
    return Grant.ACCOUNT if account_of(name) == principal.account else Grant.NOBODY


def account_of(name: str) -> str:
    """The account that a principal's name stands for as a whole (`111122223333`, `arn:aws:iam::111122223333:root`); ""."""
    if len(name) == 12 and name.isascii() and name.isdigit():
        return name
    arn = parse_arn(name)
    if arn is not None and arn.service == "iam" and arn.resource == "root":
        return arn.account
    return ""


def _is_excepted(statement: Statement, principal: Principal | None) -> bool:
    """Whether NotPrincipal leaves the principal out. An account's name excepts all of the account from an Allow, but only its
    root from a Deny: both are the stricter reading."""
    grant = _named(statement.not_principals or {}, principal)
    if grant is Grant.ACCOUNT and statement.effect == "Deny":
        return principal is not None and principal.kind == "root"
    return grant is not Grant.NOBODY
