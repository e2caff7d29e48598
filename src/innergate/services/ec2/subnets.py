"""Subnets: create, describe, attributes, delete."""

from ipaddress import IPv4Network

import msgspec

from innergate.primitives.arn import format_arn
from innergate.primitives.cidr import is_subnet_of, overlaps
from innergate.primitives.fault import Fault
from innergate.primitives.ids import fresh_ec2_id
from innergate.resources.network_interfaces import NetworkInterface
from innergate.resources.network_records import NetworkAcl
from innergate.resources.route_tables import RouteTable
from innergate.resources.subnets import Subnet
from innergate.resources.vpcs import Vpc
from innergate.resources.workloads import Workload
from innergate.services.context import Context, Params, Result
from innergate.services.ec2.address_allocation import count_free
from innergate.services.ec2.cidr_blocks import read_cidr_block
from innergate.services.ec2.default_network import default_subnet, ensure_default_network, make_subnet
from innergate.services.ec2.filters import TAGS, Document
from innergate.services.ec2.identifiers import SUBNET, VPC, all_own, own
from innergate.services.ec2.listing import Listing, answer
from innergate.services.ec2.tag_sets import tag_list, tags_on_create
from innergate.services.ec2.zones import choose_zone
from innergate.store.transaction import Transaction

LISTING = Listing(
    "Subnets",
    "SubnetIds",
    "SubnetId",
    SUBNET,
    {
        "availability-zone": "AvailabilityZone",
        "availabilityZone": "AvailabilityZone",
        "availability-zone-id": "AvailabilityZoneId",
        "availabilityZoneId": "AvailabilityZoneId",
        "available-ip-address-count": "AvailableIpAddressCount",
        "cidr-block": "CidrBlock",
        "cidr": "CidrBlock",
        "cidrBlock": "CidrBlock",
        "customer-owned-ipv4-pool": "CustomerOwnedIpv4Pool",
        "default-for-az": "DefaultForAz",
        "defaultForAz": "DefaultForAz",
        "enable-dns64": "EnableDns64",
        "enable-lni-at-device-index": "EnableLniAtDeviceIndex",
        "ipv6-cidr-block-association.ipv6-cidr-block": "Ipv6CidrBlockAssociationSet.Ipv6CidrBlock",
        "ipv6-cidr-block-association.association-id": "Ipv6CidrBlockAssociationSet.AssociationId",
        "ipv6-cidr-block-association.state": "Ipv6CidrBlockAssociationSet.Ipv6CidrBlockState.State",
        "ipv6-native": "Ipv6Native",
        "map-customer-owned-ip-on-launch": "MapCustomerOwnedIpOnLaunch",
        "map-public-ip-on-launch": "MapPublicIpOnLaunch",
        "outpost-arn": "OutpostArn",
        "owner-id": "OwnerId",
        "private-dns-name-options-on-launch.hostname-type": "PrivateDnsNameOptionsOnLaunch.HostnameType",
        "private-dns-name-options-on-launch.enable-resource-name-dns-a-record": (
            "PrivateDnsNameOptionsOnLaunch.EnableResourceNameDnsARecord"
        ),
        "private-dns-name-options-on-launch.enable-resource-name-dns-aaaa-record": (
            "PrivateDnsNameOptionsOnLaunch.EnableResourceNameDnsAAAARecord"
        ),
        "state": "State",
        "subnet-arn": "SubnetArn",
        "subnet-id": "SubnetId",
        "vpc-id": "VpcId",
        **TAGS,
    },
)


