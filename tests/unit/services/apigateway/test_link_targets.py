"""Integrations over VPC links V2 name a load balancer of the API's own account; those over version 1 name none."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from innergate.primitives.fault import Fault
from innergate.primitives.ids import AccountId, Region
from innergate.resources.vpc_links import VpcLink
from innergate.services.apigateway.operations import OPERATIONS
from innergate.testing.scenario import Scenario
from innergate.testing.services import ServiceHarness

OWNER = "111122223333"


def arn(account: str = OWNER, region: str = "us-east-1", what: str = "loadbalancer/app/web/0123456789abcdef") -> str:
    return f"arn:aws:elasticloadbalancing:{region}:{account}:{what}"


class World:
    """An API with a method, and a link of either version: `old000` and `new000`."""

    def __init__(self, folder: Path) -> None:
        self.harness = ServiceHarness(folder, OPERATIONS)
        now = self.harness.clock.now()
        owner, region = AccountId(OWNER), Region("us-east-1")
        s = Scenario()
        s.account, s.region = owner, region
        vpc = s.vpc()
        subnet = s.subnet(vpc, "10.0.1.0/24", "a")
        newer = msgspec.structs.replace(s.vpc_link_v2(subnet), id="new000")
        older = VpcLink(
            id="old000", account=owner, region=region, name="x", target_arns=(arn(),), failure="never", created_at=now
        )
        with self.harness.store.transaction() as tx:
            for resource in (vpc, subnet, newer, older):
                tx.put(resource)
        made = self.harness.call("CreateRestApi", OWNER, name="x")
        self.names = {"restApiId": made["id"], "resourceId": made["rootResourceId"], "httpMethod": "ANY"}
        self.harness.call("PutMethod", OWNER, **self.names, authorizationType="NONE")

    def put(self, link: str, target: str = "") -> Any:
        more = {"integrationTarget": target} if target else {}
        return self.harness.call(
            "PutIntegration",
            OWNER,
            **self.names,
            type="HTTP_PROXY",
            integrationHttpMethod="ANY",
            uri="http://inside.test/",
            connectionType="VPC_LINK",
            connectionId=link,
            **more,
        )


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.mark.parametrize("what", ["loadbalancer/app/web/0123456789abcdef", "loadbalancer/net/web/0123456789abcdef"])
def test_the_target_is_read_back(world: World, what: str) -> None:
    shown = world.put("new000", arn(what=what))
    assert (shown["integrationTarget"], shown["connectionId"]) == (arn(what=what), "new000")
    world.put("${stageVariables.link}", arn())
    assert world.put("old000")["connectionId"] == "old000"


@pytest.mark.parametrize(
    ("link", "target", "message"),
    [
        ("new000", "", "An integration target is required for a VPC link V2"),
        ("old000", arn(), "An integration target is only supported for a VPC link V2"),
        ("new000", "web", "Invalid integration target: the ARN of an application or network load balancer is needed"),
        ("new000", arn(what="targetgroup/x/0"), "Invalid integration target: the ARN"),
        ("new000", arn("444455556666"), "Invalid integration target: the load balancer must be in the account"),
        ("new000", arn(region="eu-west-1"), "Invalid integration target: the load balancer must be in the account"),
        ("none00", arn(), "Invalid Vpc Link identifier specified"),
    ],
)
def test_what_does_not_fit_is_refused(world: World, link: str, target: str, message: str) -> None:
    with pytest.raises(Fault) as refused:
        world.put(link, target)
    assert message in refused.value.message
