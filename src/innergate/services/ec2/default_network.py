"""The network that an account finds in every region: a default VPC with a subnet a zone, a gateway, groups and lists.

It is a pure function of the account and the region: the ids derive from both, so a reader may be shown the network before
anything has stored it, and the first writer stores just that.
"""

import hashlib
from datetime import datetime
from typing import final

import msgspec

from innergate.primitives.cidr import host_at
from innergate.primitives.clock import Clock
from innergate.primitives.ids import AccountId, IdSource, Region, fresh_ec2_id
from innergate.resources.network_records import (
    DhcpOptions,
    InternetGateway,
    NetworkAcl,
    NetworkAclAssociation,
    NetworkAclEntry,
    RegionNetwork,
)
from innergate.resources.route_tables import Route, RouteTable, RouteTableAssociation
from innergate.resources.security_groups import SecurityGroup, SecurityGroupRule
from innergate.resources.subnets import Subnet
from innergate.resources.vpcs import CidrAssociation, Vpc
from innergate.services.context import Context
from innergate.services.ec2.zones import Zone, zones_of
from innergate.store.transaction import Transaction

DEFAULT_CIDR = "172.31.0.0/16"
LAST_RULE = 32767


@final
class DerivedIds:
    """Identifiers that follow from a seed text: the same seed gives the same sequence."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._count = 0

    def pick(self, alphabet: str, length: int) -> str:
        """`length` letters of `alphabet`, the next in the sequence."""
        self._count += 1
        digest = hashlib.shake_256(f"{self._seed}#{self._count}".encode()).digest(length)
        return "".join(alphabet[byte % len(alphabet)] for byte in digest)


def acl_defaults() -> tuple[NetworkAclEntry, ...]:
    """The two denials that close every network ACL."""
    return tuple(
        NetworkAclEntry(rule_number=LAST_RULE, egress=egress, protocol="-1", rule_action="deny", cidr_block="0.0.0.0/0")
        for egress in (True, False)
    )


def egress_to_all(ids: IdSource) -> SecurityGroupRule:
    """The rule that every new group starts with."""
    return SecurityGroupRule(
        rule_id=fresh_ec2_id(ids, "sgr"),
        is_egress=True,
        protocol="-1",
        from_port=-1,
        to_port=-1,
        cidr_ipv4="0.0.0.0/0",
    )


def make_vpc(tx: Transaction, ids: IdSource, clock: Clock, vpc: Vpc) -> None:
    """Writes the VPC and what comes with it: main route table, default security group, default network ACL."""
    now = clock.now()
    tx.put(vpc)
    tx.put(
        RouteTable(
            id=fresh_ec2_id(ids, "rtb"),
            account=vpc.account,
            region=vpc.region,
            vpc_id=vpc.id,
            created_at=now,
            routes=(Route(destination=vpc.cidr_block, target_kind="local", target="local", origin="CreateRouteTable"),),
            associations=(RouteTableAssociation(association_id=fresh_ec2_id(ids, "rtbassoc"), main=True),),
        )
    )
    tx.put(_default_group(ids, vpc, now))
    tx.put(_default_acl(ids, vpc, now))


def _default_group(ids: IdSource, vpc: Vpc, now: datetime) -> SecurityGroup:
    group_id = fresh_ec2_id(ids, "sg")
    from_itself = SecurityGroupRule(
        rule_id=fresh_ec2_id(ids, "sgr"),
        is_egress=False,
        protocol="-1",
        from_port=-1,
        to_port=-1,
        referenced_group_id=group_id,
        referenced_user_id=vpc.account,
    )
    return SecurityGroup(
        id=group_id,
        account=vpc.account,
        region=vpc.region,
        vpc_id=vpc.id,
        group_name="default",
        description="default VPC security group",
        created_at=now,
        rules=(from_itself, egress_to_all(ids)),
    )


def _default_acl(ids: IdSource, vpc: Vpc, now: datetime) -> NetworkAcl:
    allow = tuple(
        NetworkAclEntry(rule_number=100, egress=egress, protocol="-1", rule_action="allow", cidr_block="0.0.0.0/0")
        for egress in (True, False)
    )
    return NetworkAcl(
        id=fresh_ec2_id(ids, "acl"),
        account=vpc.account,
        region=vpc.region,
        vpc_id=vpc.id,
        is_default=True,
        created_at=now,
        entries=(*allow, *acl_defaults()),
    )


def make_subnet(tx: Transaction, ids: IdSource, subnet: Subnet) -> None:
    """Writes the subnet and associates it with its VPC's default network ACL."""
    tx.put(subnet)
    acl = next(a for a in tx.find(NetworkAcl, "vpc", subnet.vpc_id) if a.is_default)
    joined = NetworkAclAssociation(association_id=fresh_ec2_id(ids, "aclassoc"), subnet_id=subnet.id)
    tx.put(msgspec.structs.replace(acl, associations=(*acl.associations, joined)))


