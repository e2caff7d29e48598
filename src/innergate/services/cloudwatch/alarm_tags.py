"""Tags of alarms, by ARN."""

from collections.abc import Iterable, Mapping

import msgspec

from innergate.primitives.fault import Fault
from innergate.resources.alarms import Alarm
from innergate.services.cloudwatch.faults import invalid_value
from innergate.services.context import Context, Params, Result

MAX_TAGS = 50


def resource_arn(context: Context, params: Params) -> str:
    """What IAM checks the operation on."""
    return str(params["ResourceARN"])


def added(tags: Mapping[str, str], given: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """The tags with those that a call gives. Raises Fault InvalidParameterValue for too many, or one of AWS's own."""
    result = {**tags, **{tag["Key"]: tag["Value"] for tag in given}}
    if len(result) > MAX_TAGS:
        raise invalid_value(f"A resource can have no more than {MAX_TAGS} tags.")
    if any(key.lower().startswith("aws:") for key in result):
        raise invalid_value("The keys of tags must not begin with aws:.")
    return result


def list_all(context: Context, params: Params) -> Result:
    """ListTagsForResource."""
    tags = _alarm(context, params).tags
    return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}


def put(context: Context, params: Params) -> Result:
    """TagResource. Raises Fault ResourceNotFoundException, InvalidParameterValue."""
    alarm = _alarm(context, params)
    context.tx.put(msgspec.structs.replace(alarm, tags=added(alarm.tags, params["Tags"])))
    return {}


def remove(context: Context, params: Params) -> Result:
    """UntagResource."""
    alarm = _alarm(context, params)
    tags = {key: value for key, value in alarm.tags.items() if key not in params["TagKeys"]}
    context.tx.put(msgspec.structs.replace(alarm, tags=tags))
    return {}


def _alarm(context: Context, params: Params) -> Alarm:
    found = context.tx.get(Alarm, params["ResourceARN"])
    if found is None or (found.account, found.region) != (context.account, context.region):
        raise Fault("ResourceNotFoundException", f"Unknown resource: {params['ResourceARN']}", 404)
    return found
