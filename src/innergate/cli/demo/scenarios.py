"""Both scenarios as calls of boto3, the way a user's script makes them."""

import json
import time
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar, final

import boto3
from botocore.config import Config

from innergate.cli.demo.stage import Stage, Step
from innergate.driver.platform import PlatformFailed, RunningPlatform

REGION = "us-east-1"
CIDR = "10.0.0.0/16"
OTHER_CIDR = "172.31.0.0/16"
OTHER_HOST = "172.31.12.59"
APPLICATION_HOSTS = ("10.0.1.21", "10.0.2.22")
WAIT_S = 60.0

Found = TypeVar("Found")


@final
class Cloud:
    """An account's clients."""

    def __init__(self, environment: dict[str, str], account: str) -> None:
        session: Any = boto3.Session(
            aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
            region_name=REGION,
        )
        config = Config(retries={"max_attempts": 1}, read_timeout=20)

        def client(service: str) -> Any:
            return session.client(service, endpoint_url=environment["AWS_ENDPOINT_URL"], config=config)

        self.account = account
        self.ec2 = client("ec2")
        self.elbv2 = client("elbv2")
        self.apigateway = client("apigateway")


class Network(NamedTuple):
    """A VPC with a subnet in each of two zones."""

    vpc: str
    subnets: tuple[str, ...]


class Balancer(NamedTuple):
    """An internal network load balancer with one TCP listener."""

    arn: str
    dns_name: str
    target_group: str


class World(NamedTuple):
    """What the first steps made and the later ones use."""

    application: Cloud
    gateway: Cloud
    consumer: Cloud
    application_network: Network
    gateway_network: Network
    consumer_network: Network


def wait_for(look: Callable[[], Found | None], what: str) -> Found:
    """What `look` gives once it gives something. Raises PlatformFailed after a while, with `what`."""
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        found = look()
        if found is not None:
            return found
        time.sleep(0.02)
    raise PlatformFailed(f"waited {WAIT_S:.0f} s for {what}")


def make_network(cloud: Cloud, name: str, cidr: str = CIDR, third: tuple[int, ...] = (1, 2)) -> Network:
    """A VPC of `cidr`, its subnets `x.y.N.0/24`."""
    tags = [{"ResourceType": "vpc", "Tags": [{"Key": "Name", "Value": name}]}]
    vpc = cloud.ec2.create_vpc(CidrBlock=cidr, TagSpecifications=tags)["Vpc"]["VpcId"]
    cloud.ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    prefix = ".".join(cidr.split(".")[:2])
    subnets = tuple(
        cloud.ec2.create_subnet(VpcId=vpc, CidrBlock=f"{prefix}.{n}.0/24", AvailabilityZone=f"{REGION}{zone}")[
            "Subnet"
        ]["SubnetId"]
        for n, zone in zip(third, "ab", strict=False)
    )
    return Network(vpc, subnets)


def make_balancer(cloud: Cloud, name: str, network: Network, addresses: list[tuple[str, str]]) -> Balancer:
    """An internal NLB on port 80 for (address, zone or "") targets."""
    group = cloud.elbv2.create_target_group(
        Name=name,
        Protocol="TCP",
        Port=80,
        TargetType="ip",
        VpcId=network.vpc,
        HealthCheckIntervalSeconds=5,
        HealthCheckTimeoutSeconds=2,
        HealthyThresholdCount=2,
    )["TargetGroups"][0]["TargetGroupArn"]
    targets = [{"Id": ip, "Port": 80, **({"AvailabilityZone": zone} if zone else {})} for ip, zone in addresses]
    cloud.elbv2.register_targets(TargetGroupArn=group, Targets=targets)
    made = cloud.elbv2.create_load_balancer(Name=name, Type="network", Scheme="internal", Subnets=list(network.subnets))
    balancer = made["LoadBalancers"][0]
    cloud.elbv2.create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"],
        Protocol="TCP",
        Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": group}],
    )
    return Balancer(balancer["LoadBalancerArn"], balancer["DNSName"], group)


def wait_healthy(cloud: Cloud, step: Step, group: str) -> None:
    """Shows the targets once all are healthy."""

    def look() -> list[str] | None:
        found = cloud.elbv2.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
        states = [f"{t['Target']['Id']}:{t['Target']['Port']} {t['TargetHealth']['State']}" for t in found]
        return states if all(s.endswith(" healthy") for s in states) else None

    for state in wait_for(look, f"healthy targets of {group}"):
        step.made("target", state)


