"""Temporary credentials: how a session is made, how long it lasts, how it is shown."""

from datetime import timedelta
from typing import NamedTuple

from innergate.primitives.fault import Fault
from innergate.primitives.ids import GLOBAL, AccountId, fresh_key_id, fresh_secret
from innergate.resources.identities import Role, Session
from innergate.services.context import Context

MIN_DURATION_S = 900
MAX_DURATION_S = 43_200
"""AssumeRole's longest session (STS API Reference, AssumeRole)."""
MAX_TOKEN_DURATION_S = 129_600
"""GetSessionToken's longest session for a user (36 hours)."""
MAX_ROOT_TOKEN_DURATION_S = 3_600


class SessionPrincipal(NamedTuple):
    """Whom a session acts as: `kind` as callers have it, `identity` the resource id of the role or user behind it."""

    account: AccountId
    arn: str
    id: str
    kind: str
    identity: str


def open_session(
    context: Context,
    principal: SessionPrincipal,
    duration_s: int,
    policies: tuple[str, ...] = (),
    tags: dict[str, str] | None = None,
    service: str = "",
) -> Session:
    """Writes a new session. `service` is the one of AWS's that acts with it, if one does. Sessions of the same role or user
    that have ended are swept away."""
    now = context.clock.now()
    for old in context.tx.find(Session, "identity", principal.identity) if principal.identity else ():
        if old.expires_at <= now:
            context.tx.delete(old)
    session = Session(
        id=fresh_key_id(context.ids, "ASIA"),
        account=principal.account,
        region=GLOBAL,
        secret_access_key=fresh_secret(context.ids),
        session_token=fresh_secret(context.ids, 240),
        principal_arn=principal.arn,
        principal_id=principal.id,
        identity_kind=principal.kind,
        identity=principal.identity,
        created_at=now,
        expires_at=now.replace(microsecond=0) + timedelta(seconds=duration_s),
        session_policies=policies,
        session_tags=tags or {},
        service=service,
    )
    context.tx.put(session)
    return session


def role_principal(role: Role, session_name: str) -> SessionPrincipal:
    """The principal of a role's session under a name."""
    arn = f"arn:aws:sts::{role.account}:assumed-role/{role.role_name}/{session_name}"
    return SessionPrincipal(role.account, arn, f"{role.unique_id}:{session_name}", "assumed-role", role.id)


def check_duration(seconds: int, longest_s: int) -> None:
    """Raises Fault ValidationError where the duration is out of range."""
    name = "durationSeconds"
    if seconds < MIN_DURATION_S:
        bound = f"Member must have value greater than or equal to {MIN_DURATION_S}"
    elif seconds > longest_s:
        bound = f"Member must have value less than or equal to {longest_s}"
    else:
        return
    raise Fault(
        "ValidationError",
        f"1 validation error detected: Value '{seconds}' at '{name}' failed to satisfy constraint: {bound}",
    )


def shown(session: Session) -> dict[str, object]:
    """The Credentials member."""
    return {
        "AccessKeyId": session.id,
        "SecretAccessKey": session.secret_access_key,
        "SessionToken": session.session_token,
        "Expiration": session.expires_at,
    }
