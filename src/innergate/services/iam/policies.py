"""Managed policies and their versions."""

from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec

from innergate.policy.aws_managed import AWS_MANAGED_POLICIES, AwsManagedPolicy
from innergate.primitives.fault import Fault
from innergate.primitives.ids import GLOBAL, fresh_key_id
from innergate.resources.base import UniqueName
from innergate.resources.identities import ManagedPolicy, PolicyVersion, Role, User
from innergate.services.context import Context, Params, Result
from innergate.services.iam.entities import (
    check_document,
    check_name,
    check_path,
    encode_document,
    merge_tags,
    page,
    read_tags,
    shown_tags,
)
from innergate.services.iam.find_policy import own_policy

MAX_NAME = 128
MAX_VERSIONS = 5
MAX_DOCUMENT_CHARS = 6_144
AWS_POLICIES_SINCE = datetime(2015, 2, 6, 18, 39, 46, tzinfo=UTC)
"""When AWS made AdministratorAccess; shown as the birthday of all its policies."""


def policy_arn(context: Context, params: Params) -> str:
    """What IAM checks a policy's operation on."""
    if "PolicyArn" in params:
        return str(params["PolicyArn"])
    return f"arn:aws:iam::{context.account}:policy{params.get('Path', '/')}{params.get('PolicyName', '')}"


def shown(context: Context, policy: ManagedPolicy | AwsManagedPolicy) -> dict[str, object]:
    """The policy as IAM shows it, without its text."""
    arn = policy.id if isinstance(policy, ManagedPolicy) else policy.arn
    common: dict[str, object] = {
        "Arn": arn,
        "Path": policy.path,
        "AttachmentCount": len(_holders(context, arn)),
        "PermissionsBoundaryUsageCount": len(_bounded(context, arn)),
        "IsAttachable": True,
        "Description": policy.description or None,
        "PolicyId": policy.unique_id,
    }
    if isinstance(policy, ManagedPolicy):
        return common | {
            "PolicyName": policy.policy_name,
            "DefaultVersionId": policy.default_version_id,
            "CreateDate": policy.created_at,
            "UpdateDate": policy.updated_at,
            "Tags": shown_tags(policy.tags) if policy.tags else None,
        }
    return common | {
        "PolicyName": policy.name,
        "DefaultVersionId": "v1",
        "CreateDate": AWS_POLICIES_SINCE,
        "UpdateDate": AWS_POLICIES_SINCE,
    }


def create(context: Context, params: Params) -> Result:
    """CreatePolicy."""
    name = check_name(params["PolicyName"], "policyName", MAX_NAME)
    if context.tx.holder_of_name(UniqueName(f"policy-name/{context.account}", name.lower())) is not None:
        raise Fault(
            "EntityAlreadyExists", f"A policy called {name} already exists. Duplicate names are not allowed.", 409
        )
    path, now = check_path(params), context.clock.now()
    document = _check_size(check_document(params["PolicyDocument"], "identity"))
    policy = ManagedPolicy(
        id=f"arn:aws:iam::{context.account}:policy{path}{name}",
        account=context.account,
        region=GLOBAL,
        policy_name=name,
        unique_id=fresh_key_id(context.ids, "ANPA"),
        path=path,
        description=params.get("Description", ""),
        created_at=now,
        updated_at=now,
        versions=(PolicyVersion(version_id="v1", document=document, created_at=now),),
        tags=read_tags(params),
    )
    context.tx.put(policy)
    return {"Policy": shown(context, policy)}


def get(context: Context, params: Params) -> Result:
    """GetPolicy, of AWS's policies too."""
    known = AWS_MANAGED_POLICIES.get(params["PolicyArn"])
    return {"Policy": shown(context, known or own_policy(context, params["PolicyArn"]))}


