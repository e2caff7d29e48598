"""The peers of the private path: proxies with hand-written configurations, one hop, TLS with the same certificate.

Bare Envoy listens beside the endpoint in the consumer's namespace and reaches the origin from the application's, as the private
path does. nginx and haproxy cannot speak from two namespaces: they stand in the application's own, with their load beside them.
"""

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from bench.load import on_core
from bench.rig import ENTRY_ADDRESS, NODE_ADDRESS, ORIGIN_ADDRESS, PROXY_CORE, Rig, inside
from innergate.nets.envoy_process import find_envoy

BARE_PORT, NGINX_PORT, HAPROXY_PORT = 8443, 8444, 8445
_START_S = 15.0


class Peer(NamedTuple):
    """A running proxy: where its clients stand, its URL and the process that does the work."""

    client_namespace: str
    url: str
    pid: int


@contextmanager
def bare_envoy(rig: Rig, folder: Path) -> Iterator[Peer]:
    """One listener, one route, one cluster; what Envoy's documents show first, with TLS."""
    path = folder / "bare.json"
    path.write_text(json.dumps(bare_configuration(rig)))
    command = [str(find_envoy()), "-c", str(path), "--concurrency", "1", "--use-dynamic-base-id", "-l", "warning"]
    with running_peer(on_core(PROXY_CORE, tuple(command)), rig.entry_namespace, BARE_PORT, folder) as pid:
        yield Peer(rig.client_namespace, f"https://{ENTRY_ADDRESS}:{BARE_PORT}", pid)


@contextmanager
def nginx(rig: Rig, folder: Path) -> Iterator[Peer]:
    """nginx as a TLS proxy that keeps connections to the origin."""
    path = folder / "nginx.conf"
    path.write_text(nginx_configuration(rig, folder))
    command = inside(rig.application_namespace, on_core(PROXY_CORE, ("nginx", "-c", str(path), "-g", "daemon off;")))
    with running_peer(command, rig.application_namespace, NGINX_PORT, folder) as pid:
        worker = int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])
        yield Peer(rig.application_client_namespace, f"https://{NODE_ADDRESS}:{NGINX_PORT}", worker)


@contextmanager
def haproxy(rig: Rig, folder: Path) -> Iterator[Peer]:
    """haproxy as a TLS proxy that keeps connections to the origin."""
    both = folder / "haproxy.pem"
    both.write_text(rig.certificate.read_text() + rig.key.read_text())
    path = folder / "haproxy.cfg"
    path.write_text(haproxy_configuration(both))
    command = inside(rig.application_namespace, on_core(PROXY_CORE, ("haproxy", "-db", "-f", str(path))))
    with running_peer(command, rig.application_namespace, HAPROXY_PORT, folder) as pid:
        yield Peer(rig.application_client_namespace, f"https://{NODE_ADDRESS}:{HAPROXY_PORT}", pid)


class BareHop(NamedTuple):
    """Where a bare Envoy listens and where it leads, as (address, port, namespace), with its certificate's files. `source` is
    the address that it connects from, and in which namespace; "" for any."""

    entry: tuple[str, int, str]
    origin: tuple[str, int, str]
    chain_file: str
    key_file: str
    source: tuple[str, str] = ("", "")


def bare_configuration(rig: Rig) -> dict[str, object]:
    """The bootstrap of the bare Envoy."""
    return compose_bare(
        BareHop(
            (ENTRY_ADDRESS, BARE_PORT, rig.entry_namespace),
            (ORIGIN_ADDRESS, 80, ""),
            str(rig.certificate),
            str(rig.key),
            (NODE_ADDRESS, rig.application_namespace),
        )
    )


def compose_bare(hop: BareHop) -> dict[str, object]:
    """The same for any hop."""
    types = "type.googleapis.com/envoy.extensions"
    files = {"certificate_chain": {"filename": hop.chain_file}, "private_key": {"filename": hop.key_file}}
    routes = {"name": "all", "domains": ["*"], "routes": [{"match": {"prefix": "/"}, "route": {"cluster": "origin"}}]}
    manager = {
        "@type": f"{types}.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "bare",
        "route_config": {"virtual_hosts": [routes]},
        "http_filters": [
            {
                "name": "envoy.filters.http.router",
                "typed_config": {"@type": f"{types}.filters.http.router.v3.Router"},
            }
        ],
    }
    tls = {
        "@type": f"{types}.transport_sockets.tls.v3.DownstreamTlsContext",
        "common_tls_context": {"tls_certificates": [files]},
    }
    listener = {
        "name": "bare",
        "address": socket_address(*hop.entry),
        "filter_chains": [
            {
                "filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}],
                "transport_socket": {"name": "envoy.transport_sockets.tls", "typed_config": tls},
            }
        ],
    }
    endpoint = {"endpoint": {"address": socket_address(*hop.origin)}}
    cluster: dict[str, object] = {
        "name": "origin",
        "type": "STATIC",
        "load_assignment": {"cluster_name": "origin", "endpoints": [{"lb_endpoints": [endpoint]}]},
        "circuit_breakers": {"thresholds": [{"max_connections": 100_000, "max_pending_requests": 100_000}]},
    }
    address, namespace = hop.source
    if address:
        cluster["upstream_bind_config"] = {"source_address": socket_address(address, 0, namespace)["socket_address"]}
    return {"static_resources": {"listeners": [listener], "clusters": [cluster]}}


def socket_address(address: str, port: int, namespace: str = "") -> dict[str, dict[str, object]]:
    """Envoy's address, of another network namespace where one is named."""
    socket: dict[str, object] = {"address": address, "port_value": port}
    if namespace:
        socket["network_namespace_filepath"] = f"/run/netns/{namespace}"
    return {"socket_address": socket}


def nginx_configuration(rig: Rig, folder: Path) -> str:
    """nginx.conf."""
    return f"""
user root;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  keepalive_requests 100000000;
  upstream origin {{ server {ORIGIN_ADDRESS}:80; keepalive 512; keepalive_requests 100000000; }}
  server {{
    listen {NODE_ADDRESS}:{NGINX_PORT} ssl backlog=4096;
    ssl_certificate {rig.certificate};
    ssl_certificate_key {rig.key};
    location / {{
      proxy_pass http://origin;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
    }}
  }}
}}
"""


def haproxy_configuration(both: Path) -> str:
    """haproxy.cfg. `both` is the certificate with its key."""
    return f"""
global
  nbthread 1
  maxconn 8192
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  http-reuse always
frontend entry
  bind {NODE_ADDRESS}:{HAPROXY_PORT} ssl crt {both} alpn http/1.1
  default_backend origin
backend origin
  server origin {ORIGIN_ADDRESS}:80 source {NODE_ADDRESS}
"""


@contextmanager
def running_peer(command: tuple[str, ...], namespace: str, port: int, folder: Path) -> Iterator[int]:
    """Starts it and waits until it listens; its pid (the commands in front replace themselves)."""
    with ExitStack() as stack:
        out = stack.enter_context((folder / f"peer-{port}.out").open("w"))
        process = subprocess.Popen(command, stdout=out, stderr=out)
        stack.callback(_end, process)
        deadline = time.monotonic() + _START_S
        listening = inside(namespace, ("ss", "-Hltn", f"sport = :{port}"))
        while not subprocess.run(listening, capture_output=True, check=True).stdout:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{command} did not start:\n{(folder / f'peer-{port}.out').read_text()}")
            time.sleep(0.05)
        yield process.pid


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    process.wait(10)
