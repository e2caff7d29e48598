"""The listener of an execute-api endpoint's network interface: port 443, in the consumer's VPC."""

from innergate.compile.emit.envoy.domain_chains import domain_chain
from innergate.compile.emit.envoy.facts import ConnectionFacts, facts_filter
from innergate.compile.emit.envoy.hcm import connection_manager
from innergate.compile.emit.envoy.listeners import Binding, listener_body, listener_name
from innergate.compile.emit.envoy.scopes import private_entry
from innergate.compile.emit.envoy.tls import downstream_tls
from innergate.compile.family import EnvoyBody
from innergate.compile.names import namespace_path
from innergate.compile.settings import CompileSettings
from innergate.resources.domain_names import DomainName
from innergate.resources.network_interfaces import NetworkInterface
from innergate.resources.vpc_endpoints import VpcEndpoint

PORT = 443


def is_execute_api(endpoint: VpcEndpoint) -> bool:
    """Whether the endpoint leads to private APIs."""
    return endpoint.service_name == f"com.amazonaws.{endpoint.region}.execute-api"


def execute_api_secret(region: str) -> str:
    """The secret with the certificate for the region's API and endpoint names."""
    return f"execute-api/{region}"


def execute_api_listener(
    endpoint: VpcEndpoint,
    interface: NetworkInterface,
    settings: CompileSettings,
    domains: tuple[DomainName, ...],
) -> EnvoyBody:
    """The listener; which endpoint a request came by is a constant of it. `domains` are the private names that the endpoint is
    associated with."""
    facts = ConnectionFacts(endpoint.id, endpoint.vpc_id, endpoint.account, endpoint.region)
    return listener_body(
        Binding(
            listener_name(interface.id, PORT),
            interface.private_ip_address,
            PORT,
            namespace_path(settings, interface.vpc_id),
        ),
        (facts_filter(facts), connection_manager(private_entry(endpoint.region), settings)),
        downstream_tls((execute_api_secret(endpoint.region),), ("http/1.1",)),
        tuple(domain_chain(domain, facts, settings) for domain in domains),
    )
