"""The session of a role that API Gateway acts with, for integrations that name the role as their `credentials`.

Calls are signed in the data plane, which works without control; so the session is there before anybody calls.
"""

from datetime import timedelta

from innergate.primitives.ids import GLOBAL, fresh_key_id, fresh_secret
from innergate.resources.identities import Role, Session
from innergate.services.context import Context

SERVICE = "apigateway.amazonaws.com"
SESSION_NAME = "BackplaneAssumeRoleSession"
"""As CloudTrail shows API Gateway's calls."""
LIFE = timedelta(days=3_650)


def open_gateway_session(context: Context, role: Role) -> None:
    """Writes a session of a role whose trust policy names API Gateway, unless there is one. Whether the policy admits it for a
    certain method is decided where the session is used."""
    if SERVICE not in role.assume_role_policy_document or _sessions(context, role):
        return
    # AWS differs: API Gateway assumes a role for an hour at a time. Here its session lasts as long as the role; methods use it
    # only while the role's trust policy admits API Gateway.
    context.tx.put(
        Session(
            id=fresh_key_id(context.ids, "ASIA"),
            account=role.account,
            region=GLOBAL,
            secret_access_key=fresh_secret(context.ids),
            session_token=fresh_secret(context.ids, 240),
            principal_arn=f"arn:aws:sts::{role.account}:assumed-role/{role.role_name}/{SESSION_NAME}",
            principal_id=f"{role.unique_id}:{SESSION_NAME}",
            identity_kind="assumed-role",
            identity=role.id,
            created_at=context.clock.now(),
            expires_at=context.clock.now() + LIFE,
            service=SERVICE,
        )
    )


def close_gateway_sessions(context: Context, role: Role) -> None:
    """Deletes the role's session that API Gateway has, if there is one."""
    for session in _sessions(context, role):
        context.tx.delete(session)


def _sessions(context: Context, role: Role) -> tuple[Session, ...]:
    return tuple(context.tx.find(Session, "service", f"{SERVICE}/{role.id}"))
