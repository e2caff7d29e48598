"""The calls of the cross-account scenario, in the order of the CLI script."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from innergate.primitives.fault import Fault
from innergate.primitives.ids import AccountId, Region
from innergate.resources.load_balancers import LoadBalancer
from innergate.resources.vpcs import Vpc
from innergate.services.apigateway.operations import OPERATIONS
from innergate.store.observations import Observation
from innergate.testing.services import ServiceHarness

ACCOUNT = "111122223333"
NLB = f"arn:aws:elasticloadbalancing:us-east-1:{ACCOUNT}:loadbalancer/net/link/0123456789abcdef"
POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Deny",
                "Principal": "*",
                "Action": ["execute-api:Invoke"],
                "Resource": ["execute-api:/*"],
                "Condition": {"StringNotEquals": {"aws:sourceVpce": ["vpce-1"]}},
            },
            {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"},
        ],
    }
)


@pytest.fixture
def harness(tmp_path: Path) -> Iterator[ServiceHarness]:
    harness = ServiceHarness(tmp_path, OPERATIONS)
    with harness.store.transaction() as tx:
        account, region, now = AccountId(ACCOUNT), Region("us-east-1"), harness.clock.now()
        tx.put(
            Vpc(
                id="vpc-1",
                account=account,
                region=region,
                cidr_block="10.0.0.0/16",
                cidr_associations=(),
                created_at=now,
            )
        )
        tx.put(
            LoadBalancer(
                id=NLB,
                account=account,
                region=region,
                load_balancer_name="link",
                type="network",
                scheme="internal",
                vpc_id="vpc-1",
                dns_name="link.elb.us-east-1.amazonaws.com",
                created_at=now,
                subnet_ids=(),
            )
        )
    yield harness
    harness.store.close()


def applied(harness: ServiceHarness, revision: int) -> None:
    harness.store.observe([Observation("node/local", "applied_revision", revision, harness.clock.now())])


def make_api(harness: ServiceHarness, link_id: str, policy: str = POLICY) -> tuple[str, str]:
    api = harness.call(
        "CreateRestApi", name="blog", endpointConfiguration={"types": ["PRIVATE"], "vpcEndpointIds": ["vpce-1"]}
    )
    root = harness.call("GetResources", restApiId=api["id"])["items"][0]["id"]
    proxy = harness.call("CreateResource", restApiId=api["id"], parentId=root, pathPart="{proxy+}")["id"]
    for resource, uri, path in ((root, "http://nlb:80/", False), (proxy, "http://nlb:80/{proxy}", True)):
        where = {"restApiId": api["id"], "resourceId": resource, "httpMethod": "ANY"}
        harness.call(
            "PutMethod",
            **where,
            authorizationType="NONE",
            requestParameters={"method.request.path.proxy": True} if path else {},
        )
        harness.call(
            "PutIntegration",
            **where,
            type="HTTP_PROXY",
            integrationHttpMethod="ANY",
            uri=uri,
            connectionType="VPC_LINK",
            connectionId=link_id,
            requestParameters={"integration.request.path.proxy": "method.request.path.proxy"} if path else {},
        )
    if policy:
        harness.call(
            "UpdateRestApi",
            restApiId=api["id"],
            patchOperations=[{"op": "replace", "path": "/policy", "value": policy}],
        )
    return api["id"], proxy


def test_the_scenario_builds_reads_back_and_goes(harness: ServiceHarness) -> None:
    link = harness.call("CreateVpcLink", name="blog-vpc-link", targetArns=[NLB])
    assert link["status"] == "PENDING"
    assert harness.call("GetVpcLink", vpcLinkId=link["id"])["status"] == "PENDING"
    applied(harness, 99)
    assert harness.call("GetVpcLink", vpcLinkId=link["id"])["status"] == "AVAILABLE"

    api_id, proxy = make_api(harness, link["id"])
    where = {"restApiId": api_id, "resourceId": proxy, "httpMethod": "OPTIONS"}
    harness.call("PutMethod", **where, authorizationType="NONE")
    harness.call("PutIntegration", **where, type="MOCK", requestTemplates={"application/json": '{"statusCode": 200}'})
    header = "method.response.header.Access-Control-Allow-Origin"
    harness.call("PutMethodResponse", **where, statusCode="200", responseParameters={header: True})
    harness.call("PutIntegrationResponse", **where, statusCode="200", responseParameters={header: "'*'"})
    deployment = harness.call("CreateDeployment", restApiId=api_id, stageName="test", description="blog")
    stage = harness.call("GetStage", restApiId=api_id, stageName="test")
    assert stage["deploymentId"] == deployment["id"]

    with pytest.raises(Fault) as refused:
        harness.call("DeleteVpcLink", vpcLinkId=link["id"])
    assert f"[ANY:{proxy}:test] in format of [Method:Resource:Stage]." in refused.value.message or (
        f"ANY:{proxy}:test" in refused.value.message
    )
    harness.call("DeleteRestApi", restApiId=api_id)
    harness.call("DeleteVpcLink", vpcLinkId=link["id"])
    with pytest.raises(Fault) as gone:
        harness.call("GetVpcLink", vpcLinkId=link["id"])
    assert (gone.value.status, gone.value.message) == (404, "Invalid Vpc Link identifier specified")
    kinds = {row.resource.kind for row in harness.store.state().rows()}
    assert kinds == {"vpc", "load-balancer"}


def test_integration_reads_back_what_was_sent(harness: ServiceHarness) -> None:
    link = harness.call("CreateVpcLink", name="l", targetArns=[NLB])
    api_id, proxy = make_api(harness, link["id"])
    assert harness.call("GetIntegration", restApiId=api_id, resourceId=proxy, httpMethod="ANY") == {
        "type": "HTTP_PROXY",
        "httpMethod": "ANY",
        "uri": "http://nlb:80/{proxy}",
        "connectionType": "VPC_LINK",
        "connectionId": link["id"],
        "requestParameters": {"integration.request.path.proxy": "method.request.path.proxy"},
        "passthroughBehavior": "WHEN_NO_MATCH",
        "timeoutInMillis": 29000,
        "cacheNamespace": proxy,
        "cacheKeyParameters": [],
    }


def test_policy_is_answered_escaped_once_too_often_and_expanded(harness: ServiceHarness) -> None:
    link = harness.call("CreateVpcLink", name="l", targetArns=[NLB])
    api_id, _ = make_api(harness, link["id"])
    shown = harness.call("GetRestApi", restApiId=api_id)["policy"]
    assert shown.startswith('{\\"Version\\":\\"2012-10-17\\"')
    policy = json.loads(json.loads(f'"{shown}"'))
    arn = f"arn:aws:execute-api:us-east-1:{ACCOUNT}:{api_id}/*"
    assert [statement["Resource"] for statement in policy["Statement"]] == [arn, arn]
    assert policy["Statement"][0]["Action"] == "execute-api:Invoke"
    assert policy["Statement"][0]["Condition"] == {"StringNotEquals": {"aws:sourceVpce": "vpce-1"}}
    patch = [{"op": "replace", "path": "/policy", "value": ""}]
    assert "policy" not in harness.call("UpdateRestApi", restApiId=api_id, patchOperations=patch)


def test_a_private_api_without_policy_deploys_and_admits_nobody_yet(harness: ServiceHarness) -> None:
    link = harness.call("CreateVpcLink", name="l", targetArns=[NLB])
    api_id, _ = make_api(harness, link["id"], policy="")
    made = harness.call("CreateDeployment", restApiId=api_id, stageName="test")
    assert harness.call("GetStage", restApiId=api_id, stageName="test")["deploymentId"] == made["id"]


def test_a_deployment_does_not_follow_later_edits(harness: ServiceHarness) -> None:
    link = harness.call("CreateVpcLink", name="l", targetArns=[NLB])
    api_id, proxy = make_api(harness, link["id"])
    made = harness.call(
        "CreateDeployment", restApiId=api_id, stageName="", description="", stageDescription="", variables={}
    )
    assert harness.call("GetStages", restApiId=api_id) == {"item": []}
    harness.call("DeleteMethod", restApiId=api_id, resourceId=proxy, httpMethod="ANY")
    summary = harness.call("GetDeployment", restApiId=api_id, deploymentId=made["id"], embed=["apisummary"])[
        "apiSummary"
    ]
    assert summary["/{proxy+}"] == {"ANY": {"authorizationType": "NONE", "apiKeyRequired": False}}


def test_a_link_to_no_load_balancer_fails_and_blocks_deployments(harness: ServiceHarness) -> None:
    link = harness.call("CreateVpcLink", name="l", targetArns=[NLB.replace("link", "other")])
    applied(harness, 99)
    shown = harness.call("GetVpcLink", vpcLinkId=link["id"])
    assert shown["status"] == "FAILED"
    assert "does not exist" in shown["statusMessage"]
    api_id, _ = make_api(harness, link["id"])
    with pytest.raises(Fault, match="FAILED"):
        harness.call("CreateDeployment", restApiId=api_id, stageName="test")


def test_another_account_sees_nothing(harness: ServiceHarness) -> None:
    link = harness.call("CreateVpcLink", name="l", targetArns=[NLB])
    api_id, proxy = make_api(harness, link["id"])
    stranger = "444455556666"
    assert harness.call("GetRestApis", account=stranger) == {"items": []}
    for operation, params in (
        ("GetRestApi", {"restApiId": api_id}),
        ("GetResource", {"restApiId": api_id, "resourceId": proxy}),
        ("GetVpcLink", {"vpcLinkId": link["id"]}),
        ("DeleteRestApi", {"restApiId": api_id}),
        ("PutMethod", {"restApiId": api_id, "resourceId": proxy, "httpMethod": "GET", "authorizationType": "NONE"}),
    ):
        with pytest.raises(Fault) as unseen:
            harness.call(operation, account=stranger, **params)
        assert unseen.value.status == 404
