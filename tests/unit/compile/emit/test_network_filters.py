"""Filters admit what security groups admit, and what a provider enforces on PrivateLink traffic."""

import msgspec

from innergate.compile.emit.network_filters import filter_of, intersect
from innergate.plans.network import FilterRule
from innergate.testing.blog_scenarios import cross_account
from innergate.testing.scenario import Scenario


def rule(protocol: str, first: int, last: int, *sources: str) -> FilterRule:
    return FilterRule(protocol=protocol, from_port=first, to_port=last, sources=sources)


def test_intersection_of_ports_and_ranges() -> None:
    mine = [rule("tcp", 80, 443, "10.0.0.0/16"), rule("udp", 53, 53, "0.0.0.0/0")]
    theirs = [rule("tcp", 400, 500, "10.0.1.0/24", "192.168.0.0/16")]
    assert intersect(mine, theirs) == (rule("tcp", 400, 443, "10.0.1.0/24"),)
    assert intersect(mine, [rule("all", -1, -1, "10.0.0.0/8")]) == (
        rule("tcp", 80, 443, "10.0.0.0/16"),
        rule("udp", 53, 53, "10.0.0.0/8"),
    )
    assert intersect(mine, [rule("tcp", 444, 500, "10.0.0.0/16")]) == ()


def test_an_endpoint_that_is_not_available_never_answers() -> None:
    for state in ("pendingAcceptance", "rejected", "failed"):
        s = Scenario()
        purple = cross_account(s, state=state)
        for eni in s.interfaces_of(purple.service_endpoint):
            found = filter_of(s.state, eni)
            assert found is not None
            assert found.rules == ()


def test_without_443_the_execute_api_endpoint_drops() -> None:
    s = Scenario()
    purple = cross_account(s)
    no_https = tuple(r for r in purple.endpoint_group.rules if r.from_port != 443)
    s.put(msgspec.structs.replace(purple.endpoint_group, rules=no_https))
    found = filter_of(s.state, s.interfaces_of(purple.api_endpoint)[0])
    assert found is not None
    assert found.rules == (rule("tcp", 80, 80, "10.0.0.0/16"),)


def test_a_load_balancer_without_groups_takes_everybody() -> None:
    s = Scenario()
    purple = cross_account(s)
    assert filter_of(s.state, s.interfaces_of(purple.gateway_balancer)[0]) is None


def test_members_of_a_named_group_are_admitted_by_address() -> None:
    s = Scenario()
    vpc = s.vpc()
    a = s.subnet(vpc)
    clients = s.group(vpc)
    s.workload(a, "10.0.1.5", groups=(clients,))
    served = s.group(vpc, ("tcp", 443, 443, clients.id))
    endpoint = s.endpoint("execute-api", a, groups=(served,))
    found = filter_of(s.state, s.interfaces_of(endpoint)[0])
    assert found is not None
    assert found.rules == (rule("tcp", 443, 443, "10.0.1.5/32"),)


def test_what_the_provider_enforces_narrows_the_consumers_own_rules() -> None:
    s = Scenario()
    provider = s.vpc()
    a = s.subnet(provider)
    strict = s.group(provider, ("tcp", 80, 80, "10.5.1.0/25"))
    balancer = s.load_balancer("p", a, groups=(strict,))
    service = s.endpoint_service(balancer)
    consumer = s.vpc("10.5.0.0/16")
    b = s.subnet(consumer, "10.5.1.0/24")
    own = s.group(consumer, ("tcp", 0, 65535, "10.5.0.0/16"))
    endpoint = s.endpoint(service, b, groups=(own,))
    eni = s.interfaces_of(endpoint)[0]
    found = filter_of(s.state, eni)
    assert found is not None
    assert found.rules == (rule("tcp", 80, 80, "10.5.1.0/25"),)
    s.put(msgspec.structs.replace(balancer, enforce_inbound_rules_on_private_link="off"))
    found = filter_of(s.state, eni)
    assert found is not None
    assert found.rules == (rule("tcp", 0, 65535, "10.5.0.0/16"),)
