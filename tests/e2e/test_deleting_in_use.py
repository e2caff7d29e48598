"""Deleting what others use gives AWS's error and changes nothing: not the thing, not its neighbours, not the traffic."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
from botocore.exceptions import ClientError
from tests.e2e.conftest import Built
from tests.e2e.inside import call_from, https
from tests.e2e.rivals import describe_endpoint

from innergate.cli.demo.scenarios import Cloud, api_url

pytestmark = pytest.mark.e2e


class InUse(NamedTuple):
    """The ids of the scenarios' things, and a usage plan with a stage."""

    built: Built
    plan: str
    transit: str
    table: str

    @property
    def gateway(self) -> Cloud:
        return self.built.world.gateway

    @property
    def application(self) -> Cloud:
        return self.built.world.application

    @property
    def consumer(self) -> Cloud:
        return self.built.world.consumer


@pytest.fixture(scope="module")
def in_use(built: Built) -> Iterator[InUse]:
    gateway = built.world.gateway
    stages = [{"apiId": built.path.api, "stage": "test"}]
    plan = gateway.apigateway.create_usage_plan(name="in use", apiStages=stages)["id"]
    attachments = gateway.ec2.describe_transit_gateway_vpc_attachments()["TransitGatewayVpcAttachments"]
    table = gateway.ec2.create_route_table(VpcId=built.world.gateway_network.vpc)["RouteTable"]["RouteTableId"]
    made = gateway.ec2.create_subnet(VpcId=built.world.gateway_network.vpc, CidrBlock="10.0.250.0/28")
    subnet = made["Subnet"]["SubnetId"]
    gateway.ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    yield InUse(built, plan, attachments[0]["TransitGatewayId"], table)
    gateway.ec2.delete_subnet(SubnetId=subnet)
    gateway.ec2.delete_route_table(RouteTableId=table)
    removed = {"op": "remove", "path": "/apiStages", "value": f"{built.path.api}:test"}
    gateway.apigateway.update_usage_plan(usagePlanId=plan, patchOperations=[removed])
    gateway.apigateway.delete_usage_plan(usagePlanId=plan)


def entry_group(used: InUse) -> str:
    return str(describe_endpoint(used.consumer, used.built.path.entry)["Groups"][0]["GroupId"])


def application_balancer(used: InUse) -> dict[str, Any]:
    return dict(used.application.elbv2.describe_load_balancers(Names=["application"])["LoadBalancers"][0])


def deployment(used: InUse) -> str:
    return str(used.gateway.apigateway.get_stage(restApiId=used.built.path.api, stageName="test")["deploymentId"])


def main_table(used: InUse) -> str:
    filters = [
        {"Name": "vpc-id", "Values": [used.built.world.gateway_network.vpc]},
        {"Name": "association.main", "Values": ["true"]},
    ]
    return str(used.gateway.ec2.describe_route_tables(Filters=filters)["RouteTables"][0]["RouteTableId"])


def interface(used: InUse) -> str:
    return str(describe_endpoint(used.consumer, used.built.path.entry)["NetworkInterfaceIds"][0])


class Case(NamedTuple):
    """What is deleted, by which call, and the error's code, status and a part of its words."""

    title: str
    delete: Callable[[InUse], object]
    code: str
    words: str
    status: int = 400


