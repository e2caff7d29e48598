"""Target groups: made, described, changed, deleted. What stands in them is in `targets`."""

from typing import Any

import msgspec

from innergate.primitives.fault import Fault
from innergate.primitives.ids import fresh_hex
from innergate.resources.load_balancers import LoadBalancer
from innergate.resources.target_groups import TargetGroup
from innergate.resources.vpcs import Vpc
from innergate.services.context import Context, Params, Result
from innergate.services.elbv2 import attributes
from innergate.services.elbv2.health_checks import default_check, rendered, with_changes
from innergate.services.elbv2.lookup import (
    all_own,
    load_balancer_of,
    no_target_groups,
    own,
    target_group_of,
    users_of_target_group,
)
from innergate.services.elbv2.names import check_name, target_group_arn
from innergate.services.elbv2.paging import page_of_resources
from innergate.services.elbv2.tags import tags_from

TARGET_GROUPS_MAX = 3000
"""Per region (Elastic Load Balancing quotas)."""

_PROTOCOLS_OF_TYPE = {
    "instance": ("HTTP", "HTTPS", "TCP", "TLS", "UDP", "TCP_UDP"),
    "ip": ("HTTP", "HTTPS", "TCP", "TLS", "UDP", "TCP_UDP"),
    "alb": ("TCP",),
}


def create(context: Context, params: Params) -> Result:
    """CreateTargetGroup: a second call with the same settings gives the one that is there."""
    wanted = _from_request(context, params)
    held = _by_name(context, wanted.target_group_name)
    if held is not None:
        if not _same_settings(held, wanted):
            raise Fault(
                "DuplicateTargetGroupName",
                f"A target group with the same name '{wanted.target_group_name}' exists, but with different settings",
            )
        return {"TargetGroups": [describe_one(context, held)]}
    if len(all_own(context, TargetGroup)) >= TARGET_GROUPS_MAX:
        raise Fault("TooManyTargetGroups", f"The maximum number of target groups has been reached: {TARGET_GROUPS_MAX}")
    context.tx.put(wanted)
    return {"TargetGroups": [describe_one(context, wanted)]}


def _from_request(context: Context, params: Params) -> TargetGroup:
    name = params["Name"]
    check_name("Target group", name)
    target_type = params.get("TargetType") or "instance"
    protocol, port, vpc_id = params.get("Protocol") or "", int(params.get("Port") or 0), params.get("VpcId") or ""
    version = ""
    if target_type == "lambda":
        if protocol or port or vpc_id:
            raise Fault(
                "ValidationError",
                "Protocol, port and VPC cannot be specified for target groups with target type 'lambda'",
            )
    else:
        _check_address(context, target_type, protocol, port, vpc_id)
        if protocol in ("HTTP", "HTTPS"):
            version = params.get("ProtocolVersion") or "HTTP1"
            if version == "GRPC":
                # AWS differs: load balancers do not read gRPC; HTTP2 passes it on.
                raise Fault("InvalidConfigurationRequest", "Protocol version 'GRPC' is not supported here: use 'HTTP2'")
    check = default_check(protocol, target_type, version, params.get("HealthCheckProtocol"))
    return TargetGroup(
        id=target_group_arn(context.region, context.account, name, fresh_hex(context.ids, 16)),
        account=context.account,
        region=context.region,
        target_group_name=name,
        protocol=protocol,
        port=port,
        vpc_id=vpc_id,
        target_type=target_type,
        created_at=context.clock.now(),
        health_check=with_changes(check, params, protocol, target_type),
        protocol_version=version,
        ip_address_type=params.get("IpAddressType") or "ipv4",
        tags=tags_from(params.get("Tags")),
    )


def _check_address(context: Context, target_type: str, protocol: str, port: int, vpc_id: str) -> None:
    if not protocol:
        raise Fault("ValidationError", "A protocol must be specified")
    if not port:
        raise Fault("ValidationError", "A port must be specified")
    if not vpc_id:
        raise Fault("ValidationError", "A VPC ID must be specified")
    if protocol not in _PROTOCOLS_OF_TYPE[target_type]:
        if protocol in ("GENEVE", "QUIC", "TCP_QUIC"):
            # AWS differs: gateway load balancers and QUIC are not served here.
            raise Fault("UnsupportedProtocol", f"The protocol '{protocol}' is not supported")
        raise Fault(
            "ValidationError",
            f"Protocol '{protocol}' is not supported for target groups with target type '{target_type}'",
        )
    vpc = own(context, Vpc, vpc_id)
    if vpc is None:
        raise Fault("ValidationError", f"The VPC ID '{vpc_id}' is not found")


def _same_settings(a: TargetGroup, b: TargetGroup) -> bool:
    same = ("protocol", "port", "vpc_id", "target_type", "health_check", "protocol_version", "ip_address_type")
    return all(getattr(a, name) == getattr(b, name) for name in same)


