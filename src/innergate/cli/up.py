"""`innergate up` and `innergate down`."""

import sys
import time
from typing import Annotated

from cyclopts import Parameter

from innergate.cli.client import ControlClient, state_folder
from innergate.cli.output import console
from innergate.server.settings import DEFAULT_LISTEN, AuthMode, Settings, parse_listen


def up(
    *,
    state: Annotated[str, Parameter(help="State folder (default: INNERGATE_STATE, else ~/.innergate).")] = "",
    listen: Annotated[str, Parameter(help="HOST:PORT of the AWS front; port 0 takes a free one.")] = DEFAULT_LISTEN,
    auth: Annotated[
        AuthMode, Parameter(help="sigv4 verifies signatures; open takes any key (loopback only).")
    ] = "sigv4",
    envoy_concurrency: Annotated[int, Parameter(help="Envoy's worker threads; 0 is one a core.")] = 0,
) -> None:
    """Start the platform in the foreground; Ctrl-C ends it cleanly and leaves the state for the next start."""
    from innergate.server.platform import Platform
    from innergate.server.up import run_up

    began = time.monotonic()
    host, port = parse_listen(listen)
    settings = Settings(state_folder(state), host, port, auth, envoy_concurrency)

    def announce(platform: Platform) -> None:
        out = console()
        out.print(f"[bold green]ready[/] in {time.monotonic() - began:.1f} s   AWS endpoint {platform.endpoint_url}")
        out.print(f"state {settings.state}   auth {auth}   stop with Ctrl-C")
        out.print('next: [bold]innergate account add NAME[/] and [bold]eval "$(innergate env NAME)"[/]')
        sys.stdout.flush()

    run_up(settings, announce)


def down(*, state: str = "") -> None:
    """Stop a running platform cleanly, as Ctrl-C in its terminal does."""
    client = ControlClient(state_folder(state))
    client.call("POST", "/stop")
    for _ in range(300):
        if not (client.state / "run" / "control.sock").exists():
            return
        time.sleep(0.1)
