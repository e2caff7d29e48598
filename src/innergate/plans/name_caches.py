"""The caches of names that Envoy resolves over the host's network.

Envoy's bootstrap and the plans that follow must describe a cache alike, field by field: it is made at Envoy's start, so that
the threads that resolve for it belong to the host's network for good (docs/decisions/0022).
"""

from ipaddress import ip_network

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


def refused_ranges(allows_loopback: bool) -> tuple[str, ...]:
    """Addresses that no integration reaches over the host's network."""
    return NEVER if allows_loopback else (*LOOPBACK, *NEVER)


def name_cache(allows_loopback: bool) -> JsonObject:
    """A cache (envoy.extensions.common.dynamic_forward_proxy.v3.DnsCacheConfig); each of the two has a name of its own."""
    ranges: list[JsonValue] = []
    for text in refused_ranges(allows_loopback):
        network = ip_network(text)
        ranges.append({"address_prefix": str(network.network_address), "prefix_len": network.prefixlen})
    return {
        "name": "internet-and-loopback" if allows_loopback else "internet",
        "dns_lookup_family": "V4_PREFERRED",
        "dns_query_timeout": "5s",
        "max_hosts": 10_000,
        "resolved_address_filter": {"ranges": ranges},
    }
