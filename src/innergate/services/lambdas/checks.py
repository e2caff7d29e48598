"""What Lambda takes of a function's settings.

Sources: Lambda Developer Guide, "Lambda quotas", "Using Lambda environment variables"; the API Reference of CreateFunction.
"""

import json
import re
from collections.abc import Mapping

from innergate.policy.evaluate import AccessRequest, evaluate, request_context
from innergate.policy.parse import read_stored_policy
from innergate.policy.principals import Principal
from innergate.primitives.arn import parse_arn
from innergate.primitives.fault import Fault
from innergate.resources.identities import Role
from innergate.services.authorization import decide_for_caller, denial_text
from innergate.services.context import Context, Params
from innergate.services.lambdas.faults import invalid, out_of_range

SERVICE = "lambda.amazonaws.com"
MAX_TIMEOUT_S = 900
MIN_MEMORY_MB, MAX_MEMORY_MB = 128, 10_240
MIN_EPHEMERAL_MB, MAX_EPHEMERAL_MB = 512, 10_240
MAX_ENVIRONMENT_BYTES = 4_096
MAX_TAGS = 50
RESERVED_VARIABLES = frozenset(
    (
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
        "AWS_DEFAULT_REGION",
        "AWS_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_LAMBDA_RUNTIME_API",
        "LAMBDA_TASK_ROOT",
        "LAMBDA_RUNTIME_DIR",
    )
)
_RUNNABLE = re.compile(r"python3\.\d+|nodejs\d+\.x|provided(\.al2|\.al2023)?")
_VARIABLE = re.compile(r"[a-zA-Z][a-zA-Z0-9_]+")


def check_runtime(runtime: str) -> str:
    """Raises Fault InvalidParameterValueException for a runtime that no client is there for."""
    if not _RUNNABLE.fullmatch(runtime):
        # AWS differs: the runtimes python3.x, nodejs and provided.* are there; others bring their own client as `bootstrap`.
        raise invalid(
            f"The runtime parameter of {runtime} is not available here. Use python3.x, nodejs, or provided.al2023 with a "
            "bootstrap that brings the runtime's own client."
        )
    return runtime


def check_settings(params: Params) -> None:
    """The limits that the model does not know. Raises Fault InvalidParameterValueException, ValidationException."""
    timeout_s = params.get("Timeout")
    if timeout_s is not None and timeout_s > MAX_TIMEOUT_S:
        raise out_of_range(timeout_s, "timeout", f"Member must have value less than or equal to {MAX_TIMEOUT_S}")
    memory_mb = params.get("MemorySize")
    if memory_mb is not None and memory_mb > MAX_MEMORY_MB:
        raise invalid(
            f"'MemorySize' value failed to satisfy constraint: Member must have value less than or equal to {MAX_MEMORY_MB}"
        )
    _check_environment(params.get("Environment", {}).get("Variables", {}))
    for member in ("FileSystemConfigs", "ImageConfig", "CapacityProviderConfig", "DurableConfig", "TenancyConfig"):
        if params.get(member):
            raise invalid(f"{member} is not available here.")
    if params.get("DeadLetterConfig", {}).get("TargetArn"):
        raise invalid(
            "DeadLetterConfig is not available here: there are no queues and topics. A function can be told of events that "
            "failed by PutFunctionEventInvokeConfig."
        )
    snap_start = params.get("SnapStart", {}).get("ApplyOn", "None")
    if snap_start != "None":
        raise invalid("SnapStart is not available here.")


def _check_environment(variables: Mapping[str, str]) -> None:
    wrong = [name for name in variables if not _VARIABLE.fullmatch(name)]
    if wrong:
        raise out_of_range(
            "{" + ", ".join(wrong) + "}",
            "environment.variables",
            "Map keys must satisfy constraint: [Member must satisfy regular expression pattern: [a-zA-Z]([a-zA-Z0-9_])+]",
        )
    prefix = (
        "Lambda was unable to configure your environment variables because the environment variables you have provided"
    )
    reserved = sorted(RESERVED_VARIABLES & variables.keys())
    if reserved:
        raise invalid(
            f"{prefix} contains reserved keys that are currently not supported for modification. Reserved keys used in this "
            f"request: {', '.join(reserved)}"
        )
    text = json.dumps(dict(variables), separators=(",", ":"), ensure_ascii=False)
    if len(text.encode()) > MAX_ENVIRONMENT_BYTES:
        raise invalid(f"{prefix} exceeded the 4KB limit. String measured: {text}")
    if any("\0" in value for value in variables.values()):
        raise invalid("An environment variable holds a null character.")


def check_role(context: Context, arn: str) -> Role:
    """The role, if the caller may pass it and Lambda may take it on. Raises Fault AccessDeniedException,
    InvalidParameterValueException."""
    parsed = parse_arn(arn)
    if parsed is None or parsed.account != context.account:
        raise Fault("AccessDeniedException", "Cross-account pass role is not allowed.", 403)
    decision = decide_for_caller(context, "iam:PassRole", arn, {"iam:PassedToService": SERVICE})
    if not decision.is_allowed:
        text = denial_text(context.caller, "iam:PassRole", arn, decision)
        raise Fault("AccessDeniedException", text, 403)
    role = context.tx.get(Role, arn)
    if role is None or not _trusts_lambda(role):
        raise invalid("The role defined for the function cannot be assumed by Lambda.")
    return role


def _trusts_lambda(role: Role) -> bool:
    trust = read_stored_policy(role.assume_role_policy_document, "trust", role.id)
    asker = Principal("service", "", SERVICE)
    return evaluate((trust,), AccessRequest("sts:AssumeRole", role.id, asker, request_context({}))).is_allowed


def check_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """The tags. Raises Fault InvalidParameterValueException."""
    if len(tags) > MAX_TAGS:
        raise invalid(f"Number of tags exceeds resource tag limit of {MAX_TAGS}")
    if any(key.lower().startswith("aws:") for key in tags):
        raise invalid("System tags cannot be added/updated by requester.")
    return dict(tags)
