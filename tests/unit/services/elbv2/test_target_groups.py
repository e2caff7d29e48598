"""Target groups have AWS's defaults; targets register, drain and go; health is what the executors saw."""

from typing import Any

import pytest
from tests.unit.services.elbv2.two_accounts import CONSUMER, PROVIDER, TwoAccounts

from innergate.resources.target_groups import TargetGroup


def _shown(world: TwoAccounts, arn: str, account: str = CONSUMER) -> Any:
    (shown,) = world("DescribeTargetGroups", account, TargetGroupArns=[arn])["TargetGroups"]
    return shown


def _values(answer: Any) -> dict[str, str]:
    return {one["Key"]: one["Value"] for one in answer["Attributes"]}


@pytest.mark.parametrize(
    ("params", "wanted"),
    [
        ({}, ("TCP", 30, 10, None, None)),
        ({"HealthCheckProtocol": "HTTP"}, ("HTTP", 30, 6, "/", {"HttpCode": "200-399"})),
        ({"HealthCheckProtocol": "HTTPS"}, ("HTTPS", 30, 10, "/", {"HttpCode": "200-399"})),
        ({"Protocol": "HTTP"}, ("HTTP", 30, 5, "/", {"HttpCode": "200"})),
        ({"TargetType": "alb"}, ("HTTP", 30, 6, "/", {"HttpCode": "200-399"})),
    ],
)
def test_health_checks_have_aws_defaults(world: TwoAccounts, params: dict[str, Any], wanted: tuple[Any, ...]) -> None:
    shown = _shown(world, world.target_group(CONSUMER, world.network(), **params))
    assert (
        shown["HealthCheckProtocol"],
        shown["HealthCheckIntervalSeconds"],
        shown["HealthCheckTimeoutSeconds"],
        shown.get("HealthCheckPath"),
        shown.get("Matcher"),
    ) == wanted
    assert (shown["HealthyThresholdCount"], shown["UnhealthyThresholdCount"]) == (5, 2)
    assert (shown["HealthCheckPort"], shown["HealthCheckEnabled"]) == ("traffic-port", True)


@pytest.mark.parametrize(
    "params",
    [
        {"Protocol": "GENEVE"},
        {"TargetType": "alb", "Protocol": "TLS"},
        {"VpcId": "vpc-0"},
        {"Port": None},
        {"HealthCheckIntervalSeconds": 4},
        {"HealthCheckProtocol": "HTTP", "HealthCheckTimeoutSeconds": 30},
        {"HealthCheckProtocol": "TCP", "Matcher": {"HttpCode": "200"}},
        {"HealthCheckProtocol": "HTTP", "Matcher": {"HttpCode": "ok"}},
        {"HealthCheckProtocol": "HTTP", "HealthCheckPath": "x"},
        {"HealthCheckPort": "http"},
        {"Name": "a_b"},
    ],
)
def test_what_aws_refuses_is_refused(world: TwoAccounts, params: dict[str, Any]) -> None:
    network = world.network()
    wanted = {"Name": "app", "Protocol": "TCP", "Port": 80, "TargetType": "ip", "VpcId": network.vpc, **params}
    code, _ = world.refused("CreateTargetGroup", **{k: v for k, v in wanted.items() if v is not None})
    assert code == ("UnsupportedProtocol" if params.get("Protocol") == "GENEVE" else "ValidationError")
    assert world.harness.store.state().all(TargetGroup) == ()


def test_the_same_name_gives_the_same_group_or_a_refusal(world: TwoAccounts) -> None:
    network = world.network()
    assert world.target_group(CONSUMER, network) == world.target_group(CONSUMER, network)
    params = {"Name": "app", "Protocol": "TCP", "Port": 81, "TargetType": "ip", "VpcId": network.vpc}
    assert world.refused("CreateTargetGroup", **params)[0] == "DuplicateTargetGroupName"
    assert world.refused("DescribeTargetGroups", Names=["other"]) == (
        "TargetGroupNotFound",
        "One or more target groups not found",
    )