def make_link(cloud: Cloud, step: Step, name: str, balancer: Balancer) -> str:
    """A VPC link that is AVAILABLE."""
    link: str = cloud.apigateway.create_vpc_link(name=name, targetArns=[balancer.arn])["id"]

    def look() -> str | None:
        status = cloud.apigateway.get_vpc_link(vpcLinkId=link)["status"]
        return status if status == "AVAILABLE" else None

    step.made("VPC link", f"{link} {wait_for(look, f'VPC link {link}')}")
    return link


def make_private_api(cloud: Cloud, name: str, link: str, balancer: Balancer, endpoint: str) -> str:
    """A private REST API: ANY / and ANY /{proxy+} over the link, CORS by a mock. Not deployed yet."""
    gateway = cloud.apigateway
    configuration = {"types": ["PRIVATE"], "vpcEndpointIds": [endpoint]}
    made = gateway.create_rest_api(name=name, endpointConfiguration=configuration)
    api, root = made["id"], made["rootResourceId"]
    proxy = gateway.create_resource(restApiId=api, parentId=root, pathPart="{proxy+}")["id"]
    for resource, path, declared in ((root, "", {}), (proxy, "{proxy}", {"method.request.path.proxy": True})):
        gateway.put_method(
            restApiId=api,
            resourceId=resource,
            httpMethod="ANY",
            authorizationType="NONE",
            requestParameters=declared,
        )
        mapped = {"integration.request.path.proxy": "method.request.path.proxy"} if path else {}
        gateway.put_integration(
            restApiId=api,
            resourceId=resource,
            httpMethod="ANY",
            type="HTTP_PROXY",
            integrationHttpMethod="ANY",
            uri=f"http://{balancer.dns_name}/{path}",
            connectionType="VPC_LINK",
            connectionId=link,
            requestParameters=mapped,
        )
    return str(api)


def endpoint_policy(endpoint: str) -> str:
    """The resource policy that admits one endpoint only."""
    allow = {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}
    deny = {**allow, "Effect": "Deny", "Condition": {"StringNotEquals": {"aws:SourceVpce": endpoint}}}
    return json.dumps({"Version": "2012-10-17", "Statement": [deny, allow]})


def set_policy(cloud: Cloud, api: str, policy: str) -> None:
    """Replaces the API's resource policy (which holds after the next deployment)."""
    cloud.apigateway.update_rest_api(
        restApiId=api, patchOperations=[{"op": "replace", "path": "/policy", "value": policy}]
    )


def api_url(api: str, stage: str, path: str = "/") -> str:
    """The private DNS form of the invoke URL."""
    return f"https://{api}.execute-api.{REGION}.amazonaws.com/{stage}{path}"


def open_security_group(cloud: Cloud, network: Network, name: str, ports: tuple[int, ...]) -> str:
    """A security group that admits these TCP ports from the VPC's range."""
    group = cloud.ec2.create_security_group(VpcId=network.vpc, GroupName=name, Description=name)["GroupId"]
    rules = [{"IpProtocol": "tcp", "FromPort": p, "ToPort": p, "IpRanges": [{"CidrIp": CIDR}]} for p in ports]
    cloud.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=rules)
    return str(group)


def call_as_consumer(platform: RunningPlatform, step: Step, world: World, url: str) -> None:
    """Calls and shows the answer, which must be 200."""
    answer = platform.fetch(world.consumer_network.vpc, url)
    if answer.get("status") != 200:
        raise PlatformFailed(f"GET {url} from the consumer's network gave {answer}")
    seen = json.loads(answer["body"])
    step.made(f"GET {url.split('.com')[1]}", f"200 from {seen['backend']}, which saw {seen['method']} {seen['path']}")


class CrossAccount(NamedTuple):
    """What the purple path made."""

    api: str
    entry: str
    endpoint: str
    service: str
    service_name: str
    link: str
    balancer: Balancer


class _Offer(NamedTuple):
    """The application's endpoint service."""

    service: str
    name: str


