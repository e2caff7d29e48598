"""What a connection gets that asks for a custom domain name: the name's certificate, its demands, and its own routes.

The name is known from SNI, before anything that a client can write; the Host header must say the same. So nobody comes into a
domain by another one's certificate, and mutual TLS cannot be passed by.
"""

from innergate.compile.emit.envoy.facts import ConnectionFacts, facts_filter
from innergate.compile.emit.envoy.hcm import connection_manager
from innergate.compile.emit.envoy.listener_tcp import certificate_secret
from innergate.compile.emit.envoy.listeners import NamedChain
from innergate.compile.emit.envoy.scopes import DomainEntry
from innergate.compile.emit.envoy.tls import ClientChecks, downstream_tls
from innergate.compile.resolve.routing_rules import has_rules
from innergate.compile.resolve.truststores import truststore_secret
from innergate.compile.settings import CompileSettings
from innergate.resources.domain_names import DomainName


def domain_entry(domain: DomainName) -> DomainEntry:
    """The domain as requests find their routes by it."""
    is_wildcard = domain.domain_name.startswith("*.")
    return DomainEntry(
        domain.id.replace("/", ":"),
        "" if is_wildcard else domain.domain_name,
        has_rules(domain),
        domain.mutual_tls_authentication is not None,
        domain.domain_name.removeprefix("*.") if is_wildcard else "",
    )


def domain_chain(domain: DomainName, facts: ConnectionFacts, settings: CompileSettings) -> NamedChain:
    """The filter chain of one name on one listener.

    # AWS differs: TLS 1.2 is asked of every client, also where the security policy is TLS_1_0, and cipher suites are Envoy's.
    # AWS differs: with mutual TLS an untrusted client certificate ends the handshake, where AWS answers 403.
    """
    only_newest = domain.security_policy.startswith("SecurityPolicy_TLS13_1_3_")
    checks = ClientChecks("TLSv1_3" if only_newest else "TLSv1_2", truststore_secret(domain))
    secret = certificate_secret(domain.served_certificate_arn)
    return NamedChain(
        domain.domain_name,
        (facts_filter(facts), connection_manager(domain_entry(domain), settings)),
        downstream_tls((secret,), ("http/1.1",), checks),
    )