def test_health_checks_change(world: TwoAccounts) -> None:
    arn = world.target_group(CONSUMER, world.network())
    world(
        "ModifyTargetGroup",
        TargetGroupArn=arn,
        HealthCheckProtocol="HTTP",
        HealthCheckPath="/up",
        HealthyThresholdCount=2,
    )
    shown = _shown(world, arn)
    assert (shown["HealthCheckProtocol"], shown["HealthCheckPath"], shown["HealthyThresholdCount"]) == (
        "HTTP",
        "/up",
        2,
    )
    assert shown["Matcher"] == {"HttpCode": "200-399"}
    world("ModifyTargetGroup", TargetGroupArn=arn, HealthCheckProtocol="TCP")
    assert "HealthCheckPath" not in _shown(world, arn)


def test_attributes_depend_on_protocol_and_type(world: TwoAccounts) -> None:
    network = world.network()
    tcp = _values(world("DescribeTargetGroupAttributes", TargetGroupArn=world.target_group(CONSUMER, network)))
    assert tcp["preserve_client_ip.enabled"] == "false"
    assert tcp["deregistration_delay.timeout_seconds"] == "300"
    assert tcp["stickiness.type"] == "source_ip"
    udp_arn = world.target_group(CONSUMER, network, "udp", Protocol="UDP")
    udp = _values(world("DescribeTargetGroupAttributes", TargetGroupArn=udp_arn))
    assert udp["preserve_client_ip.enabled"] == "true"
    assert udp["deregistration_delay.connection_termination.enabled"] == "true"
    change = [{"Key": "preserve_client_ip.enabled", "Value": "false"}]
    assert (
        world.refused("ModifyTargetGroupAttributes", TargetGroupArn=udp_arn, Attributes=change)[0] == "ValidationError"
    )
    http = world.target_group(CONSUMER, network, "http", Protocol="HTTP")
    wrong = [{"Key": "proxy_protocol_v2.enabled", "Value": "true"}]
    assert world.refused("ModifyTargetGroupAttributes", TargetGroupArn=http, Attributes=wrong)[0] == (
        "InvalidConfigurationRequest"
    )


@pytest.mark.parametrize(
    ("target", "code", "text"),
    [
        ({"Id": "nonsense"}, "ValidationError", "not a valid IPv4 address"),
        ({"Id": "8.8.8.8", "AvailabilityZone": "all"}, "InvalidTarget", "8.8.8.8"),
        (
            {"Id": "172.31.12.59"},
            "ValidationError",
            "The Availability Zone is required for IP address '172.31.12.59' because it is not in the VPC",
        ),
        (
            {"Id": "10.0.1.5", "AvailabilityZone": "all"},
            "ValidationError",
            "The IP address '10.0.1.5' is within the VPC, and cannot have its Availability Zone overridden to 'all' "
            "from 'us-east-1a'",
        ),
    ],
)
def test_addresses_are_checked(world: TwoAccounts, target: dict[str, Any], code: str, text: str) -> None:
    arn = world.target_group(CONSUMER, world.network())
    refused = world.refused("RegisterTargets", TargetGroupArn=arn, Targets=[target])
    assert refused[0] == code
    assert text in refused[1]
    assert world.health(CONSUMER, arn) == {}


def test_a_target_in_the_vpcs_range_may_come_before_its_subnet(world: TwoAccounts) -> None:
    arn = world.target_group(CONSUMER, world.network())
    target = {"Id": "10.0.200.5", "Port": 80}
    world("RegisterTargets", TargetGroupArn=arn, Targets=[target])
    assert list(world.health(CONSUMER, arn)) != []


def test_a_target_outside_the_vpc_keeps_its_zone(world: TwoAccounts) -> None:
    arn = world.target_group(CONSUMER, world.network())
    target = {"Id": "172.31.12.59", "Port": 80, "AvailabilityZone": "all"}
    world("RegisterTargets", TargetGroupArn=arn, Targets=[target])
    (shown,) = world("DescribeTargetHealth", TargetGroupArn=arn, Targets=[target])["TargetHealthDescriptions"]
    assert shown["Target"] == target
    assert shown["HealthCheckPort"] == "80"


def test_instances_cannot_be_registered(world: TwoAccounts) -> None:
    arn = world.target_group(CONSUMER, world.network(), TargetType="instance")
    assert world.refused("RegisterTargets", TargetGroupArn=arn, Targets=[{"Id": "i-1"}])[0] == "InvalidTarget"


