"""The HTTP servers of a platform. Long to import, since every service is behind them: `up` does so in a thread while Envoy
takes its configuration."""

from collections.abc import Callable
from typing import NamedTuple

from innergate.runtime.http_app import QuietServer, make_server
from innergate.server.admin import make_admin_app
from innergate.server.front import make_front_app
from innergate.server.own_services import for_integrations
from innergate.server.platform import Parts, Platform


class HttpServers(NamedTuple):
    """The AWS front, the same on a unix socket for integrations, and the operator's on its unix socket."""

    front: QuietServer
    services: QuietServer
    admin: QuietServer


def make_http_servers(platform: Platform, parts: Parts, stop: Callable[[], None]) -> HttpServers:
    """All, not yet listening. `stop` is what the operator's stop calls."""
    settings = parts.settings
    front = make_front_app(parts)
    return HttpServers(
        make_server(front, settings.listen_host, settings.listen_port),
        make_server(for_integrations(front), unix_socket=str(settings.front_socket)),
        make_server(make_admin_app(platform, stop), unix_socket=str(settings.control_socket)),
    )
