"""A path gets through, or the hop that stops it says why, what to do, and what a client notices."""

import msgspec
import pytest
from tests.unit.compile.resolve.stopped import stopped_by

from innergate.compile.resolve import walk
from innergate.compile.resolve.path import Path
from innergate.compile.resolve.paths import (
    endpoint_ports,
    final_targets,
    resolve_endpoint,
    resolve_forward,
    resolve_listener,
    resolve_load_balancer,
    resolve_vpc_link,
)
from innergate.resources.load_balancers import Action, Forward, Listener, LoadBalancer
from innergate.resources.target_groups import TargetGroup
from innergate.resources.vpcs import Vpc
from innergate.testing.blog_scenarios import CrossAccount, cross_account
from innergate.testing.scenario import APPLICATION, GATEWAY, Scenario


def targets_of(path: Path) -> dict[str, list[tuple[str, int]]]:
    return {leg.network: [(t.address, t.weight) for t in leg.targets] for leg in path.legs}


def test_the_purple_path_ends_at_the_applications_pods(s: Scenario, purple: CrossAccount) -> None:
    path = resolve_vpc_link(s.state, purple.link.id, 80)
    (leg,) = path.legs
    assert leg.target_group_arn == purple.application_group.id
    assert leg.network == purple.application_vpc.id
    assert leg.sources == s.addresses_of(purple.application_balancer)
    assert [(t.address, t.port, t.weight) for t in leg.targets] == [("10.0.1.21", 80, 1), ("10.0.2.22", 80, 1)]
    assert {h.verdict for h in path.hops} == {"ok"}
    kinds = list(dict.fromkeys(h.kind for h in path.hops))
    assert kinds == [
        "vpc-link", "load-balancer", "listener", "target-group", "endpoint", "connection", "service", "target",
    ]  # fmt: skip


@pytest.mark.parametrize(("state", "word"), [("pendingAcceptance", "accept"), ("rejected", "rejected")])
def test_a_connection_that_is_not_accepted_times_out(state: str, word: str) -> None:
    s = Scenario()
    purple = cross_account(s, state=state)
    hop = stopped_by(resolve_vpc_link(s.state, purple.link.id, 80))
    assert (hop.kind, hop.outward) == ("connection", "time-out")
    assert word in hop.reason
    assert hop.fix == (
        f"aws ec2 accept-vpc-endpoint-connections --service-id {purple.service.id}"
        f" --vpc-endpoint-ids {purple.service_endpoint.id}"
    )


def test_the_endpoints_security_group_must_admit_the_load_balancer(s: Scenario, purple: CrossAccount) -> None:
    s.put(msgspec.structs.replace(purple.endpoint_group, rules=()))
    hop = stopped_by(resolve_vpc_link(s.state, purple.link.id, 80))
    assert (hop.kind, hop.id, hop.outward) == ("security-group", purple.endpoint_group.id, "time-out")
    assert "--port 80" in hop.fix


def test_without_a_listener_on_the_port_the_connection_is_refused(s: Scenario, purple: CrossAccount) -> None:
    hop = stopped_by(resolve_vpc_link(s.state, purple.link.id, 8080))
    assert (hop.kind, hop.outward) == ("listener", "refused")


def test_a_group_without_targets_resets(s: Scenario, purple: CrossAccount) -> None:
    draining = tuple(msgspec.structs.replace(t, draining_since=s.now) for t in purple.application_group.targets)
    s.put(msgspec.structs.replace(purple.application_group, targets=draining))
    hop = stopped_by(resolve_vpc_link(s.state, purple.link.id, 80))
    assert (hop.kind, hop.id, hop.outward) == ("target-group", purple.application_group.id, "reset")


def test_one_dead_zone_is_a_warning_and_the_other_takes_all(s: Scenario, purple: CrossAccount) -> None:
    first, second = purple.application_group.targets
    gone = msgspec.structs.replace(first, draining_since=s.now)
    s.put(msgspec.structs.replace(purple.application_group, targets=(gone, second)))
    path = resolve_vpc_link(s.state, purple.link.id, 80)
    assert targets_of(path) == {purple.application_vpc.id: [("10.0.2.22", 1)]}
    (warning,) = [h for h in path.hops if h.verdict == "warning"]
    assert "us-east-1a" in warning.reason
    assert "cross_zone" in warning.fix


