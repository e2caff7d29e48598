"""The session of a role that API Gateway acts with, for integrations that name the role as their `credentials`.

Calls are signed in the data plane, which works without control; so the session is there before anybody calls.
"""

from innergate.resources.identities import Role, Session
from innergate.services.context import Context
from innergate.services.sts.sessions import open_session, role_principal

SERVICE = "apigateway.amazonaws.com"
SESSION_NAME = "BackplaneAssumeRoleSession"
"""As CloudTrail shows API Gateway's calls."""
LIFE_S = 3_650 * 24 * 3_600


def open_gateway_session(context: Context, role: Role) -> None:
    """Writes a session of a role whose trust policy names API Gateway, unless there is one. Whether the policy admits it for a
    certain method is decided where the session is used."""
    if SERVICE not in role.assume_role_policy_document or _sessions(context, role):
        return
    # AWS differs: API Gateway assumes a role for an hour at a time. Here its session lasts as long as the role; methods use it
    # only while the role's trust policy admits API Gateway.
    open_session(context, role_principal(role, SESSION_NAME), LIFE_S, service=SERVICE)


def close_gateway_sessions(context: Context, role: Role) -> None:
    """Deletes the role's session that API Gateway has, if there is one."""
    for session in _sessions(context, role):
        context.tx.delete(session)


def _sessions(context: Context, role: Role) -> tuple[Session, ...]:
    return tuple(context.tx.find(Session, "service", f"{SERVICE}/{role.id}"))