def subnet_document(tx: Transaction, subnet: Subnet) -> Document:
    """A subnet as EC2 answers it."""
    attributes = subnet.attributes
    return {
        "SubnetId": subnet.id,
        "SubnetArn": format_arn("ec2", subnet.region, subnet.account, f"subnet/{subnet.id}"),
        "VpcId": subnet.vpc_id,
        "OwnerId": subnet.account,
        "State": "available",
        "CidrBlock": subnet.cidr_block,
        "Ipv6CidrBlockAssociationSet": [],
        "AvailableIpAddressCount": count_free(tx, subnet),
        "AvailabilityZone": subnet.zone_name,
        "AvailabilityZoneId": subnet.zone_id,
        "DefaultForAz": subnet.default_for_az,
        "MapPublicIpOnLaunch": subnet.map_public_ip_on_launch,
        "MapCustomerOwnedIpOnLaunch": False,
        "AssignIpv6AddressOnCreation": False,
        "Ipv6Native": False,
        "EnableDns64": bool(attributes.get("EnableDns64", False)),
        **(
            {"EnableLniAtDeviceIndex": attributes["EnableLniAtDeviceIndex"]}
            if "EnableLniAtDeviceIndex" in attributes
            else {}
        ),
        "PrivateDnsNameOptionsOnLaunch": {
            "HostnameType": attributes.get("HostnameType", "ip-name"),
            "EnableResourceNameDnsARecord": bool(attributes.get("EnableResourceNameDnsARecord", False)),
            "EnableResourceNameDnsAAAARecord": bool(attributes.get("EnableResourceNameDnsAAAARecord", False)),
        },
        "BlockPublicAccessStates": {"InternetGatewayBlockMode": "off"},
        "Tags": tag_list(subnet.tags),
    }


def _checked_range(tx: Transaction, vpc: Vpc, text: str | None) -> str:
    network = read_cidr_block(text)
    if not 16 <= network.prefixlen <= 28 or not any(
        is_subnet_of(str(network), a.cidr_block) for a in vpc.cidr_associations
    ):
        raise Fault("InvalidSubnet.Range", f"The CIDR '{text}' is invalid.")
    if any(overlaps(str(network), other.cidr_block) for other in tx.find(Subnet, "vpc", vpc.id)):
        raise Fault("InvalidSubnet.Conflict", f"The CIDR '{text}' conflicts with another subnet")
    return str(network)


def create(context: Context, params: Params) -> Result:
    """CreateSubnet."""
    tags = tags_on_create(params, "subnet")
    vpc = own(context, Vpc, VPC, params["VpcId"])
    if params.get("Ipv6CidrBlock") or params.get("Ipv6Native"):
        raise Fault("InvalidParameterValue", "IPv6 CIDR blocks are not supported.")
    zone = choose_zone(context.region, params.get("AvailabilityZone"), params.get("AvailabilityZoneId"))
    subnet = Subnet(
        id=fresh_ec2_id(context.ids, "subnet"),
        account=context.account,
        region=context.region,
        vpc_id=vpc.id,
        cidr_block=_checked_range(context.tx, vpc, params.get("CidrBlock")),
        zone_name=zone.name,
        zone_id=zone.id,
        created_at=context.clock.now(),
        tags=tags,
    )
    make_subnet(context.tx, context.ids, subnet)
    return {"Subnet": subnet_document(context.tx, subnet)}


def create_default(context: Context, params: Params) -> Result:
    """CreateDefaultSubnet: the default subnet of one zone of the default VPC, at the first free /20."""
    ensure_default_network(context)
    zone = choose_zone(context.region, params.get("AvailabilityZone"), params.get("AvailabilityZoneId"))
    found = context.tx.find(Vpc, "default", f"{context.account}/{context.region}")
    if not found:
        raise Fault("DefaultVpcDoesNotExist", "There is no default VPC in this account in this region.")
    vpc = found[0]
    subnets = context.tx.find(Subnet, "vpc", vpc.id)
    if any(s.default_for_az and s.zone_name == zone.name for s in subnets):
        raise Fault(
            "DefaultSubnetAlreadyExistsInAvailabilityZone",
            f"A Default Subnet already exists in Availability Zone '{zone.name}'.",
        )
    for candidate in IPv4Network(vpc.cidr_block).subnets(new_prefix=20):
        if not any(overlaps(str(candidate), s.cidr_block) for s in subnets):
            subnet = default_subnet(context.ids, context.clock, vpc, zone, str(candidate))
            make_subnet(context.tx, context.ids, subnet)
            return {"Subnet": subnet_document(context.tx, subnet)}
    raise Fault("InvalidSubnet.Conflict", "The default VPC has no free range for another default subnet.")


