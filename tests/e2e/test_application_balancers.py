"""Application load balancers as clients inside a VPC see them."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from tests.e2e.balancer_lab import Lab, add_cloud

from innergate.cli.demo.scenarios import (
    REGION,
    api_url,
    endpoint_policy,
    make_network,
    open_security_group,
    wait_for,
)
from innergate.driver.platform import RunningPlatform


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
    group = lab.cloud.ec2.create_security_group(VpcId=lab.vpc, GroupName=lab.fresh_name("web"), Description="web")[
        "GroupId"
    ]
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
    wait_for(lambda: lab.ask(f"{url}/", "-m", "2").get("error") == "time-out" or None, "a closed security group")


def test_a_network_load_balancer_and_a_service_lead_to_it(lab: Lab) -> None:
    """Client -> PrivateLink -> network load balancer -> application load balancer -> host."""
    hosts = http_group(lab, "a1")
    balancer = application_balancer(lab, SecurityGroups=[_open_group(lab, "inner")])
    lab.listener(balancer["LoadBalancerArn"], hosts, 80, "HTTP")
    made = lab.cloud.elbv2.create_target_group(
        Name=lab.fresh_name("behind"),
        Protocol="TCP",
        Port=80,
        TargetType="alb",
        VpcId=lab.vpc,
        HealthCheckIntervalSeconds=5,
        HealthyThresholdCount=2,
        HealthCheckTimeoutSeconds=2,
    )
    behind = str(made["TargetGroups"][0]["TargetGroupArn"])
    lab.cloud.elbv2.register_targets(TargetGroupArn=behind, Targets=[{"Id": balancer["LoadBalancerArn"], "Port": 80}])
    outer = lab.balancer(behind)
    lab.wait_health(hosts, "healthy")
    lab.wait_health(behind, "healthy")
    lab.platform.settle()
    assert backend(lab, f"http://{outer.dns_name}/") == "a1"
    service = lab.cloud.ec2.create_vpc_endpoint_service_configuration(
        NetworkLoadBalancerArns=[outer.arn], AcceptanceRequired=False
    )["ServiceConfiguration"]
    consumer = add_cloud(lab.platform, "consumer")
    lab.cloud.ec2.modify_vpc_endpoint_service_permissions(
        ServiceId=service["ServiceId"], AddAllowedPrincipals=[f"arn:aws:iam::{consumer.account}:root"]
    )
    network = make_network(consumer, "consumer")
    endpoint = consumer.ec2.create_vpc_endpoint(
        VpcEndpointType="Interface",
        VpcId=network.vpc,
        ServiceName=service["ServiceName"],
        SubnetIds=list(network.subnets),
        SecurityGroupIds=[open_security_group(consumer, network, "to-service", (80,))],
    )["VpcEndpoint"]
    lab.platform.settle()
    name = endpoint["DnsEntries"][0]["DnsName"]
    got = wait_for(lambda: _told(lab.platform.fetch(network.vpc, f"http://{name}/x")), "an answer by PrivateLink")
    assert (got["backend"], got["path"]) == ("a1", "/x")
    node_addresses = {"10.0.1", "10.0.2"}
    assert got["headers"]["x-forwarded-for"].rpartition(".")[0] in node_addresses


def _told(got: dict[str, Any]) -> dict[str, Any] | None:
    return dict(json.loads(got["body"])) if got.get("status") == 200 else None


def _open_group(lab: Lab, name: str, port: int = 80) -> str:
    return open_security_group(lab.cloud, lab.network, lab.fresh_name(name), (port,))


@pytest.fixture(scope="module")
def link(lab: Lab) -> str:
    """An available VPC link V2 into both subnets."""
    client = lab.client("apigatewayv2")
    made = client.create_vpc_link(
        Name="inside", SubnetIds=list(lab.network.subnets), SecurityGroupIds=[_open_group(lab, "link")]
    )
    assert (made["VpcLinkVersion"], made["VpcLinkStatus"]) == ("V2", "PENDING")
    id = str(made["VpcLinkId"])
    wait_for(lambda: client.get_vpc_link(VpcLinkId=id)["VpcLinkStatus"] == "AVAILABLE" or None, "the VPC link")
    return id


@pytest.fixture(scope="module")
def entry(lab: Lab) -> str:
    """An execute-api endpoint in the lab's VPC."""
    made = lab.cloud.ec2.create_vpc_endpoint(
        VpcEndpointType="Interface",
        VpcId=lab.vpc,
        ServiceName=f"com.amazonaws.{REGION}.execute-api",
        SubnetIds=list(lab.network.subnets),
        SecurityGroupIds=[_open_group(lab, "entry", 443)],
        PrivateDnsEnabled=True,
    )
    return str(made["VpcEndpoint"]["VpcEndpointId"])


