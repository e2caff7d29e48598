"""Right parameters of calls to EC2 and Elastic Load Balancing, drawn from what there is."""

from collections.abc import Callable, Mapping
from ipaddress import ip_network
from itertools import islice
from typing import Any, TypeAlias

from tests.unit.server.walk.pools import Pools, nothing

from innergate.resources.endpoint_services import EndpointService
from innergate.resources.load_balancers import LoadBalancer
from innergate.resources.network_interfaces import NetworkInterface
from innergate.resources.network_records import PrefixList
from innergate.resources.route_tables import RouteTable
from innergate.resources.security_groups import SecurityGroup
from innergate.resources.subnets import Subnet
from innergate.resources.transit_gateways import TransitGateway, TransitGatewayRouteTable
from innergate.resources.vpc_endpoints import VpcEndpoint
from innergate.resources.vpc_peerings import VpcPeering
from innergate.resources.vpcs import Vpc

Params: TypeAlias = dict[str, Any]
Recipe: TypeAlias = Callable[[Pools], Params]
CIDRS = ("10.0.0.0/16", "10.0.0.0/16", "10.1.0.0/16", "172.16.0.0/20", "192.168.0.0/24")


def maybe(p: Pools, share: float, **params: Any) -> Params:
    """The parameters, or none of them."""
    return params if p.dice.random() < share else {}


def _rule(p: Pools) -> Params:
    protocol = p.dice.choice(("tcp", "tcp", "tcp", "-1", "icmp", "udp"))
    ports = p.dice.choice(((80, 80), (443, 443), (0, 65535), (8000, 8100)))
    span = {"tcp": ports, "udp": ports, "icmp": (-1, -1), "-1": (-1, -1)}[protocol]
    kind = p.dice.randrange(4)
    permission: Params = {"IpProtocol": protocol, "FromPort": span[0], "ToPort": span[1]}
    if kind == 0:
        permission["UserIdGroupPairs"] = [{"GroupId": p["GroupId"]}]
    elif kind == 1:
        permission["PrefixListIds"] = [{"PrefixListId": p["PrefixListId"]}]
    else:
        cidrs = ("0.0.0.0/0", "10.0.0.0/8", "10.0.1.0/24", "172.31.0.0/16")
        permission["IpRanges"] = [{"CidrIp": cidr} for cidr in p.dice.sample(cidrs, p.dice.choice((1, 1, 2)))]
    return permission


def _authorize(p: Pools) -> Params:
    return {"GroupId": p["GroupId"], "IpPermissions": [_rule(p)]}


def _revoke(egress: bool) -> Recipe:
    def recipe(p: Pools) -> Params:
        group = p.dice.choice(p.in_vpc(SecurityGroup, lambda g: g.vpc_id) or nothing())
        rules = [r.rule_id for r in group.rules if r.is_egress == egress]
        return {"GroupId": group.id, "SecurityGroupRuleIds": p.some(rules, 1, 2)}

    return recipe


def _subnet(p: Pools) -> Params:
    vpc = p.one(Vpc)
    network = ip_network(vpc.cidr_block)
    size = max(24, network.prefixlen + 2)
    subnets = list(islice(network.subnets(new_prefix=size), 12))
    return {
        "VpcId": vpc.id,
        "CidrBlock": str(p.dice.choice(subnets)),
        "AvailabilityZone": p.region + p.dice.choice("abc"),
    }


def _route_target(p: Pools) -> Params:
    words = {
        "GatewayId": "InternetGatewayId",
        "NatGatewayId": "NatGatewayId",
        "TransitGatewayId": "TransitGatewayId",
        "VpcPeeringConnectionId": "VpcPeeringConnectionId",
        "NetworkInterfaceId": "NetworkInterfaceId",
    }
    name = p.dice.choice(sorted(words))
    return {name: p[words[name]]}


