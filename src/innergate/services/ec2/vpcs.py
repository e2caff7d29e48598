"""VPCs: create, describe, attributes, ranges, delete."""

from ipaddress import IPv4Network
from typing import Any

import msgspec

from innergate.primitives.cidr import overlaps
from innergate.primitives.fault import Fault
from innergate.primitives.ids import fresh_ec2_id
from innergate.resources.base import Key, Resource
from innergate.resources.network_records import NetworkAcl
from innergate.resources.route_tables import Route, RouteTable
from innergate.resources.security_groups import SecurityGroup
from innergate.resources.subnets import Subnet
from innergate.resources.vpcs import CidrAssociation, Vpc
from innergate.services.context import Context, Params, Result
from innergate.services.ec2.cidr_blocks import read_cidr_block
from innergate.services.ec2.default_network import ensure_default_network, make_default_vpc, make_vpc
from innergate.services.ec2.filters import TAGS, Document
from innergate.services.ec2.identifiers import CIDR_ASSOCIATION, VPC, all_own, own
from innergate.services.ec2.listing import Listing, answer
from innergate.services.ec2.tag_sets import tag_list, tags_on_create

MAX_CIDRS = 5
"""IPv4 ranges of one VPC (Amazon VPC quotas)."""

LISTING = Listing(
    "Vpcs",
    "VpcIds",
    "VpcId",
    VPC,
    {
        "cidr": "CidrBlock",
        "cidr-block": "CidrBlock",
        "cidrBlock": "CidrBlock",
        "cidr-block-association.cidr-block": "CidrBlockAssociationSet.CidrBlock",
        "cidr-block-association.association-id": "CidrBlockAssociationSet.AssociationId",
        "cidr-block-association.state": "CidrBlockAssociationSet.CidrBlockState.State",
        "ipv6-cidr-block-association.ipv6-cidr-block": "Ipv6CidrBlockAssociationSet.Ipv6CidrBlock",
        "ipv6-cidr-block-association.ipv6-pool": "Ipv6CidrBlockAssociationSet.Ipv6Pool",
        "ipv6-cidr-block-association.association-id": "Ipv6CidrBlockAssociationSet.AssociationId",
        "ipv6-cidr-block-association.state": "Ipv6CidrBlockAssociationSet.Ipv6CidrBlockState.State",
        "dhcp-options-id": "DhcpOptionsId",
        "is-default": "IsDefault",
        "isDefault": "IsDefault",
        "owner-id": "OwnerId",
        "state": "State",
        "vpc-id": "VpcId",
        **TAGS,
    },
)

ATTRIBUTES = {
    "enableDnsSupport": ("EnableDnsSupport", "enable_dns_support"),
    "enableDnsHostnames": ("EnableDnsHostnames", "enable_dns_hostnames"),
    "enableNetworkAddressUsageMetrics": ("EnableNetworkAddressUsageMetrics", "enable_network_address_usage_metrics"),
}
"""An attribute's name -> its member and its field."""


def association_document(association: CidrAssociation) -> Document:
    """A range as EC2 answers it."""
    return {
        "AssociationId": association.association_id,
        "CidrBlock": association.cidr_block,
        "CidrBlockState": {"State": association.state},
    }


def vpc_document(vpc: Vpc) -> Document:
    """A VPC as EC2 answers it."""
    return {
        "VpcId": vpc.id,
        "OwnerId": vpc.account,
        "State": "available",
        "CidrBlock": vpc.cidr_block,
        "CidrBlockAssociationSet": [association_document(a) for a in vpc.cidr_associations],
        "Ipv6CidrBlockAssociationSet": [],
        "DhcpOptionsId": vpc.dhcp_options_id,
        "InstanceTenancy": vpc.instance_tenancy,
        "IsDefault": vpc.is_default,
        "BlockPublicAccessStates": {"InternetGatewayBlockMode": "off"},
        "Tags": tag_list(vpc.tags),
    }


def check_range(text: str | None) -> str:
    """The range in its canonical writing. Raises Fault InvalidVpc.Range where it is no /16 to /28."""
    network = read_cidr_block(text)
    if not 16 <= network.prefixlen <= 28:
        raise Fault("InvalidVpc.Range", f"The CIDR '{text}' is invalid.")
    return str(network)


def create(context: Context, params: Params) -> Result:
    """CreateVpc."""
    if params.get("AmazonProvidedIpv6CidrBlock") or params.get("Ipv6CidrBlock"):
        raise Fault("InvalidParameterValue", "IPv6 CIDR blocks are not supported.")
    tags = tags_on_create(params, "vpc")
    cidr = check_range(params.get("CidrBlock"))
    network = ensure_default_network(context)
    vpc = Vpc(
        id=fresh_ec2_id(context.ids, "vpc"),
        account=context.account,
        region=context.region,
        cidr_block=cidr,
        cidr_associations=(
            CidrAssociation(association_id=fresh_ec2_id(context.ids, "vpc-cidr-assoc"), cidr_block=cidr),
        ),
        created_at=context.clock.now(),
        instance_tenancy=params.get("InstanceTenancy") or "default",
        dhcp_options_id=network.dhcp_options_id,
        tags=tags,
    )
    make_vpc(context.tx, context.ids, context.clock, vpc)
    return {"Vpc": vpc_document(vpc) | {"State": "pending"}}


def create_default(context: Context, params: Params) -> Result:
    """CreateDefaultVpc."""
    network = ensure_default_network(context)
    if context.tx.find(Vpc, "default", f"{context.account}/{context.region}"):
        raise Fault("DefaultVpcAlreadyExists", "A Default VPC already exists for this account in this region.")
    return {"Vpc": vpc_document(make_default_vpc(context.tx, context.ids, context.clock, network))}


