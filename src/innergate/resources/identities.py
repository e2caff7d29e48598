"""IAM: users, roles, access keys, policies, and the temporary credentials of STS."""

from datetime import datetime
from typing import ClassVar

import msgspec

from innergate.resources.base import IndexEntry, Key, Resource, UniqueName
from innergate.resources.vpcs import Tags


class AccessKey(Resource, frozen=True, kw_only=True, rename="pascal"):
    """`id` is the access key id (AKIA…). `user_id` is the user's resource id, or "" for the account's root."""

    kind: ClassVar[str] = "access-key"

    secret_access_key: str
    created_at: datetime
    user_id: str = ""
    status: str = "Active"

    def references(self) -> tuple[Key, ...]:
        return (Key("user", self.user_id),) if self.user_id else ()

    def index_entries(self) -> tuple[IndexEntry, ...]:
        return (IndexEntry("user", self.user_id),) if self.user_id else ()


class User(Resource, frozen=True, kw_only=True, rename="pascal"):
    """`id` is `<account>/<user name>`; `unique_id` is AIDA…"""

    kind: ClassVar[str] = "user"

    user_name: str
    unique_id: str
    path: str
    arn: str
    created_at: datetime
    inline_policies: dict[str, str] = {}
    attached_policy_arns: tuple[str, ...] = ()
    permissions_boundary: str = ""
    tags: Tags = {}

    def unique_names(self) -> tuple[UniqueName, ...]:
        return (UniqueName(f"user-name/{self.account}", self.user_name.lower()),)

    def references(self) -> tuple[Key, ...]:
        return tuple(Key("policy", arn) for arn in self.attached_policy_arns if f"::{self.account}:" in arn)

    def index_entries(self) -> tuple[IndexEntry, ...]:
        return tuple(IndexEntry("policy", arn) for arn in self.attached_policy_arns)


class Role(Resource, frozen=True, kw_only=True, rename="pascal"):
    """`id` is the role's ARN; `unique_id` is AROA…"""

    kind: ClassVar[str] = "role"

    role_name: str
    unique_id: str
    path: str
    assume_role_policy_document: str
    created_at: datetime
    description: str = ""
    max_session_duration_s: int = 3600
    inline_policies: dict[str, str] = {}
    attached_policy_arns: tuple[str, ...] = ()
    permissions_boundary: str = ""
    tags: Tags = {}

    def unique_names(self) -> tuple[UniqueName, ...]:
        return (UniqueName(f"role-name/{self.account}", self.role_name.lower()),)

    def references(self) -> tuple[Key, ...]:
        return tuple(Key("policy", arn) for arn in self.attached_policy_arns if f"::{self.account}:" in arn)

    def index_entries(self) -> tuple[IndexEntry, ...]:
        return (
            IndexEntry("name", f"{self.account}/{self.role_name.lower()}"),
            *(IndexEntry("policy", arn) for arn in self.attached_policy_arns),
        )


class PolicyVersion(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """One version of a managed policy ("v1")."""

    version_id: str
    document: str
    created_at: datetime


class ManagedPolicy(Resource, frozen=True, kw_only=True, rename="pascal"):
    """A customer's managed policy; `id` is its ARN."""

    kind: ClassVar[str] = "policy"

    policy_name: str
    unique_id: str
    path: str
    description: str
    created_at: datetime
    updated_at: datetime
    versions: tuple[PolicyVersion, ...]
    default_version_id: str = "v1"
    next_version: int = 2
    tags: Tags = {}

    def unique_names(self) -> tuple[UniqueName, ...]:
        return (UniqueName(f"policy-name/{self.account}", self.policy_name.lower()),)


class Session(Resource, frozen=True, kw_only=True, rename="pascal"):
    """Temporary credentials; `id` is the access key id (ASIA…). `principal_arn` is who acts (assumed-role/…, user, root);
    `identity` is the resource id of the role or user whose policies count ("" for root). `service` is the service that took
    the role on by itself ("apigateway.amazonaws.com"), "" where somebody asked for the session."""

    kind: ClassVar[str] = "session"

    secret_access_key: str
    session_token: str
    principal_arn: str
    principal_id: str
    identity_kind: str
    identity: str
    created_at: datetime
    expires_at: datetime
    session_policies: tuple[str, ...] = ()
    session_tags: Tags = {}
    service: str = ""

    def index_entries(self) -> tuple[IndexEntry, ...]:
        of_service = (IndexEntry("service", f"{self.service}/{self.identity}"),) if self.service else ()
        return (*((IndexEntry("identity", self.identity),) if self.identity else ()), *of_service)