def _route(p: Pools) -> Params:
    where: Params = {"DestinationCidrBlock": p.dice.choice(("0.0.0.0/0", "10.0.0.0/8", *CIDRS))}
    if p.dice.random() < 0.15:
        where = {"DestinationPrefixListId": p["PrefixListId"]}
    return {"RouteTableId": p["RouteTableId"], **where, **_route_target(p)}


def _kept_route(p: Pools) -> Params:
    tables = [t for t in p.in_vpc(RouteTable, lambda t: t.vpc_id) if len(t.routes) > 1]
    table = p.dice.choice(tables or nothing())
    route = p.dice.choice(table.routes[1:])
    name = "DestinationPrefixListId" if route.destination.startswith("pl-") else "DestinationCidrBlock"
    return {"RouteTableId": table.id, name: route.destination}


def zoned_subnets(p: Pools, at_least: int) -> list[str]:
    """Subnets of one network, one a zone."""
    vpc = p.one(Vpc)
    by_zone = {s.zone_id: s.id for s in p.state.find(Subnet, "vpc", vpc.id)}
    return p.some(sorted(by_zone.values()), at_least, 3)


def own_groups(p: Pools) -> list[str]:
    vpc = p.one(Vpc)
    return p.some([g.id for g in p.state.find(SecurityGroup, "vpc", vpc.id)], 0, 2)


def _endpoint(p: Pools) -> Params:
    if p.dice.random() < 0.15:
        tables = p.some([t.id for t in p.in_vpc(RouteTable, lambda t: t.vpc_id)], 0, 2)
        return {
            "VpcId": p["VpcId"],
            "ServiceName": f"com.amazonaws.{p.region}.s3",
            "VpcEndpointType": "Gateway",
            "RouteTableIds": tables,
        }
    groups = own_groups(p)
    return {
        "VpcId": p["VpcId"],
        "ServiceName": p["ServiceName"],
        "VpcEndpointType": "Interface",
        **maybe(p, 0.9, SubnetIds=zoned_subnets(p, 1)),
        **({"SecurityGroupIds": groups} if groups else {}),
        **maybe(p, 0.5, PrivateDnsEnabled=p.dice.random() < 0.5),
        **maybe(p, 0.1, PolicyDocument='{"Statement":[{"Effect":"Deny","Action":"*","Resource":"*","Principal":"*"}]}'),
    }


def _modify_endpoint(p: Pools) -> Params:
    endpoint = p.one(VpcEndpoint)
    vpc = p.state.get(Vpc, endpoint.vpc_id)
    if vpc is not None:
        p.focus(vpc)
    choice = p.dice.randrange(6)
    more: Params = {}
    if choice == 0:
        more = {"AddSubnetIds": zoned_subnets(p, 1)}
    elif choice == 1 and endpoint.subnet_ids:
        more = {"RemoveSubnetIds": p.some(list(endpoint.subnet_ids), 1, 2)}
    elif choice == 2:
        more = {"AddSecurityGroupIds": own_groups(p)}
    elif choice == 3 and endpoint.group_ids:
        more = {"RemoveSecurityGroupIds": p.some(list(endpoint.group_ids), 1, 1)}
    elif choice == 4:
        more = {"PrivateDnsEnabled": p.dice.random() < 0.5}
    elif p.dice.random() < 0.5:
        more = {"PolicyDocument": '{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Principal":"*"}]}'}
    else:
        more = {"ResetPolicy": True}
    return {"VpcEndpointId": endpoint.id, **more}


def _connections(p: Pools) -> Params:
    service = p.one(EndpointService)
    endpoints = [e.id for e in p.state.find(VpcEndpoint, "service", service.id)]
    return {"ServiceId": service.id, "VpcEndpointIds": p.some(endpoints, 1, 2)}


def _permissions(p: Pools) -> Params:
    service = p.one(EndpointService)
    accounts = ("111122223333", "444455556666", "777788889999")
    everybody = [f"arn:aws:iam::{a}:root" for a in accounts] + ["*"]
    kept = [a.principal for a in service.allowed_principals]
    if kept and p.dice.random() < 0.4:
        return {"ServiceId": service.id, "RemoveAllowedPrincipals": p.some(kept, 1, 2)}
    return {"ServiceId": service.id, "AddAllowedPrincipals": p.some(everybody, 1, 2)}


