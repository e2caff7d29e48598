"""The hops of the faithful chain: each leads to the next, and stands where AWS has it."""

from typing import Any, cast

from bench.chain import chain_configuration
from bench.rig import Rig

NAMES = (
    "api_host",
    "certificate",
    "key",
    "entry_namespace",
    "client_namespace",
    "gateway_namespace",
    "application_namespace",
)


def test_each_hop_leads_to_the_next() -> None:
    rig = Rig._make(name if name in NAMES else None for name in Rig._fields)
    found = cast("dict[str, Any]", chain_configuration(rig, 9000))["static_resources"]
    listeners = {listener["name"]: listener for listener in found["listeners"]}
    clusters = {cluster["name"]: cluster for cluster in found["clusters"]}

    def place(address: dict[str, Any]) -> tuple[str, int]:
        socket = address["socket_address"]
        return socket.get("network_namespace_filepath", ""), socket["port_value"]

    hops, at = [], listeners["endpoint"]
    while True:
        hops.append((at["name"], place(at["address"])[0].rpartition("/")[2]))
        config = at["filter_chains"][0]["filters"][0]["typed_config"]
        name = config.get("cluster") or config["route_config"]["virtual_hosts"][0]["routes"][1]["route"]["cluster"]
        if name == "target":
            break
        endpoint = clusters[name]["load_assignment"]["endpoints"][0]["lb_endpoints"][0]["endpoint"]["address"]
        at = listeners[name]
        assert endpoint["socket_address"]["port_value"] == place(at["address"])[1]
        assert name == "gateway" or (
            clusters[name]["upstream_bind_config"]["source_address"]["network_namespace_filepath"]
            == place(at["address"])[0]
        )
    assert hops == [
        ("endpoint", "entry_namespace"),
        ("gateway", ""),
        ("link-nlb", "gateway_namespace"),
        ("link-endpoint", "gateway_namespace"),
        ("service-nlb", "application_namespace"),
    ]
