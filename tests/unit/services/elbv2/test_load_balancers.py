"""Load balancers have AWS's names and nodes, and go only when nothing needs them."""

import re

import pytest
from tests.unit.services.elbv2.two_accounts import CONSUMER, PROVIDER, STRANGER, TwoAccounts

from innergate.resources.load_balancers import LoadBalancer
from innergate.resources.network_interfaces import NetworkInterface
from innergate.services.elbv2.attributes import listener_attributes, number


def test_a_network_load_balancer_has_aws_names_and_a_node_in_each_subnet(world: TwoAccounts) -> None:
    network = world.network()
    made = world("CreateLoadBalancer", Name="app", Type="network", Scheme="internal", Subnets=list(network.subnets))
    (shown,) = made["LoadBalancers"]
    arn = shown["LoadBalancerArn"]
    match = re.fullmatch(
        rf"arn:aws:elasticloadbalancing:us-east-1:{CONSUMER}:loadbalancer/net/app/([0-9a-f]{{16}})", arn
    )
    assert match
    assert shown["DNSName"] == f"app-{match[1]}.elb.us-east-1.amazonaws.com"
    assert shown["CanonicalHostedZoneId"] == "Z26RNL4JYFTOTI"
    assert shown["State"] == {"Code": "provisioning"}
    (later,) = world("DescribeLoadBalancers", Names=["app"])["LoadBalancers"]
    assert later["State"] == {"Code": "active"}
    assert [z["ZoneName"] for z in later["AvailabilityZones"]] == ["us-east-1a", "us-east-1b"]
    filters = [
        {"Name": "attachment.instance-owner-id", "Values": ["amazon-elb"]},
        {"Name": "description", "Values": [f"ELB net/app/{match[1]}"]},
    ]
    nodes = world("DescribeNetworkInterfaces", Filters=filters)["NetworkInterfaces"]
    assert {(n["SubnetId"], n["InterfaceType"], n["RequesterManaged"]) for n in nodes} == {
        (subnet, "network_load_balancer", True) for subnet in network.subnets
    }
    world("DeleteLoadBalancer", LoadBalancerArn=arn)
    assert world("DescribeNetworkInterfaces", Filters=filters)["NetworkInterfaces"] == []
    assert world.refused("DescribeLoadBalancers", LoadBalancerArns=[arn])[0] == "LoadBalancerNotFound"
    world("DeleteLoadBalancer", LoadBalancerArn=arn)


def test_the_same_name_gives_the_same_load_balancer_or_a_refusal(world: TwoAccounts) -> None:
    network = world.network()
    assert world.balancer(CONSUMER, network) == world.balancer(CONSUMER, network)
    code, text = world.refused(
        "CreateLoadBalancer", Name="app", Type="network", Scheme="internal", Subnets=[network.subnets[0]]
    )
    assert (code, text) == (
        "DuplicateLoadBalancerName",
        "A load balancer with the same name 'app' exists, but with different settings",
    )
    other = world.network(PROVIDER)
    assert PROVIDER in world.balancer(PROVIDER, other)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"Name": "-app"}, "ValidationError"),
        ({"Name": "internal-app"}, "ValidationError"),
        ({"Name": "a" * 33}, "ValidationError"),
        ({"Scheme": "internet-facing"}, "InvalidSubnet"),
        ({"Subnets": ["subnet-0"]}, "SubnetNotFound"),
        ({"SecurityGroups": ["sg-0"]}, "InvalidSecurityGroup"),
        ({"IpAddressType": "dualstack"}, "InvalidConfigurationRequest"),
        ({"Type": "gateway"}, "InvalidConfigurationRequest"),
    ],
)
def test_what_aws_refuses_is_refused(world: TwoAccounts, changes: dict[str, object], code: str) -> None:
    network = world.network()
    params = {"Name": "app", "Type": "network", "Scheme": "internal", "Subnets": list(network.subnets), **changes}
    assert world.refused("CreateLoadBalancer", **params)[0] == code
    assert world.harness.store.state().all(LoadBalancer) == ()


def test_two_subnets_of_a_zone_and_a_lonely_application_load_balancer_are_refused(world: TwoAccounts) -> None:
    network = world.network()
    third = world.subnet(CONSUMER, network.vpc, "10.0.3.0/24", "us-east-1a")
    params = {"Name": "app", "Scheme": "internal"}
    code, text = world.refused("CreateLoadBalancer", **params, Type="network", Subnets=[network.subnets[0], third])
    assert code == "InvalidConfigurationRequest"
    assert "same Availability Zone" in text
    assert world.refused("CreateLoadBalancer", **params, Subnets=[third]) == (
        "ValidationError",
        "At least two subnets in two different Availability Zones must be specified",
    )


def test_an_application_load_balancer_takes_the_default_group(world: TwoAccounts) -> None:
    network = world.network()
    arn = world.balancer(CONSUMER, network, Type="application")
    (shown,) = world("DescribeLoadBalancers", LoadBalancerArns=[arn])["LoadBalancers"]
    assert ":loadbalancer/app/app/" in arn
    assert re.fullmatch(r"internal-app-\d{10}\.us-east-1\.elb\.amazonaws\.com", shown["DNSName"])
    assert len(shown["SecurityGroups"]) == 1


