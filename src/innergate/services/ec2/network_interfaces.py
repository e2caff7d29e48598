"""Network interfaces as users see and make them."""

from typing import Any

import msgspec

from innergate.primitives.fault import Fault
from innergate.resources.network_interfaces import NetworkInterface
from innergate.resources.public_addresses import ElasticAddress
from innergate.resources.security_groups import SecurityGroup
from innergate.resources.subnets import Subnet
from innergate.resources.vpcs import Vpc
from innergate.services.context import Context, Params, Result
from innergate.services.ec2.address_allocation import NewInterface, allocate_interface, check_address, free_addresses
from innergate.services.ec2.addresses import part
from innergate.services.ec2.filters import TAGS, Document
from innergate.services.ec2.idempotency import made_before, token_mark
from innergate.services.ec2.identifiers import INSTANCE, NETWORK_INTERFACE, SUBNET, all_own, own
from innergate.services.ec2.list_members import required
from innergate.services.ec2.listing import Listing, answer
from innergate.services.ec2.security_groups import groups_for
from innergate.services.ec2.tag_sets import tag_list, tags_on_create
from innergate.store.transaction import Transaction

LISTING = Listing(
    "NetworkInterfaces",
    "NetworkInterfaceIds",
    "NetworkInterfaceId",
    NETWORK_INTERFACE,
    {
        "association.allocation-id": "Association.AllocationId",
        "association.association-id": "Association.AssociationId",
        "addresses.association.owner-id": "PrivateIpAddresses.Association.IpOwnerId",
        "addresses.association.public-ip": "PrivateIpAddresses.Association.PublicIp",
        "addresses.primary": "PrivateIpAddresses.Primary",
        "addresses.private-ip-address": "PrivateIpAddresses.PrivateIpAddress",
        "association.ip-owner-id": "Association.IpOwnerId",
        "association.public-dns-name": "Association.PublicDnsName",
        "association.public-ip": "Association.PublicIp",
        "attachment.attach-time": "Attachment.AttachTime",
        "attachment.attachment-id": "Attachment.AttachmentId",
        "attachment.delete-on-termination": "Attachment.DeleteOnTermination",
        "attachment.device-index": "Attachment.DeviceIndex",
        "attachment.instance-id": "Attachment.InstanceId",
        "attachment.instance-owner-id": "Attachment.InstanceOwnerId",
        "attachment.nat-gateway-id": "Attachment.NatGatewayId",
        "attachment.status": "Attachment.Status",
        "availability-zone": "AvailabilityZone",
        "availability-zone-id": "AvailabilityZoneId",
        "description": "Description",
        "group-id": "Groups.GroupId",
        "group-name": "Groups.GroupName",
        "interface-type": "InterfaceType",
        "ipv6-addresses.ipv6-address": "Ipv6Addresses.Ipv6Address",
        "mac-address": "MacAddress",
        "network-interface-id": "NetworkInterfaceId",
        "operator.managed": "Operator.Managed",
        "operator.principal": "Operator.Principal",
        "owner-id": "OwnerId",
        "private-dns-name": "PrivateDnsName",
        "private-ip-address": "PrivateIpAddress",
        "requester-id": "RequesterId",
        "requester-managed": "RequesterManaged",
        "source-dest-check": "SourceDestCheck",
        "status": "Status",
        "subnet-id": "SubnetId",
        "vpc-id": "VpcId",
        **TAGS,
    },
    unpaged_ids="networkInterfaceIdSet",
)


def host_name(region: str, address: str) -> str:
    """The private DNS name that EC2 gives an address (VPC User Guide, "DNS attributes")."""
    label = "ip-" + address.replace(".", "-")
    return f"{label}.ec2.internal" if region == "us-east-1" else f"{label}.{region}.compute.internal"


def interface_document(tx: Transaction, interface: NetworkInterface) -> Document:
    """An interface as EC2 answers it."""
    vpc = tx.get(Vpc, interface.vpc_id)
    named = vpc is not None and vpc.enable_dns_hostnames

    def address(ip: str, primary: bool) -> Document:
        name = {"PrivateDnsName": host_name(interface.region, ip)} if named else {}
        return {"Primary": primary, "PrivateIpAddress": ip, **name}

    groups = [g for g in (tx.get(SecurityGroup, id) for id in interface.group_ids) if g is not None]
    document: Document = {
        "NetworkInterfaceId": interface.id,
        "OwnerId": interface.account,
        "VpcId": interface.vpc_id,
        "SubnetId": interface.subnet_id,
        "AvailabilityZone": interface.zone_name,
        "AvailabilityZoneId": interface.zone_id,
        "Description": interface.description,
        "Groups": [{"GroupId": g.id, "GroupName": g.group_name} for g in groups],
        "InterfaceType": interface.interface_type,
        "Ipv6Addresses": [],
        "MacAddress": interface.mac_address,
        "PrivateIpAddress": interface.private_ip_address,
        "PrivateIpAddresses": [
            address(interface.private_ip_address, True),
            *(address(ip, False) for ip in interface.secondary_addresses),
        ],
        "RequesterManaged": interface.requester_managed,
        "SourceDestCheck": interface.source_dest_check,
        "Status": "in-use" if interface.attachment_id else "available",
        "Operator": {"Managed": False},
        "TagSet": tag_list(interface.tags),
    }
    if named:
        document["PrivateDnsName"] = host_name(interface.region, interface.private_ip_address)
    for elastic in tx.find(ElasticAddress, "interface", interface.id):
        _show_elastic_address(document, elastic)
    if interface.requester_id:
        document["RequesterId"] = interface.requester_id
    if interface.attachment_id:
        document["Attachment"] = _attachment_document(interface)
    return document


