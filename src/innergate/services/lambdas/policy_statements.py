"""Statements of a resource policy, given and taken away one at a time: a function's, and that of a layer's version."""

import json
import re
from collections.abc import Mapping

from innergate.primitives.fault import Fault
from innergate.primitives.ids import fresh_uuid
from innergate.resources.functions import FunctionPolicy, PolicyStatement
from innergate.services.context import Context
from innergate.services.lambdas.faults import conflict, invalid, not_found

MAX_POLICY_BYTES = 20_480
"""Resource-based policy (Lambda Developer Guide, "Lambda quotas")."""
_SERVICE = re.compile(r"[a-z0-9.-]+\.(amazonaws\.com|amazon\.com)")
_ACCOUNT = re.compile(r"\d{12}")
_IAM_ARN = re.compile(r"arn:aws:(iam|sts)::(\d{12}):\S+")


def added(
    context: Context, policy: FunctionPolicy | None, statement: Mapping[str, object]
) -> tuple[FunctionPolicy, str]:
    """The policy with one more statement, and the statement's text. Raises Fault ResourceConflictException,
    PolicyLengthExceededException."""
    known, sid = policy.statements if policy is not None else (), str(statement["Sid"])
    if any(one.sid == sid for one in known):
        raise conflict(
            f"The statement id ({sid}) provided already exists. Please provide a new statement id, or remove the existing "
            "statement."
        )
    text = json.dumps(statement, separators=(",", ":"))
    statements = (*known, PolicyStatement(sid=sid, text=text))
    changed = FunctionPolicy(revision_id=fresh_uuid(context.ids), statements=statements)
    size = len(changed.document.encode())
    if size > MAX_POLICY_BYTES:
        raise Fault(
            "PolicyLengthExceededException",
            f"The final policy size ({size}) is bigger than the limit ({MAX_POLICY_BYTES}).",
        )
    return changed, text


def removed(context: Context, policy: FunctionPolicy | None, sid: str) -> FunctionPolicy | None:
    """The policy without a statement, None without the last one. Raises Fault ResourceNotFoundException."""
    if policy is None:
        raise not_found("No policy is associated with the given resource.")
    kept = tuple(statement for statement in policy.statements if statement.sid != sid)
    if len(kept) == len(policy.statements):
        raise not_found(f"Statement {sid} is not found in resource policy.")
    return FunctionPolicy(revision_id=fresh_uuid(context.ids), statements=kept) if kept else None


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
