"""NAT gateways: records with an interface in their subnet; a route may name one."""

from datetime import timedelta

import msgspec

from innergate.primitives.fault import Fault
from innergate.primitives.ids import fresh_ec2_id
from innergate.resources.network_interfaces import NetworkInterface
from innergate.resources.public_addresses import ElasticAddress, NatGateway
from innergate.resources.subnets import Subnet
from innergate.services.context import Context, Params, Result
from innergate.services.ec2.address_allocation import NewInterface, allocate_interface
from innergate.services.ec2.addresses import join, part
from innergate.services.ec2.filters import TAGS, Document
from innergate.services.ec2.idempotency import made_before, token_mark
from innergate.services.ec2.identifiers import ALLOCATION, NAT_GATEWAY, SUBNET, all_own, own
from innergate.services.ec2.listing import Listing, answer
from innergate.services.ec2.tag_sets import tag_list, tags_on_create

REMEMBERED = timedelta(hours=1)
"""How long a deleted one is described (VPC User Guide, "Delete a NAT gateway": about an hour)."""

LISTING = Listing(
    "NatGateways",
    "NatGatewayIds",
    "NatGatewayId",
    NAT_GATEWAY,
    {"nat-gateway-id": "NatGatewayId", "state": "State", "subnet-id": "SubnetId", "vpc-id": "VpcId", **TAGS},
)


def gateway_document(gateway: NatGateway) -> Document:
    """A gateway as EC2 answers it."""
    address: Document = {
        "NetworkInterfaceId": gateway.network_interface_id,
        "PrivateIp": gateway.private_ip,
        "IsPrimary": True,
        "Status": "succeeded",
    }
    if gateway.allocation_id:
        address |= {
            "AllocationId": gateway.allocation_id,
            "AssociationId": gateway.association_id,
            "PublicIp": gateway.public_ip,
        }
    document: Document = {
        "NatGatewayId": gateway.id,
        "VpcId": gateway.vpc_id,
        "SubnetId": gateway.subnet_id,
        "State": "deleted" if gateway.deleted_at else "available",
        "ConnectivityType": gateway.connectivity_type,
        "CreateTime": gateway.created_at,
        "NatGatewayAddresses": [address],
        "Tags": tag_list(gateway.tags),
    }
    if gateway.deleted_at:
        document["DeleteTime"] = gateway.deleted_at
    return document


def create(context: Context, params: Params) -> Result:
    """CreateNatGateway: zonal, public (with an elastic address) or private."""
    token = {"ClientToken": params["ClientToken"]} if params.get("ClientToken") else {}
    made = made_before(context, NatGateway, params)
    if made is not None:
        return {"NatGateway": gateway_document(made), **token}
    tags = tags_on_create(params, "natgateway")
    if not params.get("SubnetId"):
        raise Fault("MissingParameter", "The request must contain the parameter SubnetId")
    subnet = own(context, Subnet, SUBNET, params["SubnetId"])
    kind = params.get("ConnectivityType") or "public"
    address = _elastic_address(context, params, kind)
    id = fresh_ec2_id(context.ids, "nat")
    interface = allocate_interface(
        context.tx,
        context.ids,
        context.clock,
        subnet,
        NewInterface(
            address=params.get("PrivateIpAddress"),
            interface_type="nat_gateway",
            description=f"Interface for NAT Gateway {id}",
            holder_kind="nat-gateway",
            holder=id,
            attachment_prefix="ela-attach",
            instance_owner_id="amazon-aws",
            requester_managed=True,
        ),
    )
    joined = join(context, address, interface, interface.private_ip_address) if address is not None else None
    gateway = NatGateway(
        id=id,
        account=context.account,
        region=context.region,
        vpc_id=subnet.vpc_id,
        subnet_id=subnet.id,
        network_interface_id=interface.id,
        private_ip=interface.private_ip_address,
        created_at=context.clock.now(),
        connectivity_type=kind,
        allocation_id=joined.id if joined is not None else "",
        association_id=joined.association_id if joined is not None else "",
        public_ip=joined.public_ip if joined is not None else "",
        tags=tags,
        client_token=token_mark(params),
    )
    context.tx.put(gateway)
    return {"NatGateway": gateway_document(gateway) | {"State": "pending"}, **token}


def _elastic_address(context: Context, params: Params, kind: str) -> ElasticAddress | None:
    """The free address that a public gateway is given, None for a private one. Raises Fault."""
    allocation_id = params.get("AllocationId")
    if (kind == "public") != bool(allocation_id):
        raise Fault(
            "MissingParameter" if kind == "public" else "InvalidParameterCombination",
            "A public NAT gateway needs an AllocationId, a private one must not have one.",
        )
    address = own(context, ElasticAddress, ALLOCATION, allocation_id) if allocation_id else None
    if address is not None and address.association_id:
        raise Fault(
            "Resource.AlreadyAssociated",
            f"resource {address.id} is already associated with associate-id {address.association_id}",
        )
    return address


def _is_remembered(context: Context, gateway: NatGateway) -> bool:
    return gateway.deleted_at is None or context.clock.now() - gateway.deleted_at < REMEMBERED


def describe(context: Context, params: Params) -> Result:
    """DescribeNatGateways: deleted ones for an hour."""
    found = (g for g in all_own(context, NatGateway) if _is_remembered(context, g))
    return answer(LISTING, {**params, "Filters": params.get("Filter")}, map(gateway_document, found))


def delete(context: Context, params: Params) -> Result:
    """DeleteNatGateway: gives its elastic address back to the account."""
    gateway = own(context, NatGateway, NAT_GATEWAY, params["NatGatewayId"])
    if gateway.deleted_at is not None:
        raise NAT_GATEWAY.missing(gateway.id)
    if gateway.allocation_id:
        part(context, own(context, ElasticAddress, ALLOCATION, gateway.allocation_id))
    for interface in context.tx.find(NetworkInterface, "holder", f"nat-gateway/{gateway.id}"):
        context.tx.delete(interface)
    context.tx.put(msgspec.structs.replace(gateway, deleted_at=context.clock.now(), client_token=""))
    return {"NatGatewayId": gateway.id}
