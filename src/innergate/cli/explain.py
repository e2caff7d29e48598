"""`innergate path` and `innergate simulate`."""

from typing import Annotated, Any

from cyclopts import Parameter
from rich.console import Console
from rich.padding import Padding

from innergate.cli.client import ControlClient, State, state_folder
from innergate.cli.inputs import WrongUsage
from innergate.cli.output import VERDICT_MARK, VERDICT_STYLE, Json, console, escape, make_table, print_json

From = Annotated[
    str, Parameter(name="--from", help="The caller's VPC: an id or a Name tag; none is outside every VPC.")
]

TABLE_WIDTH = 150
"""Below so many columns, hops are lines and no table."""


def path(
    target: Annotated[str, Parameter(help="An API's id, API/STAGE, or a URL.")],
    /,
    *,
    vpc: From = "",
    json: Json = False,
    state: State = "",
) -> int:
    """Show hop by hop how a call from a VPC reaches an API's backend, or what stands in its way."""
    answer = ControlClient(state_folder(state)).call("POST", "/path", {"target": target, "from_vpc": vpc})
    if json:
        print_json(answer)
    else:
        print_hops(console(), answer)
    return 0 if not answer.get("cause") else 1


def simulate(
    method: Annotated[str, Parameter(help="GET, POST, ...")],
    url: Annotated[str, Parameter(help="The whole URL, or an API's id.")],
    /,
    *,
    vpc: From = "",
    header: Annotated[tuple[str, ...], Parameter(help="A header, as 'name: value'; may be repeated.")] = (),
    source: Annotated[str, Parameter(help="The caller's address; one of the VPC by default.")] = "",
    json: Json = False,
    state: State = "",
) -> int:
    """Say what would happen to one request, and which policy statement decides."""
    headers = dict(_split_header(text) for text in header)
    request = {"target": url, "method": method, "from_vpc": vpc, "headers": headers, "source_address": source}
    answer = ControlClient(state_folder(state)).call("POST", "/simulate", request)
    if json:
        print_json(answer)
    else:
        print_hops(console(), answer)
    return 0 if not answer.get("cause") else 1


def _split_header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        raise WrongUsage(f"--header wants 'name: value'; got {text!r}")
    return name.strip(), value.strip()


def print_hops(out: Console, answer: dict[str, Any]) -> None:
    """The hop table, the policies' decisions, and the verdict below them."""
    if out.width < TABLE_WIDTH:
        _print_hop_lines(out, answer["hops"])
    else:
        _print_hop_table(out, answer["hops"])
    for decision in answer["decisions"]:
        _print_decision(out, decision)
    for note in answer["notes"]:
        out.print(f"[dim]note: {escape(note)}[/]", soft_wrap=True)
    if answer["cause"]:
        seen = f"HTTP {answer['status']}" if answer["status"] else answer["outward"]
        out.print(
            f"[bold red]does not work[/]: {escape(answer['cause'])}   the caller sees: {escape(seen)}", soft_wrap=True
        )
        _print_fix(out, answer["fix"])
        for hop in answer["behind"]:
            _print_further(out, "[bold red]then[/]", hop)
    else:
        out.print("[bold green]works[/]: nothing stands in its way")
    for hop in answer["hops"]:
        if hop["verdict"] == "warning" and hop["fix"]:
            _print_further(out, "[yellow]but[/]", hop)


def _print_further(out: Console, head: str, hop: dict[str, Any]) -> None:
    reason = f"{hop['kind']} {_short(hop['id'])}: {hop['reason']}"
    out.print(f"{head}: {escape(reason)}", soft_wrap=True)
    _print_fix(out, hop["fix"])


def _print_fix(out: Console, fix: str) -> None:
    if fix:
        out.print(f"  fix: {escape(fix)}", soft_wrap=True)


def _print_hop_table(out: Console, hops: list[dict[str, Any]]) -> None:
    rows = []
    for number, hop in enumerate(hops, start=1):
        verdict = f"{_mark(hop)} {escape(hop['reason'])}"
        rows.append((str(number), hop["kind"], escape(_short(hop["id"])), escape(_short(hop["where"])), verdict))
    out.print(make_table(("#", "hop", "id", "where", "verdict"), rows, has_markup=True))


def _print_hop_lines(out: Console, hops: list[dict[str, Any]]) -> None:
    """The same for narrow terminals: a heading a place, a line a hop, its reason below where it does not fit beside."""
    place = None
    for number, hop in enumerate(hops, start=1):
        if hop["where"] != place:
            place = hop["where"]
            if place:
                out.print(f"[dim]{escape(_short(place))}[/]")
        head = f"{number:>3} {hop['kind']:<16} {_short(hop['id'])}"
        beside = len(head) + len(hop["reason"]) + 6 <= out.width
        out.print(f"  {_mark(hop)}{escape(head)}" + (f"  {escape(hop['reason'])}" if beside else ""), soft_wrap=True)
        if not beside:
            out.print(Padding(escape(hop["reason"]), (0, 0, 0, 24)))


def _mark(hop: dict[str, Any]) -> str:
    return f"[{VERDICT_STYLE[hop['verdict']]}]{VERDICT_MARK[hop['verdict']]}[/]"


def _short(name: str) -> str:
    """An ARN without what its row says anyway."""
    return name.split(":", 5)[5] if name.startswith("arn:") else name


def _print_decision(out: Console, decision: dict[str, Any]) -> None:
    by = decision["decided_by"]
    style = "green" if decision["outcome"] == "allow" else "bold red"
    where = by["name"] if by else "default: no statement applies"
    out.print(f"{escape(decision['policy'])}: [{style}]{decision['outcome']}[/] by {escape(where)}")
    for statement in decision["statements"]:
        for condition in statement["conditions"]:
            seen = ", ".join(condition["seen"]) if condition["seen"] is not None else "absent"
            holds = {True: "holds", False: "does not hold", None: "cannot be told"}[condition["holds"]]
            wanted = ", ".join(condition["wanted"])
            text = f"  {statement['name']}: {condition['operator']} {condition['key']} {wanted}; seen {seen}: {holds}"
            out.print(escape(text))
