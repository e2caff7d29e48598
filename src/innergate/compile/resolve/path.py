"""A private path: from an entry to final targets, hop by hop, each hop with a verdict and a reason.

Three readers share it: `emit` (Envoy connects straight to the legs' targets), `explain` (why it works or does not) and a map.
"""

from typing import Literal, TypeAlias

import msgspec

Verdict: TypeAlias = Literal["ok", "refused", "warning"]

Outward: TypeAlias = Literal[
    "none", "time-out", "refused", "reset", "no-such-name", "400", "403", "404", "429", "500", "503", "504"
]
"""What a client notices of a refusal, as AWS would show it."""


class Hop(msgspec.Struct, frozen=True, kw_only=True):
    """One step. `kind` names it (entry, policy, endpoint, connection, service, vpc-link, load-balancer, listener,
    target-group, target, security-group, route, transit-gateway, peering, ...); `where` the account/VPC it lies in."""

    kind: str
    id: str
    where: str
    verdict: Verdict = "ok"
    reason: str = ""
    fix: str = ""
    outward: Outward = "none"
    fix_by: str = ""
    """The account that `fix` is for; "" until an explanation looks for it."""


class TargetAddress(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """A final target. `weight` is relative to the other targets of its leg."""

    address: str
    port: int
    weight: int = 1


class HealthCheckPlan(msgspec.Struct, frozen=True, kw_only=True):
    """How targets are asked whether they live. `protocol` is TCP, HTTP or HTTPS; `port` 0 means the target's own;
    `statuses` are inclusive ranges."""

    protocol: str
    port: int
    path: str
    interval_s: int
    timeout_s: int
    healthy_threshold: int
    unhealthy_threshold: int
    statuses: tuple[tuple[int, int], ...] = ()


class Leg(msgspec.Struct, frozen=True, kw_only=True):
    """Final targets that are reached in the same way: from inside `network` (a VPC id), as one of `sources`.

    `weight` is relative to the other legs of the path. `target_group_arn` is the group whose targets these are, or the
    application load balancer whose nodes they are.
    `endpoint_id` is the last PrivateLink endpoint on the way ("" for none, and where the leg sends no proxy protocol).
    `shares` has the relative share of each of `sources`; the targets' weights follow from it.
    """

    target_group_arn: str
    network: str
    sources: tuple[str, ...]
    targets: tuple[TargetAddress, ...]
    health_check: HealthCheckPlan | None
    weight: int = 1
    sends_proxy_protocol: bool = False
    uses_tls: bool = False
    endpoint_id: str = ""
    shares: tuple[int, ...] = ()
    scope: str = ""
    """Whose leg it is ("vpc-link/<id>/<port>"): then its cluster's name outlives a change of targets or nodes. "" where legs of
    several entries may share a cluster."""
    terminates_tls: bool = False
    """A TLS listener on the way ends the client's TLS: the client must speak it, and the targets do not see it."""
    tls_listener: str = ""
    """That listener's ARN."""
    http_version: str = ""
    """How an application load balancer speaks to its targets: HTTP1 or HTTP2; "" where bytes are passed on as they come."""
    algorithm: str = ""
    """How it chooses among them, "" for round robin."""


class Path(msgspec.Struct, frozen=True, kw_only=True):
    """The hops in order. `legs` is empty where a hop refuses; `outward` then says what a client notices."""

    hops: tuple[Hop, ...]
    legs: tuple[Leg, ...]

    @property
    def refusal(self) -> Hop | None:
        """The first refusing hop where no leg is left, else None."""
        if self.legs:
            return None
        return next((hop for hop in self.hops if hop.verdict == "refused"), None)


def cluster_name(target_group_arn: str, variant: str) -> str:
    """The Envoy cluster of a leg: `variant` is a digest of everything but the targets; the target group can be read back
    from the name, since health is reported under it."""
    return f"{variant}/{target_group_arn}"


def target_group_of_cluster(name: str) -> str:
    """The target group's ARN in a cluster's name, "" where it has none."""
    _, _, arn = name.partition("/")
    return arn if arn.startswith("arn:") else ""
