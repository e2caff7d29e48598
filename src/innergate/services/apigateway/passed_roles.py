"""Roles that an API's owner lets API Gateway act as: for integrations, and for what invokes authorizers."""

import re

from innergate.primitives.arn import parse_arn
from innergate.primitives.fault import Fault
from innergate.services.authorization import decide_for_caller, denial_text
from innergate.services.context import Context

_VARIABLE = re.compile(r"\$\{stageVariables\.[A-Za-z0-9_]+\}")


def check_passed_role(context: Context, given: str) -> None:
    """Who lets API Gateway act as a role must be allowed to pass it (IAM user guide, "Granting a user permissions to pass a
    role"), and it must be one of the account's own. Where a stage variable names the role, that is any role that it could name.
    Raises Fault AccessDeniedException."""
    role = _VARIABLE.sub("*", given)
    if not role or ":user/" in role:
        return
    parsed = parse_arn(role)
    if parsed is not None and "*" not in parsed.account and parsed.account != context.account:
        raise Fault("AccessDeniedException", "Cross-account pass role is not allowed.", 403)
    decision = decide_for_caller(context, "iam:PassRole", role, {"iam:PassedToService": "apigateway.amazonaws.com"})
    if not decision.is_allowed:
        raise Fault("AccessDeniedException", denial_text(context.caller, "iam:PassRole", role, decision), 403)
