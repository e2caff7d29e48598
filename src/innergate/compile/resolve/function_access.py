"""Whether a function's own policy admits a service of AWS that acts for a resource (API Gateway for a method)."""

from typing import NamedTuple

from innergate.compile.view import Reader
from innergate.plans.functions import split_function_arn
from innergate.policy.evaluate import AccessRequest, evaluate, request_context
from innergate.policy.parse import read_stored_policy
from innergate.policy.principals import Principal
from innergate.resources.functions import LATEST, Function, FunctionAlias, FunctionVersion

INVOKE = "lambda:InvokeFunction"


class ServiceCaller(NamedTuple):
    """`service` is its principal (apigateway.amazonaws.com), `source_arn` what it acts for, `source_account` whose that is."""

    service: str
    source_arn: str
    source_account: str


def function_exists(reader: Reader, arn: str) -> bool:
    """Whether the ARN, with a version or alias or without, names a function."""
    named = split_function_arn(arn)
    if named is None or reader.get(Function, named.arn) is None:
        return False
    if named.qualifier in ("", LATEST):
        return True
    kind = FunctionVersion if named.qualifier.isdigit() else FunctionAlias
    return reader.get(kind, arn) is not None


def admits_service(reader: Reader, arn: str, caller: ServiceCaller) -> bool:
    """Whether the policy of exactly that ARN lets the service invoke it. A function that is not there admits nobody."""
    named = split_function_arn(arn)
    function = reader.get(Function, named.arn) if named is not None else None
    policy = function.policies.get(named.qualifier) if named is not None and function is not None else None
    if policy is None:
        return False
    keys = request_context({"aws:SourceArn": caller.source_arn, "aws:SourceAccount": caller.source_account})
    request = AccessRequest(INVOKE, arn, Principal("service", "", caller.service), keys)
    return evaluate((read_stored_policy(policy.document, "resource", arn),), request).is_allowed
