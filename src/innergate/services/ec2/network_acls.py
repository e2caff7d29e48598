"""Network ACLs: kept and shown as records."""

import msgspec

from innergate.primitives.cidr import parse_cidr
from innergate.primitives.digits import read_digits
from innergate.primitives.fault import Fault
from innergate.primitives.ids import fresh_ec2_id
from innergate.resources.network_records import NetworkAcl, NetworkAclAssociation, NetworkAclEntry
from innergate.resources.vpcs import Vpc
from innergate.services.context import Context, Params, Result
from innergate.services.ec2.default_network import LAST_RULE, acl_defaults
from innergate.services.ec2.filters import TAGS, Document
from innergate.services.ec2.idempotency import made_before, token_mark
from innergate.services.ec2.identifiers import NETWORK_ACL, NETWORK_ACL_ASSOCIATION, VPC, all_own, own
from innergate.services.ec2.listing import Listing, answer
from innergate.services.ec2.tag_sets import tag_list, tags_on_create

LISTING = Listing(
    "NetworkAcls",
    "NetworkAclIds",
    "NetworkAclId",
    NETWORK_ACL,
    {
        "association.association-id": "Associations.NetworkAclAssociationId",
        "association.network-acl-id": "Associations.NetworkAclId",
        "association.subnet-id": "Associations.SubnetId",
        "default": "IsDefault",
        "entry.cidr": "Entries.CidrBlock",
        "entry.icmp.code": "Entries.IcmpTypeCode.Code",
        "entry.icmp.type": "Entries.IcmpTypeCode.Type",
        "entry.ipv6-cidr": "Entries.Ipv6CidrBlock",
        "entry.port-range.from": "Entries.PortRange.From",
        "entry.port-range.to": "Entries.PortRange.To",
        "entry.protocol": "Entries.Protocol",
        "entry.rule-action": "Entries.RuleAction",
        "entry.egress": "Entries.Egress",
        "entry.rule-number": "Entries.RuleNumber",
        "network-acl-id": "NetworkAclId",
        "owner-id": "OwnerId",
        "vpc-id": "VpcId",
        **TAGS,
    },
)
_PROTOCOLS = {"tcp": "6", "udp": "17", "icmp": "1", "icmpv6": "58", "all": "-1"}


def _entry_document(entry: NetworkAclEntry) -> Document:
    document: Document = {
        "RuleNumber": entry.rule_number,
        "Egress": entry.egress,
        "Protocol": entry.protocol,
        "RuleAction": entry.rule_action,
    }
    if entry.cidr_block:
        document["CidrBlock"] = entry.cidr_block
    if entry.ipv6_cidr_block:
        document["Ipv6CidrBlock"] = entry.ipv6_cidr_block
    if entry.from_port is not None:
        document["PortRange"] = {"From": entry.from_port, "To": entry.to_port}
    if entry.icmp_type is not None:
        document["IcmpTypeCode"] = {"Type": entry.icmp_type, "Code": entry.icmp_code}
    return document


def acl_document(acl: NetworkAcl) -> Document:
    """An ACL as EC2 answers it."""
    ordered = sorted(acl.entries, key=lambda e: (not e.egress, e.rule_number))
    return {
        "NetworkAclId": acl.id,
        "VpcId": acl.vpc_id,
        "OwnerId": acl.account,
        "IsDefault": acl.is_default,
        "Entries": [_entry_document(e) for e in ordered],
        "Associations": [
            {"NetworkAclAssociationId": a.association_id, "NetworkAclId": acl.id, "SubnetId": a.subnet_id}
            for a in acl.associations
        ],
        "Tags": tag_list(acl.tags),
    }


def create(context: Context, params: Params) -> Result:
    """CreateNetworkAcl: with nothing but the two closing denials."""
    token = {"ClientToken": params["ClientToken"]} if params.get("ClientToken") else {}
    made = made_before(context, NetworkAcl, params)
    if made is not None:
        return {"NetworkAcl": acl_document(made), **token}
    vpc = own(context, Vpc, VPC, params["VpcId"])
    acl = NetworkAcl(
        id=fresh_ec2_id(context.ids, "acl"),
        account=context.account,
        region=context.region,
        vpc_id=vpc.id,
        is_default=False,
        created_at=context.clock.now(),
        entries=acl_defaults(),
        tags=tags_on_create(params, "network-acl"),
        client_token=token_mark(params),
    )
    context.tx.put(acl)
    return {"NetworkAcl": acl_document(acl), **token}


def describe(context: Context, params: Params) -> Result:
    """DescribeNetworkAcls."""
    return answer(LISTING, params, map(acl_document, all_own(context, NetworkAcl)))


def delete(context: Context, params: Params) -> None:
    """DeleteNetworkAcl: not the default one, nor one that a subnet uses."""
    acl = own(context, NetworkAcl, NETWORK_ACL, params["NetworkAclId"])
    if acl.is_default:
        raise Fault("InvalidParameterValue", f"cannot delete default network ACL {acl.id}")
    if acl.associations:
        raise Fault("DependencyViolation", f"The networkAcl '{acl.id}' has dependencies and cannot be deleted.")
    context.tx.delete(acl)


