"""Internet gateways: records that are attached to a VPC; no packet leaves by them."""

import msgspec

from innergate.primitives.fault import Fault
from innergate.primitives.ids import fresh_ec2_id
from innergate.resources.network_interfaces import NetworkInterface
from innergate.resources.network_records import InternetGateway
from innergate.resources.public_addresses import ElasticAddress
from innergate.resources.vpcs import Vpc
from innergate.services.context import Context, Params, Result
from innergate.services.ec2.filters import TAGS, Document
from innergate.services.ec2.identifiers import INTERNET_GATEWAY, VPC, all_own, own
from innergate.services.ec2.listing import Listing, answer
from innergate.services.ec2.tag_sets import tag_list, tags_on_create

LISTING = Listing(
    "InternetGateways",
    "InternetGatewayIds",
    "InternetGatewayId",
    INTERNET_GATEWAY,
    {
        "attachment.state": "Attachments.State",
        "attachment.vpc-id": "Attachments.VpcId",
        "internet-gateway-id": "InternetGatewayId",
        "owner-id": "OwnerId",
        **TAGS,
    },
)


def gateway_document(gateway: InternetGateway) -> Document:
    """A gateway as EC2 answers it."""
    return {
        "InternetGatewayId": gateway.id,
        "OwnerId": gateway.account,
        "Attachments": [{"State": "available", "VpcId": gateway.vpc_id}] if gateway.vpc_id else [],
        "Tags": tag_list(gateway.tags),
    }


def create(context: Context, params: Params) -> Result:
    """CreateInternetGateway."""
    gateway = InternetGateway(
        id=fresh_ec2_id(context.ids, "igw"),
        account=context.account,
        region=context.region,
        created_at=context.clock.now(),
        tags=tags_on_create(params, "internet-gateway"),
    )
    context.tx.put(gateway)
    return {"InternetGateway": gateway_document(gateway)}


def describe(context: Context, params: Params) -> Result:
    """DescribeInternetGateways."""
    return answer(LISTING, params, map(gateway_document, all_own(context, InternetGateway)))


def attach(context: Context, params: Params) -> None:
    """AttachInternetGateway: one gateway a VPC, one VPC a gateway."""
    gateway = own(context, InternetGateway, INTERNET_GATEWAY, params["InternetGatewayId"])
    vpc = own(context, Vpc, VPC, params["VpcId"])
    if gateway.vpc_id:
        raise Fault(
            "Resource.AlreadyAssociated", f"resource {gateway.id} is already attached to network {gateway.vpc_id}"
        )
    if context.tx.find(InternetGateway, "vpc", vpc.id):
        raise Fault("InvalidParameterValue", f"Network {vpc.id} already has an internet gateway attached")
    context.tx.put(msgspec.structs.replace(gateway, vpc_id=vpc.id))


def detach(context: Context, params: Params) -> None:
    """DetachInternetGateway. Routes to it stay, as blackholes."""
    gateway = own(context, InternetGateway, INTERNET_GATEWAY, params["InternetGatewayId"])
    vpc = own(context, Vpc, VPC, params["VpcId"])
    if gateway.vpc_id != vpc.id:
        raise Fault("Gateway.NotAttached", f"resource {gateway.id} is not attached to network {vpc.id}")
    if _has_public_addresses(context, vpc.id):
        raise Fault(
            "DependencyViolation",
            f"Network {vpc.id} has some mapped public address(es). Please unmap those public address(es) before detaching "
            "the gateway.",
        )
    context.tx.put(msgspec.structs.replace(gateway, vpc_id=""))


def _has_public_addresses(context: Context, vpc_id: str) -> bool:
    """Whether an interface of the VPC has an elastic address, its own or as a NAT gateway's."""
    for address in all_own(context, ElasticAddress):
        interface = context.tx.get(NetworkInterface, address.network_interface_id)
        if interface is not None and interface.vpc_id == vpc_id:
            return True
    return False


def delete(context: Context, params: Params) -> None:
    """DeleteInternetGateway: only a detached one that no route names."""
    gateway = own(context, InternetGateway, INTERNET_GATEWAY, params["InternetGatewayId"])
    if gateway.vpc_id or context.tx.holders_of(gateway.key):
        raise Fault(
            "DependencyViolation", f"The internetGateway '{gateway.id}' has dependencies and cannot be deleted."
        )
    context.tx.delete(gateway)
