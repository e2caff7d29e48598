"""What was deleted and is still described for a while: its rows go when that while is over, whether or not anybody calls."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TypeAlias

from innergate.resources.public_addresses import NatGateway
from innergate.resources.transit_gateways import TransitGateway, TransitGatewayAttachment, TransitGatewayRouteTable
from innergate.resources.vpc_peerings import VpcPeering
from innergate.services.ec2 import nat_gateways, transit_gateway_access, vpc_peerings
from innergate.store.state import State
from innergate.store.transaction import Transaction

Record: TypeAlias = TransitGatewayAttachment | TransitGatewayRouteTable | TransitGateway | VpcPeering | NatGateway

_REMEMBERED: tuple[tuple[type[Record], timedelta], ...] = (
    (TransitGatewayAttachment, transit_gateway_access.REMEMBERED),
    (TransitGatewayRouteTable, transit_gateway_access.REMEMBERED),
    (TransitGateway, transit_gateway_access.REMEMBERED),
    (VpcPeering, vpc_peerings.REMEMBERED),
    (NatGateway, nat_gateways.REMEMBERED),
)
"""What holds others stands before them."""


def expired_records(reader: State | Transaction, now: datetime) -> Iterator[Record]:
    """Every account's records whose while is over."""
    for cls, remembered in _REMEMBERED:
        for record in reader.all(cls):
            if record.deleted_at is not None and now - record.deleted_at >= remembered:
                yield record


def forget_expired_records(tx: Transaction, now: datetime) -> int:
    """Removes them, but for those that something still refers to; how many."""
    count = 0
    for record in tuple(expired_records(tx, now)):
        if not tx.holders_of(record.key):
            tx.delete(record)
            count += 1
    return count
