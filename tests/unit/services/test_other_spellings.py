"""What a policy denies cannot be had by naming it in another way: an operation finds no more than IAM was asked about."""

from typing import Any
from urllib.parse import quote

import pytest
from tests.unit.services.identity_harness import IdentityHarness
from tests.unit.services.test_authorization import policy, statement

from innergate.primitives.fault import Fault

GATEWAY = "arn:aws:apigateway:us-east-1:"
RULES = "arn:aws:elasticloadbalancing:us-east-1:444455556666:listener-rule/app/a/1/2/3"
DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"}


def all_but(harness: IdentityHarness, *denied: str) -> tuple[str, str]:
    """A user who may do everything, but nothing with these resources."""
    return harness.user_key(
        harness.member, "u", policy(statement("Allow", "*"), {**statement("Deny", "*"), "Resource": list(denied)})
    )


def code_of(harness: IdentityHarness, key: tuple[str, str], service: str, operation: str, **params: Any) -> str:
    with pytest.raises(Fault) as caught:
        harness.call(key, service, operation, **params)
    return caught.value.code


@pytest.mark.parametrize("operation", ["DeleteSecurityGroup", "AuthorizeSecurityGroupIngress"])
def test_a_security_group_by_its_name(harness: IdentityHarness, operation: str) -> None:
    root = harness.root_key(harness.member)
    group = harness.call(root, "ec2", "CreateSecurityGroup", GroupName="mine", Description="d")["GroupId"]
    user = all_but(harness, f"arn:aws:ec2:us-east-1:444455556666:security-group/{group}")
    rule = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    more: dict[str, Any] = {"IpPermissions": [rule]} if operation.startswith("Authorize") else {}
    for named in ({"GroupId": group}, {"GroupName": "mine"}):
        assert code_of(harness, user, "ec2", operation, **named, **more) in DENIED


@pytest.mark.parametrize("name", ["api.example.com", "API.example.com"])
def test_a_domain_name_in_capitals(harness: IdentityHarness, name: str) -> None:
    """Domain names are found whatever their letters' case; the ARNs of policies are not."""
    path = "/domainnames/api.example.com"
    user = all_but(harness, f"{GATEWAY}:{path}", f"{GATEWAY}:{path}/*", f"{GATEWAY}444455556666:{path}/*")
    for operation in ("GetDomainName", "DeleteDomainName", "GetBasePathMappings"):
        assert code_of(harness, user, "apigateway", operation, domainName=name) in DENIED, operation
    assert code_of(harness, user, "apigatewayv2", "ListRoutingRules", DomainName=name) in DENIED


@pytest.mark.parametrize("account", ["999999999999", "444455556666"])
def test_a_resource_to_tag_has_one_arn(harness: IdentityHarness, account: str) -> None:
    root = harness.root_key(harness.member)
    api = harness.call(root, "apigateway", "CreateRestApi", name="a")["id"]
    own = f"{GATEWAY}:/restapis/{api}"
    user = all_but(harness, own, f"{GATEWAY}:/tags/{quote(own, safe='')}")
    assert code_of(harness, user, "apigateway", "TagResource", resourceArn=own, tags={"a": "b"}) in DENIED
    for other in (f"{GATEWAY}{account}:/restapis/{api}", own.replace("arn:aws:", "arn:aws-cn:")):
        code = code_of(harness, user, "apigateway", "TagResource", resourceArn=other, tags={"a": "b"})
        assert code == "NotFoundException"
    assert "tags" not in harness.call(root, "apigateway", "GetRestApi", restApiId=api)


def test_rules_whose_priorities_change(harness: IdentityHarness) -> None:
    user = all_but(harness, RULES)
    priorities = [{"RuleArn": RULES, "Priority": 1}]
    assert code_of(harness, user, "elbv2", "SetRulePriorities", RulePriorities=priorities) in DENIED


def test_tagging_nothing_asks_about_everything(harness: IdentityHarness) -> None:
    user = harness.user_key(harness.member, "u", policy(statement("Allow", "ec2:*")))
    assert code_of(harness, user, "elbv2", "AddTags", ResourceArns=[], Tags=[]) in DENIED
