"""Tags of functions."""

import msgspec

from innergate.plans.functions import split_function_arn
from innergate.resources.functions import Function
from innergate.services.context import Context, Params, Result
from innergate.services.lambdas.checks import check_tags
from innergate.services.lambdas.faults import invalid
from innergate.services.lambdas.lookups import find_function


def tag(context: Context, params: Params) -> Result:
    """TagResource."""
    function = _find(context, params, "lambda:TagResource")
    tags = check_tags({**function.tags, **params["Tags"]})
    context.tx.put(msgspec.structs.replace(function, tags=tags))
    return {}


def untag(context: Context, params: Params) -> Result:
    """UntagResource."""
    function = _find(context, params, "lambda:UntagResource")
    kept = {key: value for key, value in function.tags.items() if key not in params["TagKeys"]}
    context.tx.put(msgspec.structs.replace(function, tags=kept))
    return {}


def list_of(context: Context, params: Params) -> Result:
    """ListTags."""
    return {"Tags": dict(_find(context, params, "lambda:ListTags").tags)}


def _find(context: Context, params: Params, action: str) -> Function:
    named = split_function_arn(params["Resource"])
    if named is None or named.qualifier:
        raise invalid("Tags on function aliases and versions are not supported. Please specify a function ARN.")
    return find_function(context, {"FunctionName": named.arn}, action)
