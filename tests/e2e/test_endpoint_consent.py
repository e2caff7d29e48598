"""An endpoint to somebody's service: not seen by those who are not allowed, silent before acceptance, cut after rejection."""

import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from botocore.exceptions import ClientError
from rich.console import Console
from tests.e2e.conftest import Built
from tests.e2e.inside import Call, call_from, calls_begun, finish, https, simulated
from tests.e2e.patience import patience
from tests.e2e.rivals import ANYONE, Method, Rival, TrialApi, addresses_of, describe_endpoint

from innergate.cli.demo.scenarios import (
    APPLICATION_HOSTS,
    api_url,
    make_balancer,
    make_link,
    open_security_group,
    wait_for,
)
from innergate.cli.demo.stage import Step

pytestmark = pytest.mark.e2e


class Asked(NamedTuple):
    """An endpoint that waits for the rival's word, the API that leads to it, and a call of each."""

    service: str
    name: str
    endpoint: str
    api: str
    through_api: Call
    straight: Call


@pytest.fixture(scope="module")
def asked(built: Built, rival: Rival) -> Iterator[Asked]:
    """The gateway account asks for an endpoint to the rival's hosts; nobody has accepted it."""
    gateway, network, step = built.world.gateway, built.world.gateway_network, Step(Console(quiet=True))
    shared = make_balancer(rival.cloud, "shared", rival.network, [(address, "") for address in APPLICATION_HOSTS])
    configuration = rival.cloud.ec2.create_vpc_endpoint_service_configuration(
        NetworkLoadBalancerArns=[shared.arn], AcceptanceRequired=True
    )["ServiceConfiguration"]
    service, name = configuration["ServiceId"], configuration["ServiceName"]
    rival.cloud.ec2.modify_vpc_endpoint_service_permissions(
        ServiceId=service, AddAllowedPrincipals=[f"arn:aws:iam::{gateway.account}:root"]
    )
    group = open_security_group(gateway, network, "to-rival", (80,))
    endpoint = gateway.ec2.create_vpc_endpoint(
        VpcEndpointType="Interface",
        VpcId=network.vpc,
        ServiceName=name,
        SubnetIds=[network.subnets[0]],
        SecurityGroupIds=[group],
    )["VpcEndpoint"]["VpcEndpointId"]
    [address] = addresses_of(gateway, endpoint)
    balancer = make_balancer(gateway, "to-rival", network, [(address, "")])
    api = TrialApi(gateway, "to the rival", ANYONE)
    link = make_link(gateway, step, "to-rival", balancer)
    api.put("/", balancer.dns_name, Method("/", link))
    api.deploy()
    built.platform.settle()
    straight: Call = {"do": "http", "url": f"http://{address}/", "timeout_s": 1.5}
    yield Asked(service, name, endpoint, api.id, https(api_url(api.id, "test"), timeout_s=5), straight)
    gateway.apigateway.delete_rest_api(restApiId=api.id)
    gateway.apigateway.delete_vpc_link(vpcLinkId=link)
    gateway.ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint])
    rival.cloud.ec2.delete_vpc_endpoint_service_configurations(ServiceIds=[service])
    for cloud, made in ((gateway, balancer), (rival.cloud, shared)):
        cloud.elbv2.delete_load_balancer(LoadBalancerArn=made.arn)
        cloud.elbv2.delete_target_group(TargetGroupArn=made.target_group)
    gateway.ec2.delete_security_group(GroupId=group)


def refusal(call: Any, **params: object) -> tuple[str, str, int]:
    with pytest.raises(ClientError) as refused:
        call(**params)
    response = refused.value.response
    return response["Error"]["Code"], response["Error"]["Message"], response["ResponseMetadata"]["HTTPStatusCode"]


def test_who_is_not_allowed_does_not_see_the_service(built: Built, asked: Asked) -> None:
    """To others the name is as unknown as one that was never made."""
    ec2, network = built.world.consumer.ec2, built.world.consumer_network
    wanted = {"VpcEndpointType": "Interface", "VpcId": network.vpc, "SubnetIds": [network.subnets[0]]}
    never = asked.name[:-8] + "00000000"
    real = refusal(ec2.create_vpc_endpoint, ServiceName=asked.name, **wanted)
    made_up = refusal(ec2.create_vpc_endpoint, ServiceName=never, **wanted)
    assert real == (made_up[0], made_up[1].replace(never, asked.name), made_up[2])
    assert (real[0], real[2]) == ("InvalidServiceName", 400)
    seen = refusal(ec2.describe_vpc_endpoint_services, ServiceNames=[asked.name])
    assert seen[0] == "InvalidServiceName"
    everything = ec2.describe_vpc_endpoint_services()
    assert asked.name not in everything["ServiceNames"]
    assert asked.name in built.world.gateway.ec2.describe_vpc_endpoint_services()["ServiceNames"]
    foreign = refusal(ec2.describe_vpc_endpoint_service_configurations, ServiceIds=[asked.service])
    assert foreign[0] == "InvalidVpcEndpointServiceId.NotFound"