def test_an_alb_target_needs_a_listener_on_its_port(world: TwoAccounts) -> None:
    network = world.network()
    balancer = world.balancer(CONSUMER, network, "web", Type="application")
    group = world.target_group(CONSUMER, network, "front", TargetType="alb")
    wanted = {"TargetGroupArn": group, "Targets": [{"Id": balancer, "Port": 80}]}
    assert world.refused("RegisterTargets", **wanted)[0] == "InvalidTarget"
    behind = world.target_group(CONSUMER, network, "behind", Protocol="HTTP")
    world.listener(CONSUMER, balancer, behind, protocol="HTTP")
    world("RegisterTargets", **wanted)
    assert world.refused("DeleteLoadBalancer", LoadBalancerArn=balancer)[0] == "ResourceInUse"


def test_health_follows_listeners_and_observations(world: TwoAccounts) -> None:
    network = world.network(PROVIDER)
    group = world.target_group(PROVIDER, network)
    targets = [{"Id": "10.0.1.21"}, {"Id": "10.0.2.22", "Port": 80}]
    world("RegisterTargets", PROVIDER, TargetGroupArn=group, Targets=targets)
    unused = ("unused", "Target.NotInUse")
    assert world.health(PROVIDER, group) == {"10.0.1.21": unused, "10.0.2.22": unused}
    balancer = world.balancer(PROVIDER, network)
    world.listener(PROVIDER, balancer, group)
    assert world.health(PROVIDER, group)["10.0.1.21"] == ("initial", "Elb.InitialHealthChecking")
    world.see(group, "10.0.1.21:80", healthy=True, failure="", status=0)
    world.see(group, "10.0.2.22:80", healthy=False, failure="", status=503)
    assert world.health(PROVIDER, group) == {
        "10.0.1.21": ("healthy", None),
        "10.0.2.22": ("unhealthy", "Target.ResponseCodeMismatch"),
    }
    world.see(group, "10.0.1.21:80", healthy=False, failure="timeout", status=0)
    world.see(group, "10.0.2.22:80", healthy=False, failure="connection refused", status=0)
    assert world.health(PROVIDER, group) == {
        "10.0.1.21": ("unhealthy", "Target.Timeout"),
        "10.0.2.22": ("unhealthy", "Target.FailedHealthChecks"),
    }
    (stranger,) = world("DescribeTargetHealth", PROVIDER, TargetGroupArn=group, Targets=[{"Id": "10.0.1.99"}])[
        "TargetHealthDescriptions"
    ]
    assert stranger["TargetHealth"]["Reason"] == "Target.NotRegistered"


def test_a_zone_that_the_load_balancer_does_not_serve_gets_nothing(world: TwoAccounts) -> None:
    network = world.network()
    group = world.target_group(CONSUMER, network)
    world("RegisterTargets", TargetGroupArn=group, Targets=[{"Id": "10.0.2.22"}])
    world.listener(CONSUMER, world.balancer(CONSUMER, network, Subnets=[network.subnets[0]]), group)
    (shown,) = world("DescribeTargetHealth", TargetGroupArn=group)["TargetHealthDescriptions"]
    assert shown["TargetHealth"] == {
        "State": "unused",
        "Reason": "Target.NotInUse",
        "Description": "Target is in an Availability Zone that is not enabled for the load balancer",
    }


def test_a_used_target_drains_for_the_delay_and_can_come_back(world: TwoAccounts) -> None:
    network = world.network()
    group = world.target_group(CONSUMER, network)
    targets = [{"Id": "10.0.1.21"}, {"Id": "10.0.2.22"}]
    world("RegisterTargets", TargetGroupArn=group, Targets=targets)
    world.listener(CONSUMER, world.balancer(CONSUMER, network), group)
    world("DeregisterTargets", TargetGroupArn=group, Targets=targets)
    draining = ("draining", "Target.DeregistrationInProgress")
    assert world.health(CONSUMER, group) == {"10.0.1.21": draining, "10.0.2.22": draining}
    world.harness.clock.advance(200)
    world("RegisterTargets", TargetGroupArn=group, Targets=targets[:1])
    world.harness.clock.advance(101)
    assert world.health(CONSUMER, group) == {"10.0.1.21": ("initial", "Elb.InitialHealthChecking")}
    assert len(_row(world, group).targets) == 2
    world("RegisterTargets", TargetGroupArn=group, Targets=[{"Id": "10.0.1.30"}])
    assert [t.target_id for t in _row(world, group).targets] == ["10.0.1.21", "10.0.1.30"]


