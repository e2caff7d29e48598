"""Ids for the parameters of a random call: of what the caller has, now and then of what another has."""

import random
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple, NoReturn, TypeVar, final

from innergate.primitives.ids import GLOBAL
from innergate.resources.alarms import Alarm
from innergate.resources.api_keys import ApiKey, UsagePlan, UsagePlanKey
from innergate.resources.base import Resource
from innergate.resources.certificates import Certificate
from innergate.resources.client_certificates import ClientCertificate
from innergate.resources.deployments import Deployment
from innergate.resources.domain_names import BasePathMapping, DomainAccess, DomainName
from innergate.resources.endpoint_services import EndpointNotification, EndpointService
from innergate.resources.functions import Function, FunctionAlias, Layer, LayerVersion
from innergate.resources.identities import AccessKey, ManagedPolicy, Role, User
from innergate.resources.load_balancers import Listener, ListenerRule, LoadBalancer
from innergate.resources.log_groups import LogGroup
from innergate.resources.network_interfaces import NetworkInterface
from innergate.resources.network_records import DhcpOptions, InternetGateway, NetworkAcl, PrefixList
from innergate.resources.public_addresses import ElasticAddress, NatGateway
from innergate.resources.rest_apis import ApiPart, ApiResource, RestApi
from innergate.resources.route_tables import RouteTable
from innergate.resources.routing_rules import RoutingRule
from innergate.resources.security_groups import SecurityGroup
from innergate.resources.stages import Stage
from innergate.resources.subnets import Subnet
from innergate.resources.target_groups import TargetGroup
from innergate.resources.transit_gateways import (
    TransitGateway,
    TransitGatewayAttachment,
    TransitGatewayRouteTable,
)
from innergate.resources.vpc_endpoints import VpcEndpoint
from innergate.resources.vpc_links import VpcLink, VpcLinkV2
from innergate.resources.vpc_peerings import VpcPeering
from innergate.resources.vpcs import Vpc
from innergate.store.state import State

R = TypeVar("R", bound=Resource)


FAVOURITES = 3
"""So many things of a kind are most often what a call is about, so that they come to have parts."""


class NothingThere(LookupError):
    """There is none of what a call would need."""


class Place(NamedTuple):
    """Who calls, and where."""

    account: str
    region: str


def nothing() -> NoReturn:
    """Raises NothingThere, after `or`."""
    raise NothingThere


@final
class Pools(Mapping[str, str]):
    """One call's picks. `pools["SubnetId"]` is one of the caller's subnets, most often in the network that this call is about;
    `foreign` is how often it is anybody's."""

    def __init__(self, state: State, place: Place, dice: random.Random, foreign: float) -> None:
        self.state, self.dice, self.foreign = state, dice, foreign
        self.account, self.region = place
        self.is_deleting = False
        """Whether only what nobody refers to is wanted."""
        self._focus: dict[type[Resource], Resource] = {}

    def __getitem__(self, word: str) -> str:
        found = WORDS[word](self)
        if not found:
            raise NothingThere(word)
        return self.dice.choice(found)

    def __contains__(self, word: object) -> bool:
        return word in WORDS

    def __iter__(self) -> Iterator[str]:
        return iter(WORDS)

    def __len__(self) -> int:
        return len(WORDS)

    def own(self, cls: type[R]) -> list[R]:
        """The caller's, or sometimes anybody's."""
        everything = self.state.all(cls)
        if self.dice.random() < self.foreign:
            return list(everything)
        own = [r for r in everything if r.account == self.account and r.region in (self.region, GLOBAL)]
        return [r for r in own if not self.state.holders_of(r.key)] if self.is_deleting else own

    def one(self, cls: type[R]) -> R:
        """The one of its class that this call is about."""
        known = self._focus.get(cls)
        if isinstance(known, cls):
            return known
        found = self.own(cls)
        if not found:
            raise NothingThere(cls.__name__)
        picked = self.dice.choice(found[:FAVOURITES] if self.dice.random() < 0.6 else found)
        self._focus[cls] = picked
        return picked

    def focus(self, resource: Resource) -> None:
        """From now on this call is about it."""
        self._focus[type(resource)] = resource

    def in_vpc(self, cls: type[R], vpc_of: Callable[[R], str]) -> list[R]:
        """Most often those of one network."""
        found = self.own(cls)
        if self.dice.random() < 0.1:
            return found
        vpc = self.one(Vpc)
        return [r for r in found if vpc_of(r) == vpc.id]

    def parts(self, part: str) -> list[str]:
        """Ids of one API's parts."""
        api = self.one(RestApi)
        return [p.part_id for p in self.state.find(ApiPart, "part", f"{api.id}/{part}")]

    def of_api(self, cls: type[R]) -> tuple[R, ...]:
        """What one API has of a class."""
        return self.state.find(cls, "rest-api", self.one(RestApi).id)

    def some(self, words: list[str], at_least: int, at_most: int) -> list[str]:
        """So many different ones of the list; NothingThere where there are fewer."""
        if len(words) < at_least:
            raise NothingThere("enough")
        return self.dice.sample(words, self.dice.randrange(at_least, min(at_most, len(words)) + 1))


