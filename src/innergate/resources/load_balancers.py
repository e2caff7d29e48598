"""Load balancers, their listeners and rules. The id of each is its ARN."""

from datetime import datetime
from typing import ClassVar

import msgspec

from innergate.primitives.json_value import JsonValue
from innergate.resources.base import IndexEntry, Key, Resource, UniqueName
from innergate.resources.vpcs import Tags


class LoadBalancer(Resource, frozen=True, kw_only=True, rename="pascal"):
    """`type` is network or application. Its nodes' addresses are network interfaces held by it (index "holder"), one a
    subnet."""

    kind: ClassVar[str] = "load-balancer"

    load_balancer_name: str
    type: str
    scheme: str
    vpc_id: str
    dns_name: str
    created_at: datetime
    subnet_ids: tuple[str, ...]
    chosen_addresses: dict[str, str] = {}
    """The node's address by subnet, where the caller chose it."""
    group_ids: tuple[str, ...] = ()
    ip_address_type: str = "ipv4"
    enforce_inbound_rules_on_private_link: str = ""
    """"on", "off", or "" where the load balancer has no security groups."""
    attributes: dict[str, str] = {}
    """Only what differs from AWS's defaults."""
    tags: Tags = {}

    def unique_names(self) -> tuple[UniqueName, ...]:
        return (UniqueName(f"load-balancer-name/{self.account}/{self.region}", self.load_balancer_name),)

    def references(self) -> tuple[Key, ...]:
        return (
            Key("vpc", self.vpc_id),
            *(Key("subnet", s) for s in self.subnet_ids),
            *(Key("security-group", g) for g in self.group_ids),
        )

    def index_entries(self) -> tuple[IndexEntry, ...]:
        return (
            IndexEntry("name", f"{self.account}/{self.region}/{self.load_balancer_name}"),
            IndexEntry("vpc", self.vpc_id),
            IndexEntry("dns-name", self.dns_name.lower()),
        )


class Forward(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """One target group of a forward action with its weight."""

    target_group_arn: str
    weight: int = 1


class Action(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """A listener's or rule's action. `forwards` is set for type forward; `config` keeps the other types' documents."""

    type: str
    forwards: tuple[Forward, ...] = ()
    order: int | None = None
    config: dict[str, JsonValue] = {}


class Listener(Resource, frozen=True, kw_only=True, rename="pascal"):
    """A port of a load balancer: TCP, TLS (network), HTTP, HTTPS (application), or UDP kinds as records."""

    kind: ClassVar[str] = "listener"

    load_balancer_arn: str
    protocol: str
    port: int
    default_actions: tuple[Action, ...]
    created_at: datetime
    ssl_policy: str = ""
    certificates: tuple[str, ...] = ()
    alpn_policy: tuple[str, ...] = ()
    attributes: dict[str, str] = {}
    tags: Tags = {}

    def unique_names(self) -> tuple[UniqueName, ...]:
        return (UniqueName(f"listener-port/{self.load_balancer_arn}", str(self.port)),)

    def references(self) -> tuple[Key, ...]:
        groups = sorted({f.target_group_arn for a in self.default_actions for f in a.forwards})
        return (
            *(Key("target-group", arn) for arn in groups),
            *(Key("certificate", arn) for arn in self.certificates),
        )

    def index_entries(self) -> tuple[IndexEntry, ...]:
        groups = sorted({f.target_group_arn for a in self.default_actions for f in a.forwards})
        return (
            IndexEntry("load-balancer", self.load_balancer_arn),
            *(IndexEntry("target-group", arn) for arn in groups),
        )


class ListenerRule(Resource, frozen=True, kw_only=True, rename="pascal"):
    """A rule of an application load balancer's listener. Priority "default" is the listener's own default actions."""

    kind: ClassVar[str] = "listener-rule"

    listener_arn: str
    priority: str
    conditions: tuple[dict[str, JsonValue], ...]
    actions: tuple[Action, ...]
    tags: Tags = {}

    def references(self) -> tuple[Key, ...]:
        groups = sorted({f.target_group_arn for a in self.actions for f in a.forwards})
        return (Key("listener", self.listener_arn), *(Key("target-group", arn) for arn in groups))

    def index_entries(self) -> tuple[IndexEntry, ...]:
        groups = sorted({f.target_group_arn for a in self.actions for f in a.forwards})
        return (
            IndexEntry("listener", self.listener_arn),
            *(IndexEntry("target-group", arn) for arn in groups),
        )
