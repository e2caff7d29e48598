"""What an operator may set, and where things lie in the state folder."""

import os
import re
from collections.abc import Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

from innergate.primitives.digest import digest_text

DEFAULT_STATE = Path("~/.innergate")
DEFAULT_LISTEN = "127.0.0.1:4566"
DEFAULT_PUBLIC = "127.0.0.1:4568"
NODE = "local"
"""The id of the one node of a one-machine platform."""

LONGEST_SOCKET_PATH_BYTES = 107
"""unix(7): 108 with the byte that ends it."""
_POOL_ID = re.compile(r"[\w-]+_[0-9a-zA-Z]+", re.ASCII)
"""Amazon Cognito API reference, UserPoolId."""

AuthMode = Literal["sigv4", "open"]


class AccessCredentials(NamedTuple):
    """A key to sign with; `session_token` is "" for a key that is not temporary."""

    access_key_id: str
    secret_access_key: str
    session_token: str = ""


class Settings(NamedTuple):
    """`state` is absolute. `listen` is HOST:PORT of the AWS front; port 0 takes a free one."""

    state: Path
    listen_host: str
    listen_port: int
    auth: AuthMode = "sigv4"
    envoy_concurrency: int = 0
    """Envoy's worker threads; 0 means one a core."""
    runtime_workers: int = 0
    """Processes that execute what Envoy cannot; 0 means one a core."""
    public_host: str = ""
    """Where REGIONAL and EDGE APIs answer; "" for nowhere."""
    public_port: int = 0
    """0 takes a free one."""
    allows_loopback_backends: bool = False
    """Whether integrations with URLs may call this machine itself."""
    token_issuers: tuple[tuple[str, str], ...] = ()
    """Issuer URLs of user pools that are not Amazon's: (pool id, URL)."""

    service_endpoints: tuple[tuple[str, str], ...] = ()
    """Where AWS integrations reach services: (service or "*", URL or "aws")."""
    service_credentials: tuple[tuple[str, AccessCredentials], ...] = ()
    """What calls to services that are not the platform's own are signed with: (role ARN or "default", credentials)."""

    @property
    def run_folder(self) -> Path:
        """Sockets and pid files; gone after a clean stop."""
        return self.state / "run"

    @property
    def log_folder(self) -> Path:
        """Logs of every process."""
        return self.state / "log"

    @property
    def access_log_folder(self) -> Path:
        """Access logs as Envoy writes them."""
        return self.state / "log" / "access"

    @property
    def function_log_file(self) -> Path:
        """What functions say, as their supervisor writes it."""
        return self.state / "log" / "functions" / "lines.jsonl"

    @property
    def function_count_file(self) -> Path:
        """Where the functions' supervisor writes how often functions were called."""
        return self.state / "log" / "functions" / "counts.jsonl"

    @property
    def execution_log_files(self) -> tuple[Path, ...]:
        """What the runtime's workers say about calls, a file for each."""
        folder = self.state / "log" / "execution"
        return tuple(folder / f"worker-{number}.jsonl" for number in range(len(self.worker_sockets)))

    @property
    def truststore_folder(self) -> Path:
        """Where the operator puts truststores of mutual TLS: BUCKET/KEY for `s3://BUCKET/KEY`."""
        return self.state / "truststores"

    @property
    def store_path(self) -> Path:
        """The SQLite file."""
        return self.state / "store.sqlite"

    @property
    def start_path(self) -> Path:
        """What the next start takes over of what this run has compiled; it may be deleted."""
        return self.state / "start.cache"

    @property
    def egress_socket(self) -> Path:
        """Where Envoy takes the calls of the runtime's workers (the agent's folder layout, as the next)."""
        return self.run_folder / "egress.sock"

    @property
    def functions_socket(self) -> Path:
        """Where the functions' supervisor takes invocations."""
        return self.run_folder / "functions.sock"

    @property
    def worker_sockets(self) -> tuple[Path, ...]:
        """Where the runtime's workers take requests."""
        count = self.runtime_workers or os.cpu_count() or 1
        return tuple(self.run_folder / f"runtime-{number}.sock" for number in range(count))

    @property
    def usage_path(self) -> Path:
        """The SQLite file of calls that count against quotas; the runtime's workers write it."""
        return self.state / "usage.sqlite"

    @property
    def log_store_path(self) -> Path:
        """The SQLite file of log events."""
        return self.state / "logs.sqlite"

    @property
    def metric_store_path(self) -> Path:
        """The SQLite file of metric points."""
        return self.state / "metrics.sqlite"

    @property
    def blob_folder(self) -> Path:
        """The code of functions, by digest."""
        return self.state / "blobs"

    @property
    def envoy_admin_socket(self) -> Path:
        """Where Envoy takes an operator's wishes (the agent's folder layout)."""
        return self.run_folder / "envoy-admin.sock"

    @property
    def control_socket(self) -> Path:
        """Where the CLI talks to the control process; its permission is the operator's authority."""
        return self.run_folder / "control.sock"

    @property
    def front_socket(self) -> Path:
        """Where the runtime's workers call the platform's own services (the worker's folder layout)."""
        return self.run_folder / "front.sock"

    @property
    def node_socket(self) -> Path:
        """Where the agent connects."""
        return self.run_folder / "node.sock"

    @property
    def xds_socket(self) -> Path:
        """Where Envoy connects."""
        return self.run_folder / "xds.sock"

    @property
    def ca_bundle(self) -> Path:
        """The platform's CA certificate together with the machine's trusted ones."""
        return self.state / "ca-bundle.pem"

    @property
    def namespace_prefix(self) -> str:
        """What the names of this platform's namespaces start with; two platforms on a machine never share one."""
        return f"ig{digest_text(str(self.state), 6)}-"

    @property
    def host_namespace(self) -> str:
        """What this platform calls the host's own network; no name of a namespace that it made, which it would remove."""
        return f"host-{self.namespace_prefix.rstrip('-')}"


