"""The listener for REGIONAL and EDGE APIs, where the settings give addresses for one."""

from innergate.compile.emit.envoy.domain_chains import domain_chain
from innergate.compile.emit.envoy.facts import ConnectionFacts, facts_filter
from innergate.compile.emit.envoy.function_urls import url_chains
from innergate.compile.emit.envoy.hcm import connection_manager
from innergate.compile.emit.envoy.listeners import Binding, listener_body
from innergate.compile.emit.envoy.scopes import PUBLIC_ENTRY
from innergate.compile.emit.envoy.tls import downstream_tls
from innergate.compile.family import EnvoyBody
from innergate.compile.names import host_namespace_path
from innergate.compile.settings import CompileSettings
from innergate.resources.domain_names import DomainName

PUBLIC_SECRET = "execute-api/public"
"""The secret with a certificate for API names of every region."""


def public_listeners(
    settings: CompileSettings, domains: tuple[DomainName, ...], url_regions: tuple[str, ...]
) -> tuple[EnvoyBody, ...]:
    """A listener for each public address. `domains` are the public custom domain names, each with a name of its own;
    `url_regions` those in which functions have addresses."""
    facts = ConnectionFacts("", "", "", "public")
    return tuple(
        listener_body(
            Binding(
                f"public:{address}:{settings.public_port}",
                address,
                settings.public_port,
                host_namespace_path(settings),
            ),
            (
                facts_filter(facts),
                connection_manager(PUBLIC_ENTRY, settings),
            ),
            downstream_tls((PUBLIC_SECRET,), ("http/1.1",)),
            (
                *(domain_chain(domain, facts, settings) for domain in domains),
                *url_chains(url_regions, facts, settings),
            ),
            may_be_named=True,
        )
        for address in settings.public_addresses
    )
