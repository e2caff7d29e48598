"""Rows of what was deleted go when nobody describes them any more: each kind after its own while, of every account."""

from typing import Any

import msgspec
import pytest

from innergate.resources.base import Resource
from innergate.resources.public_addresses import NatGateway
from innergate.resources.transit_gateways import TransitGateway, TransitGatewayAttachment, TransitGatewayRouteTable
from innergate.resources.vpc_peerings import VpcPeering
from innergate.services.ec2.deleted_records import expired_records, forget_expired_records

HOUR_S = 3600
OTHER = "444455556666"


def rows(ec2: Any, *classes: type[Resource]) -> int:
    state = ec2.harness.store.state()
    return sum(state.count(cls) for cls in classes)


def forget(ec2: Any) -> int:
    with ec2.harness.store.transaction() as tx:
        return forget_expired_records(tx, ec2.harness.clock.now())


def deleted_gateway(ec2: Any, account: str) -> None:
    def call(operation: str, **params: Any) -> Any:
        return ec2.harness.call(operation, account=account, **params)

    tgw = call("CreateTransitGateway")["TransitGateway"]["TransitGatewayId"]
    vpc = call("CreateVpc", CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = call("CreateSubnet", VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    made = call("CreateTransitGatewayVpcAttachment", TransitGatewayId=tgw, VpcId=vpc, SubnetIds=[subnet])
    id = made["TransitGatewayVpcAttachment"]["TransitGatewayAttachmentId"]
    call("DeleteTransitGatewayVpcAttachment", TransitGatewayAttachmentId=id)
    call("DeleteTransitGateway", TransitGatewayId=tgw)


def test_transit_gateways_of_every_account_go_after_an_hour(ec2: Any) -> None:
    kinds = (TransitGateway, TransitGatewayAttachment, TransitGatewayRouteTable)
    deleted_gateway(ec2, "111122223333")
    deleted_gateway(ec2, OTHER)
    ec2("CreateTransitGateway")
    living = 2
    ec2.harness.clock.advance(HOUR_S - 1)
    assert (forget(ec2), rows(ec2, *kinds)) == (0, 6 + living)
    ec2.harness.clock.advance(1)
    assert len(tuple(expired_records(ec2.harness.store.state(), ec2.harness.clock.now()))) == 6
    assert (forget(ec2), rows(ec2, *kinds)) == (6, living)
    assert forget(ec2) == 0


def test_what_is_still_held_waits(ec2: Any) -> None:
    deleted_gateway(ec2, "111122223333")
    (gone,) = ec2.harness.store.state().all(TransitGateway)
    ec2.harness.clock.advance(HOUR_S)
    with ec2.harness.store.transaction() as tx:
        (attachment,) = tx.all(TransitGatewayAttachment)
        tx.put(msgspec.structs.replace(attachment, state="available", deleted_at=None))
    forget(ec2)
    assert ec2.harness.store.state().all(TransitGateway) == (gone,)


@pytest.mark.parametrize(("hours", "left"), [(1, 1), (2, 0)])
def test_peerings_stay_for_two_hours(ec2: Any, hours: int, left: int) -> None:
    one, two = ec2.vpc("10.0.0.0/16"), ec2.vpc("10.1.0.0/16")
    made = ec2("CreateVpcPeeringConnection", VpcId=one, PeerVpcId=two)["VpcPeeringConnection"]
    ec2("DeleteVpcPeeringConnection", VpcPeeringConnectionId=made["VpcPeeringConnectionId"])
    ec2.harness.clock.advance(hours * HOUR_S)
    forget(ec2)
    assert rows(ec2, VpcPeering) == left


def test_nat_gateways_go_after_an_hour(ec2: Any) -> None:
    vpc = ec2.vpc("10.0.0.0/16")
    subnet = ec2("CreateSubnet", VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    made = ec2("CreateNatGateway", SubnetId=subnet, ConnectivityType="private")["NatGateway"]["NatGatewayId"]
    ec2("DeleteNatGateway", NatGatewayId=made)
    ec2.harness.clock.advance(HOUR_S)
    assert (forget(ec2), rows(ec2, NatGateway)) == (1, 0)
