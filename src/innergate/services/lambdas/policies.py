"""Permissions of a function: its resource policy, one statement at a time, by qualifier."""

import json
import re

import msgspec

from innergate.primitives.fault import Fault
from innergate.primitives.ids import fresh_uuid
from innergate.resources.functions import LATEST, Function, FunctionPolicy, PolicyStatement
from innergate.services.context import Context, Params, Result
from innergate.services.lambdas.faults import conflict, invalid, not_found, stale_revision
from innergate.services.lambdas.lookups import Found, find_qualified

MAX_POLICY_BYTES = 20_480
"""Resource-based policy (Lambda Developer Guide, "Lambda quotas")."""
_SERVICE = re.compile(r"[a-z0-9.-]+\.(amazonaws\.com|amazon\.com)")
_ACCOUNT = re.compile(r"\d{12}")
_IAM_ARN = re.compile(r"arn:aws:(iam|sts)::(\d{12}):\S+")


def add(context: Context, params: Params) -> Result:
    """AddPermission."""
    found = _find(context, params, "lambda:AddPermission")
    policy = found.function.policies.get(found.qualifier)
    _check_revision(found, policy, params)
    sid = params["StatementId"]
    if policy is not None and any(statement.sid == sid for statement in policy.statements):
        raise conflict(
            f"The statement id ({sid}) provided already exists. Please provide a new statement id, or remove the existing "
            "statement."
        )
    text = json.dumps(_statement(params, found.arn), separators=(",", ":"))
    statements = (*(policy.statements if policy is not None else ()), PolicyStatement(sid=sid, text=text))
    changed = FunctionPolicy(revision_id=fresh_uuid(context.ids), statements=statements)
    if len(changed.document.encode()) > MAX_POLICY_BYTES:
        raise Fault(
            "PolicyLengthExceededException",
            f"The final policy size ({len(changed.document.encode())}) is bigger than the limit ({MAX_POLICY_BYTES}).",
        )
    _keep(context, found.function, found.qualifier, changed)
    return {"Statement": text}


def remove(context: Context, params: Params) -> Result:
    """RemovePermission."""
    found = _find(context, params, "lambda:RemovePermission")
    policy = found.function.policies.get(found.qualifier)
    if policy is None:
        raise not_found("No policy is associated with the given resource.")
    _check_revision(found, policy, params)
    kept = tuple(statement for statement in policy.statements if statement.sid != params["StatementId"])
    if len(kept) == len(policy.statements):
        raise not_found(f"Statement {params['StatementId']} is not found in resource policy.")
    changed = FunctionPolicy(revision_id=fresh_uuid(context.ids), statements=kept) if kept else None
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


def principal_element(text: str) -> object:
    """The Principal element. Raises Fault InvalidParameterValueException."""
    if text == "*":
        return "*"
    if _ACCOUNT.fullmatch(text):
        return {"AWS": f"arn:aws:iam::{text}:root"}
    if _IAM_ARN.fullmatch(text):
        return {"AWS": text}
    if _SERVICE.fullmatch(text):
        return {"Service": text}
    raise invalid("The provided principal was invalid. Please check the principal and try again.")
