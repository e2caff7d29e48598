"""IAM users."""

import msgspec

from innergate.primitives.fault import Fault
from innergate.primitives.ids import GLOBAL, fresh_key_id
from innergate.resources.accounts import Account
from innergate.resources.base import Key, UniqueName
from innergate.resources.identities import AccessKey, User
from innergate.services.context import Context, Params, Result
from innergate.services.iam.entities import (
    check_name,
    check_path,
    own_user_name,
    page,
    read_tags,
    shown_boundary,
    shown_tags,
)
from innergate.services.iam.find_policy import require_attachable
from innergate.services.iam.identity_changes import (
    add_tags,
    remove_boundary,
    remove_tags,
    require_no_policies,
    set_boundary,
    show_tags,
)

MAX_NAME = 64


def find_user(context: Context, name: str) -> User:
    """The caller's account's user of that name; case does not matter. Raises Fault NoSuchEntity."""
    holder = context.tx.holder_of_name(UniqueName(f"user-name/{context.account}", name.lower()))
    user = context.tx.get(User, holder.id) if holder is not None else None
    if user is None:
        raise Fault("NoSuchEntity", f"The user with name {name} cannot be found.", 404)
    return user


def user_arn(context: Context, params: Params) -> str:
    """What IAM checks a user's operation on."""
    name = params.get("UserName", "")
    if not name:
        return context.caller.arn if context.caller.kind == "user" else f"arn:aws:iam::{context.account}:root"
    holder = context.tx.holder_of_name(UniqueName(f"user-name/{context.account}", name.lower()))
    user = context.tx.get(User, holder.id) if holder is not None else None
    return user.arn if user is not None else f"arn:aws:iam::{context.account}:user{params.get('Path', '/')}{name}"


def shown(user: User) -> dict[str, object]:
    """The user as IAM shows it."""
    return {
        "Path": user.path,
        "UserName": user.user_name,
        "UserId": user.unique_id,
        "Arn": user.arn,
        "CreateDate": user.created_at,
        "PermissionsBoundary": shown_boundary(user.permissions_boundary),
        "Tags": shown_tags(user.tags) if user.tags else None,
    }


def create(context: Context, params: Params) -> Result:
    """CreateUser."""
    name = check_name(params["UserName"], "userName", MAX_NAME)
    if context.tx.holder_of_name(UniqueName(f"user-name/{context.account}", name.lower())) is not None:
        raise Fault("EntityAlreadyExists", f"User with name {name} already exists.", 409)
    path = check_path(params)
    boundary = params.get("PermissionsBoundary", "")
    if boundary:
        require_attachable(context, boundary)
    user = User(
        id=f"{context.account}/{name}",
        account=context.account,
        region=GLOBAL,
        user_name=name,
        unique_id=fresh_key_id(context.ids, "AIDA"),
        path=path,
        arn=f"arn:aws:iam::{context.account}:user{path}{name}",
        created_at=context.clock.now(),
        permissions_boundary=boundary,
        tags=read_tags(params),
    )
    context.tx.put(user)
    return {"User": shown(user)}


def get(context: Context, params: Params) -> Result:
    """GetUser; without a name the caller. The root is shown as AWS shows it: without name and path."""
    if not params.get("UserName") and context.caller.kind == "root":
        account = context.tx.get(Account, context.account)
        return {
            "User": {
                "UserId": context.account,
                "Arn": f"arn:aws:iam::{context.account}:root",
                "CreateDate": account.joined_at if account is not None else context.clock.now(),
            }
        }
    return {"User": shown(find_user(context, own_user_name(context, params)))}


def list_all(context: Context, params: Params) -> Result:
    """ListUsers, by name."""
    prefix = params.get("PathPrefix", "/")
    users = [u for u in context.tx.in_account(User, context.account, GLOBAL) if u.path.startswith(prefix)]
    users.sort(key=lambda user: user.user_name)
    return page("Users", [{**shown(user), "Tags": None} for user in users], params)


def update(context: Context, params: Params) -> Result:
    """UpdateUser: another name or path. Keys follow; sessions of the old name end."""
    user = find_user(context, params["UserName"])
    name = check_name(params.get("NewUserName", user.user_name), "newUserName", MAX_NAME)
    path = check_path(params, "NewPath") if "NewPath" in params else user.path
    holder = context.tx.holder_of_name(UniqueName(f"user-name/{context.account}", name.lower()))
    if holder is not None and holder != user.key:
        raise Fault("EntityAlreadyExists", f"User with name {name} already exists.", 409)
    renamed = msgspec.structs.replace(
        user,
        id=f"{context.account}/{name}",
        user_name=name,
        path=path,
        arn=f"arn:aws:iam::{context.account}:user{path}{name}",
    )
    if renamed.id != user.id:
        keys = context.tx.find(AccessKey, "user", user.id)
        context.tx.delete(user)
        context.tx.put(renamed)
        for key in keys:
            context.tx.put(msgspec.structs.replace(key, user_id=renamed.id))
    else:
        context.tx.put(renamed)
    return {}


def delete(context: Context, params: Params) -> Result:
    """DeleteUser. Raises Fault DeleteConflict while something hangs on the user."""
    user = find_user(context, params["UserName"])
    require_no_policies(user)
    if any(holder.kind == AccessKey.kind for holder in context.tx.holders_of(Key(User.kind, user.id))):
        raise Fault("DeleteConflict", "Cannot delete entity, must delete access keys first.", 409)
    context.tx.delete(user)
    return {}


def tag(context: Context, params: Params) -> Result:
    """TagUser."""
    return add_tags(context, find_user(context, params["UserName"]), params)


def untag(context: Context, params: Params) -> Result:
    """UntagUser."""
    return remove_tags(context, find_user(context, params["UserName"]), params)


def list_tags(context: Context, params: Params) -> Result:
    """ListUserTags."""
    return show_tags(find_user(context, params["UserName"]), params)


def list_groups(context: Context, params: Params) -> Result:
    """ListGroupsForUser: there are no groups, so a user is in none."""
    find_user(context, params["UserName"])
    return page("Groups", [], params)


def put_boundary(context: Context, params: Params) -> Result:
    """PutUserPermissionsBoundary."""
    return set_boundary(context, find_user(context, params["UserName"]), params)


def delete_boundary(context: Context, params: Params) -> Result:
    """DeleteUserPermissionsBoundary."""
    return remove_boundary(context, find_user(context, params["UserName"]))
