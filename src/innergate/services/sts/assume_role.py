"""AssumeRole: the role's trust policy, the caller's own policies, and the session that both allow."""

import re
from collections.abc import Mapping, Sequence

from innergate.compile.resolve.identity_policies import find_document
from innergate.policy.combine import decide_cross_account, decide_same_account
from innergate.policy.document import PolicyError
from innergate.policy.evaluate import AccessRequest, Decision, evaluate, request_context
from innergate.policy.parse import parse_policy, read_stored_policy
from innergate.primitives.arn import parse_arn
from innergate.primitives.fault import Fault
from innergate.resources.identities import Role
from innergate.services.authorization import caller_keys, decide_for_caller, principal_of
from innergate.services.context import Context, Params, Result
from innergate.services.resource_tags import tag_keys
from innergate.services.sts.sessions import MAX_DURATION_S, check_duration, open_session, role_principal, shown

DEFAULT_DURATION_S = 3_600
CHAINED_DURATION_S = 3_600
MAX_SESSION_POLICIES_CHARS = 2_048
MAX_SESSION_POLICY_ARNS = 10
_SESSION_NAME = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)


def assume_role(context: Context, params: Params) -> Result:
    """Temporary credentials of a role. Raises Fault AccessDenied, also where there is no such role: the caller never learns
    which roles another account has."""
    arn, name = params["RoleArn"], params["RoleSessionName"]
    _check_session_name(name)
    duration_s = params.get("DurationSeconds", DEFAULT_DURATION_S)
    check_duration(duration_s, MAX_DURATION_S)
    policies = _session_policies(context, params)
    role = context.tx.get(Role, arn)
    if role is None:
        raise _denied(context, "sts:AssumeRole", arn)
    _check_permission(context, role, params)
    if context.caller.kind == "assumed-role" and duration_s > CHAINED_DURATION_S:
        raise Fault(
            "ValidationError",
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
        )
    if duration_s > role.max_session_duration_s:
        raise Fault(
            "ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
        )
    session = open_session(context, role_principal(role, name), duration_s, policies, _tags(params))
    result: dict[str, object] = {
        "Credentials": shown(session),
        "AssumedRoleUser": {"AssumedRoleId": session.principal_id, "Arn": session.principal_arn},
    }
    if policies or params.get("Tags"):
        result["PackedPolicySize"] = min(100, 100 * sum(map(len, policies)) // MAX_SESSION_POLICIES_CHARS + 1)
    if "SourceIdentity" in params:
        result["SourceIdentity"] = params["SourceIdentity"]
    return result


def _check_permission(context: Context, role: Role, params: Params) -> None:
    actions = ["sts:AssumeRole"]
    if params.get("Tags"):
        actions.append("sts:TagSession")
    if "SourceIdentity" in params:
        actions.append("sts:SetSourceIdentity")
    for action in actions:
        if not _decide(context, role, action, _session_keys(role, params)).is_allowed:
            raise _denied(context, action, role.id)


def _decide(context: Context, role: Role, action: str, keys: Mapping[str, str | Sequence[str] | None]) -> Decision:
    # AWS differs: it lets no root user assume a role. Here the operator's keys act as root, and may.
    trust = read_stored_policy(role.assume_role_policy_document, "trust", role.id)
    request = AccessRequest(
        action, role.id, principal_of(context.caller), request_context(caller_keys(context) | dict(keys))
    )
    trusted = evaluate((trust,), request)
    own = decide_for_caller(context, action, role.id, keys)
    if context.caller.kind == "root" and not trusted.is_allowed:
        return trusted
    combine = decide_same_account if role.account == context.account else decide_cross_account
    return combine(own, trusted) if trusted.is_allowed else trusted


def _session_keys(role: Role, params: Params) -> dict[str, str | Sequence[str] | None]:
    tags = _tags(params)
    keys: dict[str, str | Sequence[str] | None] = {
        **tag_keys(role.tags, "aws", "iam"),
        "aws:ResourceAccount": role.account,
        "sts:ExternalId": params.get("ExternalId"),
        "sts:RoleSessionName": params["RoleSessionName"],
        "sts:SourceIdentity": params.get("SourceIdentity"),
        "aws:TagKeys": tuple(tags) or None,
        "sts:DurationSeconds": str(params.get("DurationSeconds", DEFAULT_DURATION_S)),
        "sts:TransitiveTagKeys": tuple(params.get("TransitiveTagKeys", ())) or None,
    }
    return keys | {f"aws:RequestTag/{key}": value for key, value in tags.items()}


def _tags(params: Params) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in params.get("Tags", ())}


def _session_policies(context: Context, params: Params) -> tuple[str, ...]:
    texts: list[str] = []
    inline = params.get("Policy", "")
    if inline:
        try:
            parse_policy(inline, "identity")
        except PolicyError as error:
            raise Fault("MalformedPolicyDocument", error.message) from None
        texts.append(inline)
    arns = [item.get("arn", "") for item in params.get("PolicyArns", ())]
    if len(arns) > MAX_SESSION_POLICY_ARNS or len(inline) > MAX_SESSION_POLICIES_CHARS:
        raise Fault("PackedPolicyTooLarge", "The policies or tags that were passed are too large.")
    role = parse_arn(params["RoleArn"])
    for arn in arns:
        text, policy = find_document(context.tx, arn), parse_arn(arn)
        if text is None or policy is None or role is None or policy.account not in ("aws", role.account):
            raise Fault("MalformedPolicyDocument", f"Policy {arn} does not exist or is not attachable.")
        texts.append(text)
    return tuple(texts)


def _check_session_name(name: str) -> None:
    if not _SESSION_NAME.fullmatch(name):
        raise Fault(
            "ValidationError",
            f"1 validation error detected: Value '{name}' at 'roleSessionName' failed to satisfy constraint: Member must "
            r"satisfy regular expression pattern: [\w+=,.@-]*",
        )


def _denied(context: Context, action: str, arn: str) -> Fault:
    return Fault(
        "AccessDenied", f"User: {context.caller.arn} is not authorized to perform: {action} on resource: {arn}", 403
    )