def list_all(context: Context, params: Params) -> Result:
    """ListPolicies: All, AWS or Local; by name."""
    scope, prefix = params.get("Scope", "All"), params.get("PathPrefix", "/")
    found: list[ManagedPolicy | AwsManagedPolicy] = []
    if scope in ("All", "Local"):
        found += context.tx.in_account(ManagedPolicy, context.account, GLOBAL)
    if scope in ("All", "AWS"):
        found += AWS_MANAGED_POLICIES.values()
    rows = [shown(context, policy) for policy in found if policy.path.startswith(prefix)]
    if params.get("OnlyAttached"):
        rows = [row for row in rows if row["AttachmentCount"]]
    if usage := params.get("PolicyUsageFilter"):
        rows = [row for row in rows if _is_used_as(usage, row)]
    rows.sort(key=lambda row: str(row["PolicyName"]))
    return page("Policies", rows, params)


def _is_used_as(usage: str, row: Mapping[str, object]) -> bool:
    """Whether it is somebody's boundary, or (PermissionsPolicy) not that alone."""
    is_boundary = bool(row["PermissionsBoundaryUsageCount"])
    return is_boundary if usage == "PermissionsBoundary" else bool(row["AttachmentCount"]) or not is_boundary


def delete(context: Context, params: Params) -> Result:
    """DeletePolicy. Raises Fault DeleteConflict while it is attached, also as a boundary, or has further versions."""
    policy = _own(context, params)
    if _holders(context, policy.id) or _bounded(context, policy.id):
        raise Fault("DeleteConflict", "Cannot delete a policy attached to entities.", 409)
    if len(policy.versions) > 1:
        raise Fault(
            "DeleteConflict",
            "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The "
            "default version is deleted with the policy.",
            409,
        )
    context.tx.delete(policy)
    return {}


def create_version(context: Context, params: Params) -> Result:
    """CreatePolicyVersion."""
    policy = _own(context, params)
    if len(policy.versions) >= MAX_VERSIONS:
        raise Fault(
            "LimitExceeded",
            f"A managed policy can have up to {MAX_VERSIONS} versions. Before you create a new version, you must delete an "
            "existing version.",
            409,
        )
    now = context.clock.now()
    version = PolicyVersion(
        version_id=f"v{policy.next_version}",
        document=_check_size(check_document(params["PolicyDocument"], "identity")),
        created_at=now,
    )
    is_default = bool(params.get("SetAsDefault", False))
    policy = msgspec.structs.replace(
        policy,
        versions=(*policy.versions, version),
        next_version=policy.next_version + 1,
        default_version_id=version.version_id if is_default else policy.default_version_id,
        updated_at=now,
    )
    context.tx.put(policy)
    return {"PolicyVersion": {**_shown_version(policy, version), "Document": None}}


def get_version(context: Context, params: Params) -> Result:
    """GetPolicyVersion, with the text."""
    known = AWS_MANAGED_POLICIES.get(params["PolicyArn"])
    wanted = params["VersionId"]
    if known is not None:
        if wanted != "v1":
            raise _no_version(params["PolicyArn"], wanted)
        row = {"VersionId": "v1", "IsDefaultVersion": True, "CreateDate": AWS_POLICIES_SINCE}
        return {"PolicyVersion": {**row, "Document": encode_document(known.document)}}
    policy = own_policy(context, params["PolicyArn"])
    return {"PolicyVersion": _shown_version(policy, _find_version(policy, wanted))}


def list_versions(context: Context, params: Params) -> Result:
    """ListPolicyVersions, newest first, without texts."""
    if params["PolicyArn"] in AWS_MANAGED_POLICIES:
        row = {"VersionId": "v1", "IsDefaultVersion": True, "CreateDate": AWS_POLICIES_SINCE}
        return page("Versions", [row], params)
    policy = own_policy(context, params["PolicyArn"])
    rows = [{**_shown_version(policy, version), "Document": None} for version in reversed(policy.versions)]
    return page("Versions", rows, params)


def set_default_version(context: Context, params: Params) -> Result:
    """SetDefaultPolicyVersion."""
    policy = _own(context, params)
    version = _find_version(policy, params["VersionId"])
    context.tx.put(
        msgspec.structs.replace(policy, default_version_id=version.version_id, updated_at=context.clock.now())
    )
    return {}