def test_cross_zone_spreads_over_every_target(s: Scenario) -> None:
    vpc = s.vpc()
    a, b = s.subnet(vpc, "10.0.1.0/24", "a"), s.subnet(vpc, "10.0.2.0/24", "b")
    targets = [("10.0.1.21", 80), ("10.0.1.22", 80), ("10.0.1.23", 80), ("10.0.2.21", 80)]
    group = s.target_group(vpc, *targets)
    zonal = s.load_balancer("zonal", a, b)
    s.listener(zonal, group)
    path = resolve_load_balancer(s.state, zonal.id, 80)
    assert targets_of(path)[vpc.id] == [("10.0.1.21", 1), ("10.0.1.22", 1), ("10.0.1.23", 1), ("10.0.2.21", 3)]
    crossing = s.load_balancer("crossing", a, b, attributes={"load_balancing.cross_zone.enabled": "true"})
    s.listener(crossing, group)
    path = resolve_load_balancer(s.state, crossing.id, 80)
    assert {w for _, w in targets_of(path)[vpc.id]} == {1}


def test_a_node_sends_only_to_its_own_zone(s: Scenario, purple: CrossAccount) -> None:
    listener = s.state.find(Listener, "load-balancer", purple.application_balancer.id)[0]
    node = s.interfaces_of(purple.application_balancer)[1]
    assert targets_of(resolve_listener(s.state, listener.id, node.id)) == {
        purple.application_vpc.id: [("10.0.2.22", 1)]
    }


def test_an_endpoint_interface_leads_to_the_provider_in_its_zone(s: Scenario, purple: CrossAccount) -> None:
    eni = s.interfaces_of(purple.service_endpoint)[0]
    path = resolve_endpoint(s.state, purple.service_endpoint.id, eni.id, 80)
    assert targets_of(path) == {purple.application_vpc.id: [("10.0.1.21", 1)]}
    assert endpoint_ports(s.state, purple.service_endpoint.id, eni.id) == (80,)


def test_a_zone_without_a_provider_is_refused(s: Scenario) -> None:
    provider = s.vpc()
    a = s.subnet(provider, "10.0.1.0/24", "a")
    balancer = s.load_balancer("p", a)
    s.listener(balancer, s.target_group(provider, ("10.0.1.5", 80)))
    service = s.endpoint_service(balancer)
    consumer = s.vpc()
    endpoint = s.endpoint(service, s.subnet(consumer, "10.0.2.0/24", "b"))
    hop = stopped_by(resolve_endpoint(s.state, endpoint.id, s.interfaces_of(endpoint)[0].id, 80))
    assert (hop.kind, "az2" in hop.reason) == ("service", True)


def provider_with_groups(s: Scenario, source: str, enforce: str) -> tuple[Scenario, Path]:
    s.as_account(APPLICATION)
    provider = s.vpc()
    a = s.subnet(provider, "10.0.1.0/24", "a")
    group = s.group(provider, ("tcp", 80, 80, source))
    balancer = s.load_balancer("p", a, groups=(group,), enforce=enforce)
    s.listener(balancer, s.target_group(provider, ("10.0.1.5", 80)))
    service = s.endpoint_service(balancer)
    s.as_account(GATEWAY)
    consumer = s.vpc("10.5.0.0/16")
    subnet = s.subnet(consumer, "10.5.1.0/24", "a")
    endpoint = s.endpoint(service, subnet)
    mine = s.load_balancer("g", subnet)
    s.listener(mine, s.target_group(consumer, (s.addresses_of(endpoint)[0], 80)))
    return s, resolve_load_balancer(s.state, mine.id, 80)