def _network_balancers(p: Pools) -> list[str]:
    return [b.id for b in p.own(LoadBalancer) if b.type == "network"]


def _change_service(p: Pools) -> Params:
    service = p.one(EndpointService)
    choice = p.dice.randrange(4)
    if choice == 0:
        return {"ServiceId": service.id, "AcceptanceRequired": p.dice.random() < 0.5}
    if choice == 1:
        return {"ServiceId": service.id, "AddNetworkLoadBalancerArns": p.some(_network_balancers(p), 1, 1)}
    if choice == 2:
        arns = list(service.network_load_balancer_arns)
        return {"ServiceId": service.id, "RemoveNetworkLoadBalancerArns": p.some(arns, 1, 1)}
    return {"ServiceId": service.id, "PrivateDnsName": p.dice.choice(("svc.example.com", "other.example.com"))}


def _interface_change(p: Pools) -> Params:
    interfaces = p.in_vpc(NetworkInterface, lambda e: e.vpc_id)
    interface = p.dice.choice(interfaces or nothing())
    groups = [g.id for g in p.state.find(SecurityGroup, "vpc", interface.vpc_id)]
    changes: tuple[Params, ...] = (
        {"Groups": p.some(groups, 1, 2)},
        {"Description": {"Value": "d"}},
        {"SourceDestCheck": {"Value": False}},
    )
    return {"NetworkInterfaceId": interface.id, **p.dice.choice(changes)}


def _changed_rule(p: Pools) -> Params:
    groups = [g for g in p.in_vpc(SecurityGroup, lambda g: g.vpc_id) if g.rules]
    group = p.dice.choice(groups or nothing())
    rule = p.dice.choice(group.rules)
    changed: Params = {"IpProtocol": rule.protocol, "FromPort": rule.from_port, "ToPort": rule.to_port}
    kind = p.dice.randrange(3)
    if kind == 0:
        changed["ReferencedGroupId"] = p["GroupId"]
    elif kind == 1:
        changed["PrefixListId"] = p["PrefixListId"]
    else:
        changed["CidrIpv4"] = p.dice.choice(CIDRS)
    return {
        "GroupId": group.id,
        "SecurityGroupRules": [{"SecurityGroupRuleId": rule.rule_id, "SecurityGroupRule": changed}],
    }


def _acl_entry(p: Pools) -> Params:
    return {
        "NetworkAclId": p["NetworkAclId"],
        "RuleNumber": p.dice.randrange(1, 4),
        "Protocol": "-1",
        "RuleAction": p.dice.choice(("allow", "deny")),
        "Egress": p.dice.random() < 0.5,
        "CidrBlock": p.dice.choice(CIDRS),
    }


def _propagation(p: Pools) -> Params:
    return {
        "TransitGatewayRouteTableId": p["TransitGatewayRouteTableId"],
        "TransitGatewayAttachmentId": p["TransitGatewayAttachmentId"],
    }


def _tgw_route(p: Pools) -> Params:
    where = {
        "TransitGatewayRouteTableId": p["TransitGatewayRouteTableId"],
        "DestinationCidrBlock": p.dice.choice(("0.0.0.0/0", *CIDRS)),
    }
    if p.dice.random() < 0.2:
        return {**where, "Blackhole": True}
    word = p.dice.choice(("TransitGatewayAttachmentId", "PeeringAttachmentId"))
    return {**where, "TransitGatewayAttachmentId": p[word]}


def _kept_tgw_route(p: Pools) -> Params:
    tables = [t for t in p.own(TransitGatewayRouteTable) if t.routes]
    table = p.dice.choice(tables or nothing())
    return {"TransitGatewayRouteTableId": table.id, "DestinationCidrBlock": p.dice.choice(table.routes).destination}


