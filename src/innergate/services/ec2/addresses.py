"""Elastic addresses. They come from ranges that are reserved for documentation, since nothing here is on the internet."""

from ipaddress import IPv4Network

import msgspec

from innergate.primitives.fault import Fault
from innergate.primitives.ids import fresh_ec2_id
from innergate.resources.base import UniqueName
from innergate.resources.network_interfaces import NetworkInterface
from innergate.resources.public_addresses import ElasticAddress
from innergate.services.context import Context, Params, Result
from innergate.services.ec2.filters import TAGS, Document
from innergate.services.ec2.identifiers import ALLOCATION, INSTANCE, NETWORK_INTERFACE, all_own, is_own, own
from innergate.services.ec2.listing import Listing, answer
from innergate.services.ec2.tag_sets import tag_list, tags_on_create

POOL = (IPv4Network("198.51.100.0/24"), IPv4Network("203.0.113.0/24"))
"""TEST-NET-2 and TEST-NET-3 (RFC 5737)."""
MAX_ADDRESSES = 5
"""Elastic addresses of one account and region (Amazon VPC quotas)."""

LISTING = Listing(
    "Addresses",
    "AllocationIds",
    "AllocationId",
    ALLOCATION,
    {
        "allocation-id": "AllocationId",
        "association-id": "AssociationId",
        "domain": "Domain",
        "instance-id": "InstanceId",
        "network-border-group": "NetworkBorderGroup",
        "network-interface-id": "NetworkInterfaceId",
        "network-interface-owner-id": "NetworkInterfaceOwnerId",
        "private-ip-address": "PrivateIpAddress",
        "public-ip": "PublicIp",
        **TAGS,
    },
)


def address_document(address: ElasticAddress) -> Document:
    """An address as EC2 answers it."""
    document: Document = {
        "AllocationId": address.id,
        "PublicIp": address.public_ip,
        "Domain": "vpc",
        "NetworkBorderGroup": address.region,
        "PublicIpv4Pool": "amazon",
        "Tags": tag_list(address.tags),
    }
    if address.association_id:
        document |= {
            "AssociationId": address.association_id,
            "NetworkInterfaceId": address.network_interface_id,
            "NetworkInterfaceOwnerId": address.account,
            "PrivateIpAddress": address.private_ip_address,
        }
    return document


def allocate(context: Context, params: Params) -> Result:
    """AllocateAddress: the lowest free one. Raises Fault AddressLimitExceeded."""
    tags = tags_on_create(params, "elastic-ip")
    if len(all_own(context, ElasticAddress)) >= MAX_ADDRESSES:
        raise Fault("AddressLimitExceeded", "The maximum number of addresses has been reached.")
    candidates = (str(ip) for network in POOL for ip in network.hosts())
    free = (ip for ip in candidates if context.tx.holder_of_name(UniqueName("public-address", ip)) is None)
    public_ip = next(free, None)
    if public_ip is None:
        raise Fault("InsufficientAddressCapacity", "Insufficient capacity to satisfy your address request.")
    address = ElasticAddress(
        id=fresh_ec2_id(context.ids, "eipalloc"),
        account=context.account,
        region=context.region,
        public_ip=public_ip,
        created_at=context.clock.now(),
        tags=tags,
    )
    context.tx.put(address)
    shown = address_document(address)
    return {
        name: shown[name] for name in ("AllocationId", "PublicIp", "Domain", "NetworkBorderGroup", "PublicIpv4Pool")
    }


def _named(context: Context, params: Params) -> ElasticAddress:
    if params.get("AllocationId"):
        return own(context, ElasticAddress, ALLOCATION, params["AllocationId"])
    public_ip = params.get("PublicIp")
    if not public_ip:
        raise Fault("MissingParameter", "Either 'publicIp' or 'allocationId' must be provided.")
    for address in context.tx.find(ElasticAddress, "public-ip", public_ip):
        if is_own(context, address):
            return address
    raise Fault("InvalidAddress.NotFound", f"Address '{public_ip}' not found.")


