"""Actions of listeners and rules: from the caller's form to the kept one and back, and which of them AWS refuses."""

from collections.abc import Mapping, Sequence
from typing import Any

from innergate.primitives.fault import Fault
from innergate.resources.load_balancers import Action, Forward, LoadBalancer
from innergate.resources.target_groups import TargetGroup
from innergate.services.context import Context
from innergate.services.elbv2.answering_actions import check_fixed_response, check_redirect
from innergate.services.elbv2.lookup import target_group_of, users_of_target_group

_CONFIGS = {
    "redirect": "RedirectConfig",
    "fixed-response": "FixedResponseConfig",
}
_FINAL = ("forward", "redirect", "fixed-response")

ACCEPTS: Mapping[str, tuple[str, ...]] = {
    "TCP": ("TCP", "TCP_UDP"),
    "TLS": ("TCP", "TLS"),
    "UDP": ("UDP", "TCP_UDP"),
    "TCP_UDP": ("TCP_UDP",),
    "HTTP": ("HTTP", "HTTPS"),
    "HTTPS": ("HTTP", "HTTPS"),
}
"""The target group protocols that a listener's protocol forwards to (guides of both load balancers)."""

TARGET_GROUPS_PER_ACTION = 5
STICKINESS_MAX_S = 604_800
"""Seven days (TargetGroupStickinessConfig)."""


def actions_from(
    context: Context, given: Sequence[Mapping[str, Any]], balancer: LoadBalancer, protocol: str, port: int
) -> tuple[Action, ...]:
    """The actions to keep.

    Raises Fault TargetGroupNotFound, TargetGroupAssociationLimit, IncompatibleProtocols, InvalidLoadBalancerAction,
    InvalidConfigurationRequest or ValidationError.
    """
    actions = tuple(_action_from(context, one, balancer, protocol, port) for one in given)
    finals = [a for a in actions if a.type in _FINAL]
    if not actions:
        raise Fault("ValidationError", "A default action must be specified")
    if len(finals) != 1:
        raise Fault(
            "InvalidLoadBalancerAction",
            "Exactly one action of type 'forward', 'redirect' or 'fixed-response' is needed",
        )
    return actions


def _action_from(
    context: Context, given: Mapping[str, Any], balancer: LoadBalancer, protocol: str, port: int
) -> Action:
    type, order = str(given["Type"]), given.get("Order")
    if balancer.type == "network" and type != "forward":
        raise Fault(
            "InvalidLoadBalancerAction", f"Actions of type '{type}' are not supported for network load balancers"
        )
    if type == "forward":
        forwards, config = _forwards_from(given)
        _check_groups(context, forwards, balancer, protocol)
        return Action(type=type, forwards=forwards, order=order, config=config)
    if type.startswith("authenticate-") and protocol != "HTTPS":
        raise Fault("InvalidLoadBalancerAction", f"Actions of type '{type}' are supported only on HTTPS listeners")
    if type not in _CONFIGS:
        # AWS differs: load balancers authenticate nobody, and check no tokens.
        raise Fault("InvalidLoadBalancerAction", f"Actions of type '{type}' are not supported here")
    member = _CONFIGS[type]
    if not given.get(member):
        raise Fault("ValidationError", f"An action of type '{type}' needs its {member}")
    if type == "redirect":
        check_redirect(given[member], protocol, port)
    else:
        check_fixed_response(given[member])
    return Action(type=type, order=order, config={member: given[member]})


def _forwards_from(given: Mapping[str, Any]) -> tuple[tuple[Forward, ...], dict[str, Any]]:
    arn, config = given.get("TargetGroupArn"), given.get("ForwardConfig") or {}
    tuples = config.get("TargetGroups") or ([{"TargetGroupArn": arn}] if arn else [])
    if not tuples:
        raise Fault("ValidationError", "A target group ARN must be specified")
    if arn and (len(tuples) != 1 or tuples[0].get("TargetGroupArn") != arn):
        raise Fault(
            "ValidationError", "The target group ARN and the forward configuration name different target groups"
        )
    if len(tuples) > TARGET_GROUPS_PER_ACTION:
        raise Fault("TooManyUniqueTargetGroupsPerLoadBalancer", "An action can forward to at most 5 target groups")
    forwards = []
    for one in tuples:
        weight, group = one.get("Weight"), one.get("TargetGroupArn")
        if group is None:
            raise Fault("ValidationError", "A target group ARN must be specified")
        if weight is not None and not 0 <= int(weight) <= 999:
            raise Fault("ValidationError", f"Weight '{weight}' must be in the range [0-999]")
        forwards.append(Forward(target_group_arn=group, weight=1 if weight is None else int(weight)))
    stickiness = config.get("TargetGroupStickinessConfig") or {}
    if stickiness.get("Enabled") and not 1 <= int(stickiness.get("DurationSeconds") or 0) <= STICKINESS_MAX_S:
        raise Fault("ValidationError", f"Target group stickiness duration must be in the range [1-{STICKINESS_MAX_S}]")
    return tuple(forwards), {"TargetGroupStickinessConfig": stickiness} if stickiness.get("Enabled") else {}


def _check_groups(context: Context, forwards: Sequence[Forward], balancer: LoadBalancer, protocol: str) -> None:
    for forward in forwards:
        group = target_group_of(context, forward.target_group_arn)
        _check_group(group, balancer, protocol)
        if any(arn != balancer.id for arn in users_of_target_group(context, group.id)):
            raise Fault(
                "TargetGroupAssociationLimit",
                f"The following target groups cannot be associated with more than one load balancer: {group.id}",
            )


def _check_group(group: TargetGroup, balancer: LoadBalancer, protocol: str) -> None:
    if group.target_type == "lambda":
        if balancer.type == "network":
            raise Fault(
                "InvalidConfigurationRequest", "Target groups with type 'lambda' need an application load balancer"
            )
        # AWS differs: load balancers call no Lambda functions.
        raise Fault(
            "InvalidConfigurationRequest",
            f"The target group '{group.id}' has target type 'lambda', which load balancers do not forward to here: "
            "register IP addresses, or call the function by an API",
        )
    if group.protocol not in ACCEPTS[protocol]:
        raise Fault(
            "IncompatibleProtocols",
            f"The protocol '{group.protocol}' of target group '{group.id}' is not compatible with the listener protocol "
            f"'{protocol}'",
        )
    if group.target_type == "alb" and protocol != "TCP":
        raise Fault("IncompatibleProtocols", "Target groups with type 'alb' need a TCP listener")
    if group.vpc_id != balancer.vpc_id:
        raise Fault(
            "InvalidConfigurationRequest",
            f"The target group '{group.id}' and the load balancer '{balancer.id}' must be in the same VPC",
        )


def rendered(actions: Sequence[Action]) -> list[dict[str, Any]]:
    """The actions in AWS's form."""
    return [_rendered_one(action) for action in actions]


def _rendered_one(action: Action) -> dict[str, Any]:
    answer: dict[str, Any] = {"Type": action.type, "Order": action.order}
    if action.type != "forward":
        return {**answer, **action.config}
    if len(action.forwards) == 1:
        answer["TargetGroupArn"] = action.forwards[0].target_group_arn
    answer["ForwardConfig"] = {
        "TargetGroups": [{"TargetGroupArn": f.target_group_arn, "Weight": f.weight} for f in action.forwards],
        "TargetGroupStickinessConfig": action.config.get("TargetGroupStickinessConfig") or {"Enabled": False},
    }
    return answer
