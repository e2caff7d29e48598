"""The table of Elastic Load Balancing's operations. What the model has and this table lacks stands in a ratchet list."""

from innergate.resources.load_balancers import Listener, ListenerRule, LoadBalancer
from innergate.resources.target_groups import TargetGroup
from innergate.services.context import Context, Params
from innergate.services.elbv2 import (
    account_limits,
    listener_certificates,
    listeners,
    load_balancer_settings,
    load_balancers,
    rules,
    ssl_policies,
    tags,
    target_groups,
    target_health,
    targets,
)
from innergate.services.elbv2.names import SERVICE, any_balancer_arn, listener_arn, rule_arn, target_group_arn
from innergate.services.operation import Operation, Operations, RequestKeysOf, ResourceOf, Run, read, write
from innergate.services.resource_tags import tagging_needs, tags_by_arn, with_tags


def _named_by(member: str) -> ResourceOf:
    def resource(context: Context, params: Params) -> str | list[str]:
        value = params.get(member)
        return (list(value) or "*") if isinstance(value, list | tuple) else str(value or "*")

    return resource


_BALANCER, _GROUP, _LISTENER, _RULE, _TAGGED = (
    _named_by(member) for member in ("LoadBalancerArn", "TargetGroupArn", "ListenerArn", "RuleArn", "ResourceArns")
)


def _rules_named(context: Context, params: Params) -> str | list[str]:
    return [str(one.get("RuleArn") or "*") for one in params.get("RulePriorities") or ()] or "*"


def _new_balancer(context: Context, params: Params) -> str:
    kind, name = str(params.get("Type") or ""), str(params.get("Name") or "*")
    return any_balancer_arn(context.region, context.account, kind, name)


def _new_group(context: Context, params: Params) -> str:
    return target_group_arn(context.region, context.account, str(params.get("Name") or "*"), "*")


def _new_listener(context: Context, params: Params) -> str:
    return listener_arn(str(params.get("LoadBalancerArn") or "*"), "*")


def _new_rule(context: Context, params: Params) -> str:
    return rule_arn(str(params.get("ListenerArn") or "*"), "*")


_MAKES: dict[str, ResourceOf] = {
    "CreateListener": _new_listener,
    "CreateLoadBalancer": _new_balancer,
    "CreateRule": _new_rule,
    "CreateTargetGroup": _new_group,
}
"""What a call may give tags to (Elastic Load Balancing User Guide, "Grant permission to tag resources during creation")."""

_WRITES: dict[str, tuple[Run, ResourceOf]] = {
    "AddListenerCertificates": (listener_certificates.add, _LISTENER),
    "AddTags": (tags.add, _TAGGED),
    "CreateListener": (listeners.create, _BALANCER),
    "CreateLoadBalancer": (load_balancers.create, _new_balancer),
    "CreateRule": (rules.create, _LISTENER),
    "CreateTargetGroup": (target_groups.create, _new_group),
    "DeleteListener": (listeners.delete, _LISTENER),
    "DeleteLoadBalancer": (load_balancers.delete, _BALANCER),
    "DeleteRule": (rules.delete, _RULE),
    "DeleteTargetGroup": (target_groups.delete, _GROUP),
    "DeregisterTargets": (targets.deregister, _GROUP),
    "ModifyListener": (listeners.modify, _LISTENER),
    "ModifyListenerAttributes": (listeners.modify_attributes, _LISTENER),
    "ModifyLoadBalancerAttributes": (load_balancers.modify_attributes, _BALANCER),
    "ModifyRule": (rules.modify, _RULE),
    "ModifyTargetGroup": (target_groups.modify, _GROUP),
    "ModifyTargetGroupAttributes": (target_groups.modify_attributes, _GROUP),
    "RegisterTargets": (targets.register, _GROUP),
    "RemoveListenerCertificates": (listener_certificates.remove, _LISTENER),
    "RemoveTags": (tags.remove, _TAGGED),
    "SetIpAddressType": (load_balancer_settings.set_ip_address_type, _BALANCER),
    "SetRulePriorities": (rules.set_priorities, _rules_named),
    "SetSecurityGroups": (load_balancer_settings.set_security_groups, _BALANCER),
    "SetSubnets": (load_balancer_settings.set_subnets, _BALANCER),
}

_READS: dict[str, Run] = {
    "DescribeAccountLimits": account_limits.describe,
    "DescribeCapacityReservation": load_balancer_settings.describe_capacity_reservation,
    "DescribeListenerAttributes": listeners.describe_attributes,
    "DescribeListenerCertificates": listener_certificates.describe,
    "DescribeListeners": listeners.describe,
    "DescribeLoadBalancerAttributes": load_balancers.describe_attributes,
    "DescribeLoadBalancers": load_balancers.describe,
    "DescribeRules": rules.describe,
    "DescribeSSLPolicies": ssl_policies.describe,
    "DescribeTags": tags.describe,
    "DescribeTargetGroupAttributes": target_groups.describe_attributes,
    "DescribeTargetGroups": target_groups.describe,
    "DescribeTargetHealth": target_health.describe,
}


def _create_action(name: str) -> RequestKeysOf:
    return lambda context, params: {f"{SERVICE}:CreateAction": name}


def _table() -> dict[str, Operation]:
    table = {name: write(run, f"{SERVICE}:{name}", resource) for name, (run, resource) in _WRITES.items()}
    table.update((name, read(run, f"{SERVICE}:{name}")) for name, run in _READS.items())
    for name, made in _MAKES.items():
        tagging = tagging_needs(table[name], f"{SERVICE}:AddTags", made)
        table[name] = tagging._replace(request_keys=_create_action(name))
    return table


_TAGS = tags_by_arn(
    {
        ":loadbalancer/": LoadBalancer,
        ":targetgroup/": TargetGroup,
        ":listener-rule/": ListenerRule,
        ":listener/": Listener,
    },
    "aws",
    SERVICE,
)

OPERATIONS: Operations = with_tags(_table(), _TAGS)
