"""GetSessionToken: temporary credentials of the caller itself."""

from innergate.primitives.fault import Fault
from innergate.services.context import Context, Params, Result
from innergate.services.sts.sessions import (
    MAX_ROOT_TOKEN_DURATION_S,
    MAX_TOKEN_DURATION_S,
    SessionPrincipal,
    check_duration,
    open_session,
    shown,
)

DEFAULT_DURATION_S = 43_200


def get_session_token(context: Context, params: Params) -> Result:
    """Credentials that act as the calling user or root. A session cannot ask for another one."""
    caller = context.caller
    if caller.access_key_id.startswith("ASIA"):
        raise Fault("AccessDenied", "Cannot call GetSessionToken with session credentials", 403)
    duration_s = params.get("DurationSeconds", DEFAULT_DURATION_S)
    check_duration(duration_s, MAX_TOKEN_DURATION_S)
    if caller.kind == "root":
        duration_s = min(duration_s, MAX_ROOT_TOKEN_DURATION_S)
    principal = SessionPrincipal(caller.account, caller.arn, caller.user_id, caller.kind, caller.identity)
    return {"Credentials": shown(open_session(context, principal, duration_s))}
