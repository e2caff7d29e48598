"""Joins who calls with the API's resource policy and the policy of the endpoint that the call came by.

Source: API Gateway Developer Guide, "How API Gateway resource policies affect authorization workflow", tables A and B.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from innergate.policy.combine import (
    decide_cross_account,
    decide_same_account,
    decide_without_caller,
    with_endpoint,
)
from innergate.policy.document import Policy, PolicyKind
from innergate.policy.evaluate import AccessRequest, Decision, evaluate
from innergate.policy.execute_api import INVOKE, CallFacts, asks_for_time, call_context, expand_policy
from innergate.policy.parse import read_stored_policy
from innergate.policy.principals import Principal
from innergate.runtime.authorize.outcome import Denied, access_denied
from innergate.runtime.authorize.question import Question

MAX_KEPT_CHARACTERS = 1024
"""Of what a client chooses itself in a decision that is kept."""


@lru_cache(maxsize=1024)
def stored_policy(text: str, kind: PolicyKind, name: str) -> Policy:
    """The policy in a document's text; one that denies everything where it cannot be read."""
    return read_stored_policy(text, kind, name)


@lru_cache(maxsize=1024)
def _api_policy(text: str, arn_prefix: str) -> Policy:
    return expand_policy(read_stored_policy(text), arn_prefix)


class _Asked(NamedTuple):
    """All that a decision about a call without a caller depends on, but for the time. `endpoint` is the endpoint's policy, None
    where it gives full access."""

    policy: str
    endpoint: str | None
    arn_prefix: str
    arn: str
    facts: CallFacts

    @property
    def is_memorable(self) -> bool:
        """Whether the decision holds for the same call at another time, and is small enough to keep."""
        texts = (self.arn, self.facts.user_agent or "", self.facts.referer or "")
        return (
            sum(map(len, texts)) <= MAX_KEPT_CHARACTERS
            and not asks_for_time(self.policy)
            and not asks_for_time(self.endpoint or "")
        )

    @property
    def policies(self) -> tuple[Policy, ...]:
        """The API's own policy, where it has one."""
        return (_api_policy(self.policy, self.arn_prefix),) if self.policy else ()

    @property
    def endpoint_policy(self) -> Policy | None:
        return _api_policy(self.endpoint, self.arn_prefix) if self.endpoint is not None else None


def _facts(question: Question, now: datetime | None) -> CallFacts:
    call = question.call
    return CallFacts(
        is_private=question.stage.is_private,
        client_address=call.source_ip,
        is_tls=bool(call.tls_version),
        vpce=call.vpce_id or None,
        vpc=call.vpc_id or None,
        vpce_account=call.vpce_account or None,
        user_agent=question.request.header("user-agent"),
        referer=question.request.header("referer"),
        now=now,
    )


def access_request(
    question: Question, principal: Principal | None = None, keys: Mapping[str, tuple[str, ...]] | None = None
) -> AccessRequest:
    """The call as policies are asked about it. `keys` are condition keys of the caller, by lower-case name."""
    facts = _facts(question, question.now)
    return AccessRequest(INVOKE, question.method_arn, principal, {**call_context(facts), **(keys or {})})


def _asked(question: Question) -> _Asked:
    stage = question.stage
    endpoint = stage.endpoint_policies.get(question.call.vpce_id) if stage.is_private else None
    return _Asked(stage.policy, endpoint, question.arn_prefix, question.method_arn, _facts(question, None))


@lru_cache(maxsize=4096)
def _passes_early(asked: _Asked) -> bool:
    request = AccessRequest(INVOKE, asked.arn, None, call_context(asked.facts))
    return _decide_early(asked, request).is_allowed


@lru_cache(maxsize=4096)
def _passes_anonymous(asked: _Asked) -> bool:
    request = AccessRequest(INVOKE, asked.arn, None, call_context(asked.facts))
    return _decide_anonymous(asked, request).is_allowed


def _decide_early(asked: _Asked, request: AccessRequest) -> Decision:
    decision = evaluate(asked.policies, request)
    if decision.outcome == "implicit-deny" and not (asked.facts.is_private and not asked.policy):
        decision = Decision("allow", None, ())
    return with_endpoint(decision, asked.endpoint_policy, request)


def _decide_anonymous(asked: _Asked, request: AccessRequest) -> Decision:
    policy = asked.policies[0] if asked.policies else None
    return decide_without_caller(policy, asked.facts.is_private, asked.endpoint_policy, request)


def refuse_early(question: Question) -> Denied | None:
    """What is refused before an authorizer is asked: what the resource policy or the endpoint's denies explicitly, and every
    call to a private API without a policy."""
    asked = _asked(question)
    if asked.is_memorable and _passes_early(asked):
        return None
    return _refusal(question, _decide_early(asked, access_request(question)))


def refuse_anonymous(question: Question) -> Denied | None:
    """Where the caller has proven who they are to somebody else (a user pool): the resource policy by itself must allow."""
    asked = _asked(question)
    if asked.is_memorable and _passes_anonymous(asked):
        return None
    return _refusal(question, _decide_anonymous(asked, access_request(question)))


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
    asked = _asked(question)
    resource = evaluate(asked.policies, request)
    if question.stage.is_private and not question.stage.policy:
        decision = _without_policy(identity)
    elif is_same_account:
        decision = decide_same_account(identity, resource)
    else:
        decision = decide_cross_account(identity, resource)
    return with_endpoint(decision, asked.endpoint_policy, request)


def _without_policy(identity: Decision) -> Decision:
    """A private API without a policy admits nobody, whatever their own policies allow."""
    return identity if identity.outcome == "explicit-deny" else Decision("implicit-deny", None, identity.results)


def _refusal(question: Question, decision: Decision) -> Denied | None:
    return None if decision.is_allowed else access_denied(denial_text(question, "anonymous", decision))
