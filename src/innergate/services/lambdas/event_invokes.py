"""How asynchronous invocations are tried again, and which functions are told what became of them, by qualifier."""

import msgspec

from innergate.compile.resolve.function_access import function_exists
from innergate.compile.resolve.function_destinations import may_send
from innergate.plans.functions import split_function_arn
from innergate.primitives.arn import parse_arn
from innergate.resources.functions import EventInvoke, Function
from innergate.services.context import Context, Params, Result
from innergate.services.lambdas.faults import invalid, not_found
from innergate.services.lambdas.lookups import Found, find_function, find_qualified
from innergate.services.lambdas.paging import page


def put(context: Context, params: Params) -> Result:
    """PutFunctionEventInvokeConfig: what is absent is cleared."""
    found = find_qualified(context, params, "lambda:PutFunctionEventInvokeConfig")
    return _keep(context, found, _merged(context, found, EventInvoke(last_modified=context.clock.now()), params))


def update(context: Context, params: Params) -> Result:
    """UpdateFunctionEventInvokeConfig: what is absent stays."""
    found, before = _find(context, params, "lambda:UpdateFunctionEventInvokeConfig")
    return _keep(context, found, _merged(context, found, before, params))


def get(context: Context, params: Params) -> Result:
    """GetFunctionEventInvokeConfig."""
    found, config = _find(context, params, "lambda:GetFunctionEventInvokeConfig")
    return _shown(found.function, found.qualifier, config)


def delete(context: Context, params: Params) -> Result:
    """DeleteFunctionEventInvokeConfig."""
    found, _ = _find(context, params, "lambda:DeleteFunctionEventInvokeConfig")
    kept = {name: value for name, value in found.function.event_invokes.items() if name != found.qualifier}
    context.tx.put(msgspec.structs.replace(found.function, event_invokes=kept))
    return {}


def list_of(context: Context, params: Params) -> Result:
    """ListFunctionEventInvokeConfigs."""
    function = find_function(context, params, "lambda:ListFunctionEventInvokeConfigs")
    rows = [_shown(function, qualifier, config) for qualifier, config in sorted(function.event_invokes.items())]
    return page("FunctionEventInvokeConfigs", rows, params)


def _find(context: Context, params: Params, action: str) -> tuple[Found, EventInvoke]:
    found = find_qualified(context, params, action)
    config = found.function.event_invokes.get(found.qualifier)
    if config is None:
        raise not_found(f"The function {_arn(found.function, found.qualifier)} doesn't have an EventInvokeConfig")
    return found, config


def _keep(context: Context, found: Found, config: EventInvoke) -> Result:
    configs = {**found.function.event_invokes, found.qualifier: config}
    context.tx.put(msgspec.structs.replace(found.function, event_invokes=configs))
    return _shown(found.function, found.qualifier, config)


def _merged(context: Context, found: Found, before: EventInvoke, params: Params) -> EventInvoke:
    members = ("MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig")
    if not any(member in params for member in members):
        raise invalid("You must specify at least one of error handling or destination setting.")
    destinations = params.get("DestinationConfig")
    success, failure = before.on_success, before.on_failure
    if destinations is not None:
        success = destinations.get("OnSuccess", {}).get("Destination")
        failure = destinations.get("OnFailure", {}).get("Destination")
        for arn in dict.fromkeys(filter(None, (success, failure))):
            _check_destination(context, found, arn)
    return EventInvoke(
        last_modified=context.clock.now(),
        maximum_retry_attempts=params.get("MaximumRetryAttempts", before.maximum_retry_attempts),
        maximum_event_age_in_seconds=params.get("MaximumEventAgeInSeconds", before.maximum_event_age_in_seconds),
        on_success=success,
        on_failure=failure,
    )


def _check_destination(context: Context, found: Found, arn: str) -> None:
    """Raises Fault InvalidParameterValueException where nothing could be sent there.

    # AWS differs: only functions are told what became of an event; there are no queues, topics, event buses and buckets.
    """
    parsed = parse_arn(arn)
    if parsed is not None and parsed.service in _ELSEWHERE:
        raise invalid(
            f"The destination ARN {arn} cannot be used here: there is no {_ELSEWHERE[parsed.service]}. A destination can be a "
            "Lambda function, which may pass the record on."
        )
    is_near = parsed is not None and split_function_arn(arn) is not None and parsed.region == context.region
    is_lost = parsed is not None and parsed.account == context.account and not function_exists(context.tx, arn)
    if not is_near or is_lost:
        raise invalid(f"The destination ARN {arn} is invalid.")
    if not may_send(context.tx, found.config.role, found.function.function_name, arn):
        raise invalid(f"The function's execution role does not have permissions to call InvokeFunction on {arn}")


_ELSEWHERE = {
    "sqs": "Amazon SQS",
    "sns": "Amazon SNS",
    "events": "Amazon EventBridge",
    "s3": "Amazon S3",
    "kafka": "Apache Kafka",
}


def _shown(function: Function, qualifier: str, config: EventInvoke) -> dict[str, object]:
    return {
        "LastModified": config.last_modified,
        "FunctionArn": _arn(function, qualifier),
        "MaximumRetryAttempts": config.maximum_retry_attempts,
        "MaximumEventAgeInSeconds": config.maximum_event_age_in_seconds,
        "DestinationConfig": {
            "OnSuccess": {"Destination": config.on_success} if config.on_success else {},
            "OnFailure": {"Destination": config.on_failure} if config.on_failure else {},
        },
    }


def _arn(function: Function, qualifier: str) -> str:
    return f"{function.id}:{qualifier or '$LATEST'}"
