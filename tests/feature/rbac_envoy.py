"""One Envoy with many policies: a virtual host each, several listeners with different facts about the connection."""

import http.client
import json
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.feature.throwaway_tls import make_self_signed

from innergate.compile.emit.envoy.connection_policies import guarded_routes
from innergate.compile.emit.envoy.facts import ConnectionFacts, facts_filter
from innergate.compile.emit.envoy.http_filters import POLICY_ALLOW, POLICY_DENY
from innergate.compile.emit.envoy.packed import extension, packed
from innergate.compile.emit.envoy.rbac import RbacPlan
from innergate.primitives.json_value import JsonObject, JsonValue
from innergate.testing.waiting import LONGEST_S

START_TIMEOUT_S = LONGEST_S
STOP_TIMEOUT_S = LONGEST_S


class Door(NamedTuple):
    """A listener: what it knows of its connections, whether it speaks TLS."""

    name: str
    facts: ConnectionFacts
    is_tls: bool = False


class Answer(NamedTuple):
    """An answer's status, and the code details that Envoy gives."""

    status: int
    details: str


class RunningEnvoy(NamedTuple):
    """Where each door listens."""

    ports: Mapping[str, int]
    doors: Mapping[str, Door]

    def client(self, door: str, source: str) -> http.client.HTTPConnection:
        """A keep-alive connection from the address `source` of this machine."""
        if not self.doors[door].is_tls:
            return http.client.HTTPConnection(
                "127.0.0.1", self.ports[door], timeout=LONGEST_S, source_address=(source, 0)
            )
        trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
        return http.client.HTTPSConnection(
            "127.0.0.1", self.ports[door], timeout=LONGEST_S, source_address=(source, 0), context=trusting
        )


def ask(client: http.client.HTTPConnection, host: str, method: str, target: str, headers: Mapping[str, str]) -> Answer:
    """Sends one request with exactly these headers."""
    client.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
    for name, value in {"Host": host, **headers}.items():
        client.putheader(name, value)
    client.endheaders()
    response = client.getresponse()
    body = response.read().decode()
    return Answer(response.status, body)


@contextmanager
def envoy_with(folder: Path, plans: Mapping[str, RbacPlan], doors: Sequence[Door]) -> Iterator[RunningEnvoy]:
    """Starts Envoy with a virtual host per plan and stops it at the end."""
    certificate = make_self_signed(folder) if any(door.is_tls for door in doors) else None
    hosts = [_virtual_host(name, plan) for name, plan in plans.items()]
    reserved = [_reserve() for _ in doors]
    ports = {door.name: held.getsockname()[1] for door, held in zip(doors, reserved, strict=True)}
    config = {
        "admin": {"address": {"socket_address": {"address": "127.0.0.1", "port_value": 0}}},
        "static_resources": {"listeners": [_listener(door, ports[door.name], hosts, certificate) for door in doors]},
    }
    path = folder / "envoy.json"
    path.write_text(json.dumps(config))
    for held in reserved:
        held.close()
    binary = Path(sys.executable).with_name("envoy")
    command = [str(binary), "-c", str(path), "--use-dynamic-base-id", "--concurrency", "1", "--log-level", "error"]
    with (folder / "envoy.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            _wait_for(ports.values(), process, folder / "envoy.log")
            yield RunningEnvoy(ports, {door.name: door for door in doors})
        finally:
            process.terminate()
            try:
                process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _reserve() -> socket.socket:
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind(("127.0.0.1", 0))
    return held


def _wait_for(ports: Iterable[int], process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    for port in ports:
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise AssertionError(f"Envoy does not listen on {port}: {log.read_text()[-4000:]}") from None
                time.sleep(0.02)


def _virtual_host(name: str, plan: RbacPlan) -> JsonObject:
    filters = {POLICY_DENY: plan.deny, POLICY_ALLOW: plan.allow}
    awake: dict[str, JsonValue] = {key: value for key, value in filters.items() if value is not None}
    everything: JsonObject = {"match": {"prefix": "/"}}
    routes: list[JsonObject] = [{**everything, "direct_response": {"status": 200}}]
    if plan.admitted is not None:
        return {"name": name, "domains": [name], **guarded_routes(plan.admitted, routes, [everything], awake)}
    return {"name": name, "domains": [name], "typed_per_filter_config": awake, "routes": list(routes)}


def _listener(door: Door, port: int, hosts: Sequence[JsonObject], certificate: tuple[Path, Path] | None) -> JsonObject:
    chain: dict[str, JsonValue] = {"filters": [facts_filter(door.facts), _connection_manager(hosts)]}
    if door.is_tls and certificate is not None:
        chain["transport_socket"] = extension(
            "envoy.transport_sockets.tls",
            "envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext",
            {
                "common_tls_context": {
                    "tls_certificates": [
                        {
                            "certificate_chain": {"filename": str(certificate[0])},
                            "private_key": {"filename": str(certificate[1])},
                        }
                    ]
                }
            },
        )
    return {
        "name": door.name,
        "address": {"socket_address": {"address": "127.0.0.1", "port_value": port}},
        "filter_chains": [chain],
    }


def _connection_manager(hosts: Sequence[JsonObject]) -> JsonObject:
    rbac = "envoy.extensions.filters.http.rbac.v3.RBAC"
    return {
        "name": "hcm",
        "typed_config": packed(
            "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
            {
                "stat_prefix": "t",
                "use_remote_address": True,
                "normalize_path": True,
                "merge_slashes": True,
                "http_protocol_options": {"allow_custom_methods": True},
                "route_config": {"virtual_hosts": list(hosts)},
                "http_filters": [
                    {**extension(POLICY_DENY, rbac), "disabled": True},
                    {**extension(POLICY_ALLOW, rbac), "disabled": True},
                    extension("router", "envoy.extensions.filters.http.router.v3.Router"),
                ],
                "local_reply_config": {
                    "body_format": {"text_format_source": {"inline_string": "%RESPONSE_CODE_DETAILS%"}}
                },
            },
        ),
    }