def private_api(lab: Lab, link: str, entry: str, target: str, uri: str, **more: Any) -> str:
    """A deployed private API with `ANY /{proxy+}` over the link to a load balancer; its id."""
    gateway = lab.cloud.apigateway
    made = gateway.create_rest_api(
        name="by-link",
        endpointConfiguration={"types": ["PRIVATE"], "vpcEndpointIds": [entry]},
        policy=endpoint_policy(entry),
    )
    api, root = made["id"], made["rootResourceId"]
    proxy = gateway.create_resource(restApiId=api, parentId=root, pathPart="{proxy+}")["id"]
    names = {"restApiId": api, "resourceId": proxy, "httpMethod": "ANY"}
    gateway.put_method(**names, authorizationType="NONE", requestParameters={"method.request.path.proxy": True})
    gateway.put_integration(
        **names,
        type="HTTP_PROXY",
        integrationHttpMethod="ANY",
        uri=f"{uri}/{{proxy}}",
        connectionType="VPC_LINK",
        connectionId=link,
        integrationTarget=target,
        requestParameters={"integration.request.path.proxy": "method.request.path.proxy"},
        **more,
    )
    gateway.create_deployment(restApiId=api, stageName="dev")
    return str(api)


def test_a_private_api_reaches_an_application_load_balancer_by_a_link_v2(lab: Lab, link: str, entry: str) -> None:
    one, two = http_group(lab, "a1"), http_group(lab, "b1")
    groups = lab.client("apigatewayv2").get_vpc_link(VpcLinkId=link)["SecurityGroupIds"]
    inner = lab.cloud.ec2.create_security_group(VpcId=lab.vpc, GroupName=lab.fresh_name("by-link"), Description="x")[
        "GroupId"
    ]
    rule = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "UserIdGroupPairs": [{"GroupId": groups[0]}]}
    lab.cloud.ec2.authorize_security_group_ingress(GroupId=inner, IpPermissions=[rule])
    balancer = application_balancer(lab, SecurityGroups=[inner])
    listener = lab.listener(balancer["LoadBalancerArn"], one, 80, "HTTP")
    lab.cloud.elbv2.create_rule(
        ListenerArn=listener,
        Priority=1,
        Conditions=[
            {"Field": "path-pattern", "Values": ["/dev/two/*"]},
            {"Field": "host-header", "Values": ["inside.example.com"]},
        ],
        Actions=[{"Type": "forward", "TargetGroupArn": two}],
    )
    api = private_api(lab, link, entry, balancer["LoadBalancerArn"], "http://inside.example.com")
    for group in (one, two):
        lab.wait_health(group, "healthy")
    lab.platform.settle()
    got = _told(lab.ask(api_url(api, "dev", "/x/y?q=1")))
    assert got is not None
    assert (got["backend"], got["path"], got["host"]) == ("a1", "/dev/x/y?q=1", "inside.example.com")
    assert got["headers"]["x-forwarded-proto"] == "http"
    got = _told(lab.ask(api_url(api, "dev", "/two/z")))
    assert got is not None
    assert (got["backend"], got["path"]) == ("b1", "/dev/two/z")
    assert lab.ask(f"http://{balancer['DNSName']}/", "-m", "2")["error"] == "time-out"
    lab.cloud.ec2.revoke_security_group_ingress(GroupId=inner, IpPermissions=[rule])
    lab.platform.settle()
    assert lab.ask(api_url(api, "dev", "/x"))["status"] == 504


def test_a_private_api_reaches_a_network_load_balancer_by_a_link_v2(lab: Lab, link: str, entry: str) -> None:
    balancer = lab.balancer(lab.group(["b1"]), groups=[_open_group(lab, "nlb")])
    api = private_api(lab, link, entry, balancer.arn, f"http://{balancer.dns_name}")
    lab.wait_health(balancer.group, "healthy")
    lab.platform.settle()
    got = _told(lab.ask(api_url(api, "dev", "/x")))
    assert got is not None
    assert (got["backend"], got["path"]) == ("b1", "/dev/x")


def test_https_listeners_end_tls(lab: Lab, link: str, entry: str) -> None:
    """By name from the VPC, and by an integration that checks the certificate."""
    group = http_group(lab, "a1")
    balancer = application_balancer(lab, SecurityGroups=[_open_group(lab, "tls", 443)])
    chain, key = lab.trusted_certificate(balancer["DNSName"], "secure.example.com")
    leaf, _, rest = chain.partition("-----END CERTIFICATE-----\n")
    certificate = lab.client("acm").import_certificate(
        Certificate=f"{leaf}-----END CERTIFICATE-----\n", PrivateKey=key, CertificateChain=rest
    )["CertificateArn"]
    arn = balancer["LoadBalancerArn"]
    lab.listener(arn, group, 443, "HTTPS", Certificates=[{"CertificateArn": certificate}])
    api = private_api(lab, link, entry, arn, "https://secure.example.com")
    wrong = private_api(lab, link, entry, arn, "https://other.example.com")
    lab.wait_health(group, "healthy")
    lab.platform.settle()
    got = _told(lab.ask(f"https://{balancer['DNSName']}/x"))
    assert got is not None
    assert (got["backend"], got["headers"]["x-forwarded-proto"], got["headers"]["x-forwarded-port"]) == (
        "a1",
        "https",
        "443",
    )
    told = _told(lab.ask(api_url(api, "dev", "/x")))
    assert told is not None
    assert told["backend"] == "a1"
    assert lab.ask(api_url(wrong, "dev", "/x"))["status"] == 500