def _ids(cls: type[Resource]) -> Callable[[Pools], list[str]]:
    return lambda pools: [r.id for r in pools.own(cls)]


def _subnets(p: Pools) -> list[str]:
    return [s.id for s in p.in_vpc(Subnet, lambda s: s.vpc_id)]


def _groups(p: Pools) -> list[str]:
    return [g.id for g in p.in_vpc(SecurityGroup, lambda g: g.vpc_id)]


def _acls(p: Pools) -> list[NetworkAcl]:
    return p.in_vpc(NetworkAcl, lambda a: a.vpc_id)


def _listeners(*protocols: str) -> Callable[[Pools], list[str]]:
    return lambda p: [x.id for x in p.own(Listener) if x.protocol in protocols]


def _target_groups(*protocols: str) -> Callable[[Pools], list[str]]:
    return lambda p: [t.id for t in p.in_vpc(TargetGroup, lambda t: t.vpc_id) if t.protocol in protocols]


def _attachments(kind: str) -> Callable[[Pools], list[str]]:
    return lambda p: (
        [a.id for a in p.own(TransitGatewayAttachment) if a.resource_type == kind]
        + [a.id for a in p.state.all(TransitGatewayAttachment) if a.gateway_account == p.account]
    )


def _endpoints(p: Pools) -> list[str]:
    own = [e.id for e in p.own(VpcEndpoint)]
    services = {s.id for s in p.own(EndpointService)}
    return own + [e.id for e in p.state.all(VpcEndpoint) if e.service_id in services]


def _api_endpoints(p: Pools) -> list[str]:
    return [e.id for e in p.own(VpcEndpoint) if e.service_name.endswith(".execute-api")]


def _service_names(p: Pools) -> list[str]:
    apis = [f"com.amazonaws.{p.region}.execute-api"] * 2
    return apis + [s.service_name for s in p.state.all(EndpointService)]


def _peerings(p: Pools) -> list[str]:
    mine = [x.id for x in p.state.all(VpcPeering) if p.account in (x.account, x.accepter_account)]
    return mine or [x.id for x in p.own(VpcPeering)]


def _policies(p: Pools) -> list[str]:
    return [x.id for x in p.own(ManagedPolicy)] or ["arn:aws:iam::aws:policy/AdministratorAccess"]


def _stages(p: Pools) -> list[str]:
    return [s.stage_name for s in p.of_api(Stage)]


def _functions(p: Pools) -> list[str]:
    return [p.one(Function).id]


def _domains(p: Pools) -> list[str]:
    return [p.one(DomainName).domain_name]


