"""Where the host's network may lead integrations: names are resolved when they are called, and what they lead to is looked at.

Link-local addresses (cloud metadata), and loopback unless the operator allows it, are never connected to, whatever DNS says
(abuse cases, "SSRF and backend").
"""

from ipaddress import ip_address, ip_network

from innergate.compile.settings import CompileSettings
from innergate.primitives.json_value import JsonObject, JsonValue

LOOPBACK = ("127.0.0.0/8", "::1/128")
NEVER = (
    "0.0.0.0/8",
    "169.254.0.0/16",
    "224.0.0.0/3",
    "::/128",
    "::ffff:0:0/96",
    "fd00:ec2::/32",
    "fe80::/10",
    "ff00::/8",
)
"""This host, link-local with the metadata services, multicast and reserved; IPv4 in the clothes of IPv6."""


def refused_ranges(settings: CompileSettings) -> tuple[str, ...]:
    """Addresses that no integration reaches over the host's network."""
    return NEVER if settings.allows_loopback_backends else (*LOOPBACK, *NEVER)


def refuse_host(host: str, settings: CompileSettings) -> str:
    """Why an integration cannot go to `host` (a URI's host, perhaps with a port); "" where it can, as far as its name says."""
    bare = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    try:
        address = ip_address(bare)
    except ValueError:
        if bare.lower().rstrip(".") != "localhost" or settings.allows_loopback_backends:
            return ""
        address = ip_address("127.0.0.1")
    inside = next((r for r in refused_ranges(settings) if address in ip_network(r)), "")
    if inside in LOOPBACK:
        return f"{bare} is the gateway's own machine; `innergate up --allow-loopback-backends` would let it be called"
    return f"{bare} is in {inside}, which integrations never reach" if inside else ""


def dns_cache(settings: CompileSettings) -> JsonObject:
    """The names that were resolved; the HTTP filter and the clusters must say the same of it."""
    ranges: list[JsonValue] = []
    for text in refused_ranges(settings):
        network = ip_network(text)
        ranges.append({"address_prefix": str(network.network_address), "prefix_len": network.prefixlen})
    return {
        "name": "internet",
        "dns_lookup_family": "V4_PREFERRED",
        "dns_query_timeout": "5s",
        "max_hosts": 10_000,
        "resolved_address_filter": {"ranges": ranges},
    }