def describe(context: Context, params: Params) -> Result:
    """DescribeVpcs."""
    return answer(LISTING, params, map(vpc_document, all_own(context, Vpc)))


def describe_attribute(context: Context, params: Params) -> Result:
    """DescribeVpcAttribute."""
    vpc = own(context, Vpc, VPC, params["VpcId"])
    known = ATTRIBUTES.get(params["Attribute"])
    if known is None:
        raise Fault("InvalidParameterValue", f"Value ({params['Attribute']}) for parameter attribute is invalid.")
    member, field = known
    return {"VpcId": vpc.id, member: {"Value": getattr(vpc, field)}}


def modify_attribute(context: Context, params: Params) -> None:
    """ModifyVpcAttribute: one attribute a call."""
    vpc = own(context, Vpc, VPC, params["VpcId"])
    given = {field: params[member].get("Value") for member, field in ATTRIBUTES.values() if member in params}
    if not given:
        raise Fault("MissingParameter", "The request must contain the parameter attribute")
    if len(given) > 1:
        raise Fault("InvalidParameterCombination", "Fields for multiple attribute types specified.")
    changes: dict[str, Any] = {field: bool(value) for field, value in given.items()}
    changed = msgspec.structs.replace(vpc, **changes)
    if changed.enable_dns_hostnames and not changed.enable_dns_support:
        raise Fault(
            "InvalidParameterCombination" if "enable_dns_support" in given else "InvalidParameterValue",
            f"Enabling DNS hostnames requires DNS support on VPC {vpc.id}.",
        )
    context.tx.put(changed)


def associate_cidr(context: Context, params: Params) -> Result:
    """AssociateVpcCidrBlock: a secondary IPv4 range; every route table of the VPC gets its local route."""
    vpc = own(context, Vpc, VPC, params["VpcId"])
    if params.get("AmazonProvidedIpv6CidrBlock") or params.get("Ipv6CidrBlock"):
        raise Fault("InvalidParameterValue", "IPv6 CIDR blocks are not supported.")
    cidr = check_range(params.get("CidrBlock"))
    if any(overlaps(cidr, a.cidr_block) for a in vpc.cidr_associations):
        raise Fault("InvalidVpc.Range", f"The CIDR '{cidr}' is invalid.")
    if len(vpc.cidr_associations) >= MAX_CIDRS:
        raise Fault("CidrLimitExceeded", f"This network '{vpc.id}' has met its maximum number of allowed CIDRs: 5")
    for table in context.tx.find(RouteTable, "vpc", vpc.id):
        if any(r.destination == cidr for r in table.routes):
            raise Fault("InvalidVpc.Range", f"The CIDR '{cidr}' conflicts with a route of {table.id}.")
        local = Route(destination=cidr, target_kind="local", target="local", origin="CreateRouteTable")
        context.tx.put(msgspec.structs.replace(table, routes=(*table.routes, local)))
    added = CidrAssociation(association_id=fresh_ec2_id(context.ids, "vpc-cidr-assoc"), cidr_block=cidr)
    context.tx.put(msgspec.structs.replace(vpc, cidr_associations=(*vpc.cidr_associations, added)))
    return {
        "VpcId": vpc.id,
        "CidrBlockAssociation": association_document(added) | {"CidrBlockState": {"State": "associating"}},
    }


def disassociate_cidr(context: Context, params: Params) -> Result:
    """DisassociateVpcCidrBlock."""
    id = params["AssociationId"]
    vpc = next((v for v in all_own(context, Vpc) if any(a.association_id == id for a in v.cidr_associations)), None)
    if vpc is None:
        raise CIDR_ASSOCIATION.missing(id)
    gone = next(a for a in vpc.cidr_associations if a.association_id == id)
    if gone is vpc.cidr_associations[0]:
        raise Fault(
            "OperationNotPermitted",
            f"The vpc CIDR block with association ID {id} may not be disassociated. It is the primary IPv4 CIDR block "
            "of the VPC",
        )
    network = IPv4Network(gone.cidr_block)
    if any(IPv4Network(s.cidr_block).subnet_of(network) for s in context.tx.find(Subnet, "vpc", vpc.id)):
        raise Fault(
            "InvalidCidrBlock.InUse", f"The vpc {vpc.id} currently has a subnet within CIDR block {gone.cidr_block}"
        )
    for table in context.tx.find(RouteTable, "vpc", vpc.id):
        kept = tuple(r for r in table.routes if r.target_kind != "local" or r.destination != gone.cidr_block)
        context.tx.put(msgspec.structs.replace(table, routes=kept))
    rest = tuple(a for a in vpc.cidr_associations if a is not gone)
    context.tx.put(msgspec.structs.replace(vpc, cidr_associations=rest))
    return {
        "VpcId": vpc.id,
        "CidrBlockAssociation": association_document(gone) | {"CidrBlockState": {"State": "disassociating"}},
    }


def delete(context: Context, params: Params) -> None:
    """DeleteVpc: goes with its main route table, default group and default ACL; anything else in it refuses."""
    vpc = own(context, Vpc, VPC, params["VpcId"])
    tx = context.tx
    parts: list[Resource] = [
        *tx.find(RouteTable, "main", vpc.id),
        *(g for g in tx.find(SecurityGroup, "vpc", vpc.id) if g.group_name == "default"),
        *(a for a in tx.find(NetworkAcl, "vpc", vpc.id) if a.is_default),
    ]
    going = {part.key for part in parts} | {vpc.key}
    if any(holder not in going for key in going for holder in tx.holders_of(Key(*key))):
        raise Fault("DependencyViolation", f"The vpc '{vpc.id}' has dependencies and cannot be deleted.")
    for part in parts:
        tx.delete(part)
    tx.delete(vpc)