def describe(context: Context, params: Params) -> Result:
    """DescribeSubnets."""
    ordered = sorted(all_own(context, Subnet), key=lambda s: (s.created_at, s.zone_name))
    return answer(LISTING, params, (subnet_document(context.tx, s) for s in ordered))


_NO_ATTRIBUTES = {"SubnetId", "DryRun", "CustomerOwnedIpv4Pool"}
"""Members of ModifySubnetAttribute that set nothing themselves: the pool belongs to MapCustomerOwnedIpOnLaunch."""


def modify_attribute(context: Context, params: Params) -> None:
    """ModifySubnetAttribute: one attribute a call."""
    subnet = own(context, Subnet, SUBNET, params["SubnetId"])
    if len([member for member in params if member not in _NO_ATTRIBUTES]) > 1:
        raise Fault("InvalidParameterCombination", "Fields for multiple attribute types specified.")
    if "MapPublicIpOnLaunch" in params:
        wanted = bool(params["MapPublicIpOnLaunch"].get("Value"))
        context.tx.put(msgspec.structs.replace(subnet, map_public_ip_on_launch=wanted))
        return
    attributes = dict(subnet.attributes)
    named = {
        "EnableDns64": "EnableDns64",
        "EnableResourceNameDnsARecordOnLaunch": "EnableResourceNameDnsARecord",
        "EnableResourceNameDnsAAAARecordOnLaunch": "EnableResourceNameDnsAAAARecord",
    }
    for member, attribute in named.items():
        if member in params:
            attributes[attribute] = bool(params[member].get("Value"))
    if "PrivateDnsHostnameTypeOnLaunch" in params:
        attributes["HostnameType"] = params["PrivateDnsHostnameTypeOnLaunch"]
    if "EnableLniAtDeviceIndex" in params:
        attributes["EnableLniAtDeviceIndex"] = params["EnableLniAtDeviceIndex"]
    if params.get("DisableLniAtDeviceIndex", {}).get("Value"):
        attributes.pop("EnableLniAtDeviceIndex", None)
    if params.get("AssignIpv6AddressOnCreation", {}).get("Value"):
        raise Fault(
            "InvalidParameterValue",
            f"Invalid value 'true' for assignIpv6AddressOnCreation. The subnet {subnet.id} has no IPv6 CIDR block.",
        )
    context.tx.put(msgspec.structs.replace(subnet, attributes=attributes))


def delete(context: Context, params: Params) -> None:
    """DeleteSubnet: leaves its route table and network ACL; refused while an interface or anything else is in it."""
    subnet = own(context, Subnet, SUBNET, params["SubnetId"])
    tx = context.tx
    _stop_hosts(tx, subnet)
    for table in tx.find(RouteTable, "subnet", subnet.id):
        kept = tuple(a for a in table.associations if a.subnet_id != subnet.id)
        tx.put(msgspec.structs.replace(table, associations=kept))
    if tx.holders_of(subnet.key):
        raise Fault("DependencyViolation", f"The subnet '{subnet.id}' has dependencies and cannot be deleted.")
    for acl in tx.find(NetworkAcl, "subnet", subnet.id):
        left = tuple(a for a in acl.associations if a.subnet_id != subnet.id)
        tx.put(msgspec.structs.replace(acl, associations=left))
    tx.delete(subnet)


def _stop_hosts(tx: Transaction, subnet: Subnet) -> None:
    """Hosts that run on this machine end with their subnet; those of functions hold it."""
    # AWS differs: an instance holds its subnet; a host of `innergate run` ends with it, since no AWS call could end it.
    for workload in tx.find(Workload, "vpc", subnet.vpc_id):
        interfaces = tx.find(NetworkInterface, "holder", f"workload/{workload.id}")
        is_function = any(interface.interface_type == "lambda" for interface in interfaces)
        if workload.subnet_id == subnet.id and not is_function:
            for interface in interfaces:
                tx.delete(interface)
            tx.delete(workload)