def _entry(params: Params) -> NetworkAclEntry:
    number: int = params["RuleNumber"]
    if not 1 <= number < LAST_RULE:
        raise Fault("InvalidParameterValue", f"Invalid value '{number}' for ruleNumber. Must be between 1 and 32766.")
    protocol = str(params["Protocol"]).lower()
    protocol = _PROTOCOLS.get(protocol, protocol)
    if protocol != "-1" and read_digits(protocol, 255) is None:
        raise Fault("InvalidParameterValue", f"Invalid value '{params['Protocol']}' for protocol.")
    cidr, ipv6 = params.get("CidrBlock") or "", params.get("Ipv6CidrBlock") or ""
    if bool(cidr) == bool(ipv6):
        raise Fault("MissingParameter", "The request must contain exactly one of cidrBlock or ipv6CidrBlock")
    if cidr:
        network = parse_cidr(cidr)
        if network is None:
            raise Fault("InvalidParameterValue", f"Value ({cidr}) for parameter cidrBlock is invalid.")
        cidr = str(network)
    ports, icmp = params.get("PortRange") or {}, params.get("IcmpTypeCode") or {}
    if protocol in ("6", "17") and ports.get("From") is None:
        raise Fault("MissingParameter", "The request must contain the parameter PortRange.From")
    carries_ports, carries_types = protocol in ("6", "17"), protocol in ("1", "58")
    return NetworkAclEntry(
        rule_number=number,
        egress=bool(params["Egress"]),
        protocol=protocol,
        rule_action=params["RuleAction"],
        cidr_block=cidr,
        ipv6_cidr_block=ipv6,
        from_port=ports.get("From") if carries_ports else None,
        to_port=ports.get("To", ports.get("From")) if carries_ports else None,
        icmp_type=icmp.get("Type", -1) if carries_types else None,
        icmp_code=icmp.get("Code", -1) if carries_types else None,
    )


def _is_same(entry: NetworkAclEntry, number: int, egress: bool) -> bool:
    return entry.rule_number == number and entry.egress == egress


def create_entry(context: Context, params: Params) -> None:
    """CreateNetworkAclEntry."""
    acl = own(context, NetworkAcl, NETWORK_ACL, params["NetworkAclId"])
    entry = _entry(params)
    if any(_is_same(e, entry.rule_number, entry.egress) for e in acl.entries):
        raise Fault(
            "NetworkAclEntryAlreadyExists", f"The network acl entry identified by {entry.rule_number} already exists."
        )
    context.tx.put(msgspec.structs.replace(acl, entries=(*acl.entries, entry)))


def replace_entry(context: Context, params: Params) -> None:
    """ReplaceNetworkAclEntry."""
    acl = own(context, NetworkAcl, NETWORK_ACL, params["NetworkAclId"])
    entry = _entry(params)
    if all(not _is_same(e, entry.rule_number, entry.egress) for e in acl.entries):
        raise _no_entry(entry.rule_number)
    entries = tuple(entry if _is_same(e, entry.rule_number, entry.egress) else e for e in acl.entries)
    context.tx.put(msgspec.structs.replace(acl, entries=entries))


def delete_entry(context: Context, params: Params) -> None:
    """DeleteNetworkAclEntry: never the closing denial."""
    acl = own(context, NetworkAcl, NETWORK_ACL, params["NetworkAclId"])
    number, egress = params["RuleNumber"], bool(params["Egress"])
    if number >= LAST_RULE:
        raise Fault("InvalidParameterValue", f"Invalid value '{number}' for ruleNumber. Must be between 1 and 32766.")
    kept = tuple(e for e in acl.entries if not _is_same(e, number, egress))
    if len(kept) == len(acl.entries):
        raise _no_entry(number)
    context.tx.put(msgspec.structs.replace(acl, entries=kept))


def _no_entry(number: int) -> Fault:
    return Fault(
        "InvalidNetworkAclEntry.NotFound", f"The network acl entry identified by rule number {number} does not exist"
    )


def replace_association(context: Context, params: Params) -> Result:
    """ReplaceNetworkAclAssociation: a subnet moves to another ACL, under a new association id."""
    id = params["AssociationId"]
    NETWORK_ACL_ASSOCIATION.check(id)
    old = next((a for a in all_own(context, NetworkAcl) if any(x.association_id == id for x in a.associations)), None)
    if old is None:
        raise NETWORK_ACL_ASSOCIATION.missing(id)
    acl = own(context, NetworkAcl, NETWORK_ACL, params["NetworkAclId"])
    if acl.vpc_id != old.vpc_id:
        raise Fault("InvalidParameterValue", f"Network ACL {acl.id} and association {id} belong to different networks")
    moved = next(a for a in old.associations if a.association_id == id)
    left = tuple(a for a in old.associations if a is not moved)
    context.tx.put(msgspec.structs.replace(old, associations=left))
    target = own(context, NetworkAcl, NETWORK_ACL, acl.id)  # as it is now: it may be the one that was left
    joined = NetworkAclAssociation(association_id=fresh_ec2_id(context.ids, "aclassoc"), subnet_id=moved.subnet_id)
    context.tx.put(msgspec.structs.replace(target, associations=(*target.associations, joined)))
    return {"NewAssociationId": joined.association_id}
