"""What compile needs to know of the machine that it plans for; all of it comes from the composition root."""

import msgspec

from innergate.plans.functions import RoleCredentials
from innergate.primitives.digest import digest_value

SYSTEM_AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"


class CompileSettings(msgspec.Struct, frozen=True, kw_only=True):
    """One node's choices. Names in plans derive from them, so they stay the same while a platform runs."""

    namespace_prefix: str = "ig-"
    """In front of every namespace's name, so that several platforms share a machine."""
    namespace_folder: str = "/run/netns"
    host_namespace: str = "host-ig"
    """The name that the agent gives to the host's own network, so that sockets in it can name it too."""
    log_folder: str = "/tmp/innergate-logs"
    """Where Envoy writes access logs, one file a log group."""
    health_events_file: str = "/tmp/innergate-logs/health.jsonl"
    """Where Envoy writes what its health checks saw; the agent reads it."""
    public_addresses: tuple[str, ...] = ()
    """Addresses of listeners for public APIs; regional API names resolve to them. Empty: there is no public entry."""
    public_port: int = 443
    authorities_file: str = SYSTEM_AUTHORITIES
    """Certificates (PEM) that backends spoken to by TLS are checked against."""
    authorities_digest: str = ""
    """Of what that file holds, by which units judge chains: other certificates are another setting."""
    allows_loopback_backends: bool = False
    """Whether integrations with URLs may call the machine that the gateway runs on."""
    worker_sockets: tuple[str, ...] = ("/tmp/innergate/runtime-0.sock",)
    """Where the runtime's workers take requests."""
    egress_socket: str = "/tmp/innergate/egress.sock"
    """Where Envoy takes the calls that workers make to backends."""
    token_issuers: dict[str, str] = {}
    """Issuer URLs of user pools that are not Amazon's, by the pool's id."""
    service_endpoints: dict[str, str] = {}
    """Where integrations reach AWS's services, by the service's name in a URI ("*" for any other): a URL, or "aws"."""
    service_credentials: dict[str, RoleCredentials] = {}
    """What calls to services that are not the platform's own are signed with, by the role's ARN ("default" for any other)."""
    has_no_internet: bool = False
    """The node cannot reach the host's network (it runs without root)."""
    node: str = "local"

    def digest(self) -> str:
        """Changes whenever a setting does."""
        return digest_value(msgspec.to_builtins(self))
