"""Where the host's network may lead integrations: names are resolved when they are called, and what they lead to is looked at.

Link-local addresses (cloud metadata), and loopback unless the operator allows it, are never connected to, whatever DNS says
(abuse cases, "SSRF and backend").
"""

from ipaddress import ip_address, ip_network

from innergate.compile.settings import CompileSettings
from innergate.plans.name_caches import LOOPBACK, name_cache, refused_ranges
from innergate.primitives.json_value import JsonObject


def refuse_host(host: str, settings: CompileSettings) -> str:
    """Why an integration cannot go to `host` (a URI's host, perhaps with a port); "" where it can, as far as its name says."""
    bare = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    try:
        address = ip_address(bare)
    except ValueError:
        if bare.lower().rstrip(".") != "localhost" or settings.allows_loopback_backends:
            return ""
        address = ip_address("127.0.0.1")
    inside = next((r for r in refused_ranges(settings.allows_loopback_backends) if address in ip_network(r)), "")
    if inside in LOOPBACK:
        return f"{bare} is the gateway's own machine; `innergate up --allow-loopback-backends` would let it be called"
    return f"{bare} is in {inside}, which integrations never reach" if inside else ""


def dns_cache(settings: CompileSettings) -> JsonObject:
    """The names that were resolved; the HTTP filter, the clusters and Envoy's bootstrap must say the same of it."""
    return name_cache(settings.allows_loopback_backends)