class BadSetting(Exception):
    """An operator's setting makes no sense; the message says which and why."""


class CannotListen(Exception):
    """An address is taken, or none of this machine's; the message says which."""


class AgentNotStarted(OSError):
    """The machine does not start the node's agent."""


def check_state_path(settings: Settings) -> None:
    """Raises BadSetting if sockets in the state folder cannot have names: found out before any process is started."""
    sockets = (settings.envoy_admin_socket, *settings.worker_sockets)
    longest = max((str(path) for path in sockets), key=lambda path: len(os.fsencode(path)))
    if len(os.fsencode(longest)) > LONGEST_SOCKET_PATH_BYTES:
        raise BadSetting(
            f"the path of the state folder is too long: {longest} is a socket, whose path may have "
            f"{LONGEST_SOCKET_PATH_BYTES} bytes; choose a shorter one with --state"
        )


def parse_listen(text: str, option: str = "--listen", default: str = DEFAULT_LISTEN) -> tuple[str, int]:
    """The host and port of "HOST:PORT". Raises BadSetting."""
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isdigit() or int(port) > 65535:
        raise BadSetting(f"{option} wants HOST:PORT, as in {default}; got {text!r}")
    return host.strip("[]"), int(port)


def parse_public(text: str) -> tuple[str, int]:
    """The host and port of "HOST:PORT", ("", 0) for "none". The host is an address. Raises BadSetting."""
    if text == "none":
        return "", 0
    host, port = parse_listen(text, "--public", DEFAULT_PUBLIC)
    if host == "localhost":
        return "127.0.0.1", port
    try:
        ip_address(host)
    except ValueError:
        raise BadSetting(f"--public wants an address and a port, as in {DEFAULT_PUBLIC}; got {text!r}") from None
    return host, port


def parse_issuers(texts: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """The pools and URLs of "POOL_ID=URL" texts. Raises BadSetting."""
    found: dict[str, str] = {}
    for text in texts:
        pool, equals, url = text.partition("=")
        parts = urlsplit(url)
        is_url = parts.scheme in ("http", "https") and parts.hostname and not (parts.query or parts.fragment)
        if not equals or not _POOL_ID.fullmatch(pool) or not is_url or "@" in parts.netloc:
            raise BadSetting(
                f"--issuer wants POOL_ID=URL, as in us-east-1_AbCdEf123=https://id.example.com; got {text!r}"
            )
        if found.setdefault(pool, url) != url:
            raise BadSetting(f"--issuer names the pool {pool} twice")
    return tuple(sorted(found.items()))


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach `host`."""
    return host in ("localhost", "::1") or host.startswith("127.")
