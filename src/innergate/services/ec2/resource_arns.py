"""The ARNs that IAM checks EC2 actions on (Service Authorization Reference, "Amazon EC2")."""

from innergate.primitives.arn import format_arn
from innergate.services.context import Context, Params
from innergate.services.ec2.tags import TAGGABLE
from innergate.services.operation import ResourceOf


def of_one(resource_type: str, parameter: str) -> ResourceOf:
    """The ARN of the resource that `parameter` names; "*" where the parameter is absent."""

    def resource(context: Context, params: Params) -> str:
        id = params.get(parameter)
        if not id:
            return "*"
        return format_arn("ec2", context.region, context.account, f"{resource_type}/{id}")

    return resource


def of_many(resource_type: str, parameter: str) -> ResourceOf:
    """The ARNs of all resources that the list `parameter` names; "*" where it is empty."""

    def resources(context: Context, params: Params) -> list[str] | str:
        ids = params.get(parameter) or ()
        return [format_arn("ec2", context.region, context.account, f"{resource_type}/{id}") for id in ids] or "*"

    return resources


def of_tagged(context: Context, params: Params) -> list[str] | str:
    """The ARNs of the resources whose tags a call changes."""
    arns = []
    for id in params.get("Resources") or ():
        known = next((kind.resource_type for kind in TAGGABLE if id.startswith(f"{kind.prefix}-")), "*")
        arns.append(format_arn("ec2", context.region, context.account, f"{known}/{id}"))
    return arns or "*"
