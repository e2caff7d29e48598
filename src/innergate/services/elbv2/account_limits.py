"""The quotas that apply here, by AWS's names."""

from innergate.services.context import Context, Params, Result
from innergate.services.elbv2.listener_certificates import CERTIFICATES_MAX
from innergate.services.elbv2.listeners import LISTENERS_MAX
from innergate.services.elbv2.load_balancers import LOAD_BALANCERS_MAX
from innergate.services.elbv2.paging import page_of
from innergate.services.elbv2.rule_conditions import CONDITION_VALUES_MAX
from innergate.services.elbv2.rules import RULES_MAX
from innergate.services.elbv2.target_groups import TARGET_GROUPS_MAX
from innergate.services.elbv2.targets import TARGETS_MAX

LIMITS = {
    "application-load-balancers": LOAD_BALANCERS_MAX,
    "certificates-per-application-load-balancer": CERTIFICATES_MAX,
    "certificates-per-network-load-balancer": CERTIFICATES_MAX,
    "condition-values-per-alb-rule": CONDITION_VALUES_MAX,
    "listeners-per-application-load-balancer": LISTENERS_MAX,
    "listeners-per-network-load-balancer": LISTENERS_MAX,
    "network-load-balancers": LOAD_BALANCERS_MAX,
    "rules-per-application-load-balancer": RULES_MAX,
    "target-groups": TARGET_GROUPS_MAX,
    "targets-per-application-load-balancer": TARGETS_MAX,
    "targets-per-network-load-balancer": TARGETS_MAX,
}


def describe(context: Context, params: Params) -> Result:
    """DescribeAccountLimits."""
    names = list(LIMITS)
    page = page_of(params, names)
    limits = [{"Name": name, "Max": str(LIMITS[name])} for name in names[page.start : page.end]]
    return {"Limits": limits, "NextMarker": page.next_marker}
