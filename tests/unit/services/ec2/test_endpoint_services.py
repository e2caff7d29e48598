"""A provider publishes, allows, accepts and rejects; to everybody else its service does not exist."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.unit.services.elbv2.two_accounts import CONSUMER, PROVIDER, STRANGER, TwoAccounts

from innergate.primitives.ids import AccountId
from innergate.resources.endpoint_services import AllowedPrincipal, EndpointNotification, EndpointService
from innergate.resources.vpc_endpoints import VpcEndpoint
from innergate.services.context import Caller
from innergate.services.ec2.endpoint_permissions import may_see, principal_type_of
from innergate.services.ec2.operations import OPERATIONS as EC2
from innergate.services.ec2.privatelink_operations import PRIVATELINK_OPERATIONS

GATEWAY = f"arn:aws:iam::{CONSUMER}:root"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[TwoAccounts]:
    """Two accounts and nothing in them."""
    world = TwoAccounts(tmp_path)
    yield world
    world.harness.store.close()


@pytest.fixture
def balancer(world: TwoAccounts) -> str:
    """The provider's load balancer."""
    return world.balancer(PROVIDER, world.network(PROVIDER))


def _configuration(world: TwoAccounts, id: str) -> Any:
    found = world("DescribeVpcEndpointServiceConfigurations", PROVIDER, ServiceIds=[id])["ServiceConfigurations"]
    return found[0]


def _state(world: TwoAccounts, endpoint: str) -> str:
    (shown,) = world("DescribeVpcEndpoints", VpcEndpointIds=[endpoint])["VpcEndpoints"]
    return str(shown["State"])


def test_ec2_has_every_operation() -> None:
    assert len(PRIVATELINK_OPERATIONS) == 22
    assert set(PRIVATELINK_OPERATIONS) <= set(EC2)


def test_a_service_is_available_in_the_zones_of_its_load_balancer(world: TwoAccounts, balancer: str) -> None:
    id, name = world.service(balancer)
    shown = _configuration(world, id)
    assert name == f"com.amazonaws.vpce.us-east-1.{id}"
    assert (shown["ServiceState"], shown["AcceptanceRequired"]) == ("Available", True)
    assert shown["AvailabilityZones"] == ["us-east-1a", "us-east-1b"]
    assert shown["NetworkLoadBalancerArns"] == [balancer]
    assert shown["BaseEndpointDnsNames"] == [f"{id}.us-east-1.vpce.amazonaws.com"]
    assert shown["SupportedRegions"] == [{"Region": "us-east-1", "ServiceState": "Available"}]
    assert "PrivateDnsName" not in shown


def test_a_load_balancer_serves_one_service_and_must_be_ones_own(world: TwoAccounts, balancer: str) -> None:
    world.service(balancer)

    def refused(account: str, **params: Any) -> tuple[str, str]:
        return world.refused("CreateVpcEndpointServiceConfiguration", account, **params)

    code, text = refused(PROVIDER, NetworkLoadBalancerArns=[balancer])
    assert (code, "already associated with another endpoint service" in text) == ("InvalidParameter", True)
    assert refused(CONSUMER, NetworkLoadBalancerArns=[balancer])[1].endswith("does not exist")
    assert refused(PROVIDER)[0] == "MissingParameter"
    assert refused(PROVIDER, GatewayLoadBalancerArns=[balancer])[0] == "InvalidParameter"
    front = world.balancer(CONSUMER, world.network(), "web", Type="application")
    assert "type network" in refused(CONSUMER, NetworkLoadBalancerArns=[front])[1]


def test_the_catalogue_shows_the_platforms_services(world: TwoAccounts) -> None:
    filters = [{"Name": "service-name", "Values": ["com.amazonaws.us-east-1.execute-api"]}]
    filters.append({"Name": "service-type", "Values": ["Interface"]})
    found = world("DescribeVpcEndpointServices", Filters=filters)
    assert found["ServiceNames"] == ["com.amazonaws.us-east-1.execute-api"]
    (detail,) = found["ServiceDetails"]
    assert (detail["Owner"], detail["AcceptanceRequired"], detail["VpcEndpointPolicySupported"]) == (
        "amazon",
        False,
        True,
    )
    assert [n["PrivateDnsName"] for n in detail["PrivateDnsNames"]] == [
        "execute-api.us-east-1.amazonaws.com",
        "*.execute-api.us-east-1.amazonaws.com",
    ]
    everything = world("DescribeVpcEndpointServices", Filters=[{"Name": "owner", "Values": ["amazon"]}])
    assert {"com.amazonaws.us-east-1.s3", "com.amazonaws.us-east-1.sts"} <= set(everything["ServiceNames"])


