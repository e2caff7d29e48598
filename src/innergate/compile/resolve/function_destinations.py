"""Whether a function's role may send what became of an event to another function (Lambda Developer Guide, "Capturing records of
Lambda asynchronous invocations")."""

from innergate.compile.resolve.function_access import INVOKE
from innergate.compile.resolve.identity_policies import identity_policies
from innergate.compile.resolve.organization import organization_keys
from innergate.compile.view import Reader
from innergate.plans.functions import split_function_arn
from innergate.policy.combine import decide_cross_account, decide_identity, decide_same_account
from innergate.policy.evaluate import AccessRequest, Decision, evaluate, request_context
from innergate.policy.parse import read_stored_policy
from innergate.policy.principals import Principal
from innergate.resources.functions import Function
from innergate.resources.identities import Role


def may_send(reader: Reader, role_arn: str, session_name: str, destination: str) -> bool:
    """Whether the role may invoke the function that the ARN names: by its own policies, and where the function is another
    account's by that function's policy too."""
    role, named = reader.get(Role, role_arn), split_function_arn(destination)
    if role is None or named is None:
        return False
    session = f"arn:aws:sts::{role.account}:assumed-role/{role.role_name}/{session_name}"
    principal = Principal("assumed-role", role.account, session, f"{role.unique_id}:{session_name}", role_arn)
    keys = {
        "aws:PrincipalArn": role_arn,
        "aws:PrincipalAccount": role.account,
        "aws:PrincipalType": "AssumedRole",
        "aws:userid": f"{role.unique_id}:{session_name}",
        **organization_keys(reader),
        **{f"aws:PrincipalTag/{name}": value for name, value in role.tags.items()},
    }
    request = AccessRequest(INVOKE, destination, principal, request_context(keys))
    policies, boundary = identity_policies(reader, role)
    identity = decide_identity(policies, boundary, [], request)
    resource = _by_policy(reader.get(Function, named.arn), named.qualifier, request)
    decide = decide_same_account if named.account == role.account else decide_cross_account
    return decide(identity, resource).is_allowed


def _by_policy(function: Function | None, qualifier: str, request: AccessRequest) -> Decision:
    policy = function.policies.get(qualifier) if function is not None else None
    if policy is None:
        return Decision("implicit-deny", None, ())
    return evaluate((read_stored_policy(policy.document, "resource", request.resource),), request)
