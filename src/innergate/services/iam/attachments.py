"""Inline policies of users and roles, and managed policies attached to them: the same for both."""

import msgspec

from innergate.primitives.fault import Fault
from innergate.resources.identities import Role, User
from innergate.services.context import Context, Params, Result
from innergate.services.iam.entities import check_document, check_name, encode_document, page
from innergate.services.iam.find_policy import require_attachable
from innergate.services.iam.roles import find_role, require_unprotected
from innergate.services.iam.users import find_user

MAX_ATTACHED = 10
MAX_POLICY_NAME = 128


def put_user_policy(context: Context, params: Params) -> Result:
    """PutUserPolicy."""
    return _put_inline(context, find_user(context, params["UserName"]), params)


def get_user_policy(context: Context, params: Params) -> Result:
    """GetUserPolicy."""
    user = find_user(context, params["UserName"])
    return {"UserName": user.user_name, **_get_inline(user, params)}


def list_user_policies(context: Context, params: Params) -> Result:
    """ListUserPolicies: names of the inline ones."""
    return page("PolicyNames", sorted(find_user(context, params["UserName"]).inline_policies), params)


def delete_user_policy(context: Context, params: Params) -> Result:
    """DeleteUserPolicy."""
    return _delete_inline(context, find_user(context, params["UserName"]), params)


def attach_user_policy(context: Context, params: Params) -> Result:
    """AttachUserPolicy; attaching twice is no error."""
    return _attach(context, find_user(context, params["UserName"]), params)


def detach_user_policy(context: Context, params: Params) -> Result:
    """DetachUserPolicy."""
    return _detach(context, find_user(context, params["UserName"]), params)


def list_attached_user_policies(context: Context, params: Params) -> Result:
    """ListAttachedUserPolicies."""
    return _list_attached(find_user(context, params["UserName"]), params)


def put_role_policy(context: Context, params: Params) -> Result:
    """PutRolePolicy."""
    return _put_inline(context, _changeable_role(context, params), params)


def get_role_policy(context: Context, params: Params) -> Result:
    """GetRolePolicy."""
    role = find_role(context, params["RoleName"])
    return {"RoleName": role.role_name, **_get_inline(role, params)}


def list_role_policies(context: Context, params: Params) -> Result:
    """ListRolePolicies: names of the inline ones."""
    return page("PolicyNames", sorted(find_role(context, params["RoleName"]).inline_policies), params)


def delete_role_policy(context: Context, params: Params) -> Result:
    """DeleteRolePolicy."""
    return _delete_inline(context, _changeable_role(context, params), params)


def attach_role_policy(context: Context, params: Params) -> Result:
    """AttachRolePolicy; attaching twice is no error."""
    return _attach(context, _changeable_role(context, params), params)


def detach_role_policy(context: Context, params: Params) -> Result:
    """DetachRolePolicy."""
    return _detach(context, _changeable_role(context, params), params)


def list_attached_role_policies(context: Context, params: Params) -> Result:
    """ListAttachedRolePolicies."""
    return _list_attached(find_role(context, params["RoleName"]), params)


def _changeable_role(context: Context, params: Params) -> Role:
    role = find_role(context, params["RoleName"])
    require_unprotected(role)
    return role


def _put_inline(context: Context, entity: User | Role, params: Params) -> Result:
    name = check_name(params["PolicyName"], "policyName", MAX_POLICY_NAME)
    document = check_document(params["PolicyDocument"], "identity")
    context.tx.put(msgspec.structs.replace(entity, inline_policies={**entity.inline_policies, name: document}))
    return {}


def _get_inline(entity: User | Role, params: Params) -> dict[str, object]:
    name = params["PolicyName"]
    text = entity.inline_policies.get(name)
    if text is None:
        raise _no_inline(entity, name)
    return {"PolicyName": name, "PolicyDocument": encode_document(text)}


def _delete_inline(context: Context, entity: User | Role, params: Params) -> Result:
    name = params["PolicyName"]
    if name not in entity.inline_policies:
        raise _no_inline(entity, name)
    rest = {key: text for key, text in entity.inline_policies.items() if key != name}
    context.tx.put(msgspec.structs.replace(entity, inline_policies=rest))
    return {}


def _attach(context: Context, entity: User | Role, params: Params) -> Result:
    arn = params["PolicyArn"]
    require_attachable(context, arn)
    if arn in entity.attached_policy_arns:
        return {}
    if len(entity.attached_policy_arns) >= MAX_ATTACHED:
        kind = "User" if isinstance(entity, User) else "Role"
        raise Fault("LimitExceeded", f"Cannot exceed quota for PoliciesPer{kind}: {MAX_ATTACHED}", 409)
    context.tx.put(msgspec.structs.replace(entity, attached_policy_arns=(*entity.attached_policy_arns, arn)))
    return {}


def _detach(context: Context, entity: User | Role, params: Params) -> Result:
    arn = params["PolicyArn"]
    if arn not in entity.attached_policy_arns:
        raise Fault("NoSuchEntity", f"Policy {arn} was not found.", 404)
    rest = tuple(other for other in entity.attached_policy_arns if other != arn)
    context.tx.put(msgspec.structs.replace(entity, attached_policy_arns=rest))
    return {}


def _list_attached(entity: User | Role, params: Params) -> Result:
    rows = [
        {"PolicyName": arn.rpartition("/")[2], "PolicyArn": arn}
        for arn in sorted(entity.attached_policy_arns, key=lambda arn: arn.rpartition("/")[2])
        if arn.partition(":policy")[2].startswith(params.get("PathPrefix", "/"))
    ]
    return page("AttachedPolicies", rows, params)


def _no_inline(entity: User | Role, name: str) -> Fault:
    kind = "user" if isinstance(entity, User) else "role"
    return Fault("NoSuchEntity", f"The {kind} policy with name {name} cannot be found.", 404)
