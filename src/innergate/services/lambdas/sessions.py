"""The credentials that a function's processes get: a session of the role, for as long as a version of the function has it."""

from datetime import timedelta

from innergate.primitives.ids import GLOBAL, fresh_key_id, fresh_secret
from innergate.resources.identities import Role, Session
from innergate.services.context import Context

LIFE = timedelta(days=3_650)


def open_role_session(context: Context, role: Role, function_name: str) -> Session:
    """Writes a session of the role, named after the function."""
    # AWS differs: credentials of a function's role last as long as the function, not some hours.
    session = Session(
        id=fresh_key_id(context.ids, "ASIA"),
        account=role.account,
        region=GLOBAL,
        secret_access_key=fresh_secret(context.ids),
        session_token=fresh_secret(context.ids, 240),
        principal_arn=f"arn:aws:sts::{role.account}:assumed-role/{role.role_name}/{function_name}",
        principal_id=f"{role.unique_id}:{function_name}",
        identity_kind="assumed-role",
        identity=role.id,
        created_at=context.clock.now(),
        expires_at=context.clock.now() + LIFE,
    )
    context.tx.put(session)
    return session


def close_session(context: Context, session_id: str) -> None:
    """Deletes it, if it is there."""
    session = context.tx.get(Session, session_id)
    if session is not None:
        context.tx.delete(session)