def _show_elastic_address(document: Document, elastic: ElasticAddress) -> None:
    """Adds it where its private address stands: in the list, and at the top for the primary one."""
    association = {
        "AllocationId": elastic.id,
        "AssociationId": elastic.association_id,
        "IpOwnerId": elastic.account,
        "PublicIp": elastic.public_ip,
    }
    for shown in (*document["PrivateIpAddresses"], document):
        if shown["PrivateIpAddress"] == elastic.private_ip_address:
            shown["Association"] = association


def _attachment_document(interface: NetworkInterface) -> Document:
    return {
        "AttachmentId": interface.attachment_id,
        "AttachTime": interface.created_at,
        "DeleteOnTermination": False,
        "DeviceIndex": 1,
        "InstanceOwnerId": interface.instance_owner_id or interface.account,
        "NetworkCardIndex": 0,
        "Status": "attached",
    }


def describe(context: Context, params: Params) -> Result:
    """DescribeNetworkInterfaces."""
    documents = []
    for interface in all_own(context, NetworkInterface):
        document = interface_document(context.tx, interface)
        documents.append(document | {"Tags": document["TagSet"]})
    result = dict(answer(LISTING, params, documents))
    for document in result["NetworkInterfaces"]:
        document.pop("Tags")
    return result


def _requested_addresses(params: Params) -> tuple[str | None, list[str]]:
    primary: str | None = params.get("PrivateIpAddress")
    others = []
    for item in params.get("PrivateIpAddresses") or ():
        address = required(item, "PrivateIpAddress")
        if item.get("Primary"):
            if primary is not None and primary != address:
                raise Fault("InvalidParameterCombination", "Only one primary private IP address can be specified.")
            primary = address
        else:
            others.append(address)
    return primary, others


def create(context: Context, params: Params) -> Result:
    """CreateNetworkInterface."""
    made = made_before(context, NetworkInterface, params)
    if made is not None:
        return {"NetworkInterface": interface_document(context.tx, made), "ClientToken": params["ClientToken"]}
    subnet = own(context, Subnet, SUBNET, params["SubnetId"])
    tags = tags_on_create(params, "network-interface")
    primary, others = _requested_addresses(params)
    for ip in others:
        check_address(context.tx, subnet, ip)
    interface = allocate_interface(
        context.tx,
        context.ids,
        context.clock,
        subnet,
        NewInterface(
            address=primary,
            secondary_addresses=others,
            group_ids=groups_for(context, subnet.vpc_id, params.get("Groups") or ()),
            description=params.get("Description") or "",
            tags=tags,
            client_token=token_mark(params),
        ),
    )
    count = params.get("SecondaryPrivateIpAddressCount") or 0
    if count:
        interface = msgspec.structs.replace(
            interface, secondary_addresses=tuple(free_addresses(context.tx, subnet, count))
        )
        context.tx.put(interface)
    document = interface_document(context.tx, interface) | {"Status": "pending"}
    return {
        "NetworkInterface": document,
        **({"ClientToken": params["ClientToken"]} if params.get("ClientToken") else {}),
    }


def _modifiable(context: Context, id: str) -> NetworkInterface:
    interface = own(context, NetworkInterface, NETWORK_INTERFACE, id)
    if interface.requester_managed:
        raise Fault(
            "OperationNotPermitted",
            f"You do not have permission to access the specified resource: {id} is managed by a service.",
        )
    return interface


def delete(context: Context, params: Params) -> None:
    """DeleteNetworkInterface: only what is not in use."""
    interface = own(context, NetworkInterface, NETWORK_INTERFACE, params["NetworkInterfaceId"])
    if interface.attachment_id or interface.holder or interface.requester_managed:
        raise Fault("InvalidParameterValue", f"Network interface '{interface.id}' is currently in use.")
    for elastic in context.tx.find(ElasticAddress, "interface", interface.id):
        part(context, elastic)
    if context.tx.holders_of(interface.key):
        raise Fault("InvalidParameterValue", f"Network interface '{interface.id}' is currently in use.")
    context.tx.delete(interface)


