"""Who is asked besides the policies: an authorizer, or the caller's own policies. What they say depends on the call's own
credentials, which an explanation does not have."""

from innergate.compile.resolve.api_blueprint import MethodPlan, StageBlueprint
from innergate.observe.explain_trace import Trace

_ASKED = {
    "AWS_IAM": "a worker checks the caller's signature (SigV4, execute-api), then their own policies",
    "CUSTOM": "a worker asks the method's Lambda authorizer, or remembers what it said",
    "COGNITO_USER_POOLS": "a worker checks the token with the user pool's keys",
    "JWT": "a worker checks the token with the issuer's keys",
}
_JOINED = frozenset({"AWS_IAM", "CUSTOM"})
"""Where the caller's own policy may allow what the resource policy does not (tables A and B of the developer guide)."""


def leaves_it_to_caller(blueprint: StageBlueprint, method: MethodPlan | None) -> bool:
    """Whether it is no refusal yet that the resource policy allows nothing."""
    if method is None or not method.is_authorized_by_worker or method.authorization not in _JOINED:
        return False
    return bool(blueprint.policy) or not blueprint.is_private


def note_authorizer(trace: Trace, blueprint: StageBlueprint, method: MethodPlan) -> None:
    """The hop at which a worker decides; it is not tried."""
    if not method.is_authorized_by_worker or method.authorization == "NONE":
        return
    asked = _ASKED.get(method.authorization, "nobody passes: the kind of authorization is unknown")
    trace.ok("authorizer", f"{method.verb} {method.path}", blueprint.account, f"{method.authorization}: {asked}")
    trace.notes.append(f"{method.authorization} is not tried here: {asked}")
