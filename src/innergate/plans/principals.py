"""Who may sign calls to APIs with AWS_IAM: one document an access key, for workers that verify signatures themselves.

A document holds a secret, so it is written for its reader alone, and only while some deployment asks for signatures.
"""

import msgspec

PRINCIPALS = "principals"
"""The documents' kind; a document's name is the access key id."""


class IdentityPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """A policy as it was written, and where it is from."""

    name: str
    text: str


class RuntimePrincipal(msgspec.Struct, frozen=True, kw_only=True):
    """An access key, whose it is, and what its holder's policies say. `kind` is root, user or assumed-role; `role_arn` is the
    role of an assumed-role session. `token` is the session token ("" for long-term keys), `expires_at_ms` its end since the
    epoch (0 for never). A `boundary` of None means that there is none."""

    access_key_id: str
    secret_access_key: str
    account: str
    arn: str
    user_id: str
    kind: str
    role_arn: str = ""
    user_name: str = ""
    token: str = ""
    issued_at_ms: int = 0
    expires_at_ms: int = 0
    policies: tuple[IdentityPolicy, ...] = ()
    boundary: IdentityPolicy | None = None
    session_policies: tuple[IdentityPolicy, ...] = ()
    tags: dict[str, str] = {}
    organization: str = ""
    """The organization's id, for aws:PrincipalOrgID."""
    organization_path: str = ""
    """Where the account stands in it, for aws:PrincipalOrgPaths."""
