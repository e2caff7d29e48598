"""Access keys of users and of an account's root."""

import msgspec

from innergate.primitives.fault import Fault
from innergate.primitives.ids import GLOBAL, fresh_key_id, fresh_secret
from innergate.resources.accounts import Account
from innergate.resources.identities import AccessKey, User
from innergate.services.context import Context, Params, Result
from innergate.services.iam.entities import own_user_name, page
from innergate.services.iam.users import find_user

MAX_KEYS = 2
ROOT_NAME = "root"


def create(context: Context, params: Params) -> Result:
    """CreateAccessKey: for the named user, or for the caller. The only time that the secret is shown."""
    user = _user(context, params)
    keys = _keys(context, user)
    if len(keys) >= MAX_KEYS:
        raise Fault("LimitExceeded", f"Cannot exceed quota for AccessKeysPerUser: {MAX_KEYS}", 409)
    key = AccessKey(
        id=fresh_key_id(context.ids, "AKIA"),
        account=context.account,
        region=GLOBAL,
        secret_access_key=fresh_secret(context.ids),
        created_at=context.clock.now(),
        user_id=user.id if user is not None else "",
    )
    context.tx.put(key)
    return {"AccessKey": {**_shown(key, user), "SecretAccessKey": key.secret_access_key}}


def list_all(context: Context, params: Params) -> Result:
    """ListAccessKeys."""
    user = _user(context, params)
    return page("AccessKeyMetadata", [_shown(key, user) for key in _keys(context, user)], params)


def update(context: Context, params: Params) -> Result:
    """UpdateAccessKey: Active or Inactive."""
    key = _find(context, params)
    if params["Status"] not in ("Active", "Inactive"):
        raise Fault(
            "ValidationError",
            f"1 validation error detected: Value '{params['Status']}' at 'status' failed to satisfy constraint: Member "
            "must satisfy enum value set: [Active, Inactive]",
        )
    context.tx.put(msgspec.structs.replace(key, status=params["Status"]))
    return {}


def delete(context: Context, params: Params) -> Result:
    """DeleteAccessKey. The operator's own key of an account stays: without it nobody could come in any more."""
    key = _find(context, params)
    account = context.tx.get(Account, context.account)
    if account is not None and account.operator_key_id == key.id:
        raise Fault(
            "DeleteConflict",
            f"{key.id} is the key that `innergate env {account.name}` prints; it cannot be deleted.",
            409,
        )
    context.tx.delete(key)
    return {}


def last_used(context: Context, params: Params) -> Result:
    """GetAccessKeyLastUsed: the use of keys is not recorded, so `N/A` as for a key that was never used."""
    key = context.tx.get(AccessKey, params["AccessKeyId"])
    if key is None or key.account != context.account:
        raise _not_found(params["AccessKeyId"])
    user = context.tx.get(User, key.user_id) if key.user_id else None
    return {
        "UserName": user.user_name if user is not None else ROOT_NAME,
        "AccessKeyLastUsed": {"ServiceName": "N/A", "Region": "N/A"},
    }


def _user(context: Context, params: Params) -> User | None:
    """The user meant, None for the account's root."""
    if not params.get("UserName") and context.caller.kind == "root":
        return None
    return find_user(context, own_user_name(context, params))


def _keys(context: Context, user: User | None) -> list[AccessKey]:
    if user is not None:
        return list(context.tx.find(AccessKey, "user", user.id))
    return [key for key in context.tx.in_account(AccessKey, context.account, GLOBAL) if not key.user_id]


def _find(context: Context, params: Params) -> AccessKey:
    user = _user(context, params)
    key = context.tx.get(AccessKey, params["AccessKeyId"])
    if key is None or key.account != context.account or key.user_id != (user.id if user is not None else ""):
        raise _not_found(params["AccessKeyId"])
    return key


def _not_found(id: str) -> Fault:
    return Fault("NoSuchEntity", f"The Access Key with id {id} cannot be found.", 404)


def _shown(key: AccessKey, user: User | None) -> dict[str, object]:
    return {
        "UserName": user.user_name if user is not None else ROOT_NAME,
        "AccessKeyId": key.id,
        "Status": key.status,
        "CreateDate": key.created_at,
    }