def test_a_service_exists_only_for_those_who_may_see_it(world: TwoAccounts, balancer: str) -> None:
    id, name = world.service(balancer)
    gone = ("InvalidServiceName", f"The Vpc Endpoint Service '{name}' does not exist")
    network = world.network()
    wanted = {"VpcId": network.vpc, "ServiceName": name, "VpcEndpointType": "Interface"}
    assert world.refused("DescribeVpcEndpointServices", ServiceNames=[name]) == gone
    assert world.refused("CreateVpcEndpoint", **wanted) == gone
    answer = world("ModifyVpcEndpointServicePermissions", PROVIDER, ServiceId=id, AddAllowedPrincipals=[GATEWAY])
    (added,) = answer["AddedPrincipals"]
    assert (added["PrincipalType"], added["Principal"], added["ServiceId"]) == ("Account", GATEWAY, id)
    (permission,) = world("DescribeVpcEndpointServicePermissions", PROVIDER, ServiceId=id)["AllowedPrincipals"]
    assert permission["ServicePermissionId"] == added["ServicePermissionId"]
    assert added["ServicePermissionId"].startswith("vpce-svc-perm-")
    (detail,) = world("DescribeVpcEndpointServices", ServiceNames=[name])["ServiceDetails"]
    assert (detail["Owner"], detail["AcceptanceRequired"]) == (PROVIDER, True)
    assert name not in world("DescribeVpcEndpointServices", STRANGER)["ServiceNames"]
    endpoint = world.endpoint(network, name)["VpcEndpointId"]
    world("ModifyVpcEndpointServicePermissions", PROVIDER, ServiceId=id, RemoveAllowedPrincipals=[GATEWAY])
    assert world.refused("CreateVpcEndpoint", **wanted) == gone
    assert _state(world, endpoint) == "pendingAcceptance"


@pytest.mark.parametrize(
    ("principal", "kind"),
    [
        ("*", "All"),
        ("arn:aws:iam::222222222222:root", "Account"),
        ("arn:aws:iam::222222222222:user/a", "User"),
        ("arn:aws:iam::222222222222:role/path/b", "Role"),
    ],
)
def test_principals_have_types(principal: str, kind: str) -> None:
    assert principal_type_of(principal) == kind


def test_wrong_principals_are_refused(world: TwoAccounts, balancer: str) -> None:
    id, _ = world.service(balancer)
    for wrong in ("222222222222", "arn:aws:iam::2:root", "arn:aws:iam::222222222222:group/x"):
        params = {"ServiceId": id, "AddAllowedPrincipals": [wrong]}
        assert world.refused("ModifyVpcEndpointServicePermissions", PROVIDER, **params)[0] == "InvalidPrincipal"


def test_users_and_roles_see_only_as_themselves(world: TwoAccounts, balancer: str) -> None:
    id, _ = world.service(balancer)
    service = world.harness.store.state().get(EndpointService, id)
    assert service is not None

    def sees(principal: str, caller_arn: str) -> bool:
        allowed = AllowedPrincipal(
            principal=principal, principal_type=principal_type_of(principal), service_permission_id="p"
        )
        caller = Caller(AccountId(CONSUMER), caller_arn, "", "user", "", "")
        return may_see(caller, msgspec.structs.replace(service, allowed_principals=(allowed,)))

    user, role = f"arn:aws:iam::{CONSUMER}:user/a", f"arn:aws:iam::{CONSUMER}:role/x/b"
    assert sees(user, user)
    assert not sees(user, user + "b")
    assert sees(role, f"arn:aws:sts::{CONSUMER}:assumed-role/b/session")
    assert not sees(role, f"arn:aws:sts::{CONSUMER}:assumed-role/bc/session")
    assert not sees(f"arn:aws:iam::{STRANGER}:root", user)
    assert sees("*", user)