def test_a_fixed_address_is_kept(world: TwoAccounts) -> None:
    network = world.network()
    mappings = [{"SubnetId": network.subnets[0], "PrivateIPv4Address": "10.0.1.77"}]
    world("CreateLoadBalancer", Name="app", Type="network", Scheme="internal", SubnetMappings=mappings)
    (node,) = world.harness.store.state().all(NetworkInterface)
    assert node.private_ip_address == "10.0.1.77"


def test_deletion_is_refused_while_protected_or_used(world: TwoAccounts) -> None:
    network = world.network(PROVIDER)
    arn = world.balancer(PROVIDER, network)
    group = world.target_group(PROVIDER, network)
    world.listener(PROVIDER, arn, group)
    protect = [{"Key": "deletion_protection.enabled", "Value": "true"}]
    world("ModifyLoadBalancerAttributes", PROVIDER, LoadBalancerArn=arn, Attributes=protect)
    assert world.refused("DeleteLoadBalancer", PROVIDER, LoadBalancerArn=arn) == (
        "OperationNotPermitted",
        f"Load balancer '{arn}' cannot be deleted because deletion protection is enabled",
    )
    protect[0]["Value"] = "false"
    world("ModifyLoadBalancerAttributes", PROVIDER, LoadBalancerArn=arn, Attributes=protect)
    service, _ = world.service(arn)
    assert world.refused("DeleteLoadBalancer", PROVIDER, LoadBalancerArn=arn) == (
        "ResourceInUse",
        f"Load balancer '{arn}' cannot be deleted because it is currently associated with another service",
    )
    world("DeleteVpcEndpointServiceConfigurations", PROVIDER, ServiceIds=[service])
    world("DeleteLoadBalancer", PROVIDER, LoadBalancerArn=arn)
    world("DeleteTargetGroup", PROVIDER, TargetGroupArn=group)
    assert world("DescribeListeners", PROVIDER)["Listeners"] == []


def test_attributes_are_a_whole_table_with_aws_defaults(world: TwoAccounts) -> None:
    arn = world.balancer(CONSUMER, world.network())
    shown = {a["Key"]: a["Value"] for a in world("DescribeLoadBalancerAttributes", LoadBalancerArn=arn)["Attributes"]}
    assert shown["load_balancing.cross_zone.enabled"] == "false"
    assert shown["dns_record.client_routing_policy"] == "any_availability_zone"
    assert shown["zonal_shift.config.enabled"] == "false"
    change = [{"Key": "load_balancing.cross_zone.enabled", "Value": "true"}]
    after = world("ModifyLoadBalancerAttributes", LoadBalancerArn=arn, Attributes=change)["Attributes"]
    assert {**shown, "load_balancing.cross_zone.enabled": "true"} == {a["Key"]: a["Value"] for a in after}
    for key, value, code in (
        ("no.such", "1", "ValidationError"),
        ("idle_timeout.timeout_seconds", "60", "InvalidConfigurationRequest"),
        ("load_balancing.cross_zone.enabled", "yes", "ValidationError"),
        ("access_logs.s3.enabled", "true", "InvalidConfigurationRequest"),
    ):
        wrong = [{"Key": key, "Value": value}]
        assert world.refused("ModifyLoadBalancerAttributes", LoadBalancerArn=arn, Attributes=wrong)[0] == code


def test_subnets_that_stay_keep_their_node(world: TwoAccounts) -> None:
    network = world.network()
    arn = world.balancer(CONSUMER, network, Subnets=[network.subnets[0]])
    (before,) = world.harness.store.state().all(NetworkInterface)
    answer = world("SetSubnets", LoadBalancerArn=arn, Subnets=list(network.subnets))
    assert [z["SubnetId"] for z in answer["AvailabilityZones"]] == list(network.subnets)
    nodes = world.harness.store.state().all(NetworkInterface)
    assert before in nodes
    assert len(nodes) == 2
    world("SetSubnets", LoadBalancerArn=arn, Subnets=[network.subnets[1]])
    assert [n.subnet_id for n in world.harness.store.state().all(NetworkInterface)] == [network.subnets[1]]


def test_addresses_that_the_caller_chose_are_read_back(world: TwoAccounts) -> None:
    network = world.network()
    first, second = network.subnets
    chosen = "10.0.1.77"
    mappings = [{"SubnetId": first, "PrivateIPv4Address": chosen}]
    arn = world.balancer(CONSUMER, network, Subnets=None, SubnetMappings=mappings)

    def addresses() -> dict[str, list[str]]:
        (shown,) = world("DescribeLoadBalancers", LoadBalancerArns=[arn])["LoadBalancers"]
        return {
            z["SubnetId"]: [a["PrivateIPv4Address"] for a in z["LoadBalancerAddresses"]]
            for z in shown["AvailabilityZones"]
        }

    assert addresses() == {first: [chosen]}
    world("SetSubnets", LoadBalancerArn=arn, Subnets=[first, second])
    assert addresses() == {first: [chosen], second: []}
    world("SetSubnets", LoadBalancerArn=arn, Subnets=[second])
    assert addresses() == {second: []}