def cross_account(stage: Stage, platform: RunningPlatform, world: World) -> CrossAccount:
    """The purple path, steps 1 to 9."""
    offer = _offer_application(stage, platform, world)
    endpoint, addresses = _connect_gateway(stage, world, offer)
    with stage.step("purple", "6", "gateway: an NLB whose targets are those addresses, and a VPC link to it") as step:
        front = make_balancer(world.gateway, "vpc-link", world.gateway_network, [(ip, "") for ip in addresses])
        wait_healthy(world.gateway, step, front.target_group)
        link = make_link(world.gateway, step, "to-application", front)
    with stage.step("purple", "8", "consumer: an execute-api endpoint in its VPC") as step:
        group = open_security_group(world.consumer, world.consumer_network, "execute-api", (443,))
        entry = _execute_api_endpoint(world.consumer, world.consumer_network, group)
        step.made("endpoint", entry)
    with stage.step("purple", "7", "gateway: a private REST API that admits only that endpoint") as step:
        api = make_private_api(world.gateway, "application", link, front, entry)
        set_policy(world.gateway, api, endpoint_policy(entry))
        world.gateway.apigateway.create_deployment(restApiId=api, stageName="test")
        step.made("invoke URL", api_url(api, "test"))
    with stage.step("purple", "9", "consumer: calls it") as step:
        call_as_consumer(platform, step, world, api_url(api, "test"))
        call_as_consumer(platform, step, world, api_url(api, "test", "/foo/bar?x=1"))
    return CrossAccount(api, entry, endpoint, offer.service, offer.name, link, front)


def _offer_application(stage: Stage, platform: RunningPlatform, world: World) -> _Offer:
    """Steps 1 to 3: backends, their load balancer, the service that others may connect to."""
    with stage.step("purple", "1", "application: two backends in its VPC") as step:
        for name, address in zip(("pod-a", "pod-b"), APPLICATION_HOSTS, strict=True):
            platform.start_origin(world.application_network.vpc, address, name)
            step.made(name, address)
    with stage.step("purple", "2", "application: an internal NLB in front of them") as step:
        targets = [(address, "") for address in APPLICATION_HOSTS]
        balancer = make_balancer(world.application, "application", world.application_network, targets)
        step.made("NLB", balancer.dns_name)
        wait_healthy(world.application, step, balancer.target_group)
    with stage.step("purple", "3", "application: an endpoint service that admits the gateway account") as step:
        configuration = world.application.ec2.create_vpc_endpoint_service_configuration(
            NetworkLoadBalancerArns=[balancer.arn], AcceptanceRequired=True
        )["ServiceConfiguration"]
        service = configuration["ServiceId"]
        world.application.ec2.modify_vpc_endpoint_service_permissions(
            ServiceId=service, AddAllowedPrincipals=[f"arn:aws:iam::{world.gateway.account}:root"]
        )
        step.made("endpoint service", configuration["ServiceName"])
    return _Offer(service, configuration["ServiceName"])


def _connect_gateway(stage: Stage, world: World, offer: _Offer) -> tuple[str, list[str]]:
    """Steps 4 and 5: the connection is asked for and accepted; the endpoint's id and its addresses."""
    with stage.step("purple", "4", "gateway: finds the service and asks for an interface endpoint") as step:
        group = open_security_group(world.gateway, world.gateway_network, "to-application", (80,))
        world.gateway.ec2.describe_vpc_endpoint_services(ServiceNames=[offer.name])
        endpoint = world.gateway.ec2.create_vpc_endpoint(
            VpcEndpointType="Interface",
            VpcId=world.gateway_network.vpc,
            ServiceName=offer.name,
            SubnetIds=list(world.gateway_network.subnets),
            SecurityGroupIds=[group],
        )["VpcEndpoint"]
        step.made("endpoint", f"{endpoint['VpcEndpointId']} {endpoint['State']}")
    with stage.step("purple", "5", "application: accepts the connection") as step:
        world.application.ec2.accept_vpc_endpoint_connections(
            ServiceId=offer.service, VpcEndpointIds=[endpoint["VpcEndpointId"]]
        )
        addresses = _endpoint_addresses(world.gateway, endpoint["VpcEndpointId"])
        step.made("endpoint addresses", ", ".join(addresses))
    return endpoint["VpcEndpointId"], addresses