def test_a_connection_waits_is_accepted_rejected_and_accepted_again(world: TwoAccounts, balancer: str) -> None:
    id, name = world.service(balancer, GATEWAY)
    shown = world.endpoint(world.network(), name)
    endpoint = shown["VpcEndpointId"]
    assert (shown["State"], len(shown["NetworkInterfaceIds"]), len(shown["DnsEntries"])) == ("pendingAcceptance", 2, 3)

    def move(operation: str, account: str = PROVIDER, ids: tuple[str, ...] = (endpoint,)) -> list[str]:
        answer = world(operation, account, ServiceId=id, VpcEndpointIds=list(ids))
        return [one["Error"]["Code"] for one in answer["Unsuccessful"]]

    by_service = [{"Name": "service-id", "Values": [id]}]
    (connection,) = world("DescribeVpcEndpointConnections", PROVIDER, Filters=by_service)["VpcEndpointConnections"]
    assert (connection["VpcEndpointId"], connection["VpcEndpointOwner"]) == (endpoint, CONSUMER)
    assert connection["VpcEndpointState"] == "pendingAcceptance"
    assert connection["VpcEndpointConnectionId"].startswith("vpce-con-")
    assert world("DescribeVpcEndpointConnections")["VpcEndpointConnections"] == []
    assert world.refused("AcceptVpcEndpointConnections", ServiceId=id, VpcEndpointIds=[endpoint])[0] == (
        "InvalidVpcEndpointServiceId.NotFound"
    )
    assert move("AcceptVpcEndpointConnections", ids=(endpoint, "vpce-0")) == ["InvalidVpcEndpointId.NotFound"]
    assert _state(world, endpoint) == "available"
    assert move("AcceptVpcEndpointConnections") == ["InvalidState"]
    assert move("RejectVpcEndpointConnections") == []
    assert _state(world, endpoint) == "rejected"
    assert move("RejectVpcEndpointConnections") == ["InvalidState"]
    assert move("AcceptVpcEndpointConnections") == []
    assert _state(world, endpoint) == "available"


def test_without_acceptance_a_connection_is_available_at_once(world: TwoAccounts, balancer: str) -> None:
    id, name = world.service(balancer, GATEWAY, AcceptanceRequired=False)
    network = world.network()
    assert world.endpoint(network, name)["State"] == "available"
    world("ModifyVpcEndpointServiceConfiguration", PROVIDER, ServiceId=id, AcceptanceRequired=True)
    assert world.endpoint(network, name)["State"] == "pendingAcceptance"


def test_a_service_with_connections_cannot_go(world: TwoAccounts, balancer: str) -> None:
    id, name = world.service(balancer, GATEWAY)
    endpoint = world.endpoint(world.network(), name)["VpcEndpointId"]
    failed = world("DeleteVpcEndpointServiceConfigurations", PROVIDER, ServiceIds=[id, "vpce-svc-0"])["Unsuccessful"]
    assert failed == [
        {
            "ResourceId": id,
            "Error": {
                "Code": "ExistingVpcEndpointConnections",
                "Message": "Service has existing active VPC Endpoint connections!",
            },
        },
        {
            "ResourceId": "vpce-svc-0",
            "Error": {
                "Code": "InvalidVpcEndpointService.NotFound",
                "Message": "The VpcEndpointService Id 'vpce-svc-0' does not exist",
            },
        },
    ]
    second = world.balancer(PROVIDER, world.network(PROVIDER), "second")
    change = {"ServiceId": id, "AddNetworkLoadBalancerArns": [second], "RemoveNetworkLoadBalancerArns": [balancer]}
    assert world.refused("ModifyVpcEndpointServiceConfiguration", PROVIDER, **change)[0] == (
        "ExistingVpcEndpointConnections"
    )
    world("RejectVpcEndpointConnections", PROVIDER, ServiceId=id, VpcEndpointIds=[endpoint])
    world("ModifyVpcEndpointServiceConfiguration", PROVIDER, **change)
    assert _configuration(world, id)["NetworkLoadBalancerArns"] == [second]
    assert world("DeleteVpcEndpointServiceConfigurations", PROVIDER, ServiceIds=[id])["Unsuccessful"] == []
    assert _state(world, endpoint) == "rejected"
    world("DeleteVpcEndpoints", VpcEndpointIds=[endpoint])
    assert world.harness.store.state().all(VpcEndpoint) == ()
    assert world.harness.store.state().all(EndpointService) == ()


