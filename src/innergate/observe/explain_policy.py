"""Which statement decides on a call, by the engine that is compiled into Envoy."""

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from innergate.compile.resolve.api_blueprint import StageBlueprint
from innergate.observe.explanation import ConditionSeen, PolicyDecision, StatementSeen
from innergate.policy.document import Policy
from innergate.policy.evaluate import AccessRequest, Decision, StatementResult, evaluate, request_context
from innergate.policy.execute_api import INVOKE, call_arn, expand_policy
from innergate.policy.parse import read_stored_policy
from innergate.resources.vpc_endpoints import VpcEndpoint

RESOURCE_POLICY, ENDPOINT_POLICY = "the API's resource policy", "the endpoint's policy"
DOMAIN_POLICY = "the domain name's policy"

ConditionKeys = Mapping[str, str | Sequence[str] | None]


class Question(NamedTuple):
    """One call: what is invoked and which condition keys it brings."""

    prefix: str
    resource: str
    keys: ConditionKeys


def ask(blueprint: StageBlueprint, method: str, path: str, keys: ConditionKeys) -> Question:
    """The question that a call puts to policies; `path` is the canonical one inside the stage."""
    prefix = f"arn:aws:execute-api:{blueprint.region}:{blueprint.account}:{blueprint.api_id}"
    return Question(prefix, call_arn(prefix, blueprint.stage, method, path), keys)


def decide_resource_policy(blueprint: StageBlueprint, question: Question) -> PolicyDecision | None:
    """What the deployed policy says; None for a public API without one (open). A private API without one denies."""
    if not blueprint.policy and not blueprint.is_private:
        return None
    policies = []
    if blueprint.policy:
        policy = read_stored_policy(blueprint.policy, "resource", RESOURCE_POLICY)
        policies.append(expand_policy(policy, question.prefix))
    return _decide(RESOURCE_POLICY, policies, question)


def decide_endpoint_policy(endpoint: VpcEndpoint, question: Question) -> PolicyDecision:
    """What the endpoint's own policy says."""
    policy = read_stored_policy(endpoint.policy_document, "resource", ENDPOINT_POLICY)
    return _decide(ENDPOINT_POLICY, [expand_policy(policy, question.prefix)], question)


def decide_domain_policy(text: str, arn: str, keys: ConditionKeys) -> PolicyDecision:
    """What the policy of a private domain name says; `arn` is the name as its resource. `execute-api:/*` is all of it."""
    policy = expand_policy(read_stored_policy(text, "resource", DOMAIN_POLICY), arn)
    statements = tuple(
        msgspec.structs.replace(s, resources=_slashed(s.resources), not_resources=_slashed(s.not_resources))
        for s in policy.statements
    )
    return _decide(
        DOMAIN_POLICY, [msgspec.structs.replace(policy, statements=statements)], Question(arn, f"{arn}/", keys)
    )


def _slashed(patterns: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """The patterns so that one for the name fits the name with a slash, which `…/*` fits too."""
    return None if patterns is None else tuple(p if p.endswith(("*", "/")) else f"{p}/" for p in patterns)


def denial_message(decision: PolicyDecision) -> str:
    """AWS's words for a denied anonymous call; the account is masked."""
    parts = decision.resource.split(":", 5)
    parts[4] = f"********{parts[4][-4:]}"
    text = f"User: anonymous is not authorized to perform: {INVOKE} on resource: {':'.join(parts)}"
    return f"{text} with an explicit deny" if decision.outcome == "explicit-deny" else text


def say_why(decision: PolicyDecision) -> str:
    """A sentence on what decided; of a denial with the condition values that mattered, for it stands alone."""
    by = decision.decided_by
    if by is None:
        if not decision.statements:
            return "a private API without a resource policy denies every call"
        tried = "; ".join(f"{s.name}: {s.effect} fails at {s.failed_at}{_values(s)}" for s in decision.statements)
        return f"no statement of {decision.policy} allows the call ({tried})"
    if by.effect == "Deny":
        return f"{by.name} of {decision.policy} denies{_values(by)}"
    return f"{by.name} of {decision.policy} allows"


def is_same_document(a: str, b: str) -> bool:
    """Whether two policy texts say the same."""
    if a == b:
        return True
    try:
        return bool(json.loads(a or "null") == json.loads(b or "null"))
    except ValueError:
        return False


def _values(statement: StatementSeen) -> str:
    parts = []
    for condition in statement.conditions:
        seen = ", ".join(condition.seen) if condition.seen is not None else "absent"
        parts.append(f"{condition.key} is {seen}, {condition.operator} {', '.join(condition.wanted)}")
    return f" [{'; '.join(parts)}]" if parts else ""


def _decide(name: str, policies: Sequence[Policy], question: Question) -> PolicyDecision:
    context = request_context(question.keys)
    decision: Decision = evaluate(policies, AccessRequest(INVOKE, question.resource, None, context))
    return PolicyDecision(
        policy=name,
        outcome=decision.outcome,
        resource=question.resource,
        decided_by=_seen(name, decision.decided_by) if decision.decided_by is not None else None,
        statements=tuple(_seen(name, result) for result in decision.results),
        context=context,
    )


def _seen(policy: str, result: StatementResult) -> StatementSeen:
    return StatementSeen(
        policy=policy,
        name=result.statement.name,
        line=result.statement.line,
        effect=result.statement.effect,
        failed_at=result.failed_at,
        conditions=tuple(
            ConditionSeen(
                operator=c.condition.name,
                key=c.condition.key,
                wanted=c.condition.values,
                seen=c.seen,
                holds=c.holds,
            )
            for c in result.conditions
        ),
    )
