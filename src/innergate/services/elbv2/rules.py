"""Rules of application load balancers' listeners: looked at in the order of their priorities, the default one last.

The default rule is the listener's default actions seen as a rule; it is not kept twice.
"""

from typing import Any

import msgspec

from innergate.primitives.fault import Fault
from innergate.primitives.ids import fresh_hex
from innergate.resources.load_balancers import Listener, ListenerRule
from innergate.services.context import Context, Params, Result
from innergate.services.elbv2.listener_actions import actions_from, rendered
from innergate.services.elbv2.lookup import listener_of, load_balancer_of_listener, no_rules, own, rule_of
from innergate.services.elbv2.names import default_rule_arn, listener_of_rule_arn, rule_arn
from innergate.services.elbv2.paging import page_of
from innergate.services.elbv2.rule_conditions import conditions_from, rendered_condition
from innergate.services.elbv2.tags import tags_from

RULES_MAX = 100
"""Of one load balancer, without default rules (Elastic Load Balancing quotas)."""


def create(context: Context, params: Params) -> Result:
    """CreateRule."""
    listener = listener_of(context, params["ListenerArn"])
    balancer = load_balancer_of_listener(context, listener)
    if balancer.type != "application":
        raise Fault("UnsupportedOperation", "Rules are supported for application load balancers only")
    priority = int(params["Priority"])
    siblings = context.tx.find(ListenerRule, "listener", listener.id)
    _check_priority(priority)
    if any(rule.priority == str(priority) for rule in siblings):
        raise Fault("PriorityInUse", f"Priority '{priority}' is currently in use")
    if len(siblings) >= RULES_MAX:
        raise Fault("TooManyRules", f"The maximum number of rules of a load balancer is {RULES_MAX}")
    _check_no_transforms(params)
    rule = ListenerRule(
        id=rule_arn(listener.id, fresh_hex(context.ids, 16)),
        account=context.account,
        region=context.region,
        listener_arn=listener.id,
        priority=str(priority),
        conditions=conditions_from(params["Conditions"]),
        actions=actions_from(context, params["Actions"], balancer, listener.protocol, listener.port),
        tags=tags_from(params.get("Tags")),
    )
    context.tx.put(rule)
    return {"Rules": [describe_one(rule)]}


def _check_priority(priority: int) -> None:
    if not 1 <= priority <= 50000:
        raise Fault("ValidationError", f"Priority '{priority}' must be in the range [1-50000]")


def _check_no_transforms(params: Params) -> None:
    if params.get("Transforms"):
        # AWS differs: rules do not rewrite hosts or URLs here.
        raise Fault("InvalidConfigurationRequest", "Transforms are not supported")


def describe_one(rule: ListenerRule) -> dict[str, Any]:
    """AWS's Rule."""
    return {
        "RuleArn": rule.id,
        "Priority": rule.priority,
        "Conditions": [rendered_condition(c) for c in rule.conditions],
        "Actions": rendered(rule.actions),
        "IsDefault": False,
        "Transforms": [],
    }


def _default_rule(listener: Listener) -> dict[str, Any]:
    return {
        "RuleArn": default_rule_arn(listener.id),
        "Priority": "default",
        "Conditions": [],
        "Actions": rendered(listener.default_actions),
        "IsDefault": True,
        "Transforms": [],
    }


def describe(context: Context, params: Params) -> Result:
    """DescribeRules: of one listener in the order of priority, or by ARN."""
    arns, of_listener = params.get("RuleArns"), params.get("ListenerArn")
    if bool(arns) == bool(of_listener):
        raise Fault("ValidationError", "You must specify either listener rule ARNs or a listener ARN")
    if arns:
        shown = [_by_arn(context, arn) for arn in arns]
    else:
        listener = listener_of(context, str(of_listener))
        rules = sorted(context.tx.find(ListenerRule, "listener", listener.id), key=lambda rule: int(rule.priority))
        shown = [*(describe_one(rule) for rule in rules), _default_rule(listener)]
    page = page_of(params, [one["RuleArn"] for one in shown])
    return {"Rules": shown[page.start : page.end], "NextMarker": page.next_marker}


def _by_arn(context: Context, arn: str) -> dict[str, Any]:
    listener = default_rule_listener(context, arn)
    return _default_rule(listener) if listener is not None else describe_one(rule_of(context, arn))


def default_rule_listener(context: Context, arn: str) -> Listener | None:
    """The listener whose default rule has this ARN, or None."""
    listener = own(context, Listener, listener_of_rule_arn(arn))
    return listener if listener is not None and default_rule_arn(listener.id) == arn else None


def modify(context: Context, params: Params) -> Result:
    """ModifyRule: of a default rule only the actions."""
    arn = params["RuleArn"]
    _check_no_transforms(params)
    of_default = default_rule_listener(context, arn)
    listener = of_default or _listener_of(context, rule_of(context, arn))
    actions = params.get("Actions")
    kept = (
        actions_from(context, actions, load_balancer_of_listener(context, listener), listener.protocol, listener.port)
        if actions
        else None
    )
    if of_default is not None:
        if params.get("Conditions"):
            raise Fault("OperationNotPermitted", f"Conditions of default rule '{arn}' cannot be modified")
        listener = msgspec.structs.replace(listener, default_actions=kept or listener.default_actions)
        context.tx.put(listener)
        return {"Rules": [_default_rule(listener)]}
    rule = rule_of(context, arn)
    conditions = conditions_from(params["Conditions"]) if params.get("Conditions") else rule.conditions
    rule = msgspec.structs.replace(rule, conditions=conditions, actions=kept or rule.actions)
    context.tx.put(rule)
    return {"Rules": [describe_one(rule)]}


def _listener_of(context: Context, rule: ListenerRule) -> Listener:
    listener = context.tx.get(Listener, rule.listener_arn)
    if listener is None:
        raise no_rules()
    return listener


def delete(context: Context, params: Params) -> Result:
    """DeleteRule. Raises Fault OperationNotPermitted for a default rule."""
    arn = params["RuleArn"]
    if default_rule_listener(context, arn) is not None:
        raise Fault("OperationNotPermitted", f"Default rule '{arn}' cannot be deleted")
    context.tx.delete(rule_of(context, arn))
    return {}


def set_priorities(context: Context, params: Params) -> Result:
    """SetRulePriorities: all at once, so that two rules can change places."""
    given = params["RulePriorities"]
    if any(one.get("RuleArn") is None or one.get("Priority") is None for one in given):
        raise Fault("ValidationError", "You must specify a rule ARN and a priority for each rule")
    wanted = {one["RuleArn"]: int(one["Priority"]) for one in given}
    for arn in wanted:
        if default_rule_listener(context, arn) is not None:
            raise Fault("OperationNotPermitted", f"Default rule '{arn}' priority cannot be modified")
    rules = [rule_of(context, arn) for arn in wanted]
    if len({rule.listener_arn for rule in rules}) > 1:
        raise Fault("InvalidConfigurationRequest", "All rules must belong to the same listener")
    for rule in rules:
        _check_priority(wanted[rule.id])
    siblings = context.tx.find(ListenerRule, "listener", rules[0].listener_arn) if rules else ()
    after = [str(wanted.get(rule.id, int(rule.priority))) for rule in siblings]
    for priority in after:
        if after.count(priority) > 1:
            raise Fault("PriorityInUse", f"Priority '{priority}' is currently in use")
    changed = [msgspec.structs.replace(rule, priority=str(wanted[rule.id])) for rule in rules]
    for rule in changed:
        context.tx.put(rule)
    return {"Rules": [describe_one(rule) for rule in changed]}