def test_security_groups_and_their_enforcement_are_read_back(world: TwoAccounts) -> None:
    network = world.network()
    group = world.group(CONSUMER, network.vpc)
    arn = world.balancer(CONSUMER, network, SecurityGroups=[group])
    (shown,) = world("DescribeLoadBalancers", LoadBalancerArns=[arn])["LoadBalancers"]
    assert shown["EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic"] == "on"
    world(
        "SetSecurityGroups",
        LoadBalancerArn=arn,
        SecurityGroups=[group],
        EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic="off",
    )
    (shown,) = world("DescribeLoadBalancers", LoadBalancerArns=[arn])["LoadBalancers"]
    assert shown["EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic"] == "off"
    assert shown["SecurityGroups"] == [group]
    plain = world.balancer(CONSUMER, network, "plain")
    assert world.refused("SetSecurityGroups", LoadBalancerArn=plain, SecurityGroups=[group])[0] == (
        "InvalidConfigurationRequest"
    )


def test_strangers_see_nothing(world: TwoAccounts) -> None:
    arn = world.balancer(CONSUMER, world.network())
    assert world("DescribeLoadBalancers", STRANGER)["LoadBalancers"] == []
    assert world.refused("DescribeLoadBalancers", STRANGER, LoadBalancerArns=[arn])[0] == "LoadBalancerNotFound"
    assert world.refused("DescribeTags", STRANGER, ResourceArns=[arn])[0] == "LoadBalancerNotFound"
    world("DeleteLoadBalancer", STRANGER, LoadBalancerArn=arn)
    assert len(world("DescribeLoadBalancers")["LoadBalancers"]) == 1


def test_pages_follow_each_other(world: TwoAccounts) -> None:
    network = world.network()
    arns = [world.balancer(CONSUMER, network, f"app{n}") for n in range(3)]
    first = world("DescribeLoadBalancers", PageSize=2)
    assert [b["LoadBalancerArn"] for b in first["LoadBalancers"]] == arns[:2]
    second = world("DescribeLoadBalancers", PageSize=2, Marker=first["NextMarker"])
    assert [b["LoadBalancerArn"] for b in second["LoadBalancers"]] == arns[2:]
    assert second["NextMarker"] is None
    assert world.refused("DescribeLoadBalancers", Marker="nonsense")[0] == "ValidationError"


def test_tags_are_added_replaced_and_removed(world: TwoAccounts) -> None:
    arn = world.balancer(CONSUMER, world.network(), Tags=[{"Key": "a", "Value": "1"}])
    world("AddTags", ResourceArns=[arn], Tags=[{"Key": "a", "Value": "2"}, {"Key": "b", "Value": "3"}])
    world("RemoveTags", ResourceArns=[arn], TagKeys=["b", "c"])
    (shown,) = world("DescribeTags", ResourceArns=[arn])["TagDescriptions"]
    assert shown == {"ResourceArn": arn, "Tags": [{"Key": "a", "Value": "2"}]}
    twice = [{"Key": "x", "Value": "1"}, {"Key": "x", "Value": "2"}]
    assert world.refused("AddTags", ResourceArns=[arn], Tags=twice)[0] == "DuplicateTagKeys"


def test_small_readings_answer(world: TwoAccounts) -> None:
    arn = world.balancer(CONSUMER, world.network())
    assert world("DescribeCapacityReservation", LoadBalancerArn=arn)["CapacityReservationState"] == []
    assert {"Name": "network-load-balancers", "Max": "50"} in world("DescribeAccountLimits")["Limits"]
    (policy,) = world("DescribeSSLPolicies", Names=["ELBSecurityPolicy-TLS13-1-2-2021-06"])["SslPolicies"]
    assert policy["SslProtocols"] == ["TLSv1.3", "TLSv1.2"]
    assert world.refused("DescribeSSLPolicies", Names=["no"])[0] == "SSLPolicyNotFound"
    assert world("SetIpAddressType", LoadBalancerArn=arn, IpAddressType="ipv4") == {"IpAddressType": "ipv4"}


def test_headers_that_listeners_set_are_headers() -> None:
    """They stand in requests and answers: nothing in them may break a line, or pass for what frames a message."""
    table = listener_attributes("HTTPS")
    value = table["routing.http.response.content_security_policy.header_value"]
    name = table["routing.http.request.x_amzn_tls_version.header_name"]
    assert value.accepts("default-src 'self'; 100%")
    assert not any(value.accepts(text) for text in ("a\r\nx: y", "a\n", "\x00", "\u00e9", "a" * 1025))
    assert name.accepts("X-Tls_Version-2")
    wrong = (
        "",
        "a b",
        "a:b",
        ":path",
        "Host",
        "host",
        "Content-Length",
        "transfer-encoding",
        "x-innergate-scope",
        "a" * 41,
    )
    assert not any(name.accepts(text) for text in wrong)
    assert not table["routing.http.response.server.enabled"].accepts("TRUE")
    assert not number("60", range(1, 100)).accepts("\uff16\uff10")