CASES = (
    Case(
        "a VPC with subnets",
        lambda u: u.consumer.ec2.delete_vpc(VpcId=u.built.world.consumer_network.vpc),
        "DependencyViolation",
        "has dependencies and cannot be deleted",
    ),
    Case(
        "a subnet with interfaces",
        lambda u: u.consumer.ec2.delete_subnet(SubnetId=u.built.world.consumer_network.subnets[0]),
        "DependencyViolation",
        "has dependencies and cannot be deleted",
    ),
    Case(
        "a security group of an endpoint",
        lambda u: u.consumer.ec2.delete_security_group(GroupId=entry_group(u)),
        "DependencyViolation",
        "has a dependent object",
    ),
    Case(
        "an endpoint's interface",
        lambda u: u.consumer.ec2.delete_network_interface(NetworkInterfaceId=interface(u)),
        "InvalidParameterValue",
        "is currently in use",
    ),
    Case(
        "a load balancer of an endpoint service",
        lambda u: u.application.elbv2.delete_load_balancer(LoadBalancerArn=application_balancer(u)["LoadBalancerArn"]),
        "ResourceInUse",
        "is currently associated with another service",
    ),
    Case(
        "a load balancer of a VPC link",
        lambda u: u.gateway.elbv2.delete_load_balancer(LoadBalancerArn=u.built.path.balancer.arn),
        "ResourceInUse",
        "is currently associated with another service",
    ),
    Case(
        "a target group of a listener",
        lambda u: u.gateway.elbv2.delete_target_group(TargetGroupArn=u.built.path.balancer.target_group),
        "ResourceInUse",
        "is currently in use by a listener or a rule",
    ),
    Case(
        "a VPC link of a deployed stage",
        lambda u: u.gateway.apigateway.delete_vpc_link(vpcLinkId=u.built.path.link),
        "BadRequestException",
        "Cannot delete vpc link",
    ),
    Case(
        "a deployment that a stage points to",
        lambda u: u.gateway.apigateway.delete_deployment(restApiId=u.built.path.api, deploymentId=deployment(u)),
        "BadRequestException",
        "Active stages pointing to this deployment must be moved or deleted",
    ),
    Case(
        "a usage plan with stages",
        lambda u: u.gateway.apigateway.delete_usage_plan(usagePlanId=u.plan),
        "BadRequestException",
        "Cannot delete Usage Plan",
    ),
    Case(
        "a VPC's main route table",
        lambda u: u.gateway.ec2.delete_route_table(RouteTableId=main_table(u)),
        "DependencyViolation",
        "has dependencies and cannot be deleted",
    ),
    Case(
        "a route table of a subnet",
        lambda u: u.gateway.ec2.delete_route_table(RouteTableId=u.table),
        "DependencyViolation",
        "has dependencies and cannot be deleted",
    ),
    Case(
        "a transit gateway with attachments",
        lambda u: u.gateway.ec2.delete_transit_gateway(TransitGatewayId=u.transit),
        "IncorrectState",
        "has non-deleted Transit Gateway Attachments",
    ),
    Case(
        "somebody else's things: a foreign VPC",
        lambda u: u.consumer.ec2.delete_vpc(VpcId=u.built.world.gateway_network.vpc),
        "InvalidVpcID.NotFound",
        "does not exist",
    ),
    Case(
        "somebody else's things: a foreign REST API",
        lambda u: u.consumer.apigateway.delete_rest_api(restApiId=u.built.path.api),
        "NotFoundException",
        "Invalid API identifier specified",
        404,
    ),
)


def everything(built: Built) -> dict[str, Any]:
    """What the accounts see of all their things."""
    seen: dict[str, Any] = {}
    for name in ("application", "gateway", "consumer"):
        cloud: Cloud = getattr(built.world, name)
        for call in (
            cloud.ec2.describe_vpcs,
            cloud.ec2.describe_subnets,
            cloud.ec2.describe_network_interfaces,
            cloud.ec2.describe_security_groups,
            cloud.ec2.describe_route_tables,
            cloud.ec2.describe_vpc_endpoints,
            cloud.ec2.describe_vpc_endpoint_service_configurations,
            cloud.ec2.describe_vpc_endpoint_connections,
            cloud.ec2.describe_transit_gateways,
            cloud.ec2.describe_transit_gateway_vpc_attachments,
            cloud.elbv2.describe_load_balancers,
            cloud.elbv2.describe_target_groups,
            cloud.apigateway.get_rest_apis,
            cloud.apigateway.get_vpc_links,
            cloud.apigateway.get_usage_plans,
        ):
            answer = call()
            del answer["ResponseMetadata"]
            seen[f"{name} {call.__name__}"] = answer
    api = built.world.gateway.apigateway
    for stage_of in (api.get_stages, api.get_deployments):
        answer = stage_of(restApiId=built.path.api)
        del answer["ResponseMetadata"]
        seen[stage_of.__name__] = answer
    return seen


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_what_is_in_use_stays(in_use: InUse, case: Case) -> None:
    before = everything(in_use.built)
    with pytest.raises(ClientError) as refused:
        case.delete(in_use)
    assert everything(in_use.built) == before
    response = refused.value.response
    assert (response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]) == (case.code, case.status)
    assert case.words in response["Error"]["Message"]


def test_a_service_with_connections_says_so_in_its_answer(in_use: InUse) -> None:
    """DeleteVpcEndpointServiceConfigurations answers 200 and lists what it left."""
    before = everything(in_use.built)
    service = in_use.built.path.service
    answer = in_use.application.ec2.delete_vpc_endpoint_service_configurations(ServiceIds=[service])
    [left] = answer["Unsuccessful"]
    assert (left["ResourceId"], left["Error"]["Code"]) == (service, "ExistingVpcEndpointConnections")
    assert everything(in_use.built) == before


def test_foreign_load_balancers_are_as_good_as_gone(in_use: InUse) -> None:
    """AWS answers 200 where there is nothing to delete; nothing of the owner's goes."""
    before = everything(in_use.built)
    in_use.consumer.elbv2.delete_load_balancer(LoadBalancerArn=in_use.built.path.balancer.arn)
    in_use.consumer.elbv2.delete_target_group(TargetGroupArn=in_use.built.path.balancer.target_group)
    assert everything(in_use.built) == before


def test_the_traffic_noticed_nothing(in_use: InUse) -> None:
    built = in_use.built
    built.platform.settle()
    vpc = built.world.consumer_network.vpc
    assert call_from(built.platform, vpc, https(api_url(built.path.api, "test")))["status"] == 200
    assert call_from(built.platform, vpc, https(api_url(built.other_api, "newtest")))["status"] == 200
