"""`innergate path` and `innergate simulate`."""

from typing import Annotated, Any

from cyclopts import Parameter
from rich.console import Console

from innergate.cli.client import ControlClient, state_folder
from innergate.cli.output import VERDICT_MARK, VERDICT_STYLE, console, make_table, print_json

From = Annotated[
    str, Parameter(name="--from", help="The caller's VPC: an id or a Name tag; none is outside every VPC.")
]


def path(target: str, *, vpc: From = "", json: Annotated[bool, Parameter(negative=())] = False, state: str = "") -> int:
    """Show hop by hop how a call from a VPC reaches an API's backend, or what stands in its way."""
    answer = ControlClient(state_folder(state)).call("POST", "/path", {"target": target, "from_vpc": vpc})
    if json:
        print_json(answer)
    else:
        print_hops(console(), answer)
    return 0 if not answer.get("cause") else 1


def simulate(
    method: str,
    url: str,
    *,
    vpc: From = "",
    header: Annotated[tuple[str, ...], Parameter(help="A header, as 'name: value'; may be repeated.")] = (),
    source: Annotated[str, Parameter(help="The caller's address; one of the VPC by default.")] = "",
    json: Annotated[bool, Parameter(negative=())] = False,
    state: str = "",
) -> int:
    """Say what would happen to one request, and which policy statement decides."""
    headers = dict(h.split(": ", 1) for h in header)
    request = {"target": url, "method": method, "from_vpc": vpc, "headers": headers, "source_address": source}
    answer = ControlClient(state_folder(state)).call("POST", "/simulate", request)
    if json:
        print_json(answer)
    else:
        print_hops(console(), answer)
    return 0 if not answer.get("cause") else 1


def print_hops(out: Console, answer: dict[str, Any]) -> None:
    """The hop table, and the decision below it."""
    rows = []
    for number, hop in enumerate(answer.get("hops", ()), start=1):
        style = VERDICT_STYLE[hop["verdict"]]
        verdict = f"[{style}]{VERDICT_MARK[hop['verdict']]}[/] {hop.get('reason', '')}"
        rows.append((str(number), hop["kind"], hop["id"], hop["where"], verdict))
    out.print(make_table(("#", "hop", "id", "where", "verdict"), rows))
