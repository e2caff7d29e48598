"""`innergate run`, `exec` and `stop`: commands as hosts of a VPC."""

import os
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from innergate.cli.client import ControlClient, State, state_folder
from innergate.cli.output import complain, console

Command = Annotated[str, Parameter(allow_leading_hyphen=True, help="The command and its arguments, after --.")]
Vpc = Annotated[str, Parameter(help="A VPC's id, or the Name tag of just one VPC.")]

Ip = Annotated[str, Parameter(help="The host's address; a free one by default.")]


def run(
    *command: Command,
    vpc: Vpc,
    ip: Ip = "",
    name: Annotated[str, Parameter(help="The host's name in the VPC's DNS: NAME.internal.")] = "",
    detach: Annotated[bool, Parameter(help="Leave it running; the node starts it again when it ends.")] = False,
    state: State = "",
) -> int:
    """Run a command as a host of a VPC with an address of its own.

    Example: innergate run --vpc shop --ip 10.0.1.10 --name web --detach -- python3 -m http.server 80
    """
    client = ControlClient(state_folder(state))
    request = {"vpc": vpc, "ip": ip, "name": name}
    if not detach:
        return _run_in_front(client, request, command)
    environment = {"PATH": os.environ.get("PATH", ""), **trust_variables(client.state)}
    kept = {"command": list(command), "environment": environment, "working_directory": str(Path.cwd())}
    host = client.call("POST", "/workloads", {**request, **kept})
    console().print(f"{host['id']}   {host['address']}   {name}   {'live' if host['live'] else 'not live yet'}")
    return 0 if host["live"] else 1


def exec_(*command: Command, vpc: Vpc, ip: Ip = "", state: State = "") -> int:
    """Run a command inside a VPC, as a host that is gone afterwards; its exit code is the command's.

    Example: innergate exec --vpc shop -- curl -sS https://API.execute-api.us-east-1.amazonaws.com/STAGE/
    """
    return _run_in_front(ControlClient(state_folder(state)), {"vpc": vpc, "ip": ip}, command)


def stop(host: Annotated[str, Parameter(help="Its id or its name.")], /, *, state: State = "") -> None:
    """Stop a host: the process that `run --detach` left, and its address."""
    client = ControlClient(state_folder(state))
    known = client.call("GET", "/workloads")["workloads"]
    ids = [w["id"] for w in known if host in (w["id"], w["name"])]
    for workload_id in ids or [host]:
        client.call("DELETE", f"/workloads/{workload_id}")


def trust_variables(state: Path) -> Mapping[str, str]:
    """The variables by which the usual clients find the platform's CA."""
    bundle = str(state / "ca-bundle.pem")
    names = ("SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "AWS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
    return dict.fromkeys(names, bundle)


def _run_in_front(client: ControlClient, request: dict[str, Any], command: tuple[str, ...]) -> int:
    from innergate.nets.rootless import enter_argv

    if not command:
        complain("say what to run: innergate exec --vpc VPC -- curl https://…")
        return 2
    host = client.call("POST", "/workloads", {**request, "holder_pid": os.getpid()})
    try:
        argv = enter_argv(client.state, host["namespace"], list(command))
        return _wait(subprocess.Popen(argv, env={**os.environ, **trust_variables(client.state)}))
    finally:
        client.call("DELETE", f"/workloads/{host['id']}")


def _wait(child: subprocess.Popen[bytes]) -> int:
    """The child's exit code; signals to us go to it."""

    def forward(number: int, frame: object) -> None:
        child.send_signal(number)

    before = {number: signal.signal(number, forward) for number in (signal.SIGTERM, signal.SIGHUP)}
    before[signal.SIGINT] = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        code = child.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return code if code >= 0 else 128 - code
