"""`innergate run`, `exec` and `stop`: commands as hosts of a VPC."""

import os
import signal
import subprocess
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from innergate.cli.inputs import name_in_path
from innergate.cli.output import complain, console
from innergate.cli.state_folder import State, state_folder
from innergate.driver.client import ControlClient
from innergate.driver.hosts import transient_host
from innergate.nets.trust import machine_environment, trust_variables

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
    if not detach:
        return _run_in_front(client, command, vpc, ip, name)
    environment = {"PATH": os.environ.get("PATH", ""), **trust_variables(client.state)}
    kept = {"command": list(command), "environment": environment, "working_directory": str(Path.cwd())}
    host = client.call("POST", "/workloads", {"vpc": vpc, "ip": ip, "name": name, **kept})
    console().print(f"{host['id']}   {host['address']}   {name}   {'live' if host['live'] else 'not live yet'}")
    return 0 if host["live"] else 1


def exec_(*command: Command, vpc: Vpc, ip: Ip = "", state: State = "") -> int:
    """Run a command inside a VPC, as a host that is gone afterwards; its exit code is the command's.

    Example: innergate exec --vpc shop -- curl -sS https://API.execute-api.us-east-1.amazonaws.com/STAGE/
    """
    return _run_in_front(ControlClient(state_folder(state)), command, vpc, ip)


def stop(host: Annotated[str, Parameter(help="Its id or its name.")], /, *, state: State = "") -> None:
    """Stop a host: the process that `run --detach` left, and its address."""
    name_in_path("HOST", host)
    client = ControlClient(state_folder(state))
    known = client.call("GET", "/workloads")["workloads"]
    ids = [w["id"] for w in known if host in (w["id"], w["name"])]
    for workload_id in ids or [host]:
        client.call("DELETE", f"/workloads/{name_in_path('HOST', workload_id)}")


def _run_in_front(client: ControlClient, command: tuple[str, ...], vpc: str, ip: str, name: str = "") -> int:
    if not command:
        complain("say what to run: innergate exec --vpc VPC -- curl https://…")
        return 2
    with transient_host(client, command, vpc, ip, name) as argv:
        return _wait(subprocess.Popen(argv, env={**machine_environment(), **trust_variables(client.state)}))


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