def test_an_enforcing_load_balancer_sees_the_consumers_addresses(s: Scenario) -> None:
    assert provider_with_groups(s, "10.5.0.0/16", "on")[1].legs
    hop = stopped_by(provider_with_groups(s, "10.0.0.0/16", "on")[1])
    assert (hop.kind, hop.outward) == ("security-group", "time-out")
    assert "enforce-security-group-inbound-rules-on-private-link-traffic off" in hop.fix
    assert provider_with_groups(s, "10.0.0.0/16", "off")[1].legs


def test_a_pods_security_group_may_name_the_load_balancers_group(s: Scenario) -> None:
    vpc = s.vpc()
    a = s.subnet(vpc, "10.0.1.0/24", "a")
    front = s.group(vpc, ("tcp", 80, 80, "0.0.0.0/0"))
    back = s.group(vpc, ("tcp", 8080, 8080, front.id))
    s.workload(a, "10.0.1.21", groups=(back,))
    group = s.target_group(vpc, ("10.0.1.21", 8080))
    with_group = s.load_balancer("with", a, groups=(front,))
    s.listener(with_group, group)
    assert resolve_load_balancer(s.state, with_group.id, 80).legs
    without = s.load_balancer("without", a)
    s.listener(without, group)
    assert stopped_by(resolve_load_balancer(s.state, without.id, 80)).id == back.id


def test_a_load_balancer_that_may_not_go_out_reaches_nothing(s: Scenario) -> None:
    vpc = s.vpc()
    a = s.subnet(vpc, "10.0.1.0/24", "a")
    shut = s.group(vpc, ("tcp", 80, 80, "0.0.0.0/0"), egress=())
    balancer = s.load_balancer("b", a, groups=(shut,))
    s.listener(balancer, s.target_group(vpc, ("10.0.1.21", 80)))
    assert "outbound" in stopped_by(resolve_load_balancer(s.state, balancer.id, 80)).reason


def test_load_balancers_in_a_circle_are_refused(s: Scenario) -> None:
    vpc = s.vpc()
    a = s.subnet(vpc, "10.0.1.0/24", "a")
    one, two = s.load_balancer("one", a), s.load_balancer("two", a)
    s.listener(one, s.target_group(vpc, (s.addresses_of(two)[0], 80)))
    s.listener(two, s.target_group(vpc, (s.addresses_of(one)[0], 80)))
    assert "circle" in stopped_by(resolve_load_balancer(s.state, one.id, 80)).reason


def test_one_load_balancer_may_stand_behind_another(s: Scenario) -> None:
    vpc = s.vpc()
    a = s.subnet(vpc, "10.0.1.0/24", "a")
    inner = s.load_balancer("inner", a)
    s.listener(inner, s.target_group(vpc, ("10.0.1.21", 8080)), port=81)
    outer = s.load_balancer("outer", a)
    s.listener(outer, s.target_group(vpc, (s.addresses_of(inner)[0], 81)))
    path = resolve_load_balancer(s.state, outer.id, 80)
    assert [(t.address, t.port) for t in path.legs[0].targets] == [("10.0.1.21", 8080)]
    assert path.legs[0].sources == s.addresses_of(inner)


def test_weights_of_a_listener_become_weights_of_legs(s: Scenario) -> None:
    vpc = s.vpc()
    a = s.subnet(vpc, "10.0.1.0/24", "a")
    balancer = s.load_balancer("b", a)
    blue, green = s.target_group(vpc, ("10.0.1.21", 80)), s.target_group(vpc, ("10.0.1.22", 80))
    listener = s.listener(balancer, blue, green)
    action = listener.default_actions[0]
    forwards = tuple(msgspec.structs.replace(f, weight=w) for f, w in zip(action.forwards, (3, 1), strict=True))
    s.put(msgspec.structs.replace(listener, default_actions=(msgspec.structs.replace(action, forwards=forwards),)))
    legs = resolve_load_balancer(s.state, balancer.id, 80).legs
    assert {leg.target_group_arn: leg.weight for leg in legs} == {blue.id: 3, green.id: 1}


