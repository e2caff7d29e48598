"""The two scenarios that everything serves, as resources: the cross-account and the cross-network path."""

from typing import NamedTuple

from innergate.resources.endpoint_services import EndpointService
from innergate.resources.load_balancers import LoadBalancer
from innergate.resources.rest_apis import RestApi
from innergate.resources.security_groups import SecurityGroup
from innergate.resources.stages import Stage
from innergate.resources.subnets import Subnet
from innergate.resources.target_groups import TargetGroup
from innergate.resources.transit_gateways import TransitGateway
from innergate.resources.vpc_endpoints import VpcEndpoint
from innergate.resources.vpc_links import VpcLink
from innergate.resources.vpcs import Vpc
from innergate.testing.scenario import APPLICATION, GATEWAY, Scenario


class CrossAccount(NamedTuple):
    """The purple path: application account's service, behind PrivateLink, behind a private API of the gateway account."""

    application_vpc: Vpc
    application_balancer: LoadBalancer
    application_group: TargetGroup
    service: EndpointService
    gateway_vpc: Vpc
    gateway_subnets: tuple[Subnet, Subnet]
    endpoint_group: SecurityGroup
    service_endpoint: VpcEndpoint
    gateway_balancer: LoadBalancer
    gateway_group: TargetGroup
    link: VpcLink
    api_endpoint: VpcEndpoint
    api: RestApi
    stage: Stage


def cross_account(scenario: Scenario, cidr: str = "10.0.0.0/16", state: str = "available") -> CrossAccount:
    """Both VPCs have the same `cidr`; `state` is that of the endpoint to the application's service."""
    net = cidr.rsplit(".", 2)[0]
    s = scenario.as_account(APPLICATION)
    application_vpc = s.vpc(cidr)
    a1, a2 = s.subnet(application_vpc, f"{net}.1.0/24", "a"), s.subnet(application_vpc, f"{net}.2.0/24", "b")
    s.workload(a1, f"{net}.1.21", "pod-1")
    s.workload(a2, f"{net}.2.22", "pod-2")
    application_group = s.target_group(application_vpc, (f"{net}.1.21", 80), (f"{net}.2.22", 80), name="application")
    application_balancer = s.load_balancer("application", a1, a2)
    s.listener(application_balancer, application_group)
    service = s.endpoint_service(application_balancer, allow=(f"arn:aws:iam::{GATEWAY}:root",))

    s.as_account(GATEWAY)
    gateway_vpc = s.vpc(cidr)
    g1, g2 = s.subnet(gateway_vpc, f"{net}.1.0/24", "a"), s.subnet(gateway_vpc, f"{net}.2.0/24", "b")
    endpoint_group = s.group(gateway_vpc, ("tcp", 80, 80, cidr), ("tcp", 443, 443, cidr))
    service_endpoint = s.endpoint(service, g1, g2, groups=(endpoint_group,), state=state)
    targets = [(address, 80) for address in s.addresses_of(service_endpoint)]
    gateway_group = s.target_group(gateway_vpc, *targets, name="vpc-link")
    gateway_balancer = s.load_balancer("vpc-link", g1, g2)
    s.listener(gateway_balancer, gateway_group)
    link = s.vpc_link(gateway_balancer)
    api_endpoint = s.endpoint("execute-api", g1, g2, groups=(endpoint_group,), private_dns=True)
    api, stage = s.private_api(link, api_endpoint, uri=f"http://{gateway_balancer.dns_name}")
    return CrossAccount(
        application_vpc=application_vpc,
        application_balancer=application_balancer,
        application_group=application_group,
        service=service,
        gateway_vpc=gateway_vpc,
        gateway_subnets=(g1, g2),
        endpoint_group=endpoint_group,
        service_endpoint=service_endpoint,
        gateway_balancer=gateway_balancer,
        gateway_group=gateway_group,
        link=link,
        api_endpoint=api_endpoint,
        api=api,
        stage=stage,
    )


class CrossNetwork(NamedTuple):
    """The red path: a backend in another network, known by its address, over a transit gateway."""

    other_vpc: Vpc
    gateway: TransitGateway
    balancer: LoadBalancer
    group: TargetGroup
    link: VpcLink
    api: RestApi
    stage: Stage


def cross_network(
    scenario: Scenario, first: CrossAccount, cidr: str = "172.31.0.0/16", address: str = "172.31.12.59"
) -> CrossNetwork:
    """The second path, sharing the gateway VPC and the execute-api endpoint of the first."""
    s = scenario.as_account(GATEWAY)
    other_vpc = s.vpc(cidr)
    other_subnet = s.subnet(other_vpc, f"{address.rsplit('.', 1)[0]}.0/24", "a")
    s.workload(other_subnet, address, "other")
    gateway, _ = s.transit_gateway()
    s.attach(gateway, first.gateway_vpc, *first.gateway_subnets)
    s.attach(gateway, other_vpc, other_subnet)
    s.route(first.gateway_vpc, cidr, "transit-gateway", gateway.id)
    s.route(other_vpc, first.gateway_vpc.cidr_block, "transit-gateway", gateway.id)
    group = s.target_group(first.gateway_vpc, (address, 80, "all"), name="other-network")
    balancer = s.load_balancer("other-network", *first.gateway_subnets)
    s.listener(balancer, group)
    link = s.vpc_link(balancer)
    api, stage = s.private_api(link, first.api_endpoint, stage="newtest", uri=f"http://{balancer.dns_name}")
    return CrossNetwork(other_vpc, gateway, balancer, group, link, api, stage)