def test_a_private_name_counts_once_verified_and_accepted(world: TwoAccounts, balancer: str) -> None:
    id, name = world.service(balancer, GATEWAY, PrivateDnsName="*.shop.example.com")
    proof = _configuration(world, id)["PrivateDnsNameConfiguration"]
    assert (proof["State"], proof["Type"]) == ("pendingVerification", "TXT")
    assert proof["Value"].startswith("vpce:")
    endpoint = world.endpoint(world.network(), name)["VpcEndpointId"]
    wanted = {"VpcEndpointId": endpoint, "PrivateDnsEnabled": True}
    assert "does not provide a private DNS name" in world.refused("ModifyVpcEndpoint", **wanted)[1]
    world("StartVpcEndpointServicePrivateDnsVerification", PROVIDER, ServiceId=id)
    assert _configuration(world, id)["PrivateDnsNameConfiguration"]["State"] == "verified"
    assert "accepted by the owner" in world.refused("ModifyVpcEndpoint", **wanted)[1]
    world("AcceptVpcEndpointConnections", PROVIDER, ServiceId=id, VpcEndpointIds=[endpoint])
    world("ModifyVpcEndpoint", **wanted)
    (shown,) = world("DescribeVpcEndpoints", VpcEndpointIds=[endpoint])["VpcEndpoints"]
    assert shown["DnsEntries"][-1]["DnsName"] == "*.shop.example.com"
    (connection,) = world("DescribeVpcEndpointConnections", PROVIDER)["VpcEndpointConnections"]
    assert len(connection["DnsEntries"]) == 3
    world("ModifyVpcEndpointServiceConfiguration", PROVIDER, ServiceId=id, RemovePrivateDnsName=True)
    (shown,) = world("DescribeVpcEndpoints", VpcEndpointIds=[endpoint])["VpcEndpoints"]
    assert len(shown["DnsEntries"]) == 3
    assert "PrivateDnsName" not in _configuration(world, id)
    assert world.refused("StartVpcEndpointServicePrivateDnsVerification", PROVIDER, ServiceId=id)[0] == (
        "InvalidParameter"
    )
    wrong = {"ServiceId": id, "PrivateDnsName": "example"}
    assert world.refused("ModifyVpcEndpointServiceConfiguration", PROVIDER, **wrong)[0] == "InvalidParameter"


@pytest.mark.parametrize(
    ("mine", "claim", "state"),
    [
        ("shop.example.com", "shop.example.com", "failed"),
        ("shop.example.com", "*.example.com", "failed"),
        ("*.shop.example.com", "Pay.Shop.example.com", "failed"),
        ("*.shop.example.com", "*.pay.shop.example.com", "failed"),
        ("shop.example.com", "myshop.example.com", "verified"),
        ("shop.example.com", "pay.shop.example.com", "verified"),
    ],
)
def test_case_74_a_name_that_another_account_has_verified_stays_its_own(
    world: TwoAccounts, balancer: str, mine: str, claim: str, state: str
) -> None:
    id, _ = world.service(balancer, GATEWAY, PrivateDnsName=mine)
    world("StartVpcEndpointServicePrivateDnsVerification", PROVIDER, ServiceId=id)
    theirs = world.balancer(STRANGER, world.network(STRANGER))
    wanted = {"NetworkLoadBalancerArns": [theirs], "PrivateDnsName": claim}
    made = world("CreateVpcEndpointServiceConfiguration", STRANGER, **wanted)["ServiceConfiguration"]["ServiceId"]
    world("StartVpcEndpointServicePrivateDnsVerification", STRANGER, ServiceId=made)
    (shown,) = world("DescribeVpcEndpointServiceConfigurations", STRANGER, ServiceIds=[made])["ServiceConfigurations"]
    assert shown["PrivateDnsNameConfiguration"]["State"] == state


@pytest.mark.parametrize("name", ["execute-api.us-east-1.amazonaws.com", "*.amazonaws.com", "Sts.AmazonAWS.com"])
def test_case_74_names_of_aws_are_nobodys(world: TwoAccounts, balancer: str, name: str) -> None:
    wanted = {"NetworkLoadBalancerArns": [balancer], "PrivateDnsName": name}
    assert world.refused("CreateVpcEndpointServiceConfiguration", PROVIDER, **wanted)[0] == "InvalidParameter"


