"""Application load balancers as clients inside a VPC see them."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from tests.e2e.balancer_lab import Lab

from innergate.cli.demo.scenarios import wait_for
from innergate.testing.platform import RunningPlatform


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with RunningPlatform(concurrency=1) as platform:
        yield Lab(platform, "shop")


def http_group(lab: Lab, *targets: str, **more: Any) -> str:
    """A target group of protocol HTTP."""
    return lab.group(targets, protocol="HTTP", **{"Matcher": {"HttpCode": "200-299"}, **more})


def application_balancer(lab: Lab, **more: Any) -> dict[str, Any]:
    """An internal application load balancer in both zones."""
    made = lab.cloud.elbv2.create_load_balancer(
        Name=lab.fresh_name("alb"), Scheme="internal", Subnets=list(lab.network.subnets), **more
    )
    balancer: dict[str, Any] = made["LoadBalancers"][0]
    return balancer


def backend(lab: Lab, url: str, *options: str) -> str:
    """Who answers; "" where nobody does."""
    got = lab.ask(url, *options)
    return str(json.loads(got["body"])["backend"]) if got.get("status") == 200 else ""


def test_rules_lead_where_they_say(lab: Lab) -> None:
    one, two = http_group(lab, "a1"), http_group(lab, "b1")
    group = lab.cloud.ec2.create_security_group(VpcId=lab.vpc, GroupName="web", Description="web")["GroupId"]
    lab.cloud.ec2.authorize_security_group_ingress(
        GroupId=group, IpProtocol="tcp", FromPort=80, ToPort=80, CidrIp="10.0.0.0/16"
    )
    balancer = application_balancer(lab, SecurityGroups=[group])
    listener = lab.listener(balancer["LoadBalancerArn"], one, 80, "HTTP")
    lab.cloud.elbv2.create_rule(
        ListenerArn=listener,
        Priority=10,
        Conditions=[{"Field": "path-pattern", "Values": ["/two/*"]}],
        Actions=[{"Type": "forward", "TargetGroupArn": two}],
    )
    lab.platform.settle()
    lab.wait_health(one, "healthy")
    lab.wait_health(two, "healthy")
    url = f"http://{balancer['DNSName']}"
    assert backend(lab, f"{url}/") == "a1"
    assert backend(lab, f"{url}/two/x") == "b1"
    lab.cloud.ec2.revoke_security_group_ingress(
        GroupId=group, IpProtocol="tcp", FromPort=80, ToPort=80, CidrIp="10.0.0.0/16"
    )
    lab.platform.settle()
    wait_for(lambda: lab.ask(f"{url}/").get("error") == "time-out" or None, "a closed security group")
