"""The two writings of security group rules: permissions (grouped, as Authorize and Revoke take them) and single rules."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from innergate.primitives.arn import format_arn
from innergate.primitives.cidr import parse_cidr
from innergate.primitives.digits import read_digits
from innergate.primitives.fault import Fault
from innergate.resources.security_groups import SecurityGroup, SecurityGroupRule
from innergate.resources.transit_gateways import TransitGatewayAttachment
from innergate.resources.vpc_peerings import VpcPeering
from innergate.services.context import Context, Params
from innergate.services.ec2.filters import Document
from innergate.services.ec2.identifiers import SECURITY_GROUP
from innergate.services.ec2.list_members import required
from innergate.services.ec2.prefix_lists import known_list_id
from innergate.services.ec2.tag_sets import tag_list

_NAMES = {"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6", "all": "-1"}


class RuleSpec(NamedTuple):
    """What a rule admits: protocol, ports, and one peer. `kind` is cidr_ipv4, cidr_ipv6, prefix_list_id or
    referenced_group_id."""

    protocol: str
    from_port: int
    to_port: int
    kind: str
    peer: str
    user_id: str = ""
    description: str | None = None

    @property
    def identity(self) -> tuple[str, int, int, str, str]:
        """What makes two rules of one direction the same."""
        return self.protocol, self.from_port, self.to_port, self.kind, self.peer


def spec_of(rule: SecurityGroupRule) -> RuleSpec:
    """The stored rule as a specification."""
    for kind in ("cidr_ipv4", "cidr_ipv6", "prefix_list_id", "referenced_group_id"):
        if peer := getattr(rule, kind):
            return RuleSpec(
                rule.protocol, rule.from_port, rule.to_port, kind, peer, rule.referenced_user_id, rule.description
            )
    raise ValueError(f"rule {rule.rule_id} has no peer")


def rule_from(
    spec: RuleSpec, rule_id: str, is_egress: bool, tags: Mapping[str, str] | None = None
) -> SecurityGroupRule:
    """The specification as a rule."""
    return SecurityGroupRule(
        rule_id=rule_id,
        is_egress=is_egress,
        protocol=spec.protocol,
        from_port=spec.from_port,
        to_port=spec.to_port,
        cidr_ipv4=spec.peer if spec.kind == "cidr_ipv4" else "",
        cidr_ipv6=spec.peer if spec.kind == "cidr_ipv6" else "",
        prefix_list_id=spec.peer if spec.kind == "prefix_list_id" else "",
        referenced_group_id=spec.peer if spec.kind == "referenced_group_id" else "",
        referenced_user_id=spec.user_id,
        description=spec.description,
        tags=dict(tags or {}),
    )


def normal_protocol(text: object) -> str:
    """ "tcp" for 6 and TCP, "-1" for all. Raises Fault InvalidPermission.Malformed for what is no protocol."""
    name = str(text).lower()
    name = _NAMES.get(name, name)
    if name in ("tcp", "udp", "icmp", "icmpv6", "-1"):
        return name
    if read_digits(name, 255) is not None:
        return name
    raise Fault("InvalidParameterValue", f"Invalid value '{text}' for IP protocol. Unknown protocol.")


def normal_ports(protocol: str, from_port: int | None, to_port: int | None) -> tuple[int, int]:
    """The stored ports (-1 for all). Raises Fault InvalidParameterValue."""
    if protocol in ("tcp", "udp"):
        if from_port is None or to_port is None:
            raise Fault(
                "InvalidParameterValue",
                "Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.",
            )
        for port in (from_port, to_port):
            if not -1 <= port <= 65535:
                raise Fault(
                    "InvalidParameterValue", f"Invalid value '{port}' for portRange. Must be between 0 and 65535."
                )
        if from_port > to_port:
            raise Fault(
                "InvalidParameterValue",
                f"Invalid TCP/UDP port range ({from_port}:{to_port})",
            )
        return (0, 65535) if from_port == -1 else (from_port, to_port)
    if protocol in ("icmp", "icmpv6"):
        return (-1 if from_port is None else from_port), (-1 if to_port is None else to_port)
    return -1, -1


def normal_cidr(text: str, ipv6: bool = False) -> str:
    """The range in canonical writing. Raises Fault InvalidParameterValue."""
    if ipv6:
        if ":" not in text:
            raise Fault("InvalidParameterValue", f"CIDR block {text} is malformed")
        return text.lower()
    network = parse_cidr(text) if "/" in text else None
    if network is None:
        raise Fault("InvalidParameterValue", f"CIDR block {text} is malformed")
    return str(network)


def _referenced(context: Context, group: SecurityGroup, pair: Mapping[str, Any]) -> tuple[str, str]:
    """(group id, its owner) of a pair. Raises Fault InvalidGroup.NotFound."""
    id, name = pair.get("GroupId"), pair.get("GroupName")
    if id:
        other = context.tx.get(SecurityGroup, id)
        joined = other is not None and (other.vpc_id == group.vpc_id or _is_joined(context, group, other))
        if other is None or not (other.account == context.account or joined):
            raise SECURITY_GROUP.missing(id)
        if not joined:
            raise Fault("InvalidGroup.NotFound", "You have specified two resources that belong to different networks.")
        return other.id, other.account
    for other in context.tx.find(SecurityGroup, "vpc", group.vpc_id):
        if other.group_name == name:
            return other.id, other.account
    raise SECURITY_GROUP.missing(name or "")


def _is_joined(context: Context, group: SecurityGroup, other: SecurityGroup) -> bool:
    """Whether the groups' VPCs are peered or hang on one transit gateway (VPC guide, "Security group referencing"): before
    both sides have agreed to that, another account's group is as unknown as a random id."""
    tx = context.tx
    for peering in tx.find(VpcPeering, "vpc", group.vpc_id):
        if peering.state == "active" and other.vpc_id in (peering.requester_vpc_id, peering.accepter_vpc_id):
            return True
    hubs = [
        {a.transit_gateway_id for a in tx.find(TransitGatewayAttachment, "resource", vpc) if a.state == "available"}
        for vpc in (group.vpc_id, other.vpc_id)
    ]
    return bool(hubs[0] & hubs[1])


