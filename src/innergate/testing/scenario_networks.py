"""The ground of a scenario: a state under construction, and makers of networks."""

from collections.abc import Sequence
from typing import Self

import msgspec

from innergate.primitives.cidr import contains, host_at
from innergate.primitives.ids import AccountId, Region
from innergate.resources.accounts import Account
from innergate.resources.base import Key, Resource
from innergate.resources.network_interfaces import NetworkInterface
from innergate.resources.route_tables import Route, RouteTable, RouteTableAssociation
from innergate.resources.security_groups import SecurityGroup, SecurityGroupRule
from innergate.resources.subnets import Subnet
from innergate.resources.transit_gateways import (
    TransitGateway,
    TransitGatewayAttachment,
    TransitGatewayRouteTable,
)
from innergate.resources.vpc_peerings import VpcPeering
from innergate.resources.vpcs import CidrAssociation, Vpc
from innergate.resources.workloads import Workload
from innergate.store.state import Change, Commit, State
from innergate.testing.clock import FakeClock

APPLICATION, GATEWAY, CONSUMER = "111111111111", "222222222222", "333333333333"

Rule = tuple[str, int, int, str]
"""(protocol, from port, to port, CIDR or group id)."""


class NetworkScenario:
    """The state, and makers of networks; `Scenario` has the rest."""

    def __init__(self, region: str = "us-east-1", account: str = GATEWAY) -> None:
        self.region, self.account = Region(region), AccountId(account)
        self.now = FakeClock().now()
        self.commits: list[Commit] = []
        """Every commit so far; some makers make one to see what is there."""
        self._state = State()
        self._written: dict[Key, Resource | None] = {}
        self._count = 0
        self._next_address: dict[str, int] = {}

    # -- the state ----------------------------------------------------------------------------------------------------

    @property
    def state(self) -> State:
        """All that was put, committed first."""
        self.commit()
        return self._state

    def put(self, *resources: Resource) -> None:
        """Makes or replaces resources."""
        for resource in resources:
            self._written[resource.key] = resource

    def drop(self, *resources: Resource) -> None:
        """Deletes resources."""
        for resource in resources:
            self._written[resource.key] = None

    def commit(self) -> Commit:
        """One revision with everything put or dropped since the last one."""
        changes = []
        for key, after in self._written.items():
            row = self._state.row(key)
            before = row.resource if row is not None else None
            if before != after:
                changes.append(Change(key, before, after))
        self._written.clear()
        commit = Commit(self._state.revision + 1, tuple(changes))
        if changes:
            self._state = self._state.apply(commit.revision, commit.changes)
            self.commits.append(commit)
        return commit

    def as_account(self, account: str) -> Self:
        """Further makers act in this account."""
        self.account = AccountId(account)
        return self

    def _id(self, prefix: str, length: int = 17) -> str:
        self._count += 1
        return f"{prefix}-{self._count:0{length}x}" if prefix else f"{self._count:0{length}x}"

    def _at(self, of: Resource | None = None) -> tuple[AccountId, Region]:
        return (of.account, of.region) if of is not None else (self.account, self.region)

    # -- networks -----------------------------------------------------------------------------------------------------

    def vpc(self, cidr: str = "10.0.0.0/16", dns: bool = True, account: str = "", region: str = "") -> Vpc:
        """A VPC with its main route table."""
        owner, place = AccountId(account or self.account), Region(region or self.region)
        vpc = Vpc(
            id=self._id("vpc"),
            account=owner,
            region=place,
            cidr_block=cidr,
            cidr_associations=(CidrAssociation(association_id=self._id("vpc-cidr-assoc"), cidr_block=cidr),),
            created_at=self.now,
            enable_dns_support=dns,
            enable_dns_hostnames=dns,
        )
        table = RouteTable(
            id=self._id("rtb"),
            account=owner,
            region=place,
            vpc_id=vpc.id,
            created_at=self.now,
            routes=(Route(destination=cidr, target_kind="local", target="local", origin="CreateRouteTable"),),
            associations=(RouteTableAssociation(association_id=self._id("rtbassoc"), main=True),),
        )
        self.put(vpc, table)
        return vpc

    def main_table(self, vpc: Vpc) -> RouteTable:
        """The VPC's main route table as it is now."""
        return self.state.find(RouteTable, "main", vpc.id)[0]

    def route(self, vpc: Vpc, destination: str, target_kind: str, target: str) -> RouteTable:
        """Adds a route to the VPC's main table."""
        table = self.main_table(vpc)
        added = Route(destination=destination, target_kind=target_kind, target=target)
        table = msgspec.structs.replace(table, routes=(*table.routes, added))
        self.put(table)
        return table

    def subnet(self, vpc: Vpc, cidr: str = "10.0.1.0/24", zone: str = "a") -> Subnet:
        """A subnet in zone a, b or c."""
        account, region = self._at(vpc)
        subnet = Subnet(
            id=self._id("subnet"),
            account=account,
            region=region,
            vpc_id=vpc.id,
            cidr_block=cidr,
            zone_name=f"{region}{zone}",
            zone_id=f"{region}-az{'abcdef'.index(zone) + 1}",
            created_at=self.now,
        )
        self.put(subnet)
        return subnet

    def group(self, vpc: Vpc, *ingress: Rule, egress: Sequence[Rule] = (("-1", -1, -1, "0.0.0.0/0"),)) -> SecurityGroup:
        """A security group of the VPC."""
        account, region = self._at(vpc)
        id = self._id("sg")
        rules = [(False, rule) for rule in ingress] + [(True, rule) for rule in egress]
        group = SecurityGroup(
            id=id,
            account=account,
            region=region,
            vpc_id=vpc.id,
            group_name=id,
            description="",
            created_at=self.now,
            rules=tuple(
                SecurityGroupRule(
                    rule_id=self._id("sgr"),
                    is_egress=is_egress,
                    protocol=protocol,
                    from_port=first,
                    to_port=last,
                    cidr_ipv4="" if source.startswith("sg-") else source,
                    referenced_group_id=source if source.startswith("sg-") else "",
                )
                for is_egress, (protocol, first, last, source) in rules
            ),
        )
        self.put(group)
        return group

    def interface(
        self,
        subnet: Subnet,
        holder: Resource | None = None,
        type: str = "interface",
        address: str = "",
        groups: Sequence[SecurityGroup] = (),
    ) -> NetworkInterface:
        """An ENI, at the next free address where none is given."""
        account, region = self._at(subnet)
        if not address:
            index = self._next_address.get(subnet.id, 200)
            self._next_address[subnet.id] = index + 1
            address = host_at(subnet.cidr_block, index)
        eni = NetworkInterface(
            id=self._id("eni"),
            account=account,
            region=region,
            vpc_id=subnet.vpc_id,
            subnet_id=subnet.id,
            zone_name=subnet.zone_name,
            zone_id=subnet.zone_id,
            private_ip_address=address,
            mac_address="02:00:00:00:00:01",
            created_at=self.now,
            interface_type=type,
            group_ids=tuple(g.id for g in groups),
            holder_kind=holder.kind if holder is not None else "",
            holder=holder.id if holder is not None else "",
        )
        self.put(eni)
        return eni

    def workload(self, subnet: Subnet, address: str, name: str = "", groups: Sequence[SecurityGroup] = ()) -> Workload:
        """A host with its ENI."""
        account, region = self._at(subnet)
        workload = Workload(
            id=self._id("wl"),
            account=account,
            region=region,
            vpc_id=subnet.vpc_id,
            subnet_id=subnet.id,
            address=address,
            name=name,
            created_at=self.now,
            group_ids=tuple(g.id for g in groups),
        )
        self.put(workload)
        self.interface(subnet, workload, address=address, groups=groups)
        return workload

    def transit_gateway(self, region: str = "") -> tuple[TransitGateway, TransitGatewayRouteTable]:
        """A transit gateway with its default table."""
        id, table_id = self._id("tgw"), self._id("tgw-rtb")
        place = Region(region or self.region)
        gateway = TransitGateway(
            id=id,
            account=self.account,
            region=place,
            created_at=self.now,
            association_default_route_table_id=table_id,
            propagation_default_route_table_id=table_id,
        )
        table = TransitGatewayRouteTable(
            id=table_id,
            account=self.account,
            region=place,
            transit_gateway_id=id,
            created_at=self.now,
            default_association=True,
            default_propagation=True,
        )
        self.put(gateway, table)
        return gateway, table

    def attach(self, gateway: TransitGateway, vpc: Vpc, *subnets: Subnet) -> TransitGatewayAttachment:
        """Attaches a VPC, associated with and propagated to the gateway's default table."""
        attachment = TransitGatewayAttachment(
            id=self._id("tgw-attach"),
            account=vpc.account,
            region=gateway.region,
            transit_gateway_id=gateway.id,
            gateway_account=gateway.account,
            resource_type="vpc",
            resource_id=vpc.id,
            resource_account=vpc.account,
            created_at=self.now,
            state="available",
            subnet_ids=tuple(s.id for s in subnets),
        )
        table = self.state.get(TransitGatewayRouteTable, gateway.association_default_route_table_id)
        assert table is not None
        self.put(
            attachment,
            msgspec.structs.replace(
                table,
                associations=(*table.associations, attachment.id),
                propagations=(*table.propagations, attachment.id),
            ),
        )
        return attachment

    def peer_gateways(self, a: TransitGateway, b: TransitGateway) -> TransitGatewayAttachment:
        """Joins two transit gateways; associated with both default tables (routes are static, to be added)."""
        attachment = TransitGatewayAttachment(
            id=self._id("tgw-attach"),
            account=a.account,
            region=a.region,
            transit_gateway_id=a.id,
            gateway_account=a.account,
            resource_type="peering",
            resource_id=b.id,
            resource_account=b.account,
            created_at=self.now,
            state="available",
            peer_region=b.region,
        )
        self.put(attachment)
        for gateway in (a, b):
            table = self.state.get(TransitGatewayRouteTable, gateway.association_default_route_table_id)
            assert table is not None
            self.put(msgspec.structs.replace(table, associations=(*table.associations, attachment.id)))
        return attachment

    def peer(self, a: Vpc, b: Vpc, state: str = "active") -> VpcPeering:
        """A VPC peering."""
        peering = VpcPeering(
            id=self._id("pcx"),
            account=a.account,
            region=a.region,
            requester_vpc_id=a.id,
            accepter_vpc_id=b.id,
            accepter_account=b.account,
            accepter_region=b.region,
            created_at=self.now,
            state=state,
        )
        self.put(peering)
        return peering

    def tenant(self, id: str, name: str) -> Account:
        """An account."""
        account = Account(
            id=id,
            account=AccountId(id),
            region=Region(""),
            name=name,
            email=f"{name}@example.com",
            joined_at=self.now,
        )
        self.put(account)
        return account

    def subnet_of(self, vpc: Vpc, address: str) -> Subnet:
        """The VPC's subnet that the address lies in."""
        subnets = self.state.find(Subnet, "vpc", vpc.id)
        return next(s for s in subnets if contains(s.cidr_block, address))