def _tgw_attachment(p: Pools) -> Params:
    gateways = p.own(TransitGateway) or nothing()
    return {
        "TransitGatewayId": p.dice.choice(gateways).id,
        "VpcId": p["VpcId"],
        "SubnetIds": zoned_subnets(p, 1),
    }


def _tgw_peering(p: Pools) -> Params:
    peer = p.dice.choice(p.state.all(TransitGateway) or nothing())
    return {
        "TransitGatewayId": p["TransitGatewayId"],
        "PeerTransitGatewayId": peer.id,
        "PeerAccountId": peer.account,
        "PeerRegion": peer.region,
    }


def _peering(p: Pools) -> Params:
    peer = p.dice.choice(p.state.all(Vpc) or nothing())
    return {"VpcId": p["VpcId"], "PeerVpcId": peer.id, "PeerOwnerId": peer.account, "PeerRegion": peer.region}


def _peering_options(p: Pools) -> Params:
    mine = [x for x in p.state.all(VpcPeering) if p.account in (x.account, x.accepter_account)]
    peering = p.dice.choice(mine or nothing())
    side = "RequesterPeeringConnectionOptions" if peering.account == p.account else "AccepterPeeringConnectionOptions"
    wish = {"AllowDnsResolutionFromRemoteVpc": p.dice.random() < 0.5}
    return {"VpcPeeringConnectionId": peering.id, side: wish}


def _nat_gateway(p: Pools) -> Params:
    if p.dice.random() < 0.5:
        return {"SubnetId": p["SubnetId"], "ConnectivityType": "private"}
    return {"SubnetId": p["SubnetId"], "AllocationId": p["AllocationId"]}


def _prefix_list(p: Pools) -> Params:
    entries = [{"Cidr": c} for c in p.some(sorted(set(CIDRS)), 0, 3)]
    name = f"list{p.dice.randrange(4)}"
    return {"PrefixListName": name, "MaxEntries": 3, "AddressFamily": "IPv4", "Entries": entries}


def _modify_prefix_list(p: Pools) -> Params:
    found = p.dice.choice(p.own(PrefixList) or nothing())
    cidr = p.dice.choice(CIDRS)
    verb = "RemoveEntries" if any(e.cidr == cidr for e in found.entries) else "AddEntries"
    return {"PrefixListId": found.id, "CurrentVersion": found.list_version, verb: [{"Cidr": cidr}]}


