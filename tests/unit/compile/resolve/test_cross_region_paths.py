"""PrivateLink across regions: zones of the consumer say nothing about those of the service."""

from innergate.compile.resolve.paths import endpoint_ports, resolve_endpoint
from innergate.testing.scenario import Scenario


def test_an_endpoint_in_another_region_reaches_every_zone_of_the_service() -> None:
    s = Scenario()
    provider = s.vpc()
    balancer = s.load_balancer("p", s.subnet(provider, "10.0.1.0/24", "a"), s.subnet(provider, "10.0.2.0/24", "b"))
    s.listener(balancer, s.target_group(provider, ("10.0.1.5", 80), ("10.0.2.5", 80)))
    consumer = s.vpc(region="eu-west-1")
    endpoint = s.endpoint(s.endpoint_service(balancer), s.subnet(consumer, "10.0.1.0/24", "c"))
    (eni,) = s.interfaces_of(endpoint)
    path = resolve_endpoint(s.state, endpoint.id, eni.id, 80)
    assert path.refusal is None
    (leg,) = path.legs
    assert (leg.network, [t.address for t in leg.targets]) == (provider.id, ["10.0.1.5", "10.0.2.5"])
    assert endpoint_ports(s.state, endpoint.id, eni.id) == (80,)


def test_a_far_service_without_nodes_is_refused_by_its_region() -> None:
    s = Scenario()
    balancer = s.load_balancer("p", s.subnet(s.vpc()))
    for node in s.interfaces_of(balancer):
        s.drop(node)
    endpoint = s.endpoint(s.endpoint_service(balancer), s.subnet(s.vpc(region="eu-west-1")))
    path = resolve_endpoint(s.state, endpoint.id, s.interfaces_of(endpoint)[0].id, 80)
    hop = path.refusal
    assert path.legs == ()
    assert hop is not None
    assert (hop.kind, hop.reason) == ("service", "no load balancer of the service has a node in us-east-1")
