"""Endpoints come to be with their interfaces and names, change, and leave nothing behind."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.unit.services.elbv2.two_accounts import CONSUMER, PROVIDER, STRANGER, Network, TwoAccounts

from innergate.resources.network_interfaces import NetworkInterface
from innergate.resources.vpc_endpoints import VpcEndpoint

EXECUTE_API = "com.amazonaws.us-east-1.execute-api"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[TwoAccounts]:
    """Two accounts and nothing in them."""
    world = TwoAccounts(tmp_path)
    yield world
    world.harness.store.close()


def _shown(world: TwoAccounts, id: str) -> Any:
    (shown,) = world("DescribeVpcEndpoints", VpcEndpointIds=[id])["VpcEndpoints"]
    return shown


def _interfaces(world: TwoAccounts, shown: Any) -> list[Any]:
    ids = shown["NetworkInterfaceIds"]
    found = world("DescribeNetworkInterfaces", NetworkInterfaceIds=ids)["NetworkInterfaces"]
    return sorted(found, key=lambda one: ids.index(one["NetworkInterfaceId"]))


def test_an_execute_api_endpoint_is_available_with_interfaces_and_names(world: TwoAccounts) -> None:
    network = world.network()
    group = world.group(CONSUMER, network.vpc)
    shown = world.endpoint(network, EXECUTE_API, PrivateDnsEnabled=True, SecurityGroupIds=[group])
    id = shown["VpcEndpointId"]
    assert (shown["State"], shown["PrivateDnsEnabled"], shown["ServiceRegion"]) == ("available", True, "us-east-1")
    assert shown["Groups"] == [{"GroupId": group, "GroupName": "web"}]
    assert json.loads(shown["PolicyDocument"])["Statement"][0]["Effect"] == "Allow"
    names = [entry["DnsName"] for entry in shown["DnsEntries"]]
    label = re.fullmatch(rf"{id}-([a-z0-9]{{8}})\.execute-api\.us-east-1\.vpce\.amazonaws\.com", names[0])
    assert label
    assert names[1:] == [
        f"{id}-{label[1]}-us-east-1a.execute-api.us-east-1.vpce.amazonaws.com",
        f"{id}-{label[1]}-us-east-1b.execute-api.us-east-1.vpce.amazonaws.com",
        "execute-api.us-east-1.amazonaws.com",
        "*.execute-api.us-east-1.amazonaws.com",
    ]
    interfaces = _interfaces(world, shown)
    assert [i["SubnetId"] for i in interfaces] == list(network.subnets)
    for interface in interfaces:
        assert interface["Description"] == f"VPC Endpoint Interface {id}"
        assert (interface["InterfaceType"], interface["Status"], interface["RequesterManaged"]) == (
            "vpc_endpoint",
            "in-use",
            True,
        )
        assert interface["Attachment"]["AttachmentId"].startswith("ela-attach-")
        assert interface["Attachment"]["InstanceOwnerId"] == "amazon-aws"
        assert [g["GroupId"] for g in interface["Groups"]] == [group]
    assert _shown(world, id) == shown


def test_private_dns_follows_the_vpc_where_nobody_asked(world: TwoAccounts) -> None:
    network = world.network()
    plain = world("CreateVpc", CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    subnet = world.subnet(CONSUMER, plain, "10.1.1.0/24", "us-east-1a")
    assert world.endpoint(network, EXECUTE_API)["PrivateDnsEnabled"] is True
    elsewhere = Network(plain, (subnet, subnet))
    assert world.endpoint(elsewhere, EXECUTE_API)["PrivateDnsEnabled"] is False
    asked = {"VpcId": plain, "ServiceName": EXECUTE_API, "VpcEndpointType": "Interface", "PrivateDnsEnabled": True}
    assert world.refused("CreateVpcEndpoint", **asked) == (
        "InvalidParameter",
        f"Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true for {plain}",
    )
    assert world.refused("CreateVpcEndpoint", **{**asked, "VpcId": network.vpc}) == (
        "InvalidParameter",
        "private-dns-enabled cannot be set because there is already a conflicting DNS domain for "
        f"execute-api.us-east-1.amazonaws.com in the VPC {network.vpc}",
    )
    sts = world.endpoint(network, "com.amazonaws.us-east-1.sts")
    assert sts["PrivateDnsEnabled"] is True


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"VpcId": "vpc-0"}, "InvalidVpcID.NotFound"),
        ({"ServiceName": "com.amazonaws.us-east-1.nothing"}, "InvalidServiceName"),
        ({"ServiceName": None}, "MissingParameter"),
        ({"VpcEndpointType": "Gateway"}, "InvalidParameter"),
        ({"SubnetIds": ["subnet-0"]}, "InvalidSubnetID.NotFound"),
        ({"SecurityGroupIds": ["sg-0"]}, "InvalidGroup.NotFound"),
        ({"PolicyDocument": "{"}, "InvalidPolicyDocument"),
        ({"PolicyDocument": '{"Statement":[{"Effect":"Perhaps"}]}'}, "InvalidPolicyDocument"),
        ({"IpAddressType": "dualstack"}, "InvalidParameter"),
        ({"RouteTableIds": ["rtb-0"]}, "InvalidParameter"),
    ],
)
def test_what_aws_refuses_is_refused(world: TwoAccounts, changes: dict[str, Any], code: str) -> None:
    network = world.network()
    params = {
        "VpcId": network.vpc,
        "ServiceName": EXECUTE_API,
        "VpcEndpointType": "Interface",
        "SubnetIds": list(network.subnets),
        **changes,
    }
    assert world.refused("CreateVpcEndpoint", **{k: v for k, v in params.items() if v is not None})[0] == code
    assert world.harness.store.state().all(VpcEndpoint) == ()
    assert world.harness.store.state().all(NetworkInterface) == ()


def test_one_subnet_a_zone_and_only_zones_of_the_service(world: TwoAccounts) -> None:
    provider, network = world.network(PROVIDER), world.network()
    third = world.subnet(CONSUMER, network.vpc, "10.0.3.0/24", "us-east-1a")
    params = {"VpcId": network.vpc, "VpcEndpointType": "Interface"}
    same = {**params, "ServiceName": EXECUTE_API, "SubnetIds": [network.subnets[0], third]}
    assert world.refused("CreateVpcEndpoint", **same) == (
        "DuplicateSubnetsInSameZone",
        f"Found another VPC endpoint subnet in the availability zone of {third}",
    )
    _, name = world.service(world.balancer(PROVIDER, provider, Subnets=[provider.subnets[0]]), "*")
    second = network.subnets[1]
    assert world.refused("CreateVpcEndpoint", **params, ServiceName=name, SubnetIds=[second]) == (
        "InvalidParameter",
        f"The VPC endpoint service {name} does not support the availability zone of the subnet: {second}.",
    )


def test_a_client_token_makes_one_endpoint(world: TwoAccounts) -> None:
    network = world.network()
    first = world.endpoint(network, EXECUTE_API, ClientToken="t")
    assert world.endpoint(network, EXECUTE_API, ClientToken="t") == first
    other = {"VpcId": network.vpc, "ServiceName": "com.amazonaws.us-east-1.sts", "VpcEndpointType": "Interface"}
    assert world.refused("CreateVpcEndpoint", **other, ClientToken="t")[0] == "IdempotentParameterMismatch"


def test_deleting_frees_everything_at_once(world: TwoAccounts) -> None:
    network = world.network()
    id = world.endpoint(network, EXECUTE_API)["VpcEndpointId"]
    assert world.refused("DeleteSubnet", SubnetId=network.subnets[0])[0] == "DependencyViolation"
    (failed,) = world("DeleteVpcEndpoints", VpcEndpointIds=[id, "vpce-0"])["Unsuccessful"]
    assert (failed["ResourceId"], failed["Error"]["Code"]) == ("vpce-0", "InvalidVpcEndpoint.NotFound")
    assert world.harness.store.state().all(NetworkInterface) == ()
    assert world("DescribeVpcEndpoints")["VpcEndpoints"] == []
    assert world.refused("DescribeVpcEndpoints", VpcEndpointIds=[id]) == (
        "InvalidVpcEndpointId.NotFound",
        f"The Vpc Endpoint Id '{id}' does not exist",
    )
    world("DeleteSubnet", SubnetId=network.subnets[0])


def test_strangers_neither_see_nor_touch_it(world: TwoAccounts) -> None:
    id = world.endpoint(world.network(), EXECUTE_API)["VpcEndpointId"]
    assert world("DescribeVpcEndpoints", STRANGER)["VpcEndpoints"] == []
    assert world.refused("ModifyVpcEndpoint", STRANGER, VpcEndpointId=id)[0] == "InvalidVpcEndpointId.NotFound"
    (failed,) = world("DeleteVpcEndpoints", STRANGER, VpcEndpointIds=[id])["Unsuccessful"]
    assert failed["Error"]["Code"] == "InvalidVpcEndpoint.NotFound"
    assert _shown(world, id)["State"] == "available"


def test_filters_choose(world: TwoAccounts) -> None:
    network = world.network()
    tags = [{"ResourceType": "vpc-endpoint", "Tags": [{"Key": "Name", "Value": "x"}]}]
    id = world.endpoint(network, EXECUTE_API, TagSpecifications=tags)["VpcEndpointId"]
    world.endpoint(network, "com.amazonaws.us-east-1.sts")
    for name, value in (
        ("service-name", "*execute-api"),
        ("vpc-endpoint-id", id),
        ("tag:Name", "x"),
    ):
        found = world("DescribeVpcEndpoints", Filters=[{"Name": name, "Values": [value]}])["VpcEndpoints"]
        assert [one["VpcEndpointId"] for one in found] == [id]
    for name, value in (
        ("vpc-id", network.vpc),
        ("vpc-endpoint-state", "available"),
        ("vpc-endpoint-type", "Interface"),
    ):
        found = world("DescribeVpcEndpoints", Filters=[{"Name": name, "Values": [value]}])["VpcEndpoints"]
        assert len(found) == 2


def test_subnets_are_added_moved_and_removed(world: TwoAccounts) -> None:
    network = world.network()
    first, second = network.subnets
    id = world.endpoint(network, EXECUTE_API, SubnetIds=[first])["VpcEndpointId"]
    (before,) = _interfaces(world, _shown(world, id))
    world("ModifyVpcEndpoint", VpcEndpointId=id, AddSubnetIds=[second])
    kept, added = _interfaces(world, _shown(world, id))
    assert kept == before
    assert added["SubnetId"] == second
    world("ModifyVpcEndpoint", VpcEndpointId=id, SubnetConfigurations=[{"SubnetId": first, "Ipv4": "10.0.1.50"}])
    moved, stays = _interfaces(world, _shown(world, id))
    assert (moved["PrivateIpAddress"], stays) == ("10.0.1.50", added)
    assert moved["NetworkInterfaceId"] != before["NetworkInterfaceId"]
    world("ModifyVpcEndpoint", VpcEndpointId=id, RemoveSubnetIds=[first])
    assert _shown(world, id)["SubnetIds"] == [second]
    assert len(world.harness.store.state().all(NetworkInterface)) == 1
    assert world.refused("ModifyVpcEndpoint", VpcEndpointId=id, RemoveSubnetIds=[first])[0] == "InvalidParameter"


def test_security_groups_reach_the_interfaces_and_one_stays(world: TwoAccounts) -> None:
    network = world.network()
    a, b = world.group(CONSUMER, network.vpc, "a"), world.group(CONSUMER, network.vpc, "b")
    id = world.endpoint(network, EXECUTE_API, SecurityGroupIds=[a])["VpcEndpointId"]
    world("ModifyVpcEndpoint", VpcEndpointId=id, AddSecurityGroupIds=[b], RemoveSecurityGroupIds=[a])
    shown = _shown(world, id)
    assert [g["GroupId"] for g in shown["Groups"]] == [b]
    assert [[g["GroupId"] for g in i["Groups"]] for i in _interfaces(world, shown)] == [[b], [b]]
    assert world.refused("ModifyVpcEndpoint", VpcEndpointId=id, RemoveSecurityGroupIds=[b])[0] == "InvalidParameter"
    assert world.refused("DeleteSecurityGroup", GroupId=b)[0] == "DependencyViolation"
    world("DeleteSecurityGroup", GroupId=a)


def test_policies_are_set_and_reset(world: TwoAccounts) -> None:
    provider, network = world.network(PROVIDER), world.network()
    id = world.endpoint(network, EXECUTE_API)["VpcEndpointId"]
    full = _shown(world, id)["PolicyDocument"]
    policy = '{"Statement":[{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}]}'
    world("ModifyVpcEndpoint", VpcEndpointId=id, PolicyDocument=policy)
    assert _shown(world, id)["PolicyDocument"] == policy
    world("ModifyVpcEndpoint", VpcEndpointId=id, ResetPolicy=True)
    assert _shown(world, id)["PolicyDocument"] == full
    _, name = world.service(world.balancer(PROVIDER, provider), "*")
    same = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":["*"],"Resource":"*"}}'
    other = world.endpoint(network, name, PolicyDocument=same)["VpcEndpointId"]
    assert world.refused("ModifyVpcEndpoint", VpcEndpointId=other, PolicyDocument=policy)[0] == "InvalidParameter"


def test_private_dns_is_turned_off_and_on(world: TwoAccounts) -> None:
    network = world.network()
    id = world.endpoint(network, EXECUTE_API)["VpcEndpointId"]
    world("ModifyVpcEndpoint", VpcEndpointId=id, PrivateDnsEnabled=False)
    assert len(_shown(world, id)["DnsEntries"]) == 3
    other = world.endpoint(network, EXECUTE_API, SubnetIds=[])["VpcEndpointId"]
    assert world.refused("ModifyVpcEndpoint", VpcEndpointId=id, PrivateDnsEnabled=True)[0] == "InvalidParameter"
    world("DeleteVpcEndpoints", VpcEndpointIds=[other])
    world("ModifyVpcEndpoint", VpcEndpointId=id, PrivateDnsEnabled=True)
    assert len(_shown(world, id)["DnsEntries"]) == 5


def test_the_domains_of_private_dns_are_a_list_that_the_next_start_reads(world: TwoAccounts) -> None:
    """A row that does not read again ends the start for everybody."""
    options = {"PrivateDnsPreference": "SPECIFIED_DOMAINS_ONLY", "PrivateDnsSpecifiedDomains": ["*.example.com"]}
    id = world.endpoint(world.network(), EXECUTE_API, DnsOptions=options)["VpcEndpointId"]
    world("ModifyVpcEndpoint", VpcEndpointId=id, DnsOptions={"PrivateDnsSpecifiedDomains": ["a.example", "b.example"]})
    (endpoint,) = world.harness.store.state().all(VpcEndpoint)
    assert msgspec.json.decode(msgspec.json.encode(endpoint), type=VpcEndpoint) == endpoint
    assert _shown(world, id)["DnsOptions"] == {
        "DnsRecordIpType": "ipv4",
        "PrivateDnsPreference": "SPECIFIED_DOMAINS_ONLY",
        "PrivateDnsSpecifiedDomains": ["a.example", "b.example"],
    }


def test_a_gateway_endpoint_is_a_route_in_its_tables(world: TwoAccounts) -> None:
    network = world.network()
    table = world("CreateRouteTable", VpcId=network.vpc)["RouteTable"]["RouteTableId"]

    def routes() -> list[tuple[str, str]]:
        (shown,) = world("DescribeRouteTables", RouteTableIds=[table])["RouteTables"]
        found = shown["Routes"]
        return [(r["DestinationPrefixListId"], r["GatewayId"]) for r in found if r.get("DestinationPrefixListId")]

    made = world(
        "CreateVpcEndpoint", VpcId=network.vpc, ServiceName="com.amazonaws.us-east-1.s3", RouteTableIds=[table]
    )
    shown = made["VpcEndpoint"]
    id = shown["VpcEndpointId"]
    assert (shown["VpcEndpointType"], shown["State"], shown["NetworkInterfaceIds"]) == ("Gateway", "available", [])
    ((prefix_list, target),) = routes()
    named = [{"Name": "prefix-list-name", "Values": ["com.amazonaws.us-east-1.s3"]}]
    assert [one["PrefixListId"] for one in world("DescribePrefixLists", Filters=named)["PrefixLists"]] == [prefix_list]
    assert target == id
    world("ModifyVpcEndpoint", VpcEndpointId=id, RemoveRouteTableIds=[table])
    assert routes() == []
    world("ModifyVpcEndpoint", VpcEndpointId=id, AddRouteTableIds=[table])
    assert len(routes()) == 1
    world("DeleteVpcEndpoints", VpcEndpointIds=[id])
    assert routes() == []


def test_who_pays_is_a_record(world: TwoAccounts) -> None:
    id = world.endpoint(world.network(), EXECUTE_API)["VpcEndpointId"]
    payer = {"Scope": "vpc-endpoint-charges", "PayerResponsibility": "vpc-endpoint-service-account"}
    answer = world("ModifyVpcEndpointPayerResponsibility", VpcEndpointId=id, **payer)
    wanted = [{"Scope": payer["Scope"], "PayerResponsibilityType": payer["PayerResponsibility"]}]
    assert answer["PayerResponsibilities"] == wanted
    assert _shown(world, id)["PayerResponsibilities"] == wanted
    assert world("DescribeVpcEndpointAssociations")["VpcEndpointAssociations"] == []