def describe(context: Context, params: Params) -> Result:
    """DescribeAddresses."""
    documents = [address_document(a) for a in all_own(context, ElasticAddress)]
    for ip in params.get("PublicIps") or ():
        if all(d["PublicIp"] != ip for d in documents):
            raise Fault("InvalidAddress.NotFound", f"Address '{ip}' not found.")
    wanted = params.get("PublicIps")
    return answer(LISTING, params, [d for d in documents if not wanted or d["PublicIp"] in wanted])


def describe_attribute(context: Context, params: Params) -> Result:
    """DescribeAddressesAttribute: no address has a reverse name."""
    ids = params.get("AllocationIds") or [a.id for a in all_own(context, ElasticAddress)]
    found = [own(context, ElasticAddress, ALLOCATION, id) for id in ids]
    return {"Addresses": [{"AllocationId": a.id, "PublicIp": a.public_ip} for a in found]}


def associate(context: Context, params: Params) -> Result:
    """AssociateAddress with an interface; there are no instances. What the interface's address had before is free again, as is
    where this one was, unless AllowReassociation forbids it."""
    address = _named(context, params)
    if params.get("InstanceId"):
        raise INSTANCE.missing(params["InstanceId"])
    if not params.get("NetworkInterfaceId"):
        raise Fault("MissingParameter", "Either instance ID or network interface id must be specified")
    interface = own(context, NetworkInterface, NETWORK_INTERFACE, params["NetworkInterfaceId"])
    _require_no_service(interface)
    _require_free_to_go(context, address)
    private = params.get("PrivateIpAddress") or interface.private_ip_address
    if private not in (interface.private_ip_address, *interface.secondary_addresses):
        raise Fault("InvalidParameterValue", f"Address {private} is not assigned to interface {interface.id}")
    if address.association_id and params.get("AllowReassociation") is False:
        raise Fault(
            "Resource.AlreadyAssociated",
            f"resource {address.id} is already associated with associate-id {address.association_id}",
        )
    for other in context.tx.find(ElasticAddress, "interface", interface.id):
        if other.private_ip_address != private or other.id == address.id:
            continue
        if params.get("AllowReassociation") is False:
            raise Fault(
                "Resource.AlreadyAssociated",
                f"resource {interface.id} is already associated with associate-id {other.association_id}",
            )
        part(context, other)
    joined = join(context, address, interface, private)
    return {"AssociationId": joined.association_id}


def _require_no_service(interface: NetworkInterface) -> None:
    """Raises Fault AuthFailure for an interface that a service manages: who makes its NAT gateway or load balancer names the
    address there."""
    if interface.requester_managed:
        raise Fault("AuthFailure", "You do not have permission to access the specified resource.")


def _require_free_to_go(context: Context, address: ElasticAddress) -> None:
    interface = context.tx.get(NetworkInterface, address.network_interface_id) if address.association_id else None
    if interface is not None:
        _require_no_service(interface)


def join(context: Context, address: ElasticAddress, interface: NetworkInterface, private: str) -> ElasticAddress:
    """Gives the address to an interface's private address, under a fresh association id."""
    joined = msgspec.structs.replace(
        address,
        association_id=fresh_ec2_id(context.ids, "eipassoc"),
        network_interface_id=interface.id,
        private_ip_address=private,
    )
    context.tx.put(joined)
    return joined


def part(context: Context, address: ElasticAddress) -> None:
    """Takes the address from its interface."""
    context.tx.put(msgspec.structs.replace(address, association_id="", network_interface_id="", private_ip_address=""))


def disassociate(context: Context, params: Params) -> None:
    """DisassociateAddress; a NAT gateway keeps its own."""
    id = params.get("AssociationId")
    if not id:
        address = _named(context, params)
        _require_free_to_go(context, address)
        part(context, address)
        return
    for address in context.tx.find(ElasticAddress, "association", id):
        if is_own(context, address):
            _require_free_to_go(context, address)
            part(context, address)
            return
    raise Fault("InvalidAssociationID.NotFound", f"The association ID '{id}' does not exist")


def release(context: Context, params: Params) -> None:
    """ReleaseAddress: not while it is associated."""
    address = _named(context, params)
    if address.association_id:
        raise Fault("InvalidIPAddress.InUse", f"Address {address.public_ip} is in use.")
    context.tx.delete(address)
