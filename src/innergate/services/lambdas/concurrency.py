"""Reserved concurrency."""

import msgspec

from innergate.resources.functions import Function
from innergate.services.context import Context, Params, Result
from innergate.services.lambdas.faults import invalid
from innergate.services.lambdas.lookups import find_function

ACCOUNT_LIMIT = 1_000
MIN_UNRESERVED = 100
"""An account's concurrency, and what of it no function may reserve (Lambda Developer Guide, "Lambda quotas")."""


def put(context: Context, params: Params) -> Result:
    """PutFunctionConcurrency. Raises Fault InvalidParameterValueException where too little would be left for the others."""
    function = find_function(context, params, "lambda:PutFunctionConcurrency")
    wanted = int(params["ReservedConcurrentExecutions"])
    if reserved_by_others(context, function) + wanted > ACCOUNT_LIMIT - MIN_UNRESERVED:
        raise invalid(
            "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below "
            f"its minimum value of [{MIN_UNRESERVED}]."
        )
    context.tx.put(msgspec.structs.replace(function, reserved_concurrency=wanted))
    return {"ReservedConcurrentExecutions": wanted}


def get(context: Context, params: Params) -> Result:
    """GetFunctionConcurrency."""
    function = find_function(context, params, "lambda:GetFunctionConcurrency")
    return {"ReservedConcurrentExecutions": function.reserved_concurrency}


def delete(context: Context, params: Params) -> Result:
    """DeleteFunctionConcurrency."""
    function = find_function(context, params, "lambda:DeleteFunctionConcurrency")
    context.tx.put(msgspec.structs.replace(function, reserved_concurrency=None))
    return {}


def reserved_by_others(context: Context, function: Function | None) -> int:
    """What the account's other functions have reserved in the region."""
    functions = context.tx.in_account(Function, context.account, context.region)
    return sum(f.reserved_concurrency or 0 for f in functions if function is None or f.id != function.id)
