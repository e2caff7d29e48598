"""Tags of load balancers, listeners, rules and target groups: all by ARN, several at once."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from innergate.primitives.fault import Fault
from innergate.resources.load_balancers import Listener, ListenerRule, LoadBalancer
from innergate.resources.target_groups import TargetGroup
from innergate.resources.vpcs import Tags
from innergate.services.context import Context, Params, Result
from innergate.services.elbv2.lookup import listener_of, load_balancer_of, rule_of, target_group_of

TAGS_MAX = 50
"""Elastic Load Balancing User Guide, "Tag restrictions"."""

Tagged = LoadBalancer | Listener | ListenerRule | TargetGroup


def tags_from(given: Sequence[Mapping[str, Any]] | None) -> Tags:
    """The tags of a create call. Raises Fault DuplicateTagKeys, TooManyTags or ValidationError."""
    tags: Tags = {}
    for tag in given or ():
        key = str(tag["Key"])
        if key in tags:
            raise Fault("DuplicateTagKeys", f"Tag keys must be unique: '{key}' is given more than once")
        if key.lower().startswith("aws:"):
            raise Fault("ValidationError", "Tag keys cannot start with 'aws:'")
        tags[key] = str(tag.get("Value") or "")
    if len(tags) > TAGS_MAX:
        raise Fault("TooManyTags", f"The maximum number of tags per resource is {TAGS_MAX}")
    return tags


def tag_list(tags: Tags) -> list[dict[str, str]]:
    """The tags as AWS lists them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def add(context: Context, params: Params) -> Result:
    """AddTags: existing keys get new values."""
    given = tags_from(params["Tags"])
    for resource in _tagged(context, params["ResourceArns"]):
        tags = {**resource.tags, **given}
        if len(tags) > TAGS_MAX:
            raise Fault("TooManyTags", f"The maximum number of tags per resource is {TAGS_MAX}")
        context.tx.put(msgspec.structs.replace(resource, tags=tags))
    return {}


def remove(context: Context, params: Params) -> Result:
    """RemoveTags: keys that are not there are passed over."""
    gone = set(params["TagKeys"])
    for resource in _tagged(context, params["ResourceArns"]):
        tags = {key: value for key, value in resource.tags.items() if key not in gone}
        context.tx.put(msgspec.structs.replace(resource, tags=tags))
    return {}


def describe(context: Context, params: Params) -> Result:
    """DescribeTags, for at most 20 ARNs."""
    arns = params["ResourceArns"]
    if len(arns) > 20:
        raise Fault("ValidationError", "Cannot describe tags of more than '20' resources at once")
    found = _tagged(context, arns)
    return {"TagDescriptions": [{"ResourceArn": r.id, "Tags": tag_list(r.tags)} for r in found]}


def _tagged(context: Context, arns: Iterable[str]) -> list[Tagged]:
    return [_one(context, arn) for arn in arns]


def _one(context: Context, arn: str) -> Tagged:
    if ":loadbalancer/" in arn:
        return load_balancer_of(context, arn)
    if ":targetgroup/" in arn:
        return target_group_of(context, arn)
    if ":listener-rule/" in arn:
        return rule_of(context, arn)
    if ":listener/" in arn:
        return listener_of(context, arn)
    raise Fault("ValidationError", f"'{arn}' is not a valid ARN")
