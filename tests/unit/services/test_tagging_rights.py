"""Tags grant access where policies ask for them, so who gives tags to what they make needs the right to tag it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.unit.services.identity_harness import IdentityHarness

from innergate.primitives.fault import Fault

BALANCER = "arn:aws:elasticloadbalancing:us-east-1:{account}:loadbalancer/net/n/0123456789abcdef"
LISTENER = BALANCER.replace(":loadbalancer/", ":listener/") + "/0123456789abcdef"
TAGS = [{"Key": "team", "Value": "blue"}]
FUNCTION = {"FunctionName": "f", "Role": "arn:aws:iam::111122223333:role/r", "Code": {"ZipFile": b""}}
CASES = [
    ("elbv2", "CreateLoadBalancer", {"Name": "n", "Type": "network"}, "loadbalancer/net/n/*"),
    ("elbv2", "CreateLoadBalancer", {"Name": "n"}, "loadbalancer/app/n/*"),
    ("elbv2", "CreateTargetGroup", {"Name": "g"}, "targetgroup/g/*"),
    ("elbv2", "CreateListener", {"LoadBalancerArn": BALANCER}, "listener/net/n/0123456789abcdef/*"),
    ("elbv2", "CreateRule", {"ListenerArn": LISTENER}, "listener-rule/net/n/0123456789abcdef/0123456789abcdef/*"),
    ("logs", "CreateLogGroup", {"logGroupName": "/g"}, "log-group:/g"),
    ("lambda", "CreateFunction", FUNCTION, "function:f"),
    ("acm", "ImportCertificate", {"Certificate": b"", "PrivateKey": b""}, "certificate/*"),
]
ACTIONS = {
    "elbv2": "elasticloadbalancing:AddTags",
    "logs": "logs:TagResource",
    "lambda": "lambda:TagResource",
    "acm": "acm:AddTagsToCertificate",
}


@pytest.fixture
def harness(tmp_path: Path) -> Iterator[IdentityHarness]:
    harness = IdentityHarness(tmp_path)
    yield harness
    harness.store.close()


def key_with(harness: IdentityHarness, *denied: dict[str, Any]) -> tuple[str, str]:
    allow = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    statements = [allow, *({"Effect": "Deny", "Resource": "*", **statement} for statement in denied)]
    return harness.user_key(harness.member, "u", json.dumps({"Version": "2012-10-17", "Statement": statements}))


@pytest.mark.parametrize(("service", "operation", "params", "made"), CASES)
def test_tags_at_birth_need_the_right_to_tag(
    harness: IdentityHarness, service: str, operation: str, params: dict[str, Any], made: str
) -> None:
    key = key_with(harness, {"Action": ACTIONS[service]})
    params = {name: v.format(account=harness.member) if isinstance(v, str) else v for name, v in params.items()}
    tags: dict[str, Any] = {"tags": {"team": "blue"}} if service == "logs" else {"Tags": TAGS}
    if service == "lambda":
        tags = {"Tags": {"team": "blue"}}
    with pytest.raises(Fault) as refused:
        harness.call(key, service, operation, **params, **tags)
    assert f"{ACTIONS[service]} on resource: " in refused.value.message
    assert f"{made} with an explicit deny" in refused.value.message
    if operation == "CreateLogGroup":
        harness.call(key, service, operation, **params)


def test_who_makes_a_load_balancer_may_tag_that_alone(harness: IdentityHarness) -> None:
    """As the AWS Load Balancer Controller's policy says it."""
    others = {"StringNotEqualsIfExists": {"elasticloadbalancing:CreateAction": "CreateLoadBalancer"}}
    key = key_with(harness, {"Action": "elasticloadbalancing:AddTags", "Condition": others})
    with pytest.raises(Fault, match="elasticloadbalancing:AddTags"):
        harness.call(key, "elbv2", "CreateTargetGroup", Name="g", Tags=TAGS)
    with pytest.raises(Fault) as refused:
        harness.call(key, "elbv2", "CreateLoadBalancer", Name="n", Tags=TAGS)
    assert "AddTags" not in refused.value.message, "that it has no subnets comes next"


def test_a_load_balancers_name_may_be_what_a_policy_allows(harness: IdentityHarness) -> None:
    named = "arn:aws:elasticloadbalancing:*:*:loadbalancer/*/team-*"
    key = key_with(harness, {"Action": "elasticloadbalancing:CreateLoadBalancer", "Resource": named})
    with pytest.raises(Fault, match="explicit deny"):
        harness.call(key, "elbv2", "CreateLoadBalancer", Name="team-n", Type="network")
    with pytest.raises(Fault) as refused:
        harness.call(key, "elbv2", "CreateLoadBalancer", Name="own", Type="network")
    assert "not authorized" not in refused.value.message
