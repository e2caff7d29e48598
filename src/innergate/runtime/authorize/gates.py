"""Joins who calls with the API's resource policy and the policy of the endpoint that the call came by.

Source: API Gateway Developer Guide, "How API Gateway resource policies affect authorization workflow", tables A and B.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache

from innergate.policy.combine import (
    decide_cross_account,
    decide_same_account,
    decide_without_caller,
    with_endpoint,
)
from innergate.policy.document import Policy, PolicyKind
from innergate.policy.evaluate import AccessRequest, Decision, evaluate
from innergate.policy.execute_api import INVOKE, CallFacts, call_context, expand_policy
from innergate.policy.parse import read_stored_policy
from innergate.policy.principals import Principal
from innergate.runtime.authorize.outcome import Denied, access_denied
from innergate.runtime.authorize.question import Question


@lru_cache(maxsize=1024)
def stored_policy(text: str, kind: PolicyKind = "resource", name: str = "") -> Policy:
    """The policy in a document's text; one that denies everything where it cannot be read."""
    return read_stored_policy(text, kind, name)


@lru_cache(maxsize=1024)
def _api_policy(text: str, arn_prefix: str) -> Policy:
    return expand_policy(read_stored_policy(text), arn_prefix)


def access_request(
    question: Question, principal: Principal | None = None, keys: Mapping[str, tuple[str, ...]] | None = None
) -> AccessRequest:
    """The call as policies are asked about it. `keys` are condition keys of the caller, by lower-case name."""
    call = question.call
    facts = CallFacts(
        is_private=question.stage.is_private,
        client_address=call.source_ip,
        is_tls=bool(call.tls_version),
        vpce=call.vpce_id or None,
        vpc=call.vpc_id or None,
        vpce_account=call.vpce_account or None,
        user_agent=call.header("user-agent"),
        referer=call.header("referer"),
        now=question.now,
    )
    return AccessRequest(INVOKE, question.method_arn, principal, {**call_context(facts), **(keys or {})})


def refuse_early(question: Question) -> Denied | None:
    """What is refused before an authorizer is asked: what the resource policy or the endpoint's denies explicitly, and every
    call to a private API without a policy."""
    request = access_request(question)
    decision = _resource(question, request)
    if decision.outcome == "implicit-deny" and not (question.stage.is_private and not question.stage.policy):
        decision = Decision("allow", None, ())
    return _refusal(question, with_endpoint(decision, _endpoint(question), request))


def refuse_anonymous(question: Question) -> Denied | None:
    """Where the caller has proven who they are to somebody else (a user pool): the resource policy by itself must allow."""
    request = access_request(question)
    policy = _api_policy(question.stage.policy, question.arn_prefix) if question.stage.policy else None
    return _refusal(question, decide_without_caller(policy, question.stage.is_private, _endpoint(question), request))


def decide_authorizer(question: Question, policy: Policy) -> Decision:
    """Table A, with the policy that a Lambda authorizer answered as the identity's side."""
    request = access_request(question)
    identity = evaluate((expand_policy(policy, question.arn_prefix),), request)
    return _joined(question, request, identity, is_same_account=True)


def decide_caller(question: Question, request: AccessRequest, identity: Decision) -> Decision:
    """Table A or B for a signed call: one of the API's own account needs either side's word, another needs both."""
    account = request.principal.account if request.principal is not None else ""
    return _joined(question, request, identity, is_same_account=account == question.stage.account)


def denial_text(question: Question, who: str, decision: Decision) -> str:
    """AWS's sentence to whom a policy refuses."""
    text = f"User: {who} is not authorized to perform: {INVOKE} on resource: {question.shown_arn}"
    return f"{text} with an explicit deny" if decision.outcome == "explicit-deny" else text


def _joined(question: Question, request: AccessRequest, identity: Decision, is_same_account: bool) -> Decision:
    resource = _resource(question, request)
    if question.stage.is_private and not question.stage.policy:
        decision = _without_policy(identity)
    elif is_same_account:
        decision = decide_same_account(identity, resource)
    else:
        decision = decide_cross_account(identity, resource)
    return with_endpoint(decision, _endpoint(question), request)


def _without_policy(identity: Decision) -> Decision:
    """A private API without a policy admits nobody, whatever their own policies allow."""
    return identity if identity.outcome == "explicit-deny" else Decision("implicit-deny", None, identity.results)


def _resource(question: Question, request: AccessRequest) -> Decision:
    text = question.stage.policy
    policies: Sequence[Policy] = (_api_policy(text, question.arn_prefix),) if text else ()
    return evaluate(policies, request)


def _endpoint(question: Question) -> Policy | None:
    """The policy of the endpoint that a private call came by; None where it gives full access."""
    if not question.stage.is_private:
        return None
    text = question.stage.endpoint_policies.get(question.call.vpce_id)
    return _api_policy(text, question.arn_prefix) if text is not None else None


def _refusal(question: Question, decision: Decision) -> Denied | None:
    return None if decision.is_allowed else access_denied(denial_text(question, "anonymous", decision))
