"""What IAM is asked about an EC2 call."""

from pathlib import Path
from typing import Any

import pytest

from innergate.primitives.ids import Region
from innergate.services.context import Context
from innergate.services.ec2.absent_kinds import OPERATIONS as ABSENT
from innergate.services.ec2.operations import OPERATIONS
from innergate.services.operation import any_resource
from innergate.testing.services import ServiceHarness, root_caller


def asked(tmp_path: Path, operation: str, **params: Any) -> Any:
    harness = ServiceHarness(tmp_path, OPERATIONS)
    with harness.store.reading() as tx:
        context = Context(
            caller=root_caller("111122223333"),
            region=Region("us-east-1"),
            request_id="",
            tx=tx,
            clock=harness.clock,
            ids=harness.ids,
            observations=harness.store,
            logs=harness.logs,
        )
        result = OPERATIONS[operation].resource(context, params)
    harness.store.close()
    return result


def test_an_operation_on_one_resource(tmp_path: Path) -> None:
    assert asked(tmp_path, "DeleteVpc", VpcId="vpc-1") == "arn:aws:ec2:us-east-1:111122223333:vpc/vpc-1"


def test_describing_has_no_resource_level(tmp_path: Path) -> None:
    assert asked(tmp_path, "DescribeVpcs", VpcIds=["vpc-1"]) == "*"


def test_tags_name_every_resource_by_its_type(tmp_path: Path) -> None:
    stem = "arn:aws:ec2:us-east-1:111122223333"
    assert asked(tmp_path, "CreateTags", Resources=["tgw-attach-1", "tgw-1", "vpce-svc-1", "vpce-1"]) == [
        f"{stem}:transit-gateway-attachment/tgw-attach-1",
        f"{stem}:transit-gateway/tgw-1",
        f"{stem}:vpc-endpoint-service/vpce-svc-1",
        f"{stem}:vpc-endpoint/vpce-1",
    ]


STEM = "arn:aws:ec2:us-east-1:111122223333"


@pytest.mark.parametrize(
    ("operation", "params", "wanted"),
    [
        ("CreateVpc", {}, ["vpc/*"]),
        ("CreateSubnet", {"VpcId": "vpc-1"}, ["subnet/*", "vpc/vpc-1"]),
        (
            "CreateVpcEndpoint",
            {"VpcId": "vpc-1", "SubnetIds": ["subnet-1", "subnet-2"], "SecurityGroupIds": ["sg-1"]},
            ["vpc-endpoint/*", "vpc/vpc-1", "subnet/subnet-1", "subnet/subnet-2", "security-group/sg-1"],
        ),
        (
            "ModifyVpcEndpoint",
            {"VpcEndpointId": "vpce-1", "AddSubnetIds": ["subnet-1"], "RemoveSecurityGroupIds": ["sg-1"]},
            ["vpc-endpoint/vpce-1", "subnet/subnet-1", "security-group/sg-1"],
        ),
        (
            "CreateTransitGatewayVpcAttachment",
            {"TransitGatewayId": "tgw-1", "VpcId": "vpc-1", "SubnetIds": ["subnet-1"]},
            ["transit-gateway-attachment/*", "transit-gateway/tgw-1", "vpc/vpc-1", "subnet/subnet-1"],
        ),
        (
            "AttachInternetGateway",
            {"InternetGatewayId": "igw-1", "VpcId": "vpc-1"},
            ["internet-gateway/igw-1", "vpc/vpc-1"],
        ),
        ("CreateVpcEndpointConnectionNotification", {"ServiceId": "vpce-svc-1"}, ["vpc-endpoint-service/vpce-svc-1"]),
    ],
)
def test_every_resource_that_a_call_names_is_checked(
    tmp_path: Path, operation: str, params: dict[str, Any], wanted: list[str]
) -> None:
    assert asked(tmp_path, operation, **params) == [f"{STEM}:{resource}" for resource in wanted]


@pytest.mark.parametrize(
    ("operation", "params", "type"),
    [
        ("DisassociateRouteTable", {"AssociationId": "rtbassoc-0"}, "route-table"),
        ("DisassociateVpcCidrBlock", {"AssociationId": "vpc-cidr-assoc-0"}, "vpc"),
        ("DisassociateAddress", {"AssociationId": "eipassoc-0"}, "elastic-ip"),
        ("ReleaseAddress", {"PublicIp": "192.0.2.1"}, "elastic-ip"),
        ("DetachNetworkInterface", {"AttachmentId": "eni-attach-0"}, "network-interface"),
    ],
)
def test_what_is_named_by_a_part_that_is_not_there_stands_for_any(
    tmp_path: Path, operation: str, params: dict[str, Any], type: str
) -> None:
    assert asked(tmp_path, operation, **params) == f"{STEM}:{type}/*"


def test_a_call_that_names_nothing_is_still_checked(tmp_path: Path) -> None:
    assert asked(tmp_path, "AssociateRouteTable") == "*"


def test_only_reading_has_no_resource_level(tmp_path: Path) -> None:
    """Writes that are checked on everything: two whose resources have no level at AWS either."""
    everything = {
        name
        for name, operation in OPERATIONS.items()
        if operation.writes and operation.resource is any_resource and name not in ABSENT
    }
    assert everything == {"DeleteVpcEndpointConnectionNotifications", "ModifyVpcEndpointConnectionNotification"}
