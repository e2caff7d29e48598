"""How callers name a function: by name, by ARN, by a part of an ARN, each with a qualifier or without."""

import re
from typing import NamedTuple

from innergate.primitives.arn import format_arn
from innergate.services.context import Context, Params
from innergate.services.lambdas.faults import invalid, not_found

MAX_NAME = 64
_FORM = re.compile(
    r"(?:arn:aws:lambda:)?(?:(?P<region>[a-z]{2}(?:-gov|-iso[a-z]?)?-[a-z]+-\d):)?(?:(?P<account>\d{12}):)?"
    r"(?:function:)?(?P<name>[a-zA-Z0-9-_]+)(?::(?P<qualifier>\$LATEST|[a-zA-Z0-9-_]+))?"
)


class Named(NamedTuple):
    """A function as a caller names it; `qualifier` is "" for none."""

    account: str
    region: str
    name: str
    qualifier: str

    @property
    def arn(self) -> str:
        """Its ARN without qualifier."""
        return format_arn("lambda", self.region, self.account, f"function:{self.name}")

    @property
    def qualified_arn(self) -> str:
        """Its ARN as it was named."""
        return f"{self.arn}:{self.qualifier}" if self.qualifier else self.arn


def read_name(context: Context, params: Params) -> Named:
    """The function that a call names. Raises Fault InvalidParameterValueException, ResourceNotFoundException."""
    text = str(params["FunctionName"])
    match = _FORM.fullmatch(text)
    if match is None:
        raise invalid(f"{text} is not a function's name or ARN")
    found, qualifier = match["qualifier"] or "", str(params.get("Qualifier") or "")
    if found and qualifier and found != qualifier:
        raise invalid("The derived qualifier from the function name does not match the specified qualifier.")
    region = match["region"] or context.region
    if region != context.region:
        raise not_found(f"Functions from '{region}' are not reachable in this region ('{context.region}')")
    if len(match["name"]) > MAX_NAME:
        raise invalid(
            f"1 validation error detected: Value '{match['name']}' at 'functionName' failed to satisfy constraint: "
            "Member must have length less than or equal to 64"
        )
    return Named(match["account"] or context.account, region, match["name"], found or qualifier)


def function_arn(context: Context, params: Params) -> str:
    """What IAM checks a function's operation on."""
    match = _FORM.fullmatch(str(params.get("FunctionName", "")))
    if match is None:
        return format_arn("lambda", context.region, context.account, "function:*")
    named = Named(match["account"] or context.account, match["region"] or context.region, match["name"], "")
    return named.arn


def tagged_arn(context: Context, params: Params) -> str:
    """What IAM checks an operation on tags on."""
    return str(params["Resource"])
