"""Permissions of a function: its resource policy, one statement at a time, by qualifier."""

import msgspec

from innergate.resources.functions import LATEST, Function, FunctionPolicy
from innergate.services.context import Context, Params, Result
from innergate.services.lambdas.faults import invalid, not_found, stale_revision
from innergate.services.lambdas.lookups import Found, find_qualified
from innergate.services.lambdas.policy_statements import added, principal_element, removed


def add(context: Context, params: Params) -> Result:
    """AddPermission."""
    found = _find(context, params, "lambda:AddPermission")
    policy = found.function.policies.get(found.qualifier)
    _check_revision(found, policy, params)
    changed, text = added(context, policy, _statement(params, found.arn))
    _keep(context, found.function, found.qualifier, changed)
    return {"Statement": text}


def remove(context: Context, params: Params) -> Result:
    """RemovePermission."""
    found = _find(context, params, "lambda:RemovePermission")
    policy = found.function.policies.get(found.qualifier)
    _check_revision(found, policy, params)
    changed = removed(context, policy, params["StatementId"])
    _keep(context, found.function, found.qualifier, changed)
    return {}


def get(context: Context, params: Params) -> Result:
    """GetPolicy."""
    found = _find(context, params, "lambda:GetPolicy")
    policy = found.function.policies.get(found.qualifier)
    if policy is None:
        raise not_found("The resource you requested does not exist.")
    return {"Policy": policy.document, "RevisionId": policy.revision_id}


def _find(context: Context, params: Params, action: str) -> Found:
    found = find_qualified(context, params, action)
    if found.qualifier == LATEST:
        raise invalid("We currently do not support adding policies for $LATEST.")
    return found


def _check_revision(found: Found, policy: FunctionPolicy | None, params: Params) -> None:
    wanted = params.get("RevisionId")
    if wanted is not None and wanted != (policy.revision_id if policy is not None else found.config.revision_id):
        raise stale_revision()


def _keep(context: Context, function: Function, qualifier: str, policy: FunctionPolicy | None) -> None:
    policies = {name: value for name, value in function.policies.items() if name != qualifier}
    if policy is not None:
        policies[qualifier] = policy
    context.tx.put(msgspec.structs.replace(function, policies=policies))


def _statement(params: Params, resource: str) -> dict[str, object]:
    statement: dict[str, object] = {
        "Sid": params["StatementId"],
        "Effect": "Allow",
        "Principal": principal_element(params["Principal"]),
        "Action": params["Action"],
        "Resource": resource,
    }
    conditions: dict[str, dict[str, str]] = {}
    for operator, key, member in (
        ("StringEquals", "AWS:SourceAccount", "SourceAccount"),
        ("StringEquals", "lambda:EventSourceToken", "EventSourceToken"),
        ("StringEquals", "lambda:FunctionUrlAuthType", "FunctionUrlAuthType"),
        ("StringEquals", "aws:PrincipalOrgID", "PrincipalOrgID"),
        ("ArnLike", "AWS:SourceArn", "SourceArn"),
    ):
        if params.get(member):
            conditions.setdefault(operator, {})[key] = params[member]
    if params.get("InvokedViaFunctionUrl") is not None:
        conditions["Bool"] = {"lambda:InvokedViaFunctionUrl": str(params["InvokedViaFunctionUrl"]).lower()}
    if conditions:
        statement["Condition"] = conditions
    return statement
