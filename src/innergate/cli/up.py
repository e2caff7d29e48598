"""`innergate up` and `innergate down`."""

import os
import shlex
import signal
import socket
import sys
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter, validators

from innergate.cli.state_folder import State, state_folder
from innergate.driver.client import ControlClient, ControlRefused, ControlUnreachable
from innergate.nets.agent_record import find_other_folder, is_left_running
from innergate.server.service_settings import parse_service_endpoints, read_service_credentials
from innergate.server.settings import (
    DEFAULT_LISTEN,
    DEFAULT_PUBLIC,
    AuthMode,
    BadSetting,
    CannotListen,
    Settings,
    check_state_path,
    is_loopback,
    parse_issuers,
    parse_listen,
    parse_public,
)

if TYPE_CHECKING:
    from innergate.server.platform import Platform


_SHOWN_NAMES = 5

Listen = Annotated[str, Parameter(help="HOST:PORT of the AWS front; port 0 takes a free one.", show_default=True)]
Auth = Annotated[
    AuthMode, Parameter(help="sigv4 verifies signatures; open takes any key (loopback only).", show_default=True)
]
Public = Annotated[
    str,
    Parameter(
        help="HOST:PORT (https) of REGIONAL and EDGE APIs; port 0 takes a free one; none for no such entry.",
        show_default=True,
    ),
]
LoopbackBackends = Annotated[bool, Parameter(help="Let integrations with URLs call this machine itself.")]
Issuers = Annotated[
    tuple[str, ...],
    Parameter(help="POOL_ID=URL: whose tokens a user pool's authorizer takes, where not Amazon's; may be repeated."),
]
ServiceEndpoints = Annotated[
    tuple[str, ...],
    Parameter(
        help="SERVICE=URL: where AWS integrations reach a service that is not the platform's own; SERVICE * is any other, "
        "URL aws is Amazon's; may be repeated."
    ),
]
ServiceCredentials = Annotated[
    str,
    Parameter(
        help="File of AWS profiles, [default] or by a role's ARN, that calls to such services are signed with; every "
        "account's integrations use them."
    ),
]
Concurrency = Annotated[
    int, Parameter(help="Envoy's worker threads; 0, the default, is one a core.", validator=validators.Number(gte=0))
]
Workers = Annotated[
    int,
    Parameter(
        help="Processes that execute the methods that Envoy cannot; 0, the default, is one a core.",
        validator=validators.Number(gte=0),
    ),
]


def up(
    *,
    state: State = "",
    listen: Listen = DEFAULT_LISTEN,
    auth: Auth = "sigv4",
    public: Public = DEFAULT_PUBLIC,
    allow_loopback_backends: LoopbackBackends = False,
    issuer: Issuers = (),
    service_endpoint: ServiceEndpoints = (),
    service_credentials: ServiceCredentials = "",
    envoy_concurrency: Concurrency = 0,
    runtime_workers: Workers = 0,
) -> None:
    """Start the platform in the foreground; Ctrl-C ends it cleanly and leaves the state for the next start."""
    began = time.monotonic()
    host, port = parse_listen(listen)
    if auth == "open" and not is_loopback(host):
        raise BadSetting("--auth open takes any key, so it listens on loopback only; use --listen 127.0.0.1:4566")
    _refuse_taken_address(host, port, state_folder(state))
    public_host, public_port = parse_public(public)
    settings = Settings(
        state=state_folder(state),
        listen_host=host,
        listen_port=port,
        auth=auth,
        envoy_concurrency=envoy_concurrency,
        runtime_workers=runtime_workers,
        public_host=public_host,
        public_port=public_port,
        allows_loopback_backends=allow_loopback_backends,
        token_issuers=parse_issuers(issuer),
        service_endpoints=parse_service_endpoints(service_endpoint),
        service_credentials=read_service_credentials(service_credentials),
    )
    check_state_path(settings)
    _serve(settings, began)