def test_an_unused_target_or_one_without_delay_goes_at_once(world: TwoAccounts) -> None:
    network = world.network()
    group = world.target_group(CONSUMER, network)
    world("RegisterTargets", TargetGroupArn=group, Targets=[{"Id": "10.0.1.21"}])
    world("DeregisterTargets", TargetGroupArn=group, Targets=[{"Id": "10.0.1.21", "Port": 81}, {"Id": "10.9.9.9"}])
    assert list(world.health(CONSUMER, group)) == ["10.0.1.21"]
    world("DeregisterTargets", TargetGroupArn=group, Targets=[{"Id": "10.0.1.21"}])
    assert _row(world, group).targets == ()
    now = [{"Key": "deregistration_delay.timeout_seconds", "Value": "0"}]
    world("ModifyTargetGroupAttributes", TargetGroupArn=group, Attributes=now)
    world.listener(CONSUMER, world.balancer(CONSUMER, network), group)
    world("RegisterTargets", TargetGroupArn=group, Targets=[{"Id": "10.0.1.21"}])
    world("DeregisterTargets", TargetGroupArn=group, Targets=[{"Id": "10.0.1.21"}])
    assert _row(world, group).targets == ()


def test_a_group_in_use_stays(world: TwoAccounts) -> None:
    network = world.network()
    group = world.target_group(CONSUMER, network)
    balancer = world.balancer(CONSUMER, network)
    listener = world.listener(CONSUMER, balancer, group)
    assert _shown(world, group)["LoadBalancerArns"] == [balancer]
    assert world.refused("DeleteTargetGroup", TargetGroupArn=group) == (
        "ResourceInUse",
        f"Target group '{group}' is currently in use by a listener or a rule",
    )
    world("DeleteListener", ListenerArn=listener)
    world("DeleteTargetGroup", TargetGroupArn=group)
    world("DeleteTargetGroup", TargetGroupArn=group)
    assert world.refused("DescribeTargetHealth", TargetGroupArn=group)[0] == "TargetGroupNotFound"


def test_the_address_of_an_endpoint_is_as_healthy_as_what_lies_behind(world: TwoAccounts) -> None:
    provider, consumer = world.network(PROVIDER), world.network()
    behind = world.target_group(PROVIDER, provider)
    world("RegisterTargets", PROVIDER, TargetGroupArn=behind, Targets=[{"Id": "10.0.1.21"}, {"Id": "10.0.2.22"}])
    balancer = world.balancer(PROVIDER, provider)
    world.listener(PROVIDER, balancer, behind)
    service, name = world.service(balancer, "*")
    group = world.group(CONSUMER, consumer.vpc)
    everyone = [{"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": [{"CidrIp": "10.0.0.0/16"}]}]
    world("AuthorizeSecurityGroupIngress", GroupId=group, IpPermissions=everyone)
    endpoint = world.endpoint(consumer, name, SecurityGroupIds=[group])
    interfaces = world("DescribeNetworkInterfaces", NetworkInterfaceIds=endpoint["NetworkInterfaceIds"])
    addresses = [i["PrivateIpAddress"] for i in interfaces["NetworkInterfaces"]]
    front = world.target_group(CONSUMER, consumer, "link")
    world("RegisterTargets", TargetGroupArn=front, Targets=[{"Id": ip} for ip in addresses])
    world.listener(CONSUMER, world.balancer(CONSUMER, consumer, "link"), front)
    assert set(world.health(CONSUMER, front).values()) == {("unhealthy", "Target.Timeout")}
    world("AcceptVpcEndpointConnections", PROVIDER, ServiceId=service, VpcEndpointIds=[endpoint["VpcEndpointId"]])
    assert set(world.health(CONSUMER, front).values()) == {("initial", "Elb.InitialHealthChecking")}
    world.see(behind, "10.0.1.21:80", healthy=True, failure="", status=0)
    world.see(behind, "10.0.2.22:80", healthy=True, failure="", status=0)
    assert set(world.health(CONSUMER, front).values()) == {("healthy", None)}
    world("RejectVpcEndpointConnections", PROVIDER, ServiceId=service, VpcEndpointIds=[endpoint["VpcEndpointId"]])
    assert set(world.health(CONSUMER, front).values()) == {("unhealthy", "Target.Timeout")}


