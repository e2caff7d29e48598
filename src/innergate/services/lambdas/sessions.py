"""The credentials that a function's processes get: a session of the role, for as long as a version of the function has it."""

from innergate.resources.identities import Role, Session
from innergate.services.context import Context
from innergate.services.sts.sessions import open_session, role_principal

LIFE_S = 3_650 * 24 * 3_600


def open_role_session(context: Context, role: Role, function_name: str) -> Session:
    """Writes a session of the role, named after the function."""
    # AWS differs: credentials of a function's role last as long as the function, not some hours.
    return open_session(context, role_principal(role, function_name), LIFE_S)


def close_session(context: Context, session_id: str) -> None:
    """Deletes it, if it is there."""
    session = context.tx.get(Session, session_id)
    if session is not None:
        context.tx.delete(session)