def make_default_vpc(tx: Transaction, ids: IdSource, clock: Clock, network: RegionNetwork) -> Vpc:
    """Writes a default VPC with its subnets and internet gateway, and gives it."""
    account, region, now = network.account, network.region, clock.now()
    vpc = Vpc(
        id=fresh_ec2_id(ids, "vpc"),
        account=account,
        region=region,
        cidr_block=DEFAULT_CIDR,
        cidr_associations=(
            CidrAssociation(association_id=fresh_ec2_id(ids, "vpc-cidr-assoc"), cidr_block=DEFAULT_CIDR),
        ),
        created_at=now,
        is_default=True,
        dhcp_options_id=network.dhcp_options_id,
        enable_dns_hostnames=True,
    )
    make_vpc(tx, ids, clock, vpc)
    gateway = InternetGateway(
        id=fresh_ec2_id(ids, "igw"), account=account, region=region, created_at=now, vpc_id=vpc.id
    )
    tx.put(gateway)
    (table,) = tx.find(RouteTable, "main", vpc.id)
    out = Route(destination="0.0.0.0/0", target_kind="internet-gateway", target=gateway.id)
    tx.put(msgspec.structs.replace(table, routes=(*table.routes, out)))
    for index, zone in enumerate(zones_of(region)):
        make_subnet(tx, ids, default_subnet(ids, clock, vpc, zone, f"{host_at(DEFAULT_CIDR, index * 4096)}/20"))
    return vpc


def default_subnet(ids: IdSource, clock: Clock, vpc: Vpc, zone: Zone, cidr: str) -> Subnet:
    """The default subnet of a zone, not written yet."""
    return Subnet(
        id=fresh_ec2_id(ids, "subnet"),
        account=vpc.account,
        region=vpc.region,
        vpc_id=vpc.id,
        cidr_block=cidr,
        zone_name=zone.name,
        zone_id=zone.id,
        created_at=clock.now(),
        default_for_az=True,
        map_public_ip_on_launch=True,
    )


def make_default_network(tx: Transaction, account: AccountId, region: Region, clock: Clock) -> RegionNetwork:
    """Writes the account's default network in the region unless that was done before. May be repeated."""
    existing = tx.get(RegionNetwork, f"{account}/{region}")
    if existing is not None:
        return existing
    ids = DerivedIds(f"{account}/{region}")
    domain = "ec2.internal" if region == "us-east-1" else f"{region}.compute.internal"
    options = DhcpOptions(
        id=fresh_ec2_id(ids, "dopt"),
        account=account,
        region=region,
        configurations={"domain-name": (domain,), "domain-name-servers": ("AmazonProvidedDNS",)},
        created_at=clock.now(),
    )
    tx.put(options)
    network = RegionNetwork(
        id=f"{account}/{region}",
        account=account,
        region=region,
        dhcp_options_id=options.id,
        created_at=clock.now(),
    )
    tx.put(network)
    make_default_vpc(tx, ids, clock, network)
    return network


def ensure_default_network(context: Context) -> RegionNetwork:
    """The same for the account and region of a writing call."""
    return make_default_network(context.tx, context.account, context.region, context.clock)


def with_default_network(context: Context) -> Context:
    """A reading call's context in which the default network is there, stored or not."""
    if context.tx.get(RegionNetwork, f"{context.account}/{context.region}") is not None:
        return context
    scratch = context.tx.scratch()
    make_default_network(scratch, context.account, context.region, context.clock)
    return msgspec.structs.replace(context, tx=scratch)