def specs_of_permission(context: Context, group: SecurityGroup, permission: Mapping[str, Any]) -> list[RuleSpec]:
    """Every single rule that one IpPermission stands for."""
    if permission.get("IpProtocol") is None:
        raise Fault("MissingParameter", "The request must contain the parameter ipProtocol")
    protocol = normal_protocol(permission["IpProtocol"])
    low, high = normal_ports(protocol, permission.get("FromPort"), permission.get("ToPort"))
    specs = []
    for item in permission.get("IpRanges") or ():
        peer = normal_cidr(item.get("CidrIp") or "")
        specs.append(RuleSpec(protocol, low, high, "cidr_ipv4", peer, "", item.get("Description")))
    for item in permission.get("Ipv6Ranges") or ():
        peer = normal_cidr(item.get("CidrIpv6") or "", ipv6=True)
        specs.append(RuleSpec(protocol, low, high, "cidr_ipv6", peer, "", item.get("Description")))
    specs.extend(
        RuleSpec(
            protocol,
            low,
            high,
            "prefix_list_id",
            known_list_id(context, required(item, "PrefixListId")),
            "",
            item.get("Description"),
        )
        for item in permission.get("PrefixListIds") or ()
    )
    for item in permission.get("UserIdGroupPairs") or ():
        id, owner = _referenced(context, group, item)
        specs.append(RuleSpec(protocol, low, high, "referenced_group_id", id, owner, item.get("Description")))
    return specs


