"""Log groups: made, found, kept for so many days, tagged, deleted. A deleted group's events go with it."""

import re
from collections.abc import Mapping

import msgspec

from innergate.primitives.arn import format_arn
from innergate.primitives.fault import Fault
from innergate.resources.log_groups import LogGroup
from innergate.resources.log_policies import LogPolicy
from innergate.services.context import Context, Params, Result
from innergate.store.log_events import key_of_group

RETENTIONS_DAYS = (
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
)  # fmt: skip
"""What PutRetentionPolicy takes (CloudWatch Logs API Reference)."""
MAX_TAGS = 50
DEFAULT_PAGE = 50
CLASSES = ("STANDARD", "INFREQUENT_ACCESS", "DELIVERY")
_NAME = re.compile(r"[.\-_/#A-Za-z0-9]{1,512}")


def group_arn(context: Context, params: Params) -> str:
    """What IAM checks a log group's operation on."""
    if "resourceArn" in params:
        return str(params["resourceArn"]).removesuffix(":*")
    name = params.get("logGroupName") or params.get("logGroupIdentifier", "")
    return str(name).removesuffix(":*") if str(name).startswith("arn:") else _arn(context, str(name))


def create(context: Context, params: Params) -> Result:
    """CreateLogGroup."""
    name = params["logGroupName"]
    if not _NAME.fullmatch(name):
        raise invalid(name, "logGroupName", r"Member must satisfy regular expression pattern: [\.\-_/#A-Za-z0-9]+")
    if _look_up(context, name) is not None:
        raise Fault("ResourceAlreadyExistsException", "The specified log group already exists")
    log_class = params.get("logGroupClass", "STANDARD")
    if log_class not in CLASSES:
        raise invalid(log_class, "logGroupClass", f"Member must satisfy enum value set: [{', '.join(CLASSES)}]")
    context.tx.put(
        LogGroup(
            id=_arn(context, name),
            account=context.account,
            region=context.region,
            log_group_name=name,
            created_at=context.clock.now(),
            kms_key_id=params.get("kmsKeyId"),
            log_group_class=log_class,
            deletion_protection_enabled=bool(params.get("deletionProtectionEnabled", False)),
            tags=_check_tags(params.get("tags", {})),
        )
    )
    return {}


def describe(context: Context, params: Params) -> Result:
    """DescribeLogGroups, by name. A prefix and a pattern exclude each other."""
    prefix, pattern = params.get("logGroupNamePrefix", ""), params.get("logGroupNamePattern", "")
    if prefix and pattern:
        raise Fault(
            "InvalidParameterException",
            "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.",
        )
    wanted = {str(id).removesuffix(":*") for id in params.get("logGroupIdentifiers", ())}
    groups = [
        group
        for group in context.tx.in_account(LogGroup, context.account, context.region)
        if group.log_group_name.startswith(prefix)
        and pattern.lower() in group.log_group_name.lower()
        and (not wanted or group.id in wanted or group.log_group_name in wanted)
        and params.get("logGroupClass", group.log_group_class) == group.log_group_class
    ]
    groups.sort(key=lambda group: group.log_group_name)
    after = params.get("nextToken", "")
    groups = [group for group in groups if group.log_group_name > after]
    size = int(params.get("limit", DEFAULT_PAGE))
    sizes = context.logs.stored_bytes()
    shown = [_shown(group, sizes.get(key_of_group(group), 0)) for group in groups[:size]]
    result: dict[str, object] = {"logGroups": shown}
    if len(groups) > size:
        result["nextToken"] = groups[size - 1].log_group_name
    return result


def delete(context: Context, params: Params) -> Result:
    """DeleteLogGroup."""
    group = _find(context, params["logGroupName"])
    if group.deletion_protection_enabled:
        raise Fault(
            "ValidationException", "The log group cannot be deleted because deletion protection is enabled for it."
        )
    policy = context.tx.get(LogPolicy, group.id)
    if policy is not None:
        context.tx.delete(policy)
    context.tx.delete(group)
    return {}


def put_retention(context: Context, params: Params) -> Result:
    """PutRetentionPolicy."""
    days = params["retentionInDays"]
    if days not in RETENTIONS_DAYS:
        allowed = ", ".join(map(str, RETENTIONS_DAYS))
        raise invalid(days, "retentionInDays", f"Member must satisfy enum value set: [{allowed}]")
    context.tx.put(msgspec.structs.replace(_find(context, params["logGroupName"]), retention_in_days=days))
    return {}