def _row(world: TwoAccounts, arn: str) -> TargetGroup:
    row = world.harness.store.state().get(TargetGroup, arn)
    assert row is not None
    return row


def test_a_target_that_comes_back_is_checked_anew(world: TwoAccounts) -> None:
    network = world.network(PROVIDER)
    group = world.target_group(PROVIDER, network)
    one = {"TargetGroupArn": group, "Targets": [{"Id": "10.0.1.21"}]}
    world("RegisterTargets", PROVIDER, **one)
    world.listener(PROVIDER, world.balancer(PROVIDER, network), group)
    world.see(group, "10.0.1.21:80", healthy=True, failure="", status=0)
    healthy, initial = ("healthy", None), ("initial", "Elb.InitialHealthChecking")
    assert world.health(PROVIDER, group) == {"10.0.1.21": healthy}
    world.harness.clock.advance(5)
    world("RegisterTargets", PROVIDER, **one)
    assert world.health(PROVIDER, group) == {"10.0.1.21": healthy}, "it was there all the time"
    world("DeregisterTargets", PROVIDER, **one)
    assert world.health(PROVIDER, group) == {"10.0.1.21": ("draining", "Target.DeregistrationInProgress")}
    world("RegisterTargets", PROVIDER, **one)
    assert world.health(PROVIDER, group) == {"10.0.1.21": initial}
    world.harness.clock.advance(1)
    world.see(group, "10.0.1.21:80", healthy=False, failure="timeout", status=0)
    assert world.health(PROVIDER, group) == {"10.0.1.21": ("unhealthy", "Target.Timeout")}


def test_executors_that_never_missed_a_target_say_nothing_new_of_it(world: TwoAccounts) -> None:
    """Thirty seconds times five, the group's interval and threshold, are what its checks need to pass."""
    network = world.network(PROVIDER)
    group = world.target_group(PROVIDER, network)
    one = {"TargetGroupArn": group, "Targets": [{"Id": "10.0.1.21"}]}
    world("RegisterTargets", PROVIDER, **one)
    world.listener(PROVIDER, world.balancer(PROVIDER, network), group)
    world.see(group, "10.0.1.21:80", healthy=True, failure="", status=0)
    world.harness.clock.advance(5)
    world("DeregisterTargets", PROVIDER, **one)
    world("RegisterTargets", PROVIDER, **one)
    world.harness.clock.advance(149)
    assert world.health(PROVIDER, group)["10.0.1.21"][0] == "initial"
    world.harness.clock.advance(1)
    assert world.health(PROVIDER, group)["10.0.1.21"][0] == "healthy"


def test_functions_are_checked_as_the_guide_says(world: TwoAccounts) -> None:
    made = world("CreateTargetGroup", CONSUMER, Name="functions", TargetType="lambda")["TargetGroups"][0]
    checked = ("HealthCheckIntervalSeconds", "HealthCheckTimeoutSeconds", "HealthyThresholdCount")
    assert [made[member] for member in checked] == [35, 30, 5]
    assert (made["UnhealthyThresholdCount"], made["HealthCheckEnabled"]) == (5, False)


@pytest.mark.parametrize(
    ("params", "taken", "refused", "highest"),
    [
        ({"Protocol": "HTTP"}, "200,300-499", ("500", "199", "200-500", "404-400"), 499),
        ({"HealthCheckProtocol": "HTTP"}, "200-599", ("600", "100-200"), 599),
    ],
)
def test_codes_of_matchers_have_ranges(
    world: TwoAccounts, params: dict[str, Any], taken: str, refused: tuple[str, ...], highest: int
) -> None:
    network = world.network()
    shown = _shown(world, world.target_group(CONSUMER, network, Matcher={"HttpCode": taken}, **params))
    assert shown["Matcher"] == {"HttpCode": taken}
    for code in refused:
        asked = {"Name": "other", "Protocol": "TCP", "Port": 80, "VpcId": network.vpc, "Matcher": {"HttpCode": code}}
        assert world.refused("CreateTargetGroup", CONSUMER, **(asked | params)) == (
            "ValidationError",
            f"Health check matcher HTTP code '{code}' must be within '200-{highest}' inclusive",
        )