def cross_network(stage: Stage, platform: RunningPlatform, world: World, entry: str) -> str:
    """The red path, steps 1 to 9; the API's id."""
    gateway = world.gateway
    with stage.step("red", "1", "another network, with a backend known by its address") as step:
        other = make_network(gateway, "other-network", OTHER_CIDR, (12,))
        platform.start_origin(other.vpc, OTHER_HOST, "other-host")
        step.made("other-host", f"{OTHER_HOST} in {other.vpc}")
    with stage.step("red", "2-5", "gateway: a transit gateway joins both networks, with routes both ways") as step:
        transit = gateway.ec2.create_transit_gateway(Description="demo")["TransitGateway"]["TransitGatewayId"]
        for network, destination in ((world.gateway_network, OTHER_CIDR), (other, CIDR)):
            attachment = gateway.ec2.create_transit_gateway_vpc_attachment(
                TransitGatewayId=transit, VpcId=network.vpc, SubnetIds=list(network.subnets)
            )["TransitGatewayVpcAttachment"]["TransitGatewayAttachmentId"]
            filters = [{"Name": "vpc-id", "Values": [network.vpc]}, {"Name": "association.main", "Values": ["true"]}]
            table = gateway.ec2.describe_route_tables(Filters=filters)["RouteTables"][0]["RouteTableId"]
            gateway.ec2.create_route(RouteTableId=table, DestinationCidrBlock=destination, TransitGatewayId=transit)
            step.made("attachment", attachment)
    with stage.step("red", "6", "gateway: an NLB with that address as its target") as step:
        balancer = make_balancer(gateway, "other-network", world.gateway_network, [(OTHER_HOST, "all")])
        wait_healthy(gateway, step, balancer.target_group)
    with stage.step("red", "7", "gateway: a VPC link to it") as step:
        link = make_link(gateway, step, "to-other-network", balancer)
    with stage.step("red", "8", "gateway: a second private REST API") as step:
        api = make_private_api(gateway, "other-network", link, balancer, entry)
        set_policy(gateway, api, endpoint_policy(entry))
        gateway.apigateway.create_deployment(restApiId=api, stageName="newtest")
        step.made("invoke URL", api_url(api, "newtest"))
    with stage.step("red", "9", "consumer: calls it through the same endpoint") as step:
        call_as_consumer(platform, step, world, api_url(api, "newtest"))
        call_as_consumer(platform, step, world, api_url(api, "newtest", "/foo/bar?x=1"))
    return api


def make_world(stage: Stage, platform: RunningPlatform) -> World:
    """Three accounts, each with a VPC of the same range."""
    names = ("application", "gateway", "consumer")
    with stage.step("setup", "", f"three accounts, each with a VPC {CIDR}: the ranges overlap on purpose") as step:
        clouds, networks = {}, {}
        for name in names:
            clouds[name] = _add_cloud(platform, name)
            networks[name] = make_network(clouds[name], name)
            step.made(name, f"account {clouds[name].account}, {networks[name].vpc}")
    return World(
        clouds["application"],
        clouds["gateway"],
        clouds["consumer"],
        networks["application"],
        networks["gateway"],
        networks["consumer"],
    )


def _add_cloud(platform: RunningPlatform, name: str) -> Cloud:
    account = platform.add_account(name)
    return Cloud(platform.environment(name), account)


def _execute_api_endpoint(cloud: Cloud, network: Network, group: str) -> str:
    made = cloud.ec2.create_vpc_endpoint(
        VpcEndpointType="Interface",
        VpcId=network.vpc,
        ServiceName=f"com.amazonaws.{REGION}.execute-api",
        SubnetIds=list(network.subnets),
        SecurityGroupIds=[group],
        PrivateDnsEnabled=True,
    )
    return str(made["VpcEndpoint"]["VpcEndpointId"])


def _endpoint_addresses(cloud: Cloud, endpoint: str) -> list[str]:
    def look() -> list[str] | None:
        found = cloud.ec2.describe_vpc_endpoints(VpcEndpointIds=[endpoint])["VpcEndpoints"][0]
        return found["NetworkInterfaceIds"] if found["State"] == "available" else None

    interfaces = wait_for(look, f"endpoint {endpoint} to be available")
    found = cloud.ec2.describe_network_interfaces(NetworkInterfaceIds=interfaces)["NetworkInterfaces"]
    return [interface["PrivateIpAddress"] for interface in found]
