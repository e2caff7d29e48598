"""`innergate why`."""

import re
from datetime import datetime
from typing import Annotated, Any

from cyclopts import Parameter
from rich.console import Console

from innergate.cli.explain import print_hops
from innergate.cli.inputs import WrongUsage
from innergate.cli.output import Json, console, escape, make_table, print_json, print_table, table_width
from innergate.cli.state_folder import State, state_folder
from innergate.driver.client import ControlClient

_ID = re.compile(r"[A-Za-z0-9-]+")


def why(
    request_id: Annotated[str, Parameter(help="x-amzn-requestid or x-amz-apigw-id of the answer.")] = "",
    /,
    *,
    json: Json = False,
    state: State = "",
) -> int:
    """Say why a call failed, by the request id that its caller got; without one, list the last that failed."""
    client = ControlClient(state_folder(state))
    if request_id and _ID.fullmatch(request_id) is None:
        raise WrongUsage(f"{request_id!r} is no request id; `innergate why` lists the last ones")
    if not request_id:
        failures = client.call("GET", "/failures")["failures"]
        if json:
            print_json(failures)
        else:
            print_failures(console(), failures)
        return 0
    found = client.call("GET", f"/failures/{request_id}")
    if json:
        print_json(found)
    else:
        _print_one(console(), found)
    return 0


def print_failures(out: Console, failures: list[dict[str, Any]]) -> None:
    """A row each, or where that is too wide some lines each."""
    if not failures:
        out.print("no call has failed")
        return
    rows = [
        (_time(f), str(f["status"]), f["verb"] or "-", _what(f), f["reason"]["says"], f["request_id"] or "-")
        for f in failures
    ]
    table = make_table(("time (UTC)", "status", "verb", "what", "why", "request id"), rows)
    if table_width(out, table) <= out.width:
        print_table(out, table)
        return
    for time, status, verb, what, why, request_id in rows:
        out.print(f"[bold]{time}  {status}[/]  {escape(f'{verb} {what}')}", soft_wrap=True)
        out.print(f"  {escape(why)}", soft_wrap=True)
        out.print(f"  innergate why {escape(request_id)}" if request_id != "-" else "  no request id", soft_wrap=True)


def _print_one(out: Console, found: dict[str, Any]) -> None:
    failure, reason = found["failure"], found["reason"]
    said = " ".join(part for part in (str(failure["status"]), failure["error_type"]) if part)
    out.print(
        f"[bold]{escape(failure['request_id'])}[/]  {_time(failure)} UTC  {escape(said)}  {failure['latency_ms']} ms"
    )
    where = f"by {failure['vpce']} in {failure['vpc']}" if failure["vpce"] else "by the public entry"
    out.print(escape(f"{failure['verb'] or '-'} {_what(failure)}  from {failure['source']} {where}"), soft_wrap=True)
    out.print(f"[bold red]{reason['answered_by']}[/]: {escape(reason['says'])}", soft_wrap=True)
    if reason["detail"]:
        out.print(f"  noted: {escape(reason['detail'])}", soft_wrap=True)
    for note in found["notes"]:
        out.print(f"[dim]note: {escape(note)}[/]", soft_wrap=True)
    if found["now"] is not None:
        out.print("\nsuch a call now:")
        print_hops(out, found["now"])


def _what(failure: dict[str, Any]) -> str:
    if failure["sent_to"]:
        return f"{failure['api_id']}/{failure['stage']} -> {failure['sent_to']}"
    return f"{failure['host']}{failure['path']}" or failure["server_name"] or "-"


def _time(failure: dict[str, Any]) -> str:
    return f"{datetime.fromisoformat(failure['at']):%Y-%m-%d %H:%M:%S}"
