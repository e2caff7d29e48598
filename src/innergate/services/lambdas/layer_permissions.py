"""Permissions of a layer's version: which other accounts may use it."""

import msgspec

from innergate.resources.functions import FunctionPolicy, LayerVersion
from innergate.services.context import Context, Params, Result
from innergate.services.lambdas.faults import not_found, stale_revision
from innergate.services.lambdas.layers import find_version, read_version
from innergate.services.lambdas.policy_statements import added, principal_element, removed


def add(context: Context, params: Params) -> Result:
    """AddLayerVersionPermission. Raises Fault ResourceConflictException, InvalidParameterValueException,
    PolicyLengthExceededException, PreconditionFailedException."""
    version = _version(context, params, "lambda:AddLayerVersionPermission")
    statement: dict[str, object] = {
        "Sid": params["StatementId"],
        "Effect": "Allow",
        "Principal": principal_element(params["Principal"]),
        "Action": params["Action"],
        "Resource": version.id,
    }
    if params.get("OrganizationId"):
        statement["Condition"] = {"StringEquals": {"aws:PrincipalOrgID": params["OrganizationId"]}}
    changed, text = added(context, version.policy, statement)
    _keep(context, version, changed)
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
    _keep(context, version, removed(context, version.policy, params["StatementId"]))
    return {}


def _version(context: Context, params: Params, action: str) -> LayerVersion:
    version = find_version(context, read_version(context, params, action))
    wanted = params.get("RevisionId")
    if wanted is not None and (version.policy is None or version.policy.revision_id != wanted):
        raise stale_revision()
    return version


def _keep(context: Context, version: LayerVersion, policy: FunctionPolicy | None) -> None:
    context.tx.put(msgspec.structs.replace(version, policy=policy))
