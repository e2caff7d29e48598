"""`innergate status` and `innergate diagnostics`."""

import sys
import time
from typing import Annotated, Any

from cyclopts import Parameter

from innergate.cli.explain import print_fix
from innergate.cli.output import VERDICT_MARK, VERDICT_STYLE, Json, console, escape, make_table, print_json, print_table
from innergate.cli.state_folder import State, state_folder
from innergate.driver.client import ControlClient, ControlUnreachable


def status(
    *,
    wait: Annotated[float, Parameter(help="Wait up to so many seconds until everything serves.")] = 0.0,
    json: Json = False,
    state: State = "",
) -> int:
    """Show what runs; exit code 0 once everything serves, else 1 (3 where nothing runs)."""
    client = ControlClient(state_folder(state))
    answer = _ask(client, wait)
    if json:
        print_json(answer)
    else:
        _show(client, answer)
    return 0 if answer["ready"] else 1


def _ask(client: ControlClient, wait_s: float) -> dict[str, Any]:
    deadline = time.monotonic() + wait_s
    while True:
        try:
            answer = client.call("GET", "/status")
            if answer["ready"] or time.monotonic() >= deadline:
                return answer
        except ControlUnreachable:
            if time.monotonic() >= deadline:
                raise
        time.sleep(0.05)


def _show(client: ControlClient, answer: dict[str, Any]) -> None:
    out = console()
    mark = "[bold green]everything serves[/]" if answer["ready"] else "[bold yellow]not ready yet[/]"
    out.print(f"{mark}   {answer['endpoint']}   auth {answer['auth']}   innergate {answer['version']}")
    envoy, agent, counts = answer["envoy"], answer["agent"], answer["counts"]
    public = answer["public"]
    rows = [
        ("control", "running", f"pid {answer['pid']}, revision {answer['revision']}"),
        ("agent", "connected" if agent["connected"] else "missing", f"pid {agent['pid']}"),
        (
            "envoy",
            "connected" if envoy["connected"] else "missing",
            f"pid {envoy['pid']}, started {envoy['starts']}×, has revision {answer['applied_revision']}",
        ),
        (
            "public APIs",
            "served" if public["address"] else "not served",
            public["address"] or public["problem"] or "--public none",
        ),
        ("state", answer["state"], ", ".join(_count(noun, number) for noun, number in counts.items())),
    ]
    print_table(out, make_table(("part", "is", "what"), rows))
    workloads = client.call("GET", "/workloads")["workloads"]
    if workloads:
        rows_of = [
            (w["id"], w["name"], w["vpc"], w["address"], "running" if w["running"] else "ended", " ".join(w["command"]))
            for w in workloads
        ]
        out.print()
        print_table(out, make_table(("host", "name", "vpc", "address", "is", "command"), rows_of))
    for refusal in answer["refusals"]:
        said = escape(f"{refusal['subject']}: {refusal['reason']}")
        out.print(f"[bold red]{refusal['by']} refused[/] {said}", soft_wrap=True)
    if answer["diagnostics"]:
        number = answer["diagnostics"]
        out.print(f"[yellow]{number} part{'' if number == 1 else 's'} left out[/]: innergate diagnostics")
    sys.stdout.flush()


def _count(noun: str, number: int) -> str:
    word = {"accounts": "account", "vpcs": "VPC", "apis": "API", "workloads": "host"}.get(noun, noun)
    return f"{number} {word}{'' if number == 1 else 's'}"


def diagnostics(*, json: Json = False, state: State = "") -> None:
    """Show what could not be compiled, and why."""
    answer = ControlClient(state_folder(state)).call("GET", "/diagnostics")
    found = answer["diagnostics"]
    if json:
        print_json(found)
        return
    out = console()
    for item in found:
        verdict = "warning" if item["severity"] == "warning" else "refused"
        head = f"[{VERDICT_STYLE[verdict]}]{VERDICT_MARK[verdict]}[/] [bold]{escape(item['subject'])}[/]"
        out.print(f"{head}  {escape(item['code'])}: {escape(item['message'])}", soft_wrap=True)
        print_fix(out, item, answer.get("names", {}))
    if not found:
        out.print("nothing was left out")
