"""Shares of connections, and how they add up to legs."""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import gcd, lcm
from typing import NamedTuple

from innergate.compile.resolve.path import HealthCheckPlan, Leg, TargetAddress
from innergate.resources.target_groups import TargetGroup

MAX_WEIGHT = 10_000


class Strand(NamedTuple):
    """One final target reached from one load balancer's node, with its share of all connections."""

    share: Fraction
    group: TargetGroup
    network: str
    source: str
    address: str
    port: int
    endpoint_id: str
    sends_proxy_protocol: bool
    uses_tls: bool
    tls_listener: str
    is_http: bool = False


def share_out(weighted: Iterable[tuple[int, Sequence[Strand]]]) -> tuple[Strand, ...]:
    """The strands of several ways, each way getting its weight's part of the whole; ways without strands get nothing."""
    alive = [(weight, strands) for weight, strands in weighted if strands and weight > 0]
    total = sum(weight for weight, _ in alive)
    result: list[Strand] = []
    for weight, strands in alive:
        whole = sum(s.share for s in strands)
        result.extend(s._replace(share=s.share / whole * Fraction(weight, total)) for s in strands)
    return tuple(result)


def legs_of(strands: Sequence[Strand]) -> tuple[Leg, ...]:
    """The legs, in a stable order."""
    grouped: dict[tuple[object, ...], list[Strand]] = {}
    for s in strands:
        key = (s.group.id, s.network, s.endpoint_id, s.sends_proxy_protocol, s.uses_tls, s.tls_listener, s.is_http)
        grouped.setdefault(key, []).append(s)
    keys = sorted(grouped, key=str)
    weights = to_weights([sum((s.share for s in grouped[key]), Fraction(0)) for key in keys])
    return tuple(_leg(grouped[key], weight) for key, weight in zip(keys, weights, strict=True))


def _leg(strands: list[Strand], weight: int) -> Leg:
    first = strands[0]
    sources: dict[str, Fraction] = {}
    targets: dict[tuple[str, int], Fraction] = {}
    for s in strands:
        sources[s.source] = sources.get(s.source, Fraction(0)) + s.share
        spot = (s.address, s.port)
        targets[spot] = targets.get(spot, Fraction(0)) + s.share
    source_order, target_order = sorted(sources), sorted(targets)
    target_weights = to_weights([targets[t] for t in target_order])
    return Leg(
        target_group_arn=first.group.id,
        network=first.network,
        sources=tuple(source_order),
        shares=to_weights([sources[s] for s in source_order]),
        targets=tuple(
            TargetAddress(address=address, port=port, weight=w)
            for (address, port), w in zip(target_order, target_weights, strict=True)
        ),
        health_check=plan_health_check(first.group),
        weight=weight,
        sends_proxy_protocol=first.sends_proxy_protocol,
        uses_tls=first.uses_tls,
        terminates_tls=bool(first.tls_listener),
        tls_listener=first.tls_listener,
        endpoint_id=first.endpoint_id,
        http_version=(first.group.protocol_version or "HTTP1") if first.is_http else "",
        algorithm=_algorithm(first.group) if first.is_http else "",
    )


def _algorithm(group: TargetGroup) -> str:
    chosen = group.attributes.get("load_balancing.algorithm.type", "")
    return "" if chosen == "round_robin" else chosen


def to_weights(shares: Sequence[Fraction]) -> tuple[int, ...]:
    """Small whole numbers in the same proportion, none below 1 or above MAX_WEIGHT."""
    if not shares:
        return ()
    scale = lcm(*(s.denominator for s in shares))
    whole = [int(s * scale) for s in shares]
    divisor = gcd(*whole) or 1
    whole = [w // divisor for w in whole]
    top = max(whole)
    if top > MAX_WEIGHT:
        whole = [max(1, round(w * MAX_WEIGHT / top)) for w in whole]
    return tuple(whole)


def plan_health_check(group: TargetGroup) -> HealthCheckPlan | None:
    """How Envoy asks the group's targets; None where health checks are off."""
    check = group.health_check
    if not check.enabled:
        return None
    is_http = check.protocol in ("HTTP", "HTTPS")
    return HealthCheckPlan(
        protocol=check.protocol,
        port=int(check.port) if check.port.isdigit() else 0,
        path=(check.path or "/") if is_http else "",
        interval_s=check.interval_s,
        timeout_s=check.timeout_s,
        healthy_threshold=check.healthy_threshold,
        unhealthy_threshold=check.unhealthy_threshold,
        statuses=parse_matcher(check.matcher or "200-399") if is_http else (),
    )


def parse_matcher(text: str) -> tuple[tuple[int, int], ...]:
    """`200,202` or `200-399` as inclusive ranges."""
    ranges = []
    for part in text.split(","):
        first, _, last = part.strip().partition("-")
        if first.isdigit() and (not last or last.isdigit()):
            ranges.append((int(first), int(last or first)))
    return tuple(ranges)