def describe_attribute(context: Context, params: Params) -> Result:
    """DescribeNetworkInterfaceAttribute."""
    interface = own(context, NetworkInterface, NETWORK_INTERFACE, params["NetworkInterfaceId"])
    document = interface_document(context.tx, interface)
    values: dict[str, Any] = {
        "description": ("Description", {"Value": interface.description}),
        "groupSet": ("Groups", document["Groups"]),
        "sourceDestCheck": ("SourceDestCheck", {"Value": interface.source_dest_check}),
        "attachment": ("Attachment", document.get("Attachment")),
        "associatePublicIpAddress": ("AssociatePublicIpAddress", False),
    }
    attribute = params.get("Attribute")
    if attribute not in values:
        raise Fault("InvalidParameterValue", f"Value ({attribute}) for parameter attribute is invalid.")
    member, value = values[attribute]
    return {"NetworkInterfaceId": interface.id, **({member: value} if value is not None else {})}


def modify_attribute(context: Context, params: Params) -> None:
    """ModifyNetworkInterfaceAttribute: description, groups, or source/destination check; one attribute a call."""
    interface = _modifiable(context, params["NetworkInterfaceId"])
    if len([member for member in params if member not in ("NetworkInterfaceId", "DryRun")]) > 1:
        raise Fault("InvalidParameterCombination", "Fields for multiple attribute types specified.")
    changes: dict[str, Any] = {}
    if "Description" in params:
        changes["description"] = params["Description"].get("Value") or ""
    if "SourceDestCheck" in params:
        changes["source_dest_check"] = bool(params["SourceDestCheck"].get("Value"))
    if params.get("Groups"):
        changes["group_ids"] = groups_for(context, interface.vpc_id, params["Groups"])
    if not changes and "Attachment" not in params:
        raise Fault("MissingParameter", "The request must contain the parameter attribute")
    if "Attachment" in params and params["Attachment"].get("AttachmentId") != interface.attachment_id:
        raise Fault(
            "InvalidAttachmentID.NotFound",
            f"The attachment ID '{params['Attachment'].get('AttachmentId')}' does not exist",
        )
    context.tx.put(msgspec.structs.replace(interface, **changes))


def reset_attribute(context: Context, params: Params) -> None:
    """ResetNetworkInterfaceAttribute: the source/destination check is on again."""
    interface = _modifiable(context, params["NetworkInterfaceId"])
    context.tx.put(msgspec.structs.replace(interface, source_dest_check=True))


def attach(context: Context, params: Params) -> Result:
    """AttachNetworkInterface: there are no instances, so the instance is never found."""
    _modifiable(context, params["NetworkInterfaceId"])
    INSTANCE.check(params["InstanceId"])
    raise INSTANCE.missing(params["InstanceId"])


def detach(context: Context, params: Params) -> None:
    """DetachNetworkInterface: what a service attached stays attached."""
    id = params["AttachmentId"]
    for interface in all_own(context, NetworkInterface):
        if interface.attachment_id == id:
            raise Fault("OperationNotPermitted", f"You are not allowed to manage '{id}' attachments.")
    raise Fault("InvalidAttachmentID.NotFound", f"The attachment ID '{id}' does not exist")


def assign_addresses(context: Context, params: Params) -> Result:
    """AssignPrivateIpAddresses: further addresses of the same subnet."""
    interface = _modifiable(context, params["NetworkInterfaceId"])
    subnet = own(context, Subnet, SUBNET, interface.subnet_id)
    added = list(params.get("PrivateIpAddresses") or ())
    for ip in added:
        if ip not in interface.secondary_addresses:
            check_address(context.tx, subnet, ip)
    if not added:
        added = free_addresses(context.tx, subnet, params.get("SecondaryPrivateIpAddressCount") or 1)
    merged = tuple(dict.fromkeys((*interface.secondary_addresses, *added)))
    context.tx.put(msgspec.structs.replace(interface, secondary_addresses=merged))
    return {
        "NetworkInterfaceId": interface.id,
        "AssignedPrivateIpAddresses": [{"PrivateIpAddress": ip} for ip in added],
        "AssignedIpv4Prefixes": [],
    }


def unassign_addresses(context: Context, params: Params) -> None:
    """UnassignPrivateIpAddresses; elastic addresses of those that go are free again."""
    interface = _modifiable(context, params["NetworkInterfaceId"])
    gone = params.get("PrivateIpAddresses") or ()
    for ip in gone:
        if ip not in interface.secondary_addresses:
            raise Fault("InvalidParameterValue", f"Some of the specified addresses are not assigned to {interface.id}")
    for elastic in context.tx.find(ElasticAddress, "interface", interface.id):
        if elastic.private_ip_address in gone:
            part(context, elastic)
    kept = tuple(ip for ip in interface.secondary_addresses if ip not in gone)
    context.tx.put(msgspec.structs.replace(interface, secondary_addresses=kept))