def delete_version(context: Context, params: Params) -> Result:
    """DeletePolicyVersion; the default one goes only with the policy."""
    policy = _own(context, params)
    version = _find_version(policy, params["VersionId"])
    if version.version_id == policy.default_version_id:
        raise Fault("DeleteConflict", "Cannot delete the default version of a policy.", 409)
    context.tx.put(msgspec.structs.replace(policy, versions=tuple(v for v in policy.versions if v != version)))
    return {}


def list_entities(context: Context, params: Params) -> Result:
    """ListEntitiesForPolicy: whom it allows something, and whose boundary it is."""
    if params["PolicyArn"] not in AWS_MANAGED_POLICIES:
        own_policy(context, params["PolicyArn"])
    usage, wanted = params.get("PolicyUsageFilter", ""), params.get("EntityFilter", "")
    attached = _holders(context, params["PolicyArn"]) if usage != "PermissionsBoundary" else []
    bounded = _bounded(context, params["PolicyArn"]) if usage != "PermissionsPolicy" else []
    holders = {holder.key: holder for holder in (*attached, *bounded)}.values()
    users = [{"UserName": h.user_name, "UserId": h.unique_id} for h in holders if isinstance(h, User)]
    roles = [{"RoleName": h.role_name, "RoleId": h.unique_id} for h in holders if isinstance(h, Role)]
    return {
        "PolicyGroups": [],
        "PolicyUsers": users if wanted in ("", "User") else [],
        "PolicyRoles": roles if wanted in ("", "Role") else [],
        "IsTruncated": False,
    }


def tag(context: Context, params: Params) -> Result:
    """TagPolicy."""
    policy = _own(context, params)
    context.tx.put(msgspec.structs.replace(policy, tags=merge_tags(policy.tags, read_tags(params))))
    return {}


def untag(context: Context, params: Params) -> Result:
    """UntagPolicy."""
    policy, gone = _own(context, params), set(params["TagKeys"])
    context.tx.put(msgspec.structs.replace(policy, tags={k: v for k, v in policy.tags.items() if k not in gone}))
    return {}


def list_tags(context: Context, params: Params) -> Result:
    """ListPolicyTags."""
    if params["PolicyArn"] in AWS_MANAGED_POLICIES:
        return page("Tags", [], params)
    return page("Tags", shown_tags(own_policy(context, params["PolicyArn"]).tags), params)


def _own(context: Context, params: Params) -> ManagedPolicy:
    """The policy, which must be the account's: nobody changes AWS's."""
    arn = params["PolicyArn"]
    if arn in AWS_MANAGED_POLICIES:
        raise Fault(
            "AccessDenied",
            f"User: {context.caller.arn} is not authorized to perform this operation on resource: policy {arn}",
            403,
        )
    return own_policy(context, arn)


def _check_size(text: str) -> str:
    if len("".join(text.split())) > MAX_DOCUMENT_CHARS:
        raise Fault("LimitExceeded", f"Cannot exceed quota for PolicySize: {MAX_DOCUMENT_CHARS}", 409)
    return text


def _holders(context: Context, arn: str) -> list[User | Role]:
    users = [u for u in context.tx.find(User, "policy", arn) if u.account == context.account]
    roles = [r for r in context.tx.find(Role, "policy", arn) if r.account == context.account]
    return [*users, *roles]


def _bounded(context: Context, arn: str) -> list[User | Role]:
    """Whose permissions boundary it is."""
    entities: list[User | Role] = [
        *context.tx.in_account(User, context.account, GLOBAL),
        *context.tx.in_account(Role, context.account, GLOBAL),
    ]
    return [entity for entity in entities if entity.permissions_boundary == arn]


def _find_version(policy: ManagedPolicy, id: str) -> PolicyVersion:
    version = next((v for v in policy.versions if v.version_id == id), None)
    if version is None:
        raise _no_version(policy.id, id)
    return version


def _no_version(arn: str, id: str) -> Fault:
    return Fault("NoSuchEntity", f"Policy {arn} version {id} does not exist or is not attachable.", 404)


def _shown_version(policy: ManagedPolicy, version: PolicyVersion) -> dict[str, object]:
    return {
        "Document": encode_document(version.document),
        "VersionId": version.version_id,
        "IsDefaultVersion": version.version_id == policy.default_version_id,
        "CreateDate": version.created_at,
    }