def _serve(settings: Settings, began: float) -> None:
    """The agent first, then the rest, until the platform is told to stop."""
    from innergate.server.agent_process import STOP_SIGNALS, AgentProcess
    from innergate.server.run_folder import claim_run_folder
    from innergate.server.state_folders import open_control_log
    from innergate.store.opening import check_openable
    from innergate.store.setting_aside import set_aside_if_damaged

    os.umask(0o077)
    check_openable(settings.store_path)
    open_control_log(settings)
    claim_run_folder(settings)
    agent = AgentProcess(settings)
    counts = None if agent.runs() else set_aside_if_damaged(settings.usage_path)
    agent.ensure()
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)  # until `Up` listens for them: who dies now leaves the agent

    from innergate.server.up import run_up

    def say_ready(platform: "Platform") -> None:
        with suppress(SystemExit, OSError):  # rich ends who writes to nobody; the platform serves all the same
            _announce(platform, settings, time.monotonic() - began)
            _warn_of(place for place in (counts, *platform.set_aside) if place is not None)

    run_up(settings, agent, say_ready)


def _announce(platform: "Platform", settings: Settings, seconds: float) -> None:
    from innergate.cli.output import console

    out = console()
    out.print(f"[bold green]ready[/] in {seconds:.1f} s   AWS endpoint {platform.endpoint_url}")
    if platform.public_entry.host:
        entry = platform.public_entry
        out.print(
            f"public APIs {f'https on {entry.address}' if entry.port else f'[yellow]nowhere[/]: {entry.problem}'}"
        )
    out.print(f"state {settings.state}   auth {settings.auth}   stop with Ctrl-C")
    if platform.ending_authority is not None:
        out.print(
            f"[yellow]the platform's certificate authority ends on {platform.ending_authority:%Y-%m-%d}[/]: make another one "
            "in time (docs/operations.md, Certificates)",
            soft_wrap=True,
        )
    for line in next_steps([str(a["name"]) for a in platform.accounts() if not a["management"]]):
        out.print(line, soft_wrap=True)
    sys.stdout.flush()


def next_steps(names: Sequence[str]) -> list[str]:
    """What to type next, as markup: a first account, or the keys of one that is there from another time."""
    from innergate.cli.output import escape

    if not names:
        return ['next: [bold]innergate account add NAME[/] and [bold]eval "$(innergate env NAME)"[/]']
    shown = ", ".join(map(shlex.quote, names[:_SHOWN_NAMES]))
    more = f" and {len(names) - _SHOWN_NAMES} more" if len(names) > _SHOWN_NAMES else ""
    command = f'eval "$(innergate env {shlex.quote(names[0])})"'
    return [f"accounts {escape(shown)}{more}", f"next: [bold]{escape(command)}[/]"]


def _warn_of(set_aside: Iterable[Path]) -> None:
    from innergate.cli.output import console

    for place in set_aside:
        name = place.name.partition(".damaged-")[0]
        console().print(
            f"[bold red]{name} was damaged[/]: what it held is missing; it is kept as {place}", soft_wrap=True
        )


def _refuse_taken_address(host: str, port: int, state: Path) -> None:
    """Raises CannotListen if the front cannot: found out before any process is started."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        if _serves(state):
            raise CannotListen(f"an Innergate runs on {state} already; innergate status shows it") from None
        raise CannotListen(
            f"cannot listen on {host}:{port}: {error.strerror}. Choose another address with --listen HOST:PORT"
        ) from None


def _serves(state: Path) -> bool:
    """Whether the state folder's control process answers."""
    try:
        ControlClient(state, timeout_s=1).call("GET", "/status")
    except (ControlUnreachable, ControlRefused):
        return False
    return True


def down(*, state: State = "") -> None:
    """Stop a running platform cleanly, as Ctrl-C in its terminal does, or what a killed control process left."""
    client = ControlClient(state_folder(state))
    try:
        client.call("POST", "/stop")
    except ControlUnreachable:
        if not _end_what_is_left(client.state):
            raise
        return
    for _ in range(300):
        if not (client.state / "run" / "control.sock").exists():
            return
        time.sleep(0.1)
    raise ControlRefused(f"{client.state} has not stopped within 30 s; innergate status and log/control.log say more")


def _end_what_is_left(state: Path) -> bool:
    """Whether there was something. Raises ControlRefused if it is not down."""
    from innergate.server.ending_agent import end_what_is_left
    from innergate.store.errors import StoreBusy

    if not is_left_running(state) or find_other_folder(state) is not None:
        return False
    try:
        is_down = end_what_is_left(state)
    except StoreBusy:
        raise ControlRefused(
            f"a control process of {state} is about to start or to end; try again in a moment"
        ) from None
    if not is_down:
        raise ControlRefused(f"control of {state} does not run, and its agent does not stop; see log/agent.log there")
    return True
