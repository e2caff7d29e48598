"""What an account has set for API Gateway: the role that writes logs, and its limits."""

import json

import msgspec

from innergate.primitives.arn import parse_arn
from innergate.resources.api_accounts import ApiGatewayAccount
from innergate.resources.identities import Role
from innergate.services.apigateway.faults import bad_request
from innergate.services.apigateway.patches import Patch, invalid_path, read_patches, require_op
from innergate.services.context import Context, Params, Result

_BAD_ROLE = (
    "The role ARN does not have required permissions configured. Please grant trust permission for API Gateway and add "
    "the required role policy."
)
_PRINCIPAL = "apigateway.amazonaws.com"


def _account(context: Context) -> ApiGatewayAccount:
    own_id = f"{context.account}/{context.region}"
    known = context.tx.get(ApiGatewayAccount, own_id)
    return known or ApiGatewayAccount(id=own_id, account=context.account, region=context.region)


def _render(account: ApiGatewayAccount) -> Result:
    return {
        "cloudwatchRoleArn": account.cloudwatch_role_arn,
        "throttleSettings": {"burstLimit": 5000, "rateLimit": 10000.0},
        "features": list(account.features),
        "apiKeyVersion": "4",
    }


def get(context: Context, params: Params) -> Result:
    """GetAccount."""
    return _render(_account(context))


def update(context: Context, params: Params) -> Result:
    """UpdateAccount. Raises Fault BadRequestException for a role that API Gateway may not assume."""
    account = _account(context)
    for patch in read_patches(params):
        account = _apply(context, account, patch)
    context.tx.put(account)
    return _render(account)


def _apply(context: Context, account: ApiGatewayAccount, patch: Patch) -> ApiGatewayAccount:
    match patch.segments:
        case ("cloudwatchRoleArn",):
            require_op(patch, "replace", "remove")
            arn = (patch.value or None) if patch.op == "replace" else None
            if arn is not None:
                _check_role(context, arn)
            return msgspec.structs.replace(account, cloudwatch_role_arn=arn)
        case ("features",):
            require_op(patch, "add", "remove")
            if patch.value != "UsagePlans":
                raise bad_request("Invalid feature specified. Valid options are UsagePlans")
            return msgspec.structs.replace(account, features=("UsagePlans",) if patch.op == "add" else ())
        case _:
            raise invalid_path(patch)


def _check_role(context: Context, arn: str) -> None:
    parsed = parse_arn(arn)
    if parsed is None or parsed.service != "iam" or not parsed.resource.startswith("role/"):
        raise bad_request("Invalid ARN specified in the request")
    if parsed.account != context.account:
        raise bad_request("Cross-account pass role is not allowed.")
    role = context.tx.get(Role, arn)
    if role is not None and role.account == context.account and _trusts_us(role.assume_role_policy_document):
        return
    raise bad_request(_BAD_ROLE)


def _trusts_us(policy: str) -> bool:
    try:
        statements = json.loads(policy)["Statement"]
    except (ValueError, KeyError, TypeError):
        return False
    for statement in statements if isinstance(statements, list) else [statements]:
        principal = statement.get("Principal", {}) if isinstance(statement, dict) else {}
        services = principal.get("Service", []) if isinstance(principal, dict) else []
        listed = services if isinstance(services, list) else [services]
        if statement.get("Effect") == "Allow" and _PRINCIPAL in listed:
            return True
    return False
