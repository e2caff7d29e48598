"""IAM roles, service-linked ones too."""

import json
import re

import msgspec

from innergate.primitives.fault import Fault
from innergate.primitives.ids import GLOBAL, fresh_key_id, fresh_uuid
from innergate.resources.base import UniqueName
from innergate.resources.identities import Role
from innergate.services.context import Context, Params, Result
from innergate.services.iam.entities import (
    check_document,
    check_name,
    check_path,
    encode_document,
    page,
    read_tags,
    shown_boundary,
    shown_tags,
)
from innergate.services.iam.find_policy import require_attachable
from innergate.services.iam.gateway_sessions import close_gateway_sessions, open_gateway_session
from innergate.services.iam.identity_changes import (
    add_tags,
    remove_boundary,
    remove_tags,
    require_no_policies,
    set_boundary,
    show_tags,
)

MAX_NAME = 64
MIN_SESSION_S, MAX_SESSION_S = 3_600, 43_200
_SERVICE = re.compile(r"[a-z0-9.-]+\.amazonaws\.com")
_LINKED_NAMES = {
    "ops.apigateway.amazonaws.com": "AWSServiceRoleForAPIGateway",
    "elasticloadbalancing.amazonaws.com": "AWSServiceRoleForElasticLoadBalancing",
    "transitgateway.amazonaws.com": "AWSServiceRoleForVPCTransitGateway",
    "vpce.amazonaws.com": "AWSServiceRoleForVPCEndpoints",
    "organizations.amazonaws.com": "AWSServiceRoleForOrganizations",
}


def find_role(context: Context, name: str) -> Role:
    """The caller's account's role of that name; case does not matter. Raises Fault NoSuchEntity."""
    found = context.tx.find(Role, "name", f"{context.account}/{name.lower()}")
    if not found:
        raise Fault("NoSuchEntity", f"The role with name {name} cannot be found.", 404)
    return found[0]


def role_arn(context: Context, params: Params) -> str:
    """What IAM checks a role's operation on."""
    name = params.get("RoleName", "")
    found = context.tx.find(Role, "name", f"{context.account}/{name.lower()}")
    return found[0].id if found else f"arn:aws:iam::{context.account}:role{params.get('Path', '/')}{name}"


def linked_role_arn(context: Context, params: Params) -> str:
    """What IAM checks the making of a service-linked role on."""
    service, suffix = str(params["AWSServiceName"]), params.get("CustomSuffix", "")
    return f"arn:aws:iam::{context.account}:role{_linked_path(service)}{_linked_name(service, suffix)}"


def _linked_path(service: str) -> str:
    return f"/aws-service-role/{service}/"


def _linked_name(service: str, suffix: str) -> str:
    base = _LINKED_NAMES.get(service) or f"AWSServiceRoleFor{service.partition('.')[0].title().replace('-', '')}"
    return f"{base}_{suffix}" if suffix else base


def require_unprotected(role: Role) -> None:
    """Raises Fault UnmodifiableEntity for a service-linked role."""
    if role.path.startswith("/aws-service-role/"):
        raise Fault(
            "UnmodifiableEntity",
            f"Cannot perform the operation on the protected role '{role.role_name}' - this role is only modifiable by AWS",
        )


def shown(role: Role) -> dict[str, object]:
    """The role as IAM shows it."""
    return {
        "Path": role.path,
        "RoleName": role.role_name,
        "RoleId": role.unique_id,
        "Arn": role.id,
        "CreateDate": role.created_at,
        "AssumeRolePolicyDocument": encode_document(role.assume_role_policy_document),
        "Description": role.description or None,
        "MaxSessionDuration": role.max_session_duration_s,
        "PermissionsBoundary": shown_boundary(role.permissions_boundary),
        "Tags": shown_tags(role.tags) if role.tags else None,
    }


def create(context: Context, params: Params) -> Result:
    """CreateRole."""
    name = check_name(params["RoleName"], "roleName", MAX_NAME)
    _require_free(context, name)
    path = check_path(params)
    boundary = params.get("PermissionsBoundary", "")
    if boundary:
        require_attachable(context, boundary)
    role = Role(
        id=f"arn:aws:iam::{context.account}:role{path}{name}",
        account=context.account,
        region=GLOBAL,
        role_name=name,
        unique_id=fresh_key_id(context.ids, "AROA"),
        path=path,
        assume_role_policy_document=check_document(params["AssumeRolePolicyDocument"], "trust"),
        created_at=context.clock.now(),
        description=params.get("Description", ""),
        max_session_duration_s=_session_length(params, MIN_SESSION_S),
        permissions_boundary=boundary,
        tags=read_tags(params),
    )
    context.tx.put(role)
    open_gateway_session(context, role)
    return {"Role": shown(role)}


