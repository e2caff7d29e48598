"""Finding load balancers, listeners, rules and target groups by ARN, for one account and region only."""

from collections.abc import Sequence

from innergate.primitives.fault import Fault
from innergate.resources.base import R
from innergate.resources.load_balancers import Listener, ListenerRule, LoadBalancer
from innergate.resources.target_groups import TargetGroup
from innergate.services.context import Context


def own(context: Context, cls: type[R], arn: str) -> R | None:
    """The resource where the caller's account and region have it, else None."""
    found = context.tx.get(cls, arn)
    if found is None or found.account != context.account or found.region != context.region:
        return None
    return found


def all_own(context: Context, cls: type[R]) -> tuple[R, ...]:
    """Every resource of that class in the caller's account and region, oldest first."""
    return context.tx.in_account(cls, context.account, context.region)


def _check_form(arn: str, part: str, what: str) -> None:
    if not arn.startswith("arn:") or f":{part}/" not in arn:
        raise Fault("ValidationError", f"'{arn}' is not a valid {what} ARN")


def load_balancer_of(context: Context, arn: str) -> LoadBalancer:
    """The load balancer. Raises Fault LoadBalancerNotFound, or ValidationError where it is no such ARN."""
    _check_form(arn, "loadbalancer", "load balancer")
    found = own(context, LoadBalancer, arn)
    if found is None:
        raise no_load_balancers([arn])
    return found


def no_load_balancers(wanted: Sequence[str]) -> Fault:
    """What AWS says where one of `wanted` (ARNs or names) is no load balancer."""
    return Fault("LoadBalancerNotFound", f"Load balancers '[{', '.join(wanted)}]' not found")


def target_group_of(context: Context, arn: str) -> TargetGroup:
    """The target group. Raises Fault TargetGroupNotFound, or ValidationError where it is no such ARN."""
    _check_form(arn, "targetgroup", "target group")
    found = own(context, TargetGroup, arn)
    if found is None:
        raise no_target_groups()
    return found


def no_target_groups() -> Fault:
    """What AWS says where a target group is not there."""
    return Fault("TargetGroupNotFound", "One or more target groups not found")


def listener_of(context: Context, arn: str) -> Listener:
    """The listener. Raises Fault ListenerNotFound, or ValidationError where it is no such ARN."""
    _check_form(arn, "listener", "listener")
    found = own(context, Listener, arn)
    if found is None:
        raise Fault("ListenerNotFound", "One or more listeners not found")
    return found


def rule_of(context: Context, arn: str) -> ListenerRule:
    """The rule, unless it is a listener's default one. Raises Fault RuleNotFound or ValidationError."""
    _check_form(arn, "listener-rule", "listener rule")
    found = own(context, ListenerRule, arn)
    if found is None:
        raise no_rules()
    return found


def no_rules() -> Fault:
    """What AWS says where a rule is not there."""
    return Fault("RuleNotFound", "One or more rules not found")


def load_balancer_of_listener(context: Context, listener: Listener) -> LoadBalancer:
    """The load balancer that the listener belongs to: it lives at least as long as the listener."""
    found = context.tx.get(LoadBalancer, listener.load_balancer_arn)
    if found is None:
        raise no_load_balancers([listener.load_balancer_arn])
    return found


def users_of_target_group(context: Context, arn: str) -> tuple[str, ...]:
    """The ARNs of the load balancers whose listeners or rules forward to the target group, sorted."""
    tx = context.tx
    found = {listener.load_balancer_arn for listener in tx.find(Listener, "target-group", arn)}
    for rule in tx.find(ListenerRule, "target-group", arn):
        listener = tx.get(Listener, rule.listener_arn)
        if listener is not None:
            found.add(listener.load_balancer_arn)
    return tuple(sorted(found))