WORDS: Mapping[str, Callable[[Pools], list[str]]] = {
    "VpcId": lambda p: [p.one(Vpc).id],
    "PeerVpcId": lambda p: [v.id for v in p.state.all(Vpc)],
    "PeerSubnetId": _subnets,
    "VpcCidrAssociationId": lambda p: [a.association_id for a in p.one(Vpc).cidr_associations],
    "SubnetId": _subnets,
    "RouteTableId": lambda p: [t.id for t in p.in_vpc(RouteTable, lambda t: t.vpc_id)],
    "AssociationId": lambda p: [
        a.association_id for t in p.in_vpc(RouteTable, lambda t: t.vpc_id) for a in t.associations
    ],
    "GroupId": _groups,
    "GroupName": lambda p: [g.group_name for g in p.own(SecurityGroup)],
    "SecurityGroupRuleId": lambda p: [r.rule_id for g in p.in_vpc(SecurityGroup, lambda g: g.vpc_id) for r in g.rules],
    "NetworkInterfaceId": lambda p: [e.id for e in p.in_vpc(NetworkInterface, lambda e: e.vpc_id)],
    "InternetGatewayId": _ids(InternetGateway),
    "NetworkAclId": lambda p: [a.id for a in _acls(p)],
    "AclAssociationId": lambda p: [x.association_id for a in _acls(p) for x in a.associations],
    "DhcpOptionsId": lambda p: [*(o.id for o in p.own(DhcpOptions)), "default"],
    "PrefixListId": _ids(PrefixList),
    "AllocationId": _ids(ElasticAddress),
    "PublicIp": lambda p: [a.public_ip for a in p.own(ElasticAddress)],
    "NatGatewayId": _ids(NatGateway),
    "TransitGatewayId": _ids(TransitGateway),
    "PeerTransitGatewayId": lambda p: [g.id for g in p.state.all(TransitGateway)],
    "TransitGatewayRouteTableId": _ids(TransitGatewayRouteTable),
    "TransitGatewayAttachmentId": _attachments("vpc"),
    "PeeringAttachmentId": _attachments("peering"),
    "VpcPeeringConnectionId": _peerings,
    "CertificateArn": lambda p: [c.id for c in p.own(Certificate) if c.service == "acm"],
    "TargetGroupName": lambda p: [t.target_group_name for t in p.own(TargetGroup)],
    "TargetGroupArn": _target_groups("TCP", "TLS", "TCP_UDP", "UDP"),
    "AlbTargetGroupArn": _target_groups("HTTP", "HTTPS"),
    "LoadBalancerName": lambda p: [b.load_balancer_name for b in p.own(LoadBalancer)],
    "LoadBalancerArn": _ids(LoadBalancer),
    "ListenerArn": _listeners("TCP", "TLS", "TCP_UDP", "UDP"),
    "AlbListenerArn": _listeners("HTTP", "HTTPS"),
    "RuleArn": _ids(ListenerRule),
    "UserName": lambda p: [u.user_name for u in p.own(User)],
    "UserArn": lambda p: [u.arn for u in p.own(User)],
    "UserUniqueId": lambda p: [u.unique_id for u in p.own(User)],
    "RoleName": lambda p: [r.role_name for r in p.own(Role)],
    "RoleArn": lambda p: [r.id for r in p.own(Role)],
    "PolicyArn": _policies,
    "AccessKeyId": _ids(AccessKey),
    "ServerCertificateName": lambda p: [c.name for c in p.own(Certificate) if c.service == "iam"],
    "logGroupName": lambda p: [g.log_group_name for g in p.own(LogGroup)],
    "LogGroupArn": _ids(LogGroup),
    "AlarmName": lambda p: [a.alarm_name for a in p.own(Alarm)],
    "AlarmArn": _ids(Alarm),
    "ServiceId": _ids(EndpointService),
    "ServiceName": _service_names,
    "VpcEndpointId": _endpoints,
    "ApiEndpointId": _api_endpoints,
    "ConnectionNotificationId": _ids(EndpointNotification),
    "vpcLinkId": _ids(VpcLink),
    "VpcLinkId": _ids(VpcLinkV2),
    "VpcLinkArn": lambda p: [f"arn:aws:apigateway:{p.region}::/vpclinks/{x.id}" for x in p.own(VpcLinkV2)],
    "restApiId": lambda p: [p.one(RestApi).id],
    "RestApiArn": lambda p: [f"arn:aws:apigateway:{p.region}::/restapis/{p.one(RestApi).id}"],
    "parentId": lambda p: [r.resource_id for r in p.of_api(ApiResource)],
    "resourceId": lambda p: [r.resource_id for r in p.of_api(ApiResource)],
    "deploymentId": lambda p: [d.deployment_id for d in p.of_api(Deployment)],
    "stageName": _stages,
    "modelName": lambda p: p.parts("model"),
    "requestValidatorId": lambda p: p.parts("request-validator"),
    "authorizerId": lambda p: p.parts("authorizer"),
    "documentationPartId": lambda p: p.parts("documentation-part"),
    "documentationVersion": lambda p: p.parts("documentation-version"),
    "clientCertificateId": _ids(ClientCertificate),
    "apiKey": _ids(ApiKey),
    "usagePlanId": lambda p: [p.one(UsagePlan).id],
    "keyId": lambda p: [k.key_id for k in p.own(UsagePlanKey)] or [k.id for k in p.own(ApiKey)],
    "domainName": _domains,
    "routingRuleId": lambda p: [r.rule_id for r in p.state.find(RoutingRule, "domain", p.one(DomainName).id)],
    "basePath": lambda p: [
        m.base_path or "(none)" for m in p.state.all(BasePathMapping) if m.domain_id == p.one(DomainName).id
    ],
    "domainNameId": lambda p: [d for d in (p.one(DomainName).domain_name_id,) if d],
    "domainNameArn": lambda p: [
        f"arn:aws:apigateway:{p.region}:{d.account}:/domainnames/{d.domain_name}+{d.domain_name_id}"
        for d in p.state.all(DomainName)
        if d.is_private
    ],
    "domainNameAccessAssociationArn": lambda p: [a.id for a in p.own(DomainAccess)],
    "FunctionRoleArn": lambda p: [r.id for r in p.own(Role) if "lambda" in r.assume_role_policy_document],
    "FunctionArn": _functions,
    "LayerName": _ids(Layer),
    "LayerVersionArn": _ids(LayerVersion),
    "AliasName": lambda p: [a.name for a in p.state.all(FunctionAlias) if a.function_arn == p.one(Function).id],
}
"""Every word that parameters name things by, and where such things are found."""