def create_service_linked(context: Context, params: Params) -> Result:
    """CreateServiceLinkedRole: a role that the named service alone may assume."""
    service, suffix = params["AWSServiceName"], params.get("CustomSuffix", "")
    if not _SERVICE.fullmatch(service):
        raise Fault("InvalidInput", f"Service Name {service} is not valid.")
    name = _linked_name(service, suffix)
    if context.tx.find(Role, "name", f"{context.account}/{name.lower()}"):
        raise Fault(
            "InvalidInput", f"Service role name {name} has been taken in this account, please try a different suffix."
        )
    path = _linked_path(service)
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    role = Role(
        id=f"arn:aws:iam::{context.account}:role{path}{name}",
        account=context.account,
        region=GLOBAL,
        role_name=name,
        unique_id=fresh_key_id(context.ids, "AROA"),
        path=path,
        assume_role_policy_document=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
        created_at=context.clock.now(),
        description=params.get("Description", ""),
    )
    context.tx.put(role)
    return {"Role": shown(role)}


def delete_service_linked(context: Context, params: Params) -> Result:
    """DeleteServiceLinkedRole: done at once; the task id only says which role it was."""
    role = find_role(context, params["RoleName"])
    if not role.path.startswith("/aws-service-role/"):
        raise Fault("NoSuchEntity", f"The role with name {role.role_name} cannot be found.", 404)
    context.tx.delete(role)
    return {"DeletionTaskId": f"task{role.path}{role.role_name}/{fresh_uuid(context.ids)}"}


def deletion_status(context: Context, params: Params) -> Result:
    """GetServiceLinkedRoleDeletionStatus."""
    task = str(params["DeletionTaskId"])
    if not task.startswith("task/aws-service-role/"):
        raise Fault("NoSuchEntity", f"The deletion task {task} cannot be found.", 404)
    return {"Status": "SUCCEEDED"}


def get(context: Context, params: Params) -> Result:
    """GetRole."""
    return {"Role": shown(find_role(context, params["RoleName"]))}


def list_all(context: Context, params: Params) -> Result:
    """ListRoles, by name."""
    prefix = params.get("PathPrefix", "/")
    roles = [r for r in context.tx.in_account(Role, context.account, GLOBAL) if r.path.startswith(prefix)]
    roles.sort(key=lambda role: role.role_name)
    return page("Roles", [{**shown(role), "Tags": None} for role in roles], params)


def update(context: Context, params: Params) -> Result:
    """UpdateRole: description and longest session."""
    role = find_role(context, params["RoleName"])
    require_unprotected(role)
    context.tx.put(
        msgspec.structs.replace(
            role,
            description=params.get("Description", role.description),
            max_session_duration_s=_session_length(params, role.max_session_duration_s),
        )
    )
    return {}


def update_description(context: Context, params: Params) -> Result:
    """UpdateRoleDescription."""
    role = msgspec.structs.replace(find_role(context, params["RoleName"]), description=params["Description"])
    context.tx.put(role)
    return {"Role": shown(role)}


def update_trust(context: Context, params: Params) -> Result:
    """UpdateAssumeRolePolicy."""
    role = find_role(context, params["RoleName"])
    require_unprotected(role)
    document = check_document(params["PolicyDocument"], "trust")
    role = msgspec.structs.replace(role, assume_role_policy_document=document)
    context.tx.put(role)
    open_gateway_session(context, role)
    return {}


def delete(context: Context, params: Params) -> Result:
    """DeleteRole. Raises Fault DeleteConflict while policies hang on the role. Its sessions end."""
    role = find_role(context, params["RoleName"])
    require_unprotected(role)
    require_no_policies(role)
    close_gateway_sessions(context, role)
    context.tx.delete(role)
    return {}


def tag(context: Context, params: Params) -> Result:
    """TagRole."""
    return add_tags(context, find_role(context, params["RoleName"]), params)


def untag(context: Context, params: Params) -> Result:
    """UntagRole."""
    return remove_tags(context, find_role(context, params["RoleName"]), params)


def list_tags(context: Context, params: Params) -> Result:
    """ListRoleTags."""
    return show_tags(find_role(context, params["RoleName"]), params)


def list_instance_profiles(context: Context, params: Params) -> Result:
    """ListInstanceProfilesForRole: there are no instances, so no profiles. Terraform asks before it deletes a role."""
    find_role(context, params["RoleName"])
    return page("InstanceProfiles", [], params)


def put_boundary(context: Context, params: Params) -> Result:
    """PutRolePermissionsBoundary."""
    return set_boundary(context, find_role(context, params["RoleName"]), params)


def delete_boundary(context: Context, params: Params) -> Result:
    """DeleteRolePermissionsBoundary."""
    return remove_boundary(context, find_role(context, params["RoleName"]))


def _require_free(context: Context, name: str) -> None:
    if context.tx.holder_of_name(UniqueName(f"role-name/{context.account}", name.lower())) is not None:
        raise Fault("EntityAlreadyExists", f"Role with name {name} already exists.", 409)


def _session_length(params: Params, otherwise: int) -> int:
    seconds = int(params.get("MaxSessionDuration", otherwise))
    if not MIN_SESSION_S <= seconds <= MAX_SESSION_S:
        bound = (
            f"greater than or equal to {MIN_SESSION_S}"
            if seconds < MIN_SESSION_S
            else f"less than or equal to {MAX_SESSION_S}"
        )
        raise Fault(
            "ValidationError",
            f"1 validation error detected: Value '{seconds}' at 'maxSessionDuration' failed to satisfy constraint: Member "
            f"must have value {bound}",
        )
    return seconds