def delete_retention(context: Context, params: Params) -> Result:
    """DeleteRetentionPolicy: events never expire."""
    context.tx.put(msgspec.structs.replace(_find(context, params["logGroupName"]), retention_in_days=None))
    return {}


def put_protection(context: Context, params: Params) -> Result:
    """PutLogGroupDeletionProtection."""
    name = str(params["logGroupIdentifier"]).removesuffix(":*").rpartition(":log-group:")[2]
    is_protected = bool(params["deletionProtectionEnabled"])
    context.tx.put(msgspec.structs.replace(_find(context, name), deletion_protection_enabled=is_protected))
    return {}


def tag_group(context: Context, params: Params) -> Result:
    """TagLogGroup, the old way."""
    return _put_tags(context, _find(context, params["logGroupName"]), params["tags"])


def untag_group(context: Context, params: Params) -> Result:
    """UntagLogGroup, the old way."""
    return _drop_tags(context, _find(context, params["logGroupName"]), set(params["tags"]))


def list_group_tags(context: Context, params: Params) -> Result:
    """ListTagsLogGroup, the old way."""
    return {"tags": _find(context, params["logGroupName"]).tags}


def tag_resource(context: Context, params: Params) -> Result:
    """TagResource."""
    return _put_tags(context, _by_arn(context, params["resourceArn"]), params["tags"])


def untag_resource(context: Context, params: Params) -> Result:
    """UntagResource."""
    return _drop_tags(context, _by_arn(context, params["resourceArn"]), set(params["tagKeys"]))


def list_resource_tags(context: Context, params: Params) -> Result:
    """ListTagsForResource."""
    return {"tags": _by_arn(context, params["resourceArn"]).tags}


def _put_tags(context: Context, group: LogGroup, tags: Mapping[str, str]) -> Result:
    context.tx.put(msgspec.structs.replace(group, tags=_check_tags({**group.tags, **tags})))
    return {}


def _drop_tags(context: Context, group: LogGroup, keys: set[str]) -> Result:
    context.tx.put(msgspec.structs.replace(group, tags={k: v for k, v in group.tags.items() if k not in keys}))
    return {}


def _check_tags(tags: Mapping[str, str]) -> dict[str, str]:
    if len(tags) > MAX_TAGS:
        raise Fault("TooManyTagsException", "A resource can have no more than 50 tags.")
    if any(key.lower().startswith("aws:") for key in tags):
        raise Fault("InvalidParameterException", "aws: prefixed tag key names are not allowed for external use.")
    return dict(tags)


def _arn(context: Context, name: str) -> str:
    return format_arn("logs", context.region, context.account, f"log-group:{name}")


def _look_up(context: Context, name: str) -> LogGroup | None:
    return context.tx.get(LogGroup, _arn(context, name))


def _find(context: Context, name: str) -> LogGroup:
    group = _look_up(context, name)
    if group is None:
        raise Fault("ResourceNotFoundException", "The specified log group does not exist.")
    return group


def group_of(context: Context, params: Params) -> LogGroup:
    """The group that a call names by `logGroupName` or `logGroupIdentifier` (name or ARN). Raises Fault
    ResourceNotFoundException, InvalidParameterException."""
    name, identifier = params.get("logGroupName"), params.get("logGroupIdentifier")
    if (name is None) == (identifier is None):
        raise Fault(
            "InvalidParameterException",
            "Exactly one of logGroupName and logGroupIdentifier must be specified.",
        )
    if identifier is not None and str(identifier).startswith("arn:"):
        return _by_arn(context, str(identifier))
    return _find(context, str(name or identifier))


def _by_arn(context: Context, arn: str) -> LogGroup:
    group = context.tx.get(LogGroup, arn.removesuffix(":*"))
    if group is None or group.account != context.account or group.region != context.region:
        raise Fault("ResourceNotFoundException", "The specified log group does not exist.")
    return group


def _shown(group: LogGroup, stored_bytes: int) -> dict[str, object]:
    return {
        "logGroupName": group.log_group_name,
        "creationTime": int(group.created_at.timestamp() * 1000),
        "retentionInDays": group.retention_in_days,
        "metricFilterCount": 0,
        "arn": f"{group.id}:*",
        "storedBytes": stored_bytes,
        "kmsKeyId": group.kms_key_id,
        "logGroupClass": group.log_group_class,
        "logGroupArn": group.id,
        "deletionProtectionEnabled": group.deletion_protection_enabled,
    }


def invalid(value: object, member: str, constraint: str) -> Fault:
    """A member's value is none that AWS takes."""
    return Fault(
        "InvalidParameterException",
        f"1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: {constraint}",
    )
