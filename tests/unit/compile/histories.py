"""Random histories over a small but rich world: what a long life with many users does to a state."""

import random
from typing import final

import msgspec
from tests.feature.domain_rig import add_rule, asks, below, domain_name, map_path

from innergate.primitives.json_value import JsonValue
from innergate.resources.base import Resource
from innergate.resources.domain_names import BasePathMapping, DomainAccess, DomainName
from innergate.resources.endpoint_services import EndpointService
from innergate.resources.load_balancers import Action, Forward, Listener, ListenerRule, LoadBalancer
from innergate.resources.network_interfaces import NetworkInterface
from innergate.resources.rest_apis import RestApi
from innergate.resources.routing_rules import RoutingRule
from innergate.resources.security_groups import SecurityGroup
from innergate.resources.stages import Stage
from innergate.resources.subnets import Subnet
from innergate.resources.target_groups import Target, TargetGroup
from innergate.resources.transit_gateways import TransitGateway, TransitGatewayAttachment
from innergate.resources.vpc_endpoints import VpcEndpoint
from innergate.resources.vpc_links import VpcLink, VpcLinkV2
from innergate.resources.vpc_peerings import VpcPeering
from innergate.resources.vpcs import Vpc
from innergate.resources.workloads import Workload
from innergate.store.state import Commit
from innergate.testing.scenario import APPLICATION, CONSUMER, GATEWAY, Scenario, proxy_method

CIDRS = ("10.0.0.0/16", "10.0.0.0/16", "172.31.0.0/16", "192.168.0.0/16")
ANYBODY = """{"Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "*"}]}"""
DELETABLE = (
    BasePathMapping, RoutingRule, DomainAccess, DomainName, Workload, Stage, VpcLink, VpcLinkV2, VpcEndpoint, Listener,
    ListenerRule, LoadBalancer, TargetGroup, TransitGatewayAttachment, VpcPeering, Subnet,
)  # fmt: skip


