"""EC2's kinds of ids: their prefixes, and what EC2 says of one that is malformed or not there."""

from typing import NamedTuple, TypeVar

from innergate.primitives.fault import Fault
from innergate.resources.base import Resource
from innergate.services.context import Context

R = TypeVar("R", bound=Resource)


class IdKind(NamedTuple):
    """A kind of id. `code` is the stem of the error codes (`<code>.NotFound`, `<code>.Malformed`); `text` the message of
    not found, with `{}` for the id."""

    prefix: str
    code: str
    text: str

    def missing(self, id: str) -> Fault:
        """The fault for an id that names nothing the caller may see."""
        return Fault(f"{self.code}.NotFound", self.text.format(id))

    def check(self, id: str) -> None:
        """Raises Fault `<code>.Malformed` where `id` has not the kind's prefix."""
        if not id.startswith(f"{self.prefix}-"):
            raise Fault(f"{self.code}.Malformed", f'Invalid id: "{id}" (expecting "{self.prefix}-...")')


VPC = IdKind("vpc", "InvalidVpcID", "The vpc ID '{}' does not exist")
SUBNET = IdKind("subnet", "InvalidSubnetID", "The subnet ID '{}' does not exist")
SECURITY_GROUP = IdKind("sg", "InvalidGroup", "The security group '{}' does not exist")
SECURITY_GROUP_RULE = IdKind("sgr", "InvalidSecurityGroupRuleId", "The security group rule ID '{}' does not exist")
NETWORK_INTERFACE = IdKind("eni", "InvalidNetworkInterfaceID", "The networkInterface ID '{}' does not exist")
ROUTE_TABLE = IdKind("rtb", "InvalidRouteTableID", "The routeTable ID '{}' does not exist")
ROUTE_TABLE_ASSOCIATION = IdKind("rtbassoc", "InvalidAssociationID", "The association ID '{}' does not exist")
INTERNET_GATEWAY = IdKind("igw", "InvalidInternetGatewayID", "The internetGateway ID '{}' does not exist")
NETWORK_ACL = IdKind("acl", "InvalidNetworkAclID", "The networkAcl ID '{}' does not exist")
NETWORK_ACL_ASSOCIATION = IdKind("aclassoc", "InvalidAssociationID", "The association ID '{}' does not exist")
DHCP_OPTIONS = IdKind("dopt", "InvalidDhcpOptionID", "The dhcpOption ID '{}' does not exist")
PREFIX_LIST = IdKind("pl", "InvalidPrefixListID", "The prefix list ID '{}' does not exist")
TRANSIT_GATEWAY = IdKind("tgw", "InvalidTransitGatewayID", "Transit Gateway {} was deleted or does not exist.")
TRANSIT_GATEWAY_ATTACHMENT = IdKind(
    "tgw-attach",
    "InvalidTransitGatewayAttachmentID",
    "Transit Gateway Attachment {} was deleted or does not exist.",
)
TRANSIT_GATEWAY_ROUTE_TABLE = IdKind(
    "tgw-rtb", "InvalidRouteTableID", "Transit Gateway Route Table {} was deleted or does not exist."
)
VPC_PEERING = IdKind("pcx", "InvalidVpcPeeringConnectionID", "The vpcPeeringConnection ID '{}' does not exist")
CIDR_ASSOCIATION = IdKind(
    "vpc-cidr-assoc", "InvalidVpcCidrBlockAssociationID", "The vpc CIDR block association ID '{}' does not exist"
)
INSTANCE = IdKind("i", "InvalidInstanceID", "The instance ID '{}' does not exist")
NAT_GATEWAY = IdKind("nat", "InvalidNatGatewayID", "The natGateway ID '{}' does not exist")
ALLOCATION = IdKind("eipalloc", "InvalidAllocationID", "The allocation ID '{}' does not exist")
VOLUME = IdKind("vol", "InvalidVolume", "The volume '{}' does not exist.")
IMAGE = IdKind("ami", "InvalidAMIID", "The image id '[{}]' does not exist")
EGRESS_ONLY_GATEWAY = IdKind("eigw", "InvalidGatewayID", "The eigw ID '{}' does not exist")
VPN_GATEWAY = IdKind("vgw", "InvalidVpnGatewayID", "The vpnGateway ID '{}' does not exist")


def is_own(context: Context, resource: Resource) -> bool:
    """Whether the resource belongs to the caller's account and lies in the called region."""
    return resource.account == context.account and resource.region == context.region


def own(context: Context, cls: type[R], kind: IdKind, id: str) -> R:
    """The caller's resource of that id. Raises Fault `.Malformed` or `.NotFound` (a stranger's looks like none)."""
    kind.check(id)
    resource = context.tx.get(cls, id)
    if resource is None or not is_own(context, resource):
        raise kind.missing(id)
    return resource


def all_own(context: Context, cls: type[R]) -> tuple[R, ...]:
    """Every resource of that class that the caller has in the called region, oldest first."""
    return context.tx.in_account(cls, context.account, context.region)