def test_proxy_protocol_and_tls_are_carried_to_the_leg(s: Scenario) -> None:
    vpc = s.vpc()
    a = s.subnet(vpc, "10.0.1.0/24", "a")
    group = s.target_group(vpc, ("10.0.1.5", 80), protocol="TLS", attributes={"proxy_protocol_v2.enabled": "true"})
    balancer = s.load_balancer("p", a)
    s.listener(balancer, group, protocol="TLS")
    service = s.endpoint_service(balancer)
    consumer = s.vpc()
    endpoint = s.endpoint(service, s.subnet(consumer, "10.0.1.0/24", "a"))
    path = resolve_endpoint(s.state, endpoint.id, s.interfaces_of(endpoint)[0].id, 80)
    (leg,) = path.legs
    assert (leg.sends_proxy_protocol, leg.uses_tls, leg.terminates_tls, leg.endpoint_id) == (
        True,
        True,
        True,
        endpoint.id,
    )


@pytest.fixture
def behind(s: Scenario) -> tuple[LoadBalancer, LoadBalancer, TargetGroup]:
    """A network load balancer, an application one behind it (port 80), and the target group between them."""
    vpc = s.vpc()
    a, b = s.subnet(vpc, "10.0.1.0/24", "a"), s.subnet(vpc, "10.0.2.0/24", "b")
    inner = s.load_balancer("inner", a, b, type="application", groups=(s.group(vpc, ("tcp", 80, 80, "10.0.1.0/24")),))
    group = s.target_group(vpc, (inner.id, 80), type="alb")
    outer = s.load_balancer("outer", a)
    s.listener(outer, group)
    return outer, inner, group


def test_a_path_to_an_application_load_balancer_ends_at_its_nodes(
    s: Scenario, behind: tuple[LoadBalancer, LoadBalancer, TargetGroup]
) -> None:
    outer, inner, group = behind
    vpc = s.state.get(Vpc, inner.vpc_id)
    assert vpc is not None
    assert "nothing listens on port 80" in stopped_by(resolve_load_balancer(s.state, outer.id, 80)).reason
    s.listener(
        inner,
        s.target_group(vpc, ("10.0.1.9", 80), protocol="HTTP"),
        protocol="HTTP",
    )
    (leg,) = resolve_load_balancer(s.state, outer.id, 80).legs
    assert {t.address for t in leg.targets} == set(s.addresses_of(inner))
    assert (leg.target_group_arn, leg.sources, leg.http_version) == (group.id, s.addresses_of(outer), "")


def test_an_application_load_balancers_groups_see_the_node_that_sends(
    s: Scenario, behind: tuple[LoadBalancer, LoadBalancer, TargetGroup]
) -> None:
    outer, inner, _ = behind
    vpc = s.state.get(Vpc, inner.vpc_id)
    assert vpc is not None
    s.listener(
        inner,
        s.target_group(vpc, ("10.0.1.9", 80), protocol="HTTP"),
        protocol="HTTP",
    )
    closed = s.group(vpc, ("tcp", 80, 80, "192.0.2.0/24"))
    s.put(msgspec.structs.replace(inner, group_ids=(closed.id,)))
    hop = stopped_by(resolve_load_balancer(s.state, outer.id, 80))
    assert (hop.kind, hop.id) == ("security-group", closed.id)


def test_a_connections_path_does_not_begin_at_an_application_load_balancer(
    s: Scenario, behind: tuple[LoadBalancer, LoadBalancer, TargetGroup]
) -> None:
    assert "reads requests" in stopped_by(resolve_load_balancer(s.state, behind[1].id, 80)).reason