def test_other_regions_see_a_service_that_supports_them(world: TwoAccounts, balancer: str) -> None:
    id, name = world.service(balancer, GATEWAY)
    wanted = {"ServiceNames": [name], "ServiceRegions": ["us-east-1"], "region": "us-west-2"}
    assert world.refused("DescribeVpcEndpointServices", **wanted)[0] == "InvalidServiceName"
    world("ModifyVpcEndpointServiceConfiguration", PROVIDER, ServiceId=id, AddSupportedRegions=["us-west-2"])
    assert world("DescribeVpcEndpointServices", **wanted)["ServiceDetails"][0]["ServiceRegion"] == "us-east-1"
    west = {"region": "us-west-2"}
    vpc = world("CreateVpc", CidrBlock="10.0.0.0/16", **west)["Vpc"]["VpcId"]
    made = {"VpcId": vpc, "ServiceName": name, "VpcEndpointType": "Interface", **west}
    assert world.refused("CreateVpcEndpoint", **made)[0] == "InvalidServiceName"
    shown = world("CreateVpcEndpoint", **made, ServiceRegion="us-east-1")["VpcEndpoint"]
    assert (shown["ServiceRegion"], shown["State"]) == ("us-east-1", "pendingAcceptance")
    (connection,) = world("DescribeVpcEndpointConnections", PROVIDER)["VpcEndpointConnections"]
    assert connection["VpcEndpointRegion"] == "us-west-2"


def test_the_owner_can_pay(world: TwoAccounts, balancer: str) -> None:
    id, _ = world.service(balancer)
    assert "PayerResponsibility" not in _configuration(world, id)
    params = {"ServiceId": id, "PayerResponsibility": "ServiceOwner"}
    world("ModifyVpcEndpointServicePayerResponsibility", PROVIDER, **params)
    nobody = world.refused(
        "ModifyVpcEndpointServicePayerResponsibility", PROVIDER, ServiceId=id, PayerResponsibility="X"
    )
    assert nobody[0] == "InvalidParameterValue"
    assert _configuration(world, id)["PayerResponsibility"] == "ServiceOwner"


def test_a_client_token_makes_one_service(world: TwoAccounts, balancer: str) -> None:
    first = world.service(balancer, ClientToken="t")
    assert world.service(balancer, ClientToken="t") == first


def test_notifications_are_records(world: TwoAccounts, balancer: str) -> None:
    id, name = world.service(balancer, GATEWAY)
    topic = f"arn:aws:sns:us-east-1:{PROVIDER}:news"
    params = {"ConnectionNotificationArn": topic, "ConnectionEvents": ["Accept", "Reject"]}
    made = world("CreateVpcEndpointConnectionNotification", PROVIDER, ServiceId=id, **params)["ConnectionNotification"]
    assert (made["ConnectionNotificationType"], made["ConnectionNotificationState"]) == ("Topic", "Enabled")
    endpoint = world.endpoint(world.network(), name)["VpcEndpointId"]
    world("CreateVpcEndpointConnectionNotification", VpcEndpointId=endpoint, **params)
    for wrong in (
        {**params},
        {**params, "ServiceId": id, "VpcEndpointId": endpoint},
        {**params, "ServiceId": id, "ConnectionEvents": ["Nonsense"]},
        {**params, "ServiceId": id, "ConnectionNotificationArn": "news"},
    ):
        assert world.refused("CreateVpcEndpointConnectionNotification", PROVIDER, **wrong)[0].startswith(
            "InvalidParameter"
        )
    notification = made["ConnectionNotificationId"]
    change = {"ConnectionNotificationId": notification, "ConnectionEvents": ["Delete"]}
    world("ModifyVpcEndpointConnectionNotification", PROVIDER, **change)
    (shown,) = world("DescribeVpcEndpointConnectionNotifications", PROVIDER)["ConnectionNotificationSet"]
    assert (shown["ServiceId"], shown["ConnectionEvents"]) == (id, ["Delete"])
    answer = world(
        "DeleteVpcEndpointConnectionNotifications", PROVIDER, ConnectionNotificationIds=[notification, "vpce-nfn-0"]
    )
    assert [one["ResourceId"] for one in answer["Unsuccessful"]] == ["vpce-nfn-0"]
    world("DeleteVpcEndpoints", VpcEndpointIds=[endpoint])
    assert world.harness.store.state().all(EndpointNotification) == ()
