"""Permissions of a layer's version: which other accounts may use it."""

import json

import msgspec

from innergate.primitives.fault import Fault
from innergate.primitives.ids import fresh_uuid
from innergate.resources.functions import FunctionPolicy, LayerVersion, PolicyStatement
from innergate.services.context import Context, Params, Result
from innergate.services.lambdas.faults import conflict, invalid, not_found, stale_revision
from innergate.services.lambdas.layers import USE, find_version, read_version
from innergate.services.lambdas.policies import MAX_POLICY_BYTES, principal_element


def add(context: Context, params: Params) -> Result:
    """AddLayerVersionPermission. Raises Fault ResourceConflictException, InvalidParameterValueException,
    PolicyLengthExceededException, PreconditionFailedException."""
    version = _version(context, params, "lambda:AddLayerVersionPermission")
    known = version.policy.statements if version.policy is not None else ()
    sid = params["StatementId"]
    if any(statement.sid == sid for statement in known):
        raise conflict(
            f"The statement id ({sid}) provided already exists. Please provide a new statement id, or remove the existing "
            "statement."
        )
    if params["Action"] != USE:
        raise invalid(f"The action {params['Action']} cannot be allowed on a layer version; {USE} can.")
    statement: dict[str, object] = {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": principal_element(params["Principal"]),
        "Action": USE,
        "Resource": version.id,
    }
    if params.get("OrganizationId"):
        statement["Condition"] = {"StringEquals": {"aws:PrincipalOrgID": params["OrganizationId"]}}
    text = json.dumps(statement, separators=(",", ":"))
    changed = _keep(context, version, (*known, PolicyStatement(sid=sid, text=text)))
    return {"Statement": text, "RevisionId": changed.revision_id}


def get(context: Context, params: Params) -> Result:
    """GetLayerVersionPolicy. Raises Fault ResourceNotFoundException."""
    policy = _version(context, params, "lambda:GetLayerVersionPolicy").policy
    if policy is None:
        raise not_found("No policy is associated with the given resource.")
    return {"Policy": policy.document, "RevisionId": policy.revision_id}


def remove(context: Context, params: Params) -> Result:
    """RemoveLayerVersionPermission. Functions that use the version keep its content."""
    version = _version(context, params, "lambda:RemoveLayerVersionPermission")
    known = version.policy.statements if version.policy is not None else ()
    kept = tuple(statement for statement in known if statement.sid != params["StatementId"])
    if len(kept) == len(known):
        raise not_found(f"Statement {params['StatementId']} is not found in resource policy.")
    if kept:
        _keep(context, version, kept)
    else:
        context.tx.put(msgspec.structs.replace(version, policy=None))
    return {}


def _version(context: Context, params: Params, action: str) -> LayerVersion:
    version = find_version(context, read_version(context, params, action))
    wanted = params.get("RevisionId")
    if wanted is not None and (version.policy is None or version.policy.revision_id != wanted):
        raise stale_revision()
    return version


def _keep(context: Context, version: LayerVersion, statements: tuple[PolicyStatement, ...]) -> FunctionPolicy:
    policy = FunctionPolicy(revision_id=fresh_uuid(context.ids), statements=statements)
    size = len(policy.document.encode())
    if size > MAX_POLICY_BYTES:
        raise Fault(
            "PolicyLengthExceededException",
            f"The final policy size ({size}) is bigger than the limit ({MAX_POLICY_BYTES}).",
        )
    context.tx.put(msgspec.structs.replace(version, policy=policy))
    return policy
