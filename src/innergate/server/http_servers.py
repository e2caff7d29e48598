"""The two HTTP servers of a platform. Long to import, since every service is behind them: `up` does so in a thread while Envoy
takes its configuration."""

from collections.abc import Callable
from typing import NamedTuple

from innergate.runtime.http_app import QuietServer, make_server
from innergate.server.admin import make_admin_app
from innergate.server.front import make_front_app
from innergate.server.platform import Parts, Platform


class HttpServers(NamedTuple):
    """The AWS front, and the operator's on its unix socket."""

    front: QuietServer
    admin: QuietServer


def make_http_servers(platform: Platform, parts: Parts, stop: Callable[[], None]) -> HttpServers:
    """Both, not yet listening. `stop` is what the operator's stop calls."""
    settings = parts.settings
    return HttpServers(
        make_server(make_front_app(parts), settings.listen_host, settings.listen_port),
        make_server(make_admin_app(platform, stop), unix_socket=str(settings.control_socket)),
    )
