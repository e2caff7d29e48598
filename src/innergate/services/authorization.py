"""Whether IAM lets the caller make a control call: identity policies, boundary and session policies."""

from collections.abc import Mapping, Sequence
from typing import Any

from innergate.compile.resolve.identity_policies import identity_policies
from innergate.compile.resolve.organization import organization_keys
from innergate.policy.combine import decide_identity
from innergate.policy.document import Policy
from innergate.policy.evaluate import AccessRequest, Decision, request_context
from innergate.policy.parse import read_stored_policy
from innergate.policy.principals import Principal
from innergate.primitives.arn import format_arn
from innergate.resources.identities import Role, User
from innergate.services.context import Caller, Context, Params
from innergate.services.operation import Operation
from innergate.services.refusals import access_denied
from innergate.store.transaction import Transaction

IAM_PREFIXES = {"elbv2": "elasticloadbalancing", "apigatewayv2": "apigateway"}
"""The services whose actions are not named after them."""


def authorize(context: Context, service: str, operation_name: str, operation: Operation, params: Params) -> None:
    """Returns where the caller may. Raises Fault AccessDenied (or the service's own name for it)."""
    if operation.unchecked or context.caller.kind == "root":
        return
    action = operation.action or f"{IAM_PREFIXES.get(service, service)}:{operation_name}"
    found = operation.resource(context, params)
    resources = [found] if isinstance(found, str) else found
    makes_some = any(_is_new(resource) for resource in resources)
    asked = operation.request_keys(context, params)
    for resource in resources:
        tags = request_tag_keys(params) if _is_new(resource) or not makes_some else {}
        _check(context, service, action, resource, {**tags, **asked, **operation.resource_keys(context, resource)})
    for action, resource in operation.further(context, params):
        keys = {**request_tag_keys(params), **asked, **operation.resource_keys(context, resource)}
        _check(context, service, action, resource, keys)
    if service == "ec2":
        _check_tagging(context, operation_name, params)


def _is_new(resource: str) -> bool:
    """Whether the ARN stands for what a call makes: tags of the request are that resource's, not those of what it names."""
    return resource.endswith("/*")


def _check_tagging(context: Context, operation_name: str, params: Params) -> None:
    """Tags given on creation need ec2:CreateTags too (EC2 User Guide, "Grant permission to tag resources during creation")."""
    for specification in params.get("TagSpecifications") or ():
        if specification.get("Tags"):
            arn = format_arn("ec2", context.region, context.account, f"{specification.get('ResourceType')}/*")
            keys = request_tag_keys({"TagSpecifications": [specification]}) | {"ec2:CreateAction": operation_name}
            _check(context, "ec2", "ec2:CreateTags", arn, keys)


def _check(
    context: Context, service: str, action: str, resource: str, keys: Mapping[str, str | Sequence[str] | None]
) -> None:
    decision = decide_for_caller(context, action, resource, keys)
    if not decision.is_allowed:
        raise access_denied(service, denial_text(context.caller, action, resource, decision))


def decide_for_caller(
    context: Context, action: str, resource: str, keys: Mapping[str, str | Sequence[str] | None]
) -> Decision:
    """What the caller's own policies say of an action. `keys` adds condition keys to those that every call has. The root of
    an account may do everything in it."""
    caller = context.caller
    if caller.kind == "root":
        return Decision("allow", None, ())
    request = AccessRequest(action, resource, principal_of(caller), request_context(caller_keys(context) | dict(keys)))
    policies, boundary = _identity_policies(context.tx, caller)
    session = [
        read_stored_policy(text, "identity", f"session policy {n}") for n, text in enumerate(caller.session_policies)
    ]
    return decide_identity(policies, boundary, session, request)


def principal_of(caller: Caller) -> Principal:
    """The caller as policies name it."""
    role_arn = caller.identity if caller.kind == "assumed-role" else ""
    return Principal(caller.kind, caller.account, caller.arn, caller.user_id, role_arn)


def caller_keys(context: Context) -> dict[str, str | Sequence[str] | None]:
    """The condition keys that every control call has (IAM User Guide, "AWS global condition context keys")."""
    caller, now = context.caller, context.clock.now()
    keys: dict[str, str | Sequence[str] | None] = {
        "aws:PrincipalArn": caller.identity if caller.kind == "assumed-role" else caller.arn,
        "aws:PrincipalAccount": caller.account,
        "aws:PrincipalType": {"root": "Account", "user": "User"}.get(caller.kind, "AssumedRole"),
        "aws:userid": caller.user_id,
        "aws:username": caller.arn.rpartition("/")[2] if caller.kind == "user" else None,
        "aws:RequestedRegion": context.region or "us-east-1",
        "aws:CurrentTime": now.isoformat(),
        "aws:EpochTime": str(int(now.timestamp())),
        "aws:SourceIp": context.source_ip or None,
        "aws:UserAgent": context.user_agent or None,
        "aws:ViaAWSService": "false",
        "aws:PrincipalIsAWSService": "false",
        "aws:ResourceAccount": context.account,
        "aws:MultiFactorAuthPresent": "false" if caller.issued_at is not None else None,
        "aws:TokenIssueTime": caller.issued_at.isoformat() if caller.issued_at is not None else None,
    }
    keys.update(organization_keys(context.tx))
    for key, value in _principal_tags(context.tx, caller).items():
        keys[f"aws:PrincipalTag/{key}"] = value
    return keys


def request_tag_keys(params: Params) -> dict[str, str | Sequence[str] | None]:
    """`aws:RequestTag/…` and `aws:TagKeys` of a call that gives tags, in whichever form its service does."""
    tags = dict(_tags_in(params.get("Tags")) | _tags_in(params.get("tags")))
    for specification in params.get("TagSpecifications", ()):
        tags |= _tags_in(specification.get("Tags"))
    if not tags:
        return {}
    return {"aws:TagKeys": tuple(tags), **{f"aws:RequestTag/{key}": value for key, value in tags.items()}}


def _tags_in(raw: Any) -> dict[str, str]:
    if isinstance(raw, Mapping):
        return {str(key): str(value) for key, value in raw.items()}
    if isinstance(raw, Sequence) and not isinstance(raw, str):
        return {str(tag["Key"]): str(tag.get("Value", "")) for tag in raw if isinstance(tag, Mapping) and "Key" in tag}
    return {}


def denial_text(caller: Caller, action: str, resource: str, decision: Decision) -> str:
    """AWS's sentence of a refusal."""
    text = f"User: {caller.arn} is not authorized to perform: {action} on resource: {resource}"
    if decision.outcome == "explicit-deny":
        return f"{text} with an explicit deny in an identity-based policy"
    return f"{text} because no identity-based policy allows the {action} action"


def _identity_policies(tx: Transaction, caller: Caller) -> tuple[list[Policy], Policy | None]:
    holder = _holder(tx, caller)
    if holder is None:
        return [], None
    return identity_policies(tx, holder)


def _holder(tx: Transaction, caller: Caller) -> User | Role | None:
    return tx.get(Role, caller.identity) if caller.kind == "assumed-role" else tx.get(User, caller.identity)


def _principal_tags(tx: Transaction, caller: Caller) -> dict[str, str]:
    holder = _holder(tx, caller)
    return {**(holder.tags if holder is not None else {}), **caller.session_tags}
