"""A Lambda function that a method or an authorizer names, and whether API Gateway may invoke it.

Developer guide, "Lambda integrations": either the function's own policy admits apigateway.amazonaws.com for the method's ARN,
or the integration's credentials name a role that API Gateway can assume and that may invoke the function.
"""

from typing import NamedTuple

from innergate.compile.resolve.function_access import INVOKE, ServiceCaller, admits_service, function_exists
from innergate.compile.resolve.identity_policies import identity_policies
from innergate.compile.view import Reader
from innergate.plans.runtime import FunctionTarget
from innergate.policy.combine import decide_identity
from innergate.policy.evaluate import AccessRequest, evaluate, request_context
from innergate.policy.parse import read_stored_policy
from innergate.policy.principals import Principal
from innergate.primitives.arn import format_arn
from innergate.resources.identities import Role

SERVICE = "apigateway.amazonaws.com"


class Asker(NamedTuple):
    """Who invokes: an API's method or authorizer, by its execute-api ARN."""

    source_arn: str
    account: str


def method_asker(region: str, account: str, api_id: str, stage: str, verb: str, path: str) -> Asker:
    """A method."""
    verb = "*" if verb == "ANY" else verb
    return Asker(format_arn("execute-api", region, account, f"{api_id}/{stage}/{verb}{path}"), account)


def authorizer_asker(region: str, account: str, api_id: str, authorizer_id: str) -> Asker:
    """An authorizer."""
    return Asker(format_arn("execute-api", region, account, f"{api_id}/authorizers/{authorizer_id}"), account)


def resolve_function(
    reader: Reader, arn: str, credentials: str, asker: Asker, is_async: bool = False
) -> FunctionTarget:
    """The function, with the reason where it may not be invoked. A stranger's function that admits nobody looks like none."""
    reason = _refuse(reader, arn, credentials, asker)
    return FunctionTarget(arn=arn, is_allowed=not reason, reason=reason, is_async=is_async)


def _refuse(reader: Reader, arn: str, credentials: str, asker: Asker) -> str:
    if credentials:
        return _refuse_role(reader, arn, credentials, asker)
    if admits_service(reader, arn, ServiceCaller(SERVICE, asker.source_arn, asker.account)):
        return ""
    return f"Invalid permissions on Lambda function: {arn} does not admit {SERVICE} for {asker.source_arn}"


def assume_role(reader: Reader, role_arn: str, asker: Asker) -> Role | str:
    """The role, if API Gateway can assume it for the asker; otherwise the reason why not."""
    role = reader.get(Role, role_arn)
    if role is None or role.account != asker.account:
        return f"API Gateway cannot assume {role_arn}: there is no such role in the account"
    keys = request_context({"aws:SourceArn": asker.source_arn, "aws:SourceAccount": asker.account})
    trust = read_stored_policy(role.assume_role_policy_document, "trust", role_arn)
    question = AccessRequest("sts:AssumeRole", role_arn, Principal("service", "", SERVICE), keys)
    if not evaluate((trust,), question).is_allowed:
        return f"API Gateway cannot assume {role_arn}: its trust policy does not admit {SERVICE}"
    return role


def _refuse_role(reader: Reader, arn: str, role_arn: str, asker: Asker) -> str:
    role = assume_role(reader, role_arn, asker)
    if isinstance(role, str):
        return role
    policies, boundary = identity_policies(reader, role)
    session = f"arn:aws:sts::{role.account}:assumed-role/{role.role_name}/BackplaneAssumeRoleSession"
    principal = Principal("assumed-role", role.account, session, role.unique_id, role_arn)
    decision = decide_identity(policies, boundary, [], AccessRequest(INVOKE, arn, principal, request_context({})))
    if not decision.is_allowed:
        return f"{role_arn} may not invoke {arn}"
    if not function_exists(reader, arn) or f":{role.account}:" not in arn:
        return f"{role_arn} finds no function {arn}"
    return ""
