"""AWS_IAM: who signed, what their own policies say, and what the API's and the endpoint's policies say of them."""

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from innergate.plans.principals import IdentityPolicy, RuntimePrincipal
from innergate.policy.combine import decide_identity
from innergate.policy.document import Policy
from innergate.policy.evaluate import AccessRequest, Decision, request_context
from innergate.policy.principals import Principal
from innergate.runtime.authorize.caller import identify
from innergate.runtime.authorize.gates import access_request, decide_caller, denial_text, stored_policy
from innergate.runtime.authorize.memory import AuthorizationMemory
from innergate.runtime.authorize.outcome import Authorized, Denied, Verdict, access_denied, told
from innergate.runtime.authorize.question import Question

INVALIDATE = "execute-api:InvalidateCache"


def ask_policies(question: Question, memory: AuthorizationMemory) -> Verdict:
    """Whether the call is signed by somebody whom policies let invoke the method. Nobody else is asked: keys and policies are
    at the worker."""
    principal = identify(question, memory.find_principal)
    if isinstance(principal, Denied):
        return told(
            principal, {"authenticate.status": str(principal.status), "authenticate.error": str(principal.message)}
        )
    identity = _identity(principal)
    facts = {f"identity.{name}": value for name, value in identity.items()} | {"authenticate.status": "200"}
    stage = question.stage
    request = access_request(question, principal_of(principal), caller_keys(principal, stage.region, stage.account))
    decision = decide_caller(question, request, own_decision(principal, request))
    if not decision.is_allowed:
        text = denial_text(question, principal.arn, decision)
        refused = msgspec.structs.replace(access_denied(text), identity=identity)
        return told(refused, {**facts, "authorize.status": "403", "authorize.error": text}, text)
    return Authorized(identity=identity, facts={**facts, "authorize.status": "200"})


def may_invalidate_cache(question: Question, memory: AuthorizationMemory) -> bool:
    """Whether the caller signed, and policies let them have answers made anew (developer guide, "Invalidate an API Gateway
    cache entry")."""
    principal = identify(question, memory.find_principal)
    if isinstance(principal, Denied):
        return False
    stage = question.stage
    keys = caller_keys(principal, stage.region, stage.account)
    request = access_request(question, principal_of(principal), keys)._replace(action=INVALIDATE)
    return decide_caller(question, request, own_decision(principal, request)).is_allowed


def _identity(principal: RuntimePrincipal) -> dict[str, str]:
    """Members of `$context.identity` (developer guide, "$context variables")."""
    identity = {
        "accountId": principal.account,
        "accessKey": principal.access_key_id,
        "caller": principal.user_id,
        "user": principal.user_id,
        "userArn": principal.arn,
    }
    if principal.organization:
        identity["principalOrgId"] = principal.organization
    return identity


def principal_of(principal: RuntimePrincipal) -> Principal:
    """The caller as policies are asked about them."""
    return Principal(principal.kind, principal.account, principal.arn, principal.user_id, principal.role_arn)


def own_decision(principal: RuntimePrincipal, request: AccessRequest) -> Decision:
    """What the caller's own policies say; the root of an account may do everything in it."""
    if principal.kind == "root":
        return Decision("allow", None, ())
    boundary = principal.boundary
    return decide_identity(
        _policies(principal.policies),
        stored_policy(boundary.text, "identity", boundary.name) if boundary is not None else None,
        _policies(principal.session_policies),
        request,
    )


def _policies(policies: Sequence[IdentityPolicy]) -> list[Policy]:
    return [stored_policy(policy.text, "identity", policy.name) for policy in policies]


def caller_keys(principal: RuntimePrincipal, region: str, owner: str) -> dict[str, tuple[str, ...]]:
    """The condition keys that only signed calls have (developer guide, "AWS condition keys that can be used in API Gateway
    resource policies"), and those that every call has which IAM decides on: callers' own policies ask for them. `owner` is the
    account of what is called."""
    is_session = bool(principal.token)
    issued = datetime.fromtimestamp(principal.issued_at_ms / 1000, UTC).isoformat()
    values: dict[str, str | Sequence[str] | None] = {
        "aws:PrincipalArn": principal.role_arn or principal.arn,
        "aws:PrincipalAccount": principal.account,
        "aws:PrincipalType": {"root": "Account", "user": "User"}.get(principal.kind, "AssumedRole"),
        "aws:PrincipalOrgID": principal.organization or None,
        "aws:PrincipalOrgPaths": principal.organization_path or None,
        "aws:userid": principal.user_id,
        "aws:username": principal.user_name or None,
        "aws:TokenIssueTime": issued if is_session else None,
        "aws:MultiFactorAuthPresent": "false" if is_session else None,
        "aws:RequestedRegion": region,
        "aws:ResourceAccount": owner,
        "aws:PrincipalIsAWSService": "false",
        "aws:ViaAWSService": "false",
    }
    for name, value in principal.tags.items():
        values[f"aws:PrincipalTag/{name}"] = value
    return request_context(values)
