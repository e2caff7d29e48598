"""Calls to load balancers, endpoints of services and hosts are followed as connections; nothing in them is an API's."""

import msgspec

from innergate.compile.emit.dns import endpoint_domain
from innergate.observe.explain import simulate
from innergate.observe.explain_call import CallRequest
from innergate.observe.explanation import Explanation
from innergate.testing.blog_scenarios import CrossAccount
from innergate.testing.scenario import Scenario


def call(s: Scenario, url: str, vpc: str) -> Explanation:
    return simulate(s.state, CallRequest(target=url, from_vpc=vpc))


def kinds(out: Explanation) -> list[str]:
    return list(dict.fromkeys(hop.kind for hop in out.hops))


def service_name(purple: CrossAccount) -> str:
    endpoint = purple.service_endpoint
    return f"{endpoint.id}-{endpoint.dns_label}.{endpoint_domain(endpoint)}"


def test_the_name_of_an_endpoint_of_a_service_leads_to_its_targets(s: Scenario, purple: CrossAccount) -> None:
    out = call(s, f"http://{service_name(purple)}/", purple.gateway_vpc.id)
    assert out.works
    assert (out.url, out.api_id) == (f"http://{service_name(purple)}/", "")
    assert kinds(out) == [
        "name", "security-group", "endpoint", "connection", "service", "load-balancer", "listener", "target-group",
        "target",
    ]  # fmt: skip
    other = call(s, f"http://{service_name(purple)}:8080/", purple.gateway_vpc.id)
    assert other.cause.startswith("security-group ")
    assert "--port 8080" in other.fix
    assert other.url.endswith(":8080/")


def test_before_the_connection_is_accepted(s: Scenario, purple: CrossAccount) -> None:
    s.put(msgspec.structs.replace(purple.service_endpoint, state="pendingAcceptance"))
    out = call(s, f"http://{service_name(purple)}/", purple.gateway_vpc.id)
    assert (out.cause.partition(" ")[0], out.status) == ("connection", 0)
    assert out.outward == "no answer: the connection times out"
    assert "accept-vpc-endpoint-connections" in out.fix
    assert out.behind == ()


def test_the_name_of_a_load_balancer_or_of_one_of_its_zones(s: Scenario, purple: CrossAccount) -> None:
    name, vpc = purple.gateway_balancer.dns_name.lower(), purple.gateway_vpc.id
    for host in (name, f"us-east-1b.{name}"):
        out = call(s, f"http://{host}/", vpc)
        assert out.works, host
        assert kinds(out)[:4] == ["name", "load-balancer", "listener", "target-group"]
    out = call(s, f"https://{name}/", vpc)
    assert (out.outward, "nothing listens on port 443" in out.cause) == ("the connection is refused", True)
    assert call(s, f"http://us-east-1c.{name}/", vpc).cause.startswith("name "), "no node is in that zone"
    (first, _) = sorted(s.interfaces_of(purple.gateway_balancer), key=lambda node: node.zone_name)
    cidr = f"{first.private_ip_address}/32"
    own = tuple(r for r in purple.endpoint_group.rules if r.from_port != 80)
    narrow = tuple(msgspec.structs.replace(r, cidr_ipv4=cidr) for r in purple.endpoint_group.rules if r.from_port == 80)
    s.put(msgspec.structs.replace(purple.endpoint_group, rules=(*own, *narrow)))
    assert call(s, f"http://{name}/", vpc).works, "one of two nodes is enough for the name of both"
    assert call(s, f"http://us-east-1a.{name}/", vpc).works
    assert call(s, f"http://us-east-1b.{name}/", vpc).cause.startswith("security-group ")


def test_a_host_of_the_vpc(s: Scenario, purple: CrossAccount) -> None:
    vpc = purple.application_vpc.id
    for host in ("pod-1.internal", "10.0.1.21", "ip-10-0-1-21.ec2.internal"):
        out = call(s, f"http://{host}/", vpc)
        assert out.works, host
        assert any("not tried" in note for note in out.notes)
    assert call(s, "http://pod-3.internal/", vpc).cause.startswith("name ")


def test_an_api_of_another_region_is_told_apart_from_no_api(s: Scenario, purple: CrossAccount) -> None:
    out = call(s, f"https://{purple.api.id}.execute-api.eu-west-1.amazonaws.com/test/", purple.gateway_vpc.id)
    assert "lead to APIs of that region, not of eu-west-1" in out.cause
    assert "an endpoint in eu-west-1" in out.fix
    assert out.behind == ()