def specs_of_request(context: Context, group: SecurityGroup, params: Params) -> list[RuleSpec]:
    """The rules of an Authorize or Revoke request, in its grouped or its flat form. Raises Fault MissingParameter."""
    permissions: Sequence[Mapping[str, Any]] = params.get("IpPermissions") or ()
    if not permissions and params.get("IpProtocol") is not None:
        pair = {"GroupName": params.get("SourceSecurityGroupName"), "UserId": params.get("SourceSecurityGroupOwnerId")}
        permissions = [
            {
                "IpProtocol": params["IpProtocol"],
                "FromPort": params.get("FromPort"),
                "ToPort": params.get("ToPort"),
                "IpRanges": [{"CidrIp": params["CidrIp"]}] if params.get("CidrIp") else [],
                "UserIdGroupPairs": [pair] if params.get("SourceSecurityGroupName") else [],
            }
        ]
    specs = [s for permission in permissions for s in specs_of_permission(context, group, permission)]
    if not specs:
        raise Fault("MissingParameter", "Either 'ipPermissions' or 'securityGroupRuleIds' should be provided.")
    return specs


def describe_peer(spec: RuleSpec) -> str:
    """The rule as EC2's error messages write it."""
    if spec.protocol == "-1":
        return f"peer: {spec.peer}, ALL, ALLOW"
    return f"peer: {spec.peer}, {spec.protocol.upper()}, from port: {spec.from_port}, to port: {spec.to_port}, ALLOW"


def _described(base: Document, description: str | None) -> Document:
    return base if description is None else base | {"Description": description}


def permission_documents(rules: Iterable[SecurityGroupRule]) -> list[Document]:
    """The rules grouped by protocol and ports, as DescribeSecurityGroups answers them."""
    grouped: dict[tuple[str, int, int], Document] = {}
    for rule in rules:
        spec = spec_of(rule)
        key = (spec.protocol, spec.from_port, spec.to_port)
        if key not in grouped:
            ports = {} if spec.protocol == "-1" else {"FromPort": spec.from_port, "ToPort": spec.to_port}
            lists: Document = {"IpRanges": [], "Ipv6Ranges": [], "PrefixListIds": [], "UserIdGroupPairs": []}
            grouped[key] = {"IpProtocol": spec.protocol, **ports, **lists}
        into = grouped[key]
        match spec.kind:
            case "cidr_ipv4":
                into["IpRanges"].append(_described({"CidrIp": spec.peer}, spec.description))
            case "cidr_ipv6":
                into["Ipv6Ranges"].append(_described({"CidrIpv6": spec.peer}, spec.description))
            case "prefix_list_id":
                into["PrefixListIds"].append(_described({"PrefixListId": spec.peer}, spec.description))
            case _:
                pair = {"GroupId": spec.peer, "UserId": spec.user_id}
                into["UserIdGroupPairs"].append(_described(pair, spec.description))
    return list(grouped.values())


def rule_document(group: SecurityGroup, rule: SecurityGroupRule) -> Document:
    """One rule as DescribeSecurityGroupRules answers it."""
    spec = spec_of(rule)
    result: Document = {
        "SecurityGroupRuleId": rule.rule_id,
        "SecurityGroupRuleArn": format_arn("ec2", group.region, group.account, f"security-group-rule/{rule.rule_id}"),
        "GroupId": group.id,
        "GroupOwnerId": group.account,
        "IsEgress": rule.is_egress,
        "IpProtocol": rule.protocol,
        "FromPort": rule.from_port,
        "ToPort": rule.to_port,
        "Tags": tag_list(rule.tags),
    }
    match spec.kind:
        case "cidr_ipv4":
            result["CidrIpv4"] = spec.peer
        case "cidr_ipv6":
            result["CidrIpv6"] = spec.peer
        case "prefix_list_id":
            result["PrefixListId"] = spec.peer
        case _:
            result["ReferencedGroupInfo"] = {"GroupId": spec.peer, "UserId": spec.user_id}
    return _described(result, rule.description)