@final
class History:
    """`step` does one random thing that AWS would allow and gives its commits."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.scenario = Scenario()

    def _some(self, cls: type) -> list[Resource]:
        return list(self.scenario.state.all(cls))

    def _one(self, cls: type) -> Resource | None:
        found = self._some(cls)
        return self.random.choice(found) if found else None

    def step(self) -> list[Commit]:
        """The commits of one deed; there may be none."""
        before = len(self.scenario.commits)
        self.scenario.as_account(self.random.choice((APPLICATION, GATEWAY, CONSUMER)))
        self.random.choice(
            (
                self._network, self._network, self._balancer, self._balancer, self._endpoint, self._endpoint,
                self._domain, self._domain, self._application, self._application, self._by_link,
                self._api, self._gateway, self._peering, self._toggle, self._toggle, self._retarget, self._rules,
                self._workload, self._delete,
            )
        )()  # fmt: skip
        self.scenario.commit()
        return self.scenario.commits[before:]

    def _network(self) -> None:
        s = self.scenario
        vpc = self._one(Vpc)
        if vpc is None or self.random.random() < 0.3:
            cidr = self.random.choice(CIDRS)
            vpc = s.vpc(cidr, dns=self.random.random() < 0.8)
        assert isinstance(vpc, Vpc)
        net = vpc.cidr_block.rsplit(".", 2)[0]
        index = self.random.randrange(1, 5)
        if not any(x.cidr_block == f"{net}.{index}.0/24" for x in s.state.find(Subnet, "vpc", vpc.id)):
            s.subnet(vpc, f"{net}.{index}.0/24", self.random.choice("ab"))
        s.group(vpc, ("tcp", 0, 65535, self.random.choice((vpc.cidr_block, "0.0.0.0/0", f"{net}.1.0/24"))))

    def _subnets(self, vpc_id: str) -> list[Subnet]:
        subnets = [s for s in self._some(Subnet) if isinstance(s, Subnet) and s.vpc_id == vpc_id]
        by_zone = {s.zone_id: s for s in subnets}
        return list(by_zone.values())

    def _groups(self, vpc_id: str) -> list[SecurityGroup]:
        found = [g for g in self._some(SecurityGroup) if isinstance(g, SecurityGroup) and g.vpc_id == vpc_id]
        return self.random.sample(found, min(len(found), self.random.randrange(0, 3)))

    def _addresses(self, vpc: Vpc) -> list[str]:
        enis = self._some(NetworkInterface)
        return [e.private_ip_address for e in enis if isinstance(e, NetworkInterface)] + [
            vpc.cidr_block.rsplit(".", 2)[0] + ".1.99"
        ]

    def _balancer(self) -> None:
        vpc = self._one(Vpc)
        if not isinstance(vpc, Vpc):
            return
        subnets = self._subnets(vpc.id)
        if not subnets:
            return
        s = self.scenario
        attributes = {"load_balancing.cross_zone.enabled": "true"} if self.random.random() < 0.4 else {}
        addresses = self.random.choices(self._addresses(vpc), k=self.random.randrange(0, 4))
        targets = [(a, 80, "all" if self.random.random() < 0.3 else "") for a in sorted(set(addresses))]
        balancer = s.load_balancer("lb", *subnets, groups=self._groups(vpc.id), attributes=attributes)
        groups = [
            s.target_group(
                vpc,
                *targets,
                protocol=self.random.choice(("TCP", "TCP", "TLS")),
                attributes={"proxy_protocol_v2.enabled": "true"} if self.random.random() < 0.2 else {},
            )
            for _ in range(self.random.choice((1, 1, 2)))
        ]
        s.listener(balancer, *groups, protocol=self.random.choice(("TCP", "TCP", "TLS")))
        if self.random.random() < 0.5:
            s.endpoint_service(balancer)
        if self.random.random() < 0.7:
            s.vpc_link(balancer)

    def _application(self) -> None:
        """An application load balancer, a rule more of one, or a network load balancer in front of one."""
        s, listener = self.scenario, self._one(Listener)
        if isinstance(listener, Listener) and listener.protocol == "HTTP":
            balancer, group = s.state.get(LoadBalancer, listener.load_balancer_arn), self._one(TargetGroup)
            vpc = s.state.get(Vpc, balancer.vpc_id) if balancer is not None else None
            if balancer is not None and vpc is not None and self.random.random() < 0.3:
                behind = s.target_group(vpc, (balancer.id, 80), type="alb")
                s.listener(s.load_balancer("front", *self._subnets(vpc.id)), behind)
            elif isinstance(group, TargetGroup):
                path: JsonValue = {"Values": [self.random.choice(("/a*", "/b?"))]}
                forward = Action(type="forward", forwards=(Forward(target_group_arn=group.id),))
                priority = self.random.randrange(1, 999)
                s.rule(listener, priority, forward, {"Field": "path-pattern", "PathPatternConfig": path})
            return
        network = self._one(Vpc)
        if isinstance(network, Vpc) and (subnets := self._subnets(network.id)):
            targets = [(address, 80) for address in self.random.sample(self._addresses(network), 1)]
            group = s.target_group(network, *targets, protocol=self.random.choice(("HTTP", "HTTPS")))
            made = s.load_balancer("app", *subnets, type="application", groups=self._groups(network.id))
            s.listener(made, group, protocol="HTTP")

    def _by_link(self) -> None:
        """An API that reaches some load balancer by a VPC link of version 2."""
        s, link, balancer = self.scenario, self._one(VpcLinkV2), self._one(LoadBalancer)
        if not isinstance(link, VpcLinkV2) or self.random.random() < 0.3:
            vpc = self._one(Vpc)
            if isinstance(vpc, Vpc) and (subnets := self._subnets(vpc.id)):
                s.vpc_link_v2(*subnets, groups=self._groups(vpc.id))
            return
        if isinstance(balancer, LoadBalancer):
            method = proxy_method(link.id, "http://inside.test/{proxy}")
            assert method.method_integration is not None
            integration = msgspec.structs.replace(method.method_integration, integration_target=balancer.id)
            method = msgspec.structs.replace(method, method_integration=integration)
            s.private_api(None, methods={("/{proxy+}", "ANY"): method}, policy=ANYBODY)

    def _endpoint(self) -> None:
        vpc = self._one(Vpc)
        if not isinstance(vpc, Vpc):
            return
        subnets = self._subnets(vpc.id)
        if not subnets:
            return
        service = self._one(EndpointService) if self.random.random() < 0.6 else None
        self.scenario.endpoint(
            service if isinstance(service, EndpointService) else "execute-api",
            *subnets,
            groups=self._groups(vpc.id),
            state=self.random.choice(("available", "available", "pendingAcceptance")) if service else "available",
            private_dns=self.random.random() < 0.5,
        )

    def _api(self) -> None:
        link, endpoint = self._one(VpcLink), self._one(VpcEndpoint)
        self.scenario.private_api(
            link if isinstance(link, VpcLink) else None,
            *([endpoint] if isinstance(endpoint, VpcEndpoint) else []),
            stage=self.random.choice(("test", "prod")),
        )

    def _domain(self) -> None:
        """A domain name, a base path of one, or an association, as far as there is what it needs."""
        s = self.scenario
        api, domain, endpoint = self._one(RestApi), self._one(DomainName), self._one(VpcEndpoint)
        if not isinstance(domain, DomainName) or self.random.random() < 0.2:
            modes = ("BASE_PATH_MAPPING_ONLY", "ROUTING_RULE_ONLY", "ROUTING_RULE_THEN_BASE_PATH_MAPPING")
            kind = self.random.choice(("PRIVATE", "REGIONAL"))
            name = f"n{self.random.randrange(3)}.example.com"
            domain_name(s, name, kind, routing_mode=self.random.choice(modes))
        elif isinstance(endpoint, VpcEndpoint) and domain.is_private and self.random.random() < 0.5:
            s.put(
                DomainAccess(
                    id=f"association/{domain.domain_name}/{endpoint.id}",
                    account=endpoint.account,
                    region=s.region,
                    domain_id=domain.id,
                    domain_name=domain.domain_name,
                    domain_name_arn="",
                    domain_account=domain.account,
                    access_association_source=endpoint.id,
                )
            )
        elif isinstance(api, RestApi) and self.random.random() < 0.4:
            taken = {rule.priority for rule in s.state.find(RoutingRule, "domain", domain.id)}
            stages = [stage for stage in s.state.find(Stage, "rest-api", api.id) if stage.stage_name == "test"]
            priority = self.random.randrange(4)
            if stages and priority not in taken:
                condition = self.random.choice((asks("x-a", "*b"), below("a/b")))
                add_rule(s, domain, priority, api, condition, strips=self.random.random() < 0.5)
        elif isinstance(api, RestApi):
            base_path = self.random.choice(("", "a", "a/b", "A"))
            map_path(s, domain, base_path, api, self.random.choice(("", "test", "prod")))

    def _gateway(self) -> None:
        s = self.scenario
        gateway = self._one(TransitGateway)
        if not isinstance(gateway, TransitGateway) or self.random.random() < 0.2:
            gateway, _ = s.transit_gateway()
        vpc, other = self._one(Vpc), self._one(Vpc)
        if isinstance(vpc, Vpc) and self._subnets(vpc.id):
            s.attach(gateway, vpc, *self._subnets(vpc.id))
            if isinstance(other, Vpc) and other.cidr_block != vpc.cidr_block:
                s.route(vpc, other.cidr_block, "transit-gateway", gateway.id)

    def _peering(self) -> None:
        a, b = self._one(Vpc), self._one(Vpc)
        if isinstance(a, Vpc) and isinstance(b, Vpc) and a.cidr_block != b.cidr_block:
            peering = self.scenario.peer(a, b)
            self.scenario.route(a, b.cidr_block, "vpc-peering", peering.id)
            self.scenario.route(b, a.cidr_block, "vpc-peering", peering.id)

    def _toggle(self) -> None:
        endpoint, peering, vpc = self._one(VpcEndpoint), self._one(VpcPeering), self._one(Vpc)
        pick = self.random.randrange(3)
        if pick == 0 and isinstance(endpoint, VpcEndpoint):
            state = self.random.choice(("available", "rejected", "pendingAcceptance"))
            self.scenario.put(msgspec.structs.replace(endpoint, state=state))
        elif pick == 1 and isinstance(peering, VpcPeering):
            state = self.random.choice(("active", "deleted"))
            self.scenario.put(msgspec.structs.replace(peering, state=state))
        elif isinstance(vpc, Vpc):
            self.scenario.put(msgspec.structs.replace(vpc, enable_dns_hostnames=not vpc.enable_dns_hostnames))

    def _retarget(self) -> None:
        group = self._one(TargetGroup)
        if not isinstance(group, TargetGroup):
            return
        vpc = self.scenario.state.get(Vpc, group.vpc_id)
        assert vpc is not None
        now = self.scenario.now
        address = self.random.choice(self._addresses(vpc))
        target = Target(
            target_id=address,
            port=80,
            registered_at=now,
            zone=self.random.choice(("", "all")),
            draining_since=now if self.random.random() < 0.3 else None,
        )
        rest = tuple(t for t in group.targets if t.target_id != address)
        self.scenario.put(msgspec.structs.replace(group, targets=(*rest, target)))

    def _rules(self) -> None:
        group = self._one(SecurityGroup)
        if isinstance(group, SecurityGroup):
            rules = tuple(r for r in group.rules if self.random.random() < 0.7)
            self.scenario.put(msgspec.structs.replace(group, rules=rules))

    def _workload(self) -> None:
        subnet = self._one(Subnet)
        if isinstance(subnet, Subnet):
            address = f"{subnet.cidr_block.rsplit('.', 1)[0]}.{self.random.randrange(20, 40)}"
            if not self.scenario.state.find(NetworkInterface, "address", f"{subnet.vpc_id}/{address}"):
                self.scenario.workload(subnet, address, groups=self._groups(subnet.vpc_id))

    def _delete(self) -> None:
        victim = self._one(self.random.choice(DELETABLE))
        state = self.scenario.state
        if victim is None:
            return
        own = state.find(NetworkInterface, "holder", f"{victim.kind}/{victim.id}")
        keys = {eni.key for eni in own}
        if not [holder for holder in state.holders_of(victim.key) if holder not in keys]:
            self.scenario.drop(victim, *own)
