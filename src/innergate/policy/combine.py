"""Joins several policies as AWS does: identity with boundary and session policies, resource policies, endpoint policies.

Sources: IAM User Guide, "Policy evaluation logic"; API Gateway Developer Guide, "Authorization flow of resource policies",
tables A and B.
"""

from collections.abc import Sequence

from innergate.policy.document import Policy
from innergate.policy.evaluate import AccessRequest, Decision, evaluate
from innergate.policy.principals import Grant


def decide_identity(
    policies: Sequence[Policy], boundary: Policy | None, session: Sequence[Policy], request: AccessRequest
) -> Decision:
    """What the caller's own policies say. The boundary and the session's policies, where there are any, must allow too."""
    own = evaluate(policies, request)
    gates: list[Sequence[Policy]] = []
    if boundary is not None:
        gates.append((boundary,))
    if session:
        gates.append(session)
    limits = [evaluate(gate, request) for gate in gates]
    return _all_of([own, *limits])._replace(is_within_limits=all(limit.is_allowed for limit in limits))


def decide_without_caller(
    policy: Policy | None, is_private: bool, endpoint: Policy | None, request: AccessRequest
) -> Decision:
    """Authorisation NONE: the resource policy alone must allow. Without one a public API is open and a private one closed.
    `endpoint` is the policy of the VPC endpoint that the call came by; None gives full access, as AWS's default does."""
    if policy is None:
        resource = Decision("implicit-deny" if is_private else "allow", None, ())
    else:
        resource = evaluate((policy,), request)
    return with_endpoint(resource, endpoint, request)


def with_endpoint(decision: Decision, endpoint: Policy | None, request: AccessRequest) -> Decision:
    """The endpoint's policy as a gate of its own: it must allow too."""
    if endpoint is None:
        return decision
    return _all_of([decision, evaluate((endpoint,), request)])


def decide_same_account(identity: Decision, resource: Decision) -> Decision:
    """Table A: no deny, and one side allows. A resource policy that names only the account leaves it to the identity side; one
    that names a role allows its sessions no more than their limits do (IAM User Guide, "Policy evaluation for requests within a
    single account", resource-based policies and roles)."""
    denied = _first_deny([identity, resource])
    if denied is not None:
        return denied
    if identity.is_allowed:
        return _joined(identity, [identity, resource])
    is_limited = resource.grant is Grant.ROLE and not identity.is_within_limits
    if resource.is_allowed and resource.grant is not Grant.ACCOUNT and not is_limited:
        return _joined(resource, [identity, resource])
    return _implicit([identity, resource])


def decide_cross_account(identity: Decision, resource: Decision) -> Decision:
    """Table B: no deny, and both sides allow."""
    return _all_of([resource, identity])


def _all_of(decisions: Sequence[Decision]) -> Decision:
    denied = _first_deny(decisions)
    if denied is not None:
        return denied
    if all(decision.is_allowed for decision in decisions):
        return _joined(decisions[0], decisions)
    return _implicit(decisions)


def _first_deny(decisions: Sequence[Decision]) -> Decision | None:
    found = next((d for d in decisions if d.outcome == "explicit-deny"), None)
    return _joined(found, decisions) if found is not None else None


def _joined(winner: Decision, decisions: Sequence[Decision]) -> Decision:
    return winner._replace(results=tuple(result for d in decisions for result in d.results))


def _implicit(decisions: Sequence[Decision]) -> Decision:
    return Decision("implicit-deny", None, tuple(result for d in decisions for result in d.results))
