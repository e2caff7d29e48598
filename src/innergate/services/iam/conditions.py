"""The condition keys that IAM's own operations have (Service Authorization Reference, "AWS Identity and Access Management").

What administrators forbid is mostly said with them: which policies may be attached, and that nobody is made without a boundary.
"""

from collections.abc import Mapping, Sequence

from innergate.resources.base import UniqueName
from innergate.resources.certificates import Certificate
from innergate.resources.identities import ManagedPolicy, Role, User
from innergate.services.context import Context, Params
from innergate.services.operation import Operation, Operations
from innergate.services.resource_tags import tag_keys, tagging_needs, tags_by_arn

_BY_ARN = tags_by_arn({":role/": Role, ":policy/": ManagedPolicy, ":server-certificate/": Certificate}, "aws", "iam")


def described_keys(context: Context, arn: str) -> Mapping[str, str | Sequence[str]]:
    """`aws:ResourceTag/…` and `iam:ResourceTag/…` of the entity that the ARN names."""
    user = _user(context, arn.rpartition("/")[2]) if ":user/" in arn else None
    return tag_keys(user.tags, "aws", "iam") if user is not None else _BY_ARN(context, arn)


def asked_keys(context: Context, params: Params) -> Mapping[str, str]:
    """`iam:PolicyARN` of a policy that is attached or detached, `iam:AWSServiceName` of a service-linked role's service, and
    `iam:PermissionsBoundary`: the boundary that the call gives, else the one that the user or role has."""
    keys = {"iam:PolicyARN": params.get("PolicyArn"), "iam:AWSServiceName": params.get("AWSServiceName")}
    keys["iam:PermissionsBoundary"] = params.get("PermissionsBoundary") or _boundary(context, params)
    return {name: value for name, value in keys.items() if value}


_TAG_ACTIONS: Mapping[str, str] = {
    "CreatePolicy": "iam:TagPolicy",
    "CreateRole": "iam:TagRole",
    "CreateUser": "iam:TagUser",
    "UploadServerCertificate": "iam:TagServerCertificate",
}
"""What a call that gives tags to what it makes needs, too (IAM User Guide, "Tags for IAM resources"): tags grant access."""


def with_conditions(operations: Operations) -> dict[str, Operation]:
    """The operations, asked with all of these keys."""
    return {name: _asked(name, operation) for name, operation in operations.items()}


def _asked(name: str, operation: Operation) -> Operation:
    asked = operation._replace(resource_keys=described_keys, request_keys=asked_keys)
    action = _TAG_ACTIONS.get(name)
    return tagging_needs(asked, action) if action is not None else asked


def _boundary(context: Context, params: Params) -> str:
    holder: User | Role | None = None
    if "RoleName" in params:
        found = context.tx.find(Role, "name", f"{context.account}/{params['RoleName'].lower()}")
        holder = found[0] if found else None
    elif "UserName" in params:
        holder = _user(context, params["UserName"])
    return holder.permissions_boundary if holder is not None else ""


def _user(context: Context, name: str) -> User | None:
    holder = context.tx.holder_of_name(UniqueName(f"user-name/{context.account}", name.lower()))
    return context.tx.get(User, holder.id) if holder is not None else None