def test_before_acceptance_nothing_passes(built: Built, asked: Asked) -> None:
    platform, world = built.platform, built.world
    assert describe_endpoint(world.gateway, asked.endpoint)["State"] == "pendingAcceptance"
    straight = call_from(platform, world.gateway_network.vpc, asked.straight)
    assert straight["error"] == "time-out"
    through = call_from(platform, world.consumer_network.vpc, asked.through_api)
    assert (through["status"], through["body"]) in (
        (500, '{"message":"Internal server error"}'),
        (504, '{"message":"Endpoint request timed out"}'),
    )
    said = simulated(platform, world.consumer_network.vpc, asked.through_api)
    assert asked.endpoint in said["cause"]
    assert "accept" in said["cause"]
    assert "accept-vpc-endpoint-connections" in said["fix"]
    assert said["status"] == through["status"]


def test_rejection_cuts_live_connections_within_seconds(built: Built, rival: Rival, asked: Asked) -> None:
    platform, world = built.platform, built.world
    named = {"ServiceId": asked.service, "VpcEndpointIds": [asked.endpoint]}
    rival.cloud.ec2.accept_vpc_endpoint_connections(**named)
    wait_for(lambda: describe_endpoint(world.gateway, asked.endpoint)["State"] == "available" or None, "acceptance")
    platform.settle()
    wait_for(
        lambda: call_from(platform, world.consumer_network.vpc, asked.through_api).get("status") == 200 or None, "200"
    )
    straight = {"do": "watch", "call": asked.straight, "for_s": 60}
    through = {"do": "watch", "call": asked.through_api, "for_s": 60}
    patient = patience()
    with (
        calls_begun(platform, world.gateway_network.vpc, [straight]) as first,
        calls_begun(platform, world.consumer_network.vpc, [through]) as second,
    ):
        assert first.stdout is not None
        assert second.stdout is not None
        first.stdout.readline()
        second.stdout.readline()
        time.sleep(0.3)
        rejected_at = time.time()
        rival.cloud.ec2.reject_vpc_endpoint_connections(**named)
        [cut] = finish(first, world.gateway_network.vpc)
        [failed] = finish(second, world.consumer_network.vpc)
    patient = max(patient, patience())
    assert cut["good"] > 0
    assert cut["ended"] in ("TimeoutError", "ConnectionResetError", "RemoteDisconnected"), cut
    assert cut["at"] - rejected_at < 5 + 3 * patient, "Envoy drains a listener that is gone for 5 s"
    assert failed["good"] > 0
    assert failed["ended"] in ("500", "504"), failed
    assert failed["at"] - rejected_at < 5 * patient
    assert describe_endpoint(world.gateway, asked.endpoint)["State"] == "rejected"
    said = simulated(platform, world.consumer_network.vpc, asked.through_api)
    assert "rejected" in said["cause"]


def test_who_lost_the_permission_keeps_what_was_accepted(built: Built, rival: Rival, asked: Asked) -> None:
    """AWS: removing a principal stops new endpoints, not those that are there."""
    platform, world = built.platform, built.world
    named = {"ServiceId": asked.service, "VpcEndpointIds": [asked.endpoint]}
    rival.cloud.ec2.accept_vpc_endpoint_connections(**named)
    principal = f"arn:aws:iam::{world.gateway.account}:root"
    rival.cloud.ec2.modify_vpc_endpoint_service_permissions(
        ServiceId=asked.service, RemoveAllowedPrincipals=[principal]
    )
    platform.settle()
    assert call_from(platform, world.gateway_network.vpc, asked.straight)["status"] == 200
    wanted = {"VpcEndpointType": "Interface", "VpcId": world.gateway_network.vpc}
    assert refusal(world.gateway.ec2.create_vpc_endpoint, ServiceName=asked.name, **wanted)[0] == "InvalidServiceName"
    assert asked.name not in world.gateway.ec2.describe_vpc_endpoint_services()["ServiceNames"]
