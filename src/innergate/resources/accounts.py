"""Accounts: the tenants. Made by Organizations or by the operator."""

from datetime import datetime
from typing import ClassVar

from innergate.primitives.digest import digest_text
from innergate.resources.base import IndexEntry, Resource, UniqueName


class Account(Resource, frozen=True, kw_only=True, rename="pascal"):
    """`id` is the 12-digit account id, and so is `account`. `operator_key_id` is the access key that `innergate env` prints;
    it acts as the account's root."""

    kind: ClassVar[str] = "account"

    name: str
    email: str
    joined_at: datetime
    operator_key_id: str = ""
    create_request_id: str = ""
    is_management: bool = False

    def unique_names(self) -> tuple[UniqueName, ...]:
        return (UniqueName("account-name", self.name), UniqueName("account-email", self.email.lower()))

    def index_entries(self) -> tuple[IndexEntry, ...]:
        return (IndexEntry("role", "management"),) if self.is_management else ()


def organization_id(manager_id: str) -> str:
    """`o-` and ten letters, made from the management account's id."""
    return f"o-{digest_text(manager_id, 10)}"


def root_id(manager_id: str) -> str:
    """The id of the organization's root, made from the management account's id."""
    return f"r-{digest_text('root/' + manager_id, 4)}"


def organization_path(manager_id: str) -> str:
    """Where every account stands: below the root (IAM User Guide, "aws:PrincipalOrgPaths")."""
    return f"{organization_id(manager_id)}/{root_id(manager_id)}/"
