"""How load balancers, listeners, rules and target groups are named: ARNs, DNS names, and the checks on a chosen name."""

import re

from innergate.primitives.arn import format_arn
from innergate.primitives.digest import digest_text
from innergate.primitives.fault import Fault

SERVICE = "elasticloadbalancing"
_PREFIX = {"network": "net", "application": "app"}
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,30}[A-Za-z0-9])?")


def check_name(kind: str, name: str) -> None:
    """Raises Fault ValidationError where `name` is no name for a `kind` ("Load balancer", "Target group")."""
    if len(name) > 32:
        raise Fault("ValidationError", f"{kind} name '{name}' cannot be longer than '32' characters")
    if name.startswith("-") or name.endswith("-"):
        raise Fault("ValidationError", f"{kind} name '{name}' cannot begin or end with '-'")
    if not _NAME.fullmatch(name):
        raise Fault(
            "ValidationError",
            f"{kind} name '{name}' can only contain characters that are alphanumeric characters and hyphens(-)",
        )
    if kind == "Load balancer" and name.startswith("internal-"):
        raise Fault("ValidationError", f"{kind} name '{name}' cannot begin with 'internal-'")


def load_balancer_arn(region: str, account: str, type: str, name: str, suffix: str) -> str:
    """The ARN; `suffix` has 16 hex digits."""
    return format_arn(SERVICE, region, account, f"loadbalancer/{_PREFIX[type]}/{name}/{suffix}")


def any_balancer_arn(region: str, account: str, type: str, name: str) -> str:
    """What IAM checks the making of one on: its suffix is not known yet."""
    return load_balancer_arn(region, account, type if type in _PREFIX else "application", name, "*")


def target_group_arn(region: str, account: str, name: str, suffix: str) -> str:
    """The ARN; `suffix` has 16 hex digits."""
    return format_arn(SERVICE, region, account, f"targetgroup/{name}/{suffix}")


def listener_arn(of_load_balancer: str, suffix: str) -> str:
    """The ARN of a listener of the load balancer with that ARN."""
    return f"{of_load_balancer.replace(':loadbalancer/', ':listener/', 1)}/{suffix}"


def rule_arn(of_listener: str, suffix: str) -> str:
    """The ARN of a rule of the listener with that ARN."""
    return f"{of_listener.replace(':listener/', ':listener-rule/', 1)}/{suffix}"


def default_rule_arn(of_listener: str) -> str:
    """The ARN of a listener's default rule, which exists as long as the listener does."""
    return rule_arn(of_listener, digest_text(f"default/{of_listener}", 16))


def listener_of_rule_arn(arn: str) -> str:
    """The ARN of the listener that a rule's ARN names."""
    return arn.replace(":listener-rule/", ":listener/", 1).rpartition("/")[0]


def dns_name(region: str, type: str, scheme: str, name: str, suffix: str) -> str:
    """The load balancer's DNS name: an internal network load balancer has no `internal-` in front."""
    if type == "network":
        return f"{name}-{suffix}.elb.{region}.amazonaws.com"
    number = str(int(suffix, 16) % 10**10).rjust(10, "1")
    internal = "internal-" if scheme == "internal" else ""
    return f"{internal}{name}-{number}.{region}.elb.amazonaws.com"


def node_description(load_balancer: str) -> str:
    """The description of the ENIs of the load balancer with that ARN: "ELB net/<name>/<id>"."""
    return "ELB " + load_balancer.partition(":loadbalancer/")[2]


_NETWORK_ZONES = {
    "us-east-1": "Z26RNL4JYFTOTI",
    "us-east-2": "ZLMOA37VPKANP",
    "us-west-1": "Z24FKFUX50B4VW",
    "us-west-2": "Z18D5FSROUN65G",
    "eu-central-1": "Z3F0SRJ5LGBH90",
    "eu-west-1": "Z2IFOLAFXWLO4F",
    "eu-west-2": "ZD4D7Y8KGAS4G",
    "ap-northeast-1": "Z31USIVHYNEOWT",
    "ap-southeast-1": "ZKVM4W9LS7TM",
    "ap-southeast-2": "ZCT6FZBF4DROD",
}
_APPLICATION_ZONES = {
    "us-east-1": "Z35SXDOTRQ7X7K",
    "us-east-2": "Z3AADJGX6KTTL2",
    "us-west-1": "Z368ELLRRE2KJ0",
    "us-west-2": "Z1H1FL5HABSF5",
    "eu-central-1": "Z215JYRZR1TBD5",
    "eu-west-1": "Z32O12XQLNTSW2",
    "eu-west-2": "ZHURV8PSTC4K8",
    "ap-northeast-1": "Z14GRHDCWA56QT",
    "ap-southeast-1": "Z1LMS91P8CMLE5",
    "ap-southeast-2": "Z1GM3OXH4ZPM65",
}


def hosted_zone_id(region: str, type: str) -> str:
    """The Route 53 zone that an alias record names (AWS General Reference, "Elastic Load Balancing endpoints").

    A region that is not in the table gets an id that is stable and its own.
    """
    known = _NETWORK_ZONES if type == "network" else _APPLICATION_ZONES
    return known.get(region) or "Z" + digest_text(f"{type}/{region}", 13).upper()