EC2: Mapping[str, Recipe] = {
    "CreateVpc": lambda p: {"CidrBlock": p.dice.choice(CIDRS)},
    "CreateSubnet": _subnet,
    "AssociateVpcCidrBlock": lambda p: {
        "VpcId": p["VpcId"],
        "CidrBlock": p.dice.choice(("10.7.0.0/16", "10.8.0.0/16")),
    },
    "ModifyVpcAttribute": lambda p: {
        "VpcId": p["VpcId"],
        p.dice.choice(("EnableDnsSupport", "EnableDnsHostnames")): {"Value": p.dice.random() < 0.7},
    },
    "CreateSecurityGroup": lambda p: {
        "GroupName": f"g{p.dice.randrange(9)}",
        "Description": "d",
        "VpcId": p["VpcId"],
    },
    "AuthorizeSecurityGroupIngress": _authorize,
    "AuthorizeSecurityGroupEgress": _authorize,
    "RevokeSecurityGroupIngress": _revoke(False),
    "RevokeSecurityGroupEgress": _revoke(True),
    "DeleteSecurityGroup": lambda p: {"GroupId": p["GroupId"]},
    "ModifySecurityGroupRules": _changed_rule,
    "AssociateRouteTable": lambda p: {"RouteTableId": p["RouteTableId"], "SubnetId": p["SubnetId"]},
    "CreateNetworkAclEntry": _acl_entry,
    "ReplaceNetworkAclEntry": _acl_entry,
    "DeleteNetworkAclEntry": lambda p: {
        "NetworkAclId": p["NetworkAclId"],
        "RuleNumber": p.dice.randrange(1, 4),
        "Egress": p.dice.random() < 0.5,
    },
    "EnableTransitGatewayRouteTablePropagation": _propagation,
    "DisableTransitGatewayRouteTablePropagation": _propagation,
    "CreateDhcpOptions": lambda p: {"DhcpConfigurations": [{"Key": "domain-name", "Values": ["corp"]}]},
    "CreateRoute": _route,
    "ReplaceRoute": lambda p: {**_kept_route(p), **_route_target(p)},
    "DeleteRoute": _kept_route,
    "CreateVpcEndpoint": _endpoint,
    "ModifyVpcEndpoint": _modify_endpoint,
    "DeleteVpcEndpoints": lambda p: {"VpcEndpointIds": p.some([e.id for e in p.own(VpcEndpoint)], 1, 2)},
    "CreateVpcEndpointServiceConfiguration": lambda p: {
        "NetworkLoadBalancerArns": p.some(_network_balancers(p), 1, 2),
        "AcceptanceRequired": p.dice.random() < 0.4,
        **maybe(p, 0.2, PrivateDnsName=p.dice.choice(("svc.example.com", "other.example.com"))),
    },
    "ModifyVpcEndpointServiceConfiguration": _change_service,
    "ModifyVpcEndpointServicePermissions": _permissions,
    "AcceptVpcEndpointConnections": _connections,
    "RejectVpcEndpointConnections": _connections,
    "ModifyNetworkInterfaceAttribute": _interface_change,
    "CreateTransitGatewayRoute": _tgw_route,
    "ReplaceTransitGatewayRoute": _tgw_route,
    "DeleteTransitGatewayRoute": _kept_tgw_route,
    "CreateTransitGatewayVpcAttachment": _tgw_attachment,
    "CreateTransitGatewayPeeringAttachment": _tgw_peering,
    "CreateVpcPeeringConnection": _peering,
    "ModifyVpcPeeringConnectionOptions": _peering_options,
    "CreateNatGateway": _nat_gateway,
    "CreateManagedPrefixList": _prefix_list,
    "ModifyManagedPrefixList": _modify_prefix_list,
    "AttachInternetGateway": lambda p: {"InternetGatewayId": p["InternetGatewayId"], "VpcId": p["VpcId"]},
    "DetachInternetGateway": lambda p: {"InternetGatewayId": p["InternetGatewayId"], "VpcId": p["VpcId"]},
    "ReplaceRouteTableAssociation": lambda p: {"AssociationId": p["AssociationId"], "RouteTableId": p["RouteTableId"]},
    "DisassociateAddress": lambda p: {"PublicIp": p["PublicIp"]},
    "ReleaseAddress": lambda p: {"AllocationId": p["AllocationId"]},
    "AllocateAddress": lambda p: {"Domain": "vpc"},
    "AssociateAddress": lambda p: {
        "AllocationId": p["AllocationId"],
        "NetworkInterfaceId": p["NetworkInterfaceId"],
        **maybe(p, 0.5, AllowReassociation=True),
    },
    "AssignPrivateIpAddresses": lambda p: {
        "NetworkInterfaceId": p["NetworkInterfaceId"],
        "SecondaryPrivateIpAddressCount": 1,
    },
    "UnassignPrivateIpAddresses": lambda p: _secondary(p),
    "CreateTransitGateway": lambda p: {
        "Options": {"AutoAcceptSharedAttachments": "enable"} if p.dice.random() < 0.3 else {}
    },
}


def _secondary(p: Pools) -> Params:
    found = [e for e in p.own(NetworkInterface) if e.secondary_addresses]
    interface = p.dice.choice(found or nothing())
    address = p.dice.choice(interface.secondary_addresses)
    text = address if isinstance(address, str) else address.address
    return {"NetworkInterfaceId": interface.id, "PrivateIpAddresses": [text]}