def _by_name(context: Context, name: str) -> TargetGroup | None:
    found = context.tx.find(TargetGroup, "name", f"{context.account}/{context.region}/{name}")
    return found[0] if found else None


def describe(context: Context, params: Params) -> Result:
    """DescribeTargetGroups: by ARN, by name, by load balancer, or all."""
    arns, names, of_balancer = params.get("TargetGroupArns"), params.get("Names"), params.get("LoadBalancerArn")
    if sum(bool(given) for given in (arns, names, of_balancer)) > 1:
        raise Fault(
            "ValidationError", "Target group ARNs, names and a load balancer ARN cannot be specified at the same time"
        )
    if arns:
        groups = [target_group_of(context, arn) for arn in arns]
    elif names:
        groups = [_named(context, name) for name in names]
    else:
        groups = list(all_own(context, TargetGroup))
        if of_balancer:
            load_balancer_of(context, of_balancer)
            groups = [g for g in groups if of_balancer in users_of_target_group(context, g.id)]
    page = page_of_resources(params, groups)
    return {
        "TargetGroups": [describe_one(context, group) for group in groups[page.start : page.end]],
        "NextMarker": page.next_marker,
    }


def _named(context: Context, name: str) -> TargetGroup:
    found = _by_name(context, name)
    if found is None:
        raise no_target_groups()
    return found


def describe_one(context: Context, group: TargetGroup) -> dict[str, Any]:
    """AWS's TargetGroup."""
    return {
        "TargetGroupArn": group.id,
        "TargetGroupName": group.target_group_name,
        "Protocol": group.protocol or None,
        "Port": group.port or None,
        "VpcId": group.vpc_id or None,
        **rendered(group.health_check, group.protocol_version),
        "LoadBalancerArns": [
            *users_of_target_group(context, group.id),
        ],
        "TargetType": group.target_type,
        "ProtocolVersion": group.protocol_version or None,
        "IpAddressType": group.ip_address_type if group.target_type != "lambda" else None,
    }


def modify(context: Context, params: Params) -> Result:
    """ModifyTargetGroup: the health check only."""
    group = target_group_of(context, params["TargetGroupArn"])
    check = group.health_check
    wanted = params.get("HealthCheckProtocol")
    if wanted and wanted != check.protocol:
        fresh = default_check(group.protocol, group.target_type, group.protocol_version, wanted)
        check = msgspec.structs.replace(
            check, protocol=wanted, path=check.path or fresh.path, matcher=check.matcher or fresh.matcher
        )
    group = msgspec.structs.replace(group, health_check=with_changes(check, params, group.protocol, group.target_type))
    context.tx.put(group)
    return {"TargetGroups": [describe_one(context, group)]}


def delete(context: Context, params: Params) -> Result:
    """DeleteTargetGroup: an unknown one is silently gone; one in use is refused."""
    arn = params["TargetGroupArn"]
    if ":targetgroup/" not in arn:
        raise Fault("ValidationError", f"'{arn}' is not a valid target group ARN")
    group = own(context, TargetGroup, arn)
    if group is None:
        return {}
    if users_of_target_group(context, arn):
        raise Fault("ResourceInUse", f"Target group '{arn}' is currently in use by a listener or a rule")
    context.tx.delete(group)
    return {}


def describe_attributes(context: Context, params: Params) -> Result:
    """DescribeTargetGroupAttributes."""
    group = target_group_of(context, params["TargetGroupArn"])
    table = attributes.target_group_attributes(group.protocol, group.target_type)
    return {"Attributes": attributes.described(table, group.attributes)}


def modify_attributes(context: Context, params: Params) -> Result:
    """ModifyTargetGroupAttributes: answers the whole table."""
    group = target_group_of(context, params["TargetGroupArn"])
    table = attributes.target_group_attributes(group.protocol, group.target_type)
    kept = attributes.modified(
        "Target group", table, group.attributes, params["Attributes"], attributes.ANY_TARGET_GROUP_ATTRIBUTE
    )
    if kept.get("stickiness.enabled") == "true" and kept.get("stickiness.type") == "app_cookie":
        # AWS differs: targets are remembered by the load balancer's own cookie only.
        raise Fault(
            "InvalidConfigurationRequest", "Stickiness of type 'app_cookie' is not supported here: use 'lb_cookie'"
        )
    context.tx.put(msgspec.structs.replace(group, attributes=kept))
    return {"Attributes": attributes.described(table, kept)}


def load_balancers_of(context: Context, group: TargetGroup) -> tuple[LoadBalancer, ...]:
    """The load balancers that forward to the group."""
    found = (context.tx.get(LoadBalancer, arn) for arn in users_of_target_group(context, group.id))
    return tuple(balancer for balancer in found if balancer is not None)