def test_rules_of_an_application_load_balancer_reach_targets_of_every_zone(s: Scenario) -> None:
    vpc = s.vpc()
    a, b = s.subnet(vpc, "10.0.1.0/24", "a"), s.subnet(vpc, "10.0.2.0/24", "b")
    balancer = s.load_balancer("app", a, b, type="application")
    group = s.target_group(vpc, ("10.0.1.9", 443), ("10.0.2.9", 443), protocol="HTTPS")
    alone = s.target_group(vpc, ("10.0.1.10", 80), protocol="HTTP")
    forwards = (Forward(target_group_arn=group.id, weight=3), Forward(target_group_arn=alone.id))
    legs = {leg.target_group_arn: leg for leg in resolve_forward(s.state, balancer, 80, forwards).legs}
    assert {arn: leg.weight for arn, leg in legs.items()} == {group.id: 3, alone.id: 1}
    assert [(t.address, t.weight) for t in legs[group.id].targets] == [("10.0.1.9", 1), ("10.0.2.9", 1)]
    assert (legs[group.id].uses_tls, legs[group.id].http_version) == (True, "HTTP1")
    assert not legs[alone.id].uses_tls


def test_targets_of_a_group_that_only_a_rule_names_are_in_use(s: Scenario) -> None:
    vpc = s.vpc()
    a, b = s.subnet(vpc, "10.0.1.0/24", "a"), s.subnet(vpc, "10.0.2.0/24", "b")
    balancer = s.load_balancer("app", a, b, type="application")
    first, second = (s.target_group(vpc, (f"10.0.1.{n}", 80), protocol="HTTP") for n in (9, 10))
    listener = s.listener(balancer, first, protocol="HTTP")
    assert stopped_by(final_targets(s.state, second, second.targets[0])).kind == "target-group"
    s.rule(listener, 1, Action(type="forward", forwards=(Forward(target_group_arn=second.id),)))
    assert final_targets(s.state, second, second.targets[0]).legs


# -- target health ---------------------------------------------------------------------------------------------------------


def test_final_targets_of_an_endpoints_address_are_the_pods_behind_it(s: Scenario, purple: CrossAccount) -> None:
    target = purple.gateway_group.targets[0]
    path = final_targets(s.state, purple.gateway_group, target)
    (leg,) = path.legs
    assert leg.target_group_arn == purple.application_group.id
    assert [(t.address, t.port) for t in leg.targets] == [("10.0.1.21", 80)]


def test_a_group_that_no_listener_uses_is_unused(s: Scenario, purple: CrossAccount) -> None:
    group = s.target_group(purple.gateway_vpc, ("10.0.1.99", 80))
    path = final_targets(s.state, group, group.targets[0])
    assert stopped_by(path).reason == "Target group is not configured to receive traffic from the load balancer"


def test_a_target_in_a_zone_without_a_node_is_unused(s: Scenario, purple: CrossAccount) -> None:
    s.subnet(purple.application_vpc, "10.0.3.0/24", "c")
    group = s.state.get(TargetGroup, purple.application_group.id)
    assert group is not None
    target = msgspec.structs.replace(group.targets[0], target_id="10.0.3.7")
    path = final_targets(s.state, group, target)
    assert stopped_by(path).reason == "Target is in an Availability Zone that is not enabled for the load balancer"


@pytest.mark.parametrize(("most", "passes"), [(147, False), (148, True)])
def test_cases_76_86_ways_do_not_multiply_without_end(
    s: Scenario, monkeypatch: pytest.MonkeyPatch, most: int, passes: bool
) -> None:
    """Each of a few load balancers forwards to all ports of the next: four by four by four ways, where there may be fifty."""
    monkeypatch.setattr(walk, "MAX_WAYS", most)
    vpc = s.vpc()
    subnet = s.subnet(vpc)
    balancers = [s.load_balancer(f"b{number}", subnet) for number in range(4)]
    for number, balancer in enumerate(balancers):
        behind = s.addresses_of(balancers[number + 1]) if number < 3 else ()
        targets = [(address, port) for address in behind for port in range(1, 5)] or [("10.0.1.99", 80)]
        group = s.target_group(vpc, *targets, name=f"g{number}")
        for port in range(1, 5):
            s.listener(balancer, group, port=port)
    link = s.vpc_link(balancers[0])
    path = resolve_vpc_link(s.state, link.id, 1)
    assert bool(path.legs) is passes
    if not passes:
        assert "more than 147 ways" in stopped_by(path).reason
