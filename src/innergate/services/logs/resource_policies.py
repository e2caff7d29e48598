"""Resource policies: of an account, by name, or of one log group, by ARN.

# AWS differs: they are records. The platform's services write by their own right (API Gateway by the role of the account's
# settings), clients by their identity policies; no other account can be let in.
"""

from innergate.policy.document import PolicyError
from innergate.policy.parse import parse_policy
from innergate.primitives.fault import Fault
from innergate.primitives.ids import fresh_hex
from innergate.resources.log_groups import LogGroup
from innergate.resources.log_policies import LogPolicy
from innergate.services.context import Context, Params, Result

MAX_POLICIES = 10
"""Of an account in a Region (CloudWatch Logs quotas, "Resource policies")."""
MAX_BYTES = 5120
"""PutResourcePolicy, "policyDocument"; ten times that for one of a log group."""
MAX_GROUP_BYTES = 51_200
PAGE = 50


def put(context: Context, params: Params) -> Result:
    """PutResourcePolicy. Raises Fault InvalidParameterException, LimitExceededException, ResourceNotFoundException,
    OperationAbortedException."""
    arn, name = params.get("resourceArn"), params.get("policyName") or ""
    if not arn and not name:
        raise Fault("InvalidParameterException", "A policyName or a resourceArn must be specified.")
    group_arn = _group_arn(context, str(arn)) if arn else None
    own_id = group_arn or _account_id(context, name)
    known = context.tx.get(LogPolicy, own_id)
    _check_revision(known, params)
    policy = LogPolicy(
        id=own_id,
        account=context.account,
        region=context.region,
        policy_name=name,
        document=_checked(params.get("policyDocument") or "", MAX_GROUP_BYTES if arn else MAX_BYTES),
        updated_at=context.clock.now(),
        revision_id=fresh_hex(context.ids, 32),
        resource_arn=group_arn,
    )
    if known is None and not arn and len(_own(context, of_groups=False)) >= MAX_POLICIES:
        raise Fault("LimitExceededException", "Resource limit exceeded.")
    context.tx.put(policy)
    return {"resourcePolicy": _shown(policy), **({"revisionId": policy.revision_id} if arn else {})}


def _account_id(context: Context, name: str) -> str:
    return f"{context.account}/{context.region}/{name}"


def _group_arn(context: Context, arn: str) -> str:
    group = context.tx.get(LogGroup, arn.removesuffix(":*"))
    if group is None or (group.account, group.region) != (context.account, context.region):
        raise Fault("ResourceNotFoundException", "The specified log group does not exist.")
    return group.id


def _checked(text: str, limit: int) -> str:
    if len(text.encode()) > limit:
        raise Fault("LimitExceededException", f"Resource policy document exceeds the limit of {limit} bytes.")
    try:
        parse_policy(text, "resource")
    except PolicyError as error:
        raise Fault("InvalidParameterException", f"Unsupported policy document: {error.message}") from None
    return text


def _check_revision(known: LogPolicy | None, params: Params) -> None:
    """A log group's policy must be named by its revision, once there is one ("expectedRevisionId")."""
    expected = params.get("expectedRevisionId")
    is_needed = known is not None and known.resource_arn is not None
    if (is_needed or expected is not None) and (known is None or known.revision_id != expected):
        raise Fault("OperationAbortedException", "The expected revision ID does not match the policy's.")


def _own(context: Context, of_groups: bool) -> list[LogPolicy]:
    found = context.tx.in_account(LogPolicy, context.account, context.region)
    return sorted((p for p in found if (p.resource_arn is not None) is of_groups), key=lambda policy: policy.id)


def describe(context: Context, params: Params) -> Result:
    """DescribeResourcePolicies: the account's; with a resourceArn, or the scope RESOURCE, those of log groups."""
    arn = str(params.get("resourceArn") or "").removesuffix(":*")
    after, size = params.get("nextToken", ""), int(params.get("limit", PAGE))
    found = [
        policy
        for policy in _own(context, of_groups=bool(arn) or params.get("policyScope") == "RESOURCE")
        if policy.id > after and (not arn or policy.resource_arn == arn)
    ]
    result: dict[str, object] = {"resourcePolicies": [_shown(policy) for policy in found[:size]]}
    return result | ({"nextToken": found[size - 1].id} if len(found) > size else {})


def _shown(policy: LogPolicy) -> dict[str, object]:
    shown: dict[str, object] = {
        "policyDocument": policy.document,
        "lastUpdatedTime": int(policy.updated_at.timestamp() * 1000),
        "policyScope": "ACCOUNT" if policy.resource_arn is None else "RESOURCE",
    }
    if policy.policy_name:
        shown["policyName"] = policy.policy_name
    if policy.resource_arn is not None:
        shown |= {"resourceArn": policy.resource_arn, "revisionId": policy.revision_id}
    return shown


def delete(context: Context, params: Params) -> Result:
    """DeleteResourcePolicy. Raises Fault ResourceNotFoundException, OperationAbortedException."""
    arn, name = params.get("resourceArn"), params.get("policyName") or ""
    policy = context.tx.get(LogPolicy, str(arn).removesuffix(":*") if arn else _account_id(context, name))
    is_own = policy is not None and (policy.account, policy.region) == (context.account, context.region)
    if policy is None or not is_own:
        raise Fault("ResourceNotFoundException", f"Policy with name [{name or arn}] does not exist.")
    _check_revision(policy, params)
    context.tx.delete(policy)
    return {}
