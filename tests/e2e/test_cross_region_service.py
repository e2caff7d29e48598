"""PrivateLink across regions: a service that supports the consumer's region, called by packets, in overlapping networks."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.e2e.rivals import ANYONE
from tests.e2e.sites import FAR_REGION, Site

from innergate.cli.demo.scenarios import wait_for
from innergate.driver.platform import RunningPlatform

pytestmark = pytest.mark.e2e

CIDR = "10.0.0.0/16"


@pytest.fixture(scope="module")
def platform() -> Iterator[RunningPlatform]:
    with RunningPlatform(concurrency=1) as running:
        yield running


def balance(site: Site, name: str, address: str) -> Any:
    """An internal load balancer on port 80 with one target, once that is healthy."""
    keys = {"Name": name, "Protocol": "TCP", "Port": 80, "TargetType": "ip", "VpcId": site.vpc}
    times = {"HealthCheckIntervalSeconds": 5, "HealthCheckTimeoutSeconds": 2, "HealthyThresholdCount": 2}
    group = site.elbv2.create_target_group(**keys, **times)["TargetGroups"][0]["TargetGroupArn"]
    site.elbv2.register_targets(TargetGroupArn=group, Targets=[{"Id": address}])
    made = site.elbv2.create_load_balancer(Name=name, Type="network", Scheme="internal", Subnets=[site.subnet])
    balancer = made["LoadBalancers"][0]
    forward = [{"Type": "forward", "TargetGroupArn": group}]
    arn = balancer["LoadBalancerArn"]
    site.elbv2.create_listener(LoadBalancerArn=arn, Protocol="TCP", Port=80, DefaultActions=forward)

    def healthy() -> bool | None:
        (found,) = site.elbv2.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
        return found["TargetHealth"]["State"] == "healthy" or None

    wait_for(healthy, f"the target of {name}")
    return balancer


def test_a_private_api_calls_a_service_of_another_region(platform: RunningPlatform) -> None:
    near = Site(platform, "provider", "near", CIDR)
    far = Site(platform, "consumer", "far", CIDR, FAR_REGION)
    shared = balance(near, "shared", near.host)
    service = near.ec2.create_vpc_endpoint_service_configuration(
        NetworkLoadBalancerArns=[shared["LoadBalancerArn"]], AcceptanceRequired=False
    )["ServiceConfiguration"]
    near.ec2.modify_vpc_endpoint_service_permissions(
        ServiceId=service["ServiceId"], AddAllowedPrincipals=[f"arn:aws:iam::{far.account}:root"]
    )
    group = far.ec2.create_security_group(GroupName="web", Description="web", VpcId=far.vpc)["GroupId"]
    for port in (80, 443):
        far.ec2.authorize_security_group_ingress(
            GroupId=group, IpProtocol="tcp", FromPort=port, ToPort=port, CidrIp="0.0.0.0/0"
        )
    wanted = {
        "VpcEndpointType": "Interface",
        "VpcId": far.vpc,
        "SubnetIds": [far.subnet],
        "SecurityGroupIds": [group],
        "ServiceName": service["ServiceName"],
        "ServiceRegion": near.region,
    }
    with pytest.raises(ClientError, match="InvalidServiceName"):
        far.ec2.create_vpc_endpoint(**wanted)
    near.ec2.modify_vpc_endpoint_service_configuration(ServiceId=service["ServiceId"], AddSupportedRegions=[FAR_REGION])
    endpoint = far.ec2.create_vpc_endpoint(**wanted)["VpcEndpoint"]
    platform.settle()
    name = endpoint["DnsEntries"][0]["DnsName"]
    assert name.endswith(f".{service['ServiceId']}.{near.region}.vpce.amazonaws.com")
    assert far.sees(far) == "far"
    assert far.sees(near, name) == "near", "both networks have the host's address; the endpoint leads to the service's"

    (eni,) = endpoint["NetworkInterfaceIds"]
    (interface,) = far.ec2.describe_network_interfaces(NetworkInterfaceIds=[eni])["NetworkInterfaces"]
    behind = balance(far, "behind", interface["PrivateIpAddress"])
    link = far.apigateway.create_vpc_link(name="link", targetArns=[behind["LoadBalancerArn"]])["id"]
    wait_for(lambda: far.apigateway.get_vpc_link(vpcLinkId=link)["status"] == "AVAILABLE" or None, "the link")
    del wanted["ServiceRegion"]
    wanted["ServiceName"] = f"com.amazonaws.{FAR_REGION}.execute-api"
    entry = far.ec2.create_vpc_endpoint(**wanted, PrivateDnsEnabled=False)["VpcEndpoint"]["VpcEndpointId"]
    configuration = {"types": ["PRIVATE"], "vpcEndpointIds": [entry]}
    api = far.apigateway.create_rest_api(name="far", endpointConfiguration=configuration, policy=ANYONE)
    keys = {"restApiId": api["id"], "resourceId": api["rootResourceId"], "httpMethod": "GET"}
    far.apigateway.put_method(**keys, authorizationType="NONE")
    far.apigateway.put_integration(
        **keys,
        type="HTTP_PROXY",
        integrationHttpMethod="GET",
        uri=f"http://{behind['DNSName']}/",
        connectionType="VPC_LINK",
        connectionId=link,
    )
    far.apigateway.create_deployment(restApiId=api["id"], stageName="test")
    platform.settle()
    url = f"https://{api['id']}-{entry}.execute-api.{FAR_REGION}.amazonaws.com/test"
    answer = platform.fetch(far.vpc, url)
    assert answer.get("status") == 200, answer
    assert '"backend": "near"' in answer["body"]
    told = platform.client.call("POST", "/path", {"target": url, "from_vpc": far.vpc})
    assert {hop["verdict"] for hop in told["hops"]} == {"ok"}, told
    assert service["ServiceId"] in [hop["id"] for hop in told["hops"]]
