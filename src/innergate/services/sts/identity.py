"""Who am I, and whose key is this."""

from innergate.primitives.fault import Fault
from innergate.resources.identities import AccessKey, Session
from innergate.services.context import Context, Params, Result


def get_caller_identity(context: Context, params: Params) -> Result:
    """GetCallerIdentity; no policy can refuse it."""
    caller = context.caller
    return {"UserId": caller.user_id, "Account": caller.account, "Arn": caller.arn}


def get_access_key_info(context: Context, params: Params) -> Result:
    """GetAccessKeyInfo: the account that a key belongs to. Anybody may ask, as in AWS."""
    key_id = params["AccessKeyId"]
    found = context.tx.get(AccessKey, key_id) or context.tx.get(Session, key_id)
    if found is None:
        raise Fault("ValidationError", "Invalid access key id.")
    return {"Account": found.account}
