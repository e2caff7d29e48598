"""What clients read of a function besides: settings that have one value here, and the account's limits."""

import msgspec

from innergate.resources.functions import Function
from innergate.services.context import Context, Params, Result
from innergate.services.lambdas.code import MAX_UNZIPPED_BYTES, MAX_ZIPPED_BYTES
from innergate.services.lambdas.concurrency import ACCOUNT_LIMIT, reserved_by_others
from innergate.services.lambdas.faults import invalid
from innergate.services.lambdas.lookups import find_function, find_qualified, versions_of

CODE_STORAGE_BYTES = 80_530_636_800


def get_code_signing(context: Context, params: Params) -> Result:
    """GetFunctionCodeSigningConfig: no function has one."""
    function = find_function(context, params, "lambda:GetFunctionCodeSigningConfig")
    return {"FunctionName": function.function_name, "CodeSigningConfigArn": ""}


def get_runtime_management(context: Context, params: Params) -> Result:
    """GetRuntimeManagementConfig."""
    found = find_qualified(context, params, "lambda:GetRuntimeManagementConfig")
    return {"UpdateRuntimeOn": "Auto", "FunctionArn": found.arn}


def put_runtime_management(context: Context, params: Params) -> Result:
    """PutRuntimeManagementConfig: a node has one version of each runtime, so only Auto can be had."""
    found = find_qualified(context, params, "lambda:PutRuntimeManagementConfig")
    if params["UpdateRuntimeOn"] != "Auto":
        # AWS differs: UpdateRuntimeOn is always Auto.
        raise invalid("UpdateRuntimeOn can only be Auto here.")
    return {"UpdateRuntimeOn": "Auto", "FunctionArn": found.arn}


def get_recursion(context: Context, params: Params) -> Result:
    """GetFunctionRecursionConfig."""
    function = find_function(context, params, "lambda:GetFunctionRecursionConfig")
    return {"RecursiveLoop": function.recursive_loop}


def put_recursion(context: Context, params: Params) -> Result:
    """PutFunctionRecursionConfig."""
    function = find_function(context, params, "lambda:PutFunctionRecursionConfig")
    changed = msgspec.structs.replace(function, recursive_loop=params["RecursiveLoop"])
    context.tx.put(changed)
    return {"RecursiveLoop": changed.recursive_loop}


def get_account(context: Context, params: Params) -> Result:
    """GetAccountSettings."""
    functions = context.tx.in_account(Function, context.account, context.region)
    used = sum(f.config.code_size for f in functions)
    used += sum(v.config.code_size for f in functions for v in versions_of(context.tx, f))
    return {
        "AccountLimit": {
            "TotalCodeSize": CODE_STORAGE_BYTES,
            "CodeSizeUnzipped": MAX_UNZIPPED_BYTES,
            "CodeSizeZipped": MAX_ZIPPED_BYTES,
            "ConcurrentExecutions": ACCOUNT_LIMIT,
            "UnreservedConcurrentExecutions": ACCOUNT_LIMIT - reserved_by_others(context, None),
        },
        "AccountUsage": {"TotalCodeSize": used, "FunctionCount": len(functions)},
    }
