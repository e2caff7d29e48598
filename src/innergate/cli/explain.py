"""`innergate path` and `innergate simulate`."""

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Annotated, Any

from cyclopts import Parameter
from rich.console import Console
from rich.padding import Padding
from rich.table import Table

from innergate.cli.inputs import WrongUsage
from innergate.cli.output import (
    VERDICT_MARK,
    VERDICT_STYLE,
    Json,
    console,
    escape,
    make_table,
    print_json,
    print_table,
    table_width,
)
from innergate.cli.state_folder import State, state_folder
from innergate.driver.client import ControlClient

From = Annotated[
    str, Parameter(name="--from", help="The caller's VPC: an id or a Name tag; none is outside every VPC.")
]


def path(
    target: Annotated[str, Parameter(help="An API's id, API/STAGE, or a URL.")],
    /,
    *,
    vpc: From = "",
    json: Json = False,
    state: State = "",
) -> int:
    """Show hop by hop how a call from a VPC reaches an API's backend, or what stands in its way.

    Example: innergate path API/STAGE --from shop
    """
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
    """Say what would happen to one request, and which policy statement decides.

    Example: innergate simulate GET https://API.execute-api.us-east-1.amazonaws.com/STAGE/ --from shop
    """
    headers = dict(_split_header(text) for text in header)
    if source:
        _check_address(source)
    request = {"target": url, "method": method, "from_vpc": vpc, "headers": headers, "source_address": source}
    answer = ControlClient(state_folder(state)).call("POST", "/simulate", request)
    if json:
        print_json(answer)
    else:
        print_hops(console(), answer)
    return 0 if not answer.get("cause") else 1


def _check_address(text: str) -> None:
    try:
        ip_address(text)
    except ValueError:
        raise WrongUsage(f"--source wants an address, as in 10.0.1.20; got {text!r}") from None


def _split_header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        raise WrongUsage(f"--header wants 'name: value'; got {text!r}")
    return name.strip(), value.strip()


def print_hops(out: Console, answer: dict[str, Any]) -> None:
    """The hop table, the policies' decisions, and the verdict below them."""
    hops, names = answer["hops"], answer.get("names", {})
    table = _hop_table(hops, names)
    if table_width(out, table) <= out.width:
        print_table(out, table)
    else:
        _print_hop_lines(out, hops, names)
    for decision in answer["decisions"]:
        _print_decision(out, decision)
    for note in answer["notes"]:
        out.print(f"[dim]note: {escape(note)}[/]", soft_wrap=True)
    if answer["cause"]:
        refusal = next((hop for hop in hops if hop["verdict"] == "refused"), None)
        cause = _sentence(refusal) if refusal is not None else answer["cause"]
        out.print(f"[bold red]does not work[/]: {escape(cause)}", soft_wrap=True)
        seen = f"HTTP {answer['outward']}" if answer["status"] else answer["outward"]
        out.print(f"  the caller sees: {escape(seen)}", soft_wrap=True)
        print_fix(out, answer, names)
        for hop in answer["behind"]:
            _print_further(out, "[bold red]then[/]", hop, names)
    else:
        out.print("[bold green]works[/]: nothing stands in its way")
    for hop in hops:
        if hop["verdict"] == "warning" and hop["fix"]:
            _print_further(out, "[yellow]but[/]", hop, names)


def print_fix(out: Console, what: Mapping[str, Any], names: Mapping[str, str]) -> None:
    """What mends a hop or a diagnostic, and as which account that is typed in."""
    if what["fix"]:
        by = what.get("fix_by", "")
        whose = f" (as {names.get(by, by)})" if by else ""
        out.print(f"  fix{escape(whose)}: {escape(what['fix'])}", soft_wrap=True)


def _print_further(out: Console, head: str, hop: dict[str, Any], names: Mapping[str, str]) -> None:
    out.print(f"{head}: {escape(_sentence(hop))}", soft_wrap=True)
    print_fix(out, hop, names)


def _sentence(hop: Mapping[str, Any]) -> str:
    return f"{hop['kind']} {_short(hop['id'])}: {hop['reason']}"


def _hop_table(hops: list[dict[str, Any]], names: Mapping[str, str]) -> Table:
    rows = []
    for number, hop in enumerate(hops, start=1):
        verdict = f"{_mark(hop)} {escape(hop['reason'])}".rstrip()
        where = _named(_short(hop["where"]), names)
        rows.append((str(number), hop["kind"], escape(_short(hop["id"])), escape(where), verdict))
    return make_table(("#", "hop", "id", "where", "verdict"), rows, has_markup=True)


def _named(where: str, names: Mapping[str, str]) -> str:
    """Account and VPC by the names that people gave them."""
    return "/".join(names.get(part, part) for part in where.split("/"))


def _print_hop_lines(out: Console, hops: list[dict[str, Any]], names: Mapping[str, str]) -> None:
    """The same for narrow terminals: a heading a place, a line a hop, its reason below where it does not fit beside."""
    place = None
    for number, hop in enumerate(hops, start=1):
        if hop["where"] != place:
            place = hop["where"]
            if place:
                ids, named = _short(place), _named(_short(place), names)
                out.print(f"{escape(named)}  [dim]{escape(ids)}[/]" if named != ids else escape(ids), soft_wrap=True)
        head = f"{number:>3} {hop['kind']:<16} {_short(hop['id'])}"
        beside = len(head) + len(hop["reason"]) + 6 <= out.width
        reason = f"  {escape(hop['reason'])}" if beside and hop["reason"] else ""
        out.print(f"  {_mark(hop)}{escape(head)}{reason}", soft_wrap=True)
        if not beside and hop["reason"]:
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
    out.print(f"{escape(decision['policy'])}: [{style}]{decision['outcome']}[/] by {escape(where)}", soft_wrap=True)
    for statement in decision["statements"]:
        for condition in statement["conditions"]:
            seen = ", ".join(condition["seen"]) if condition["seen"] is not None else "absent"
            holds = {True: "holds", False: "does not hold", None: "cannot be told"}[condition["holds"]]
            wanted = ", ".join(condition["wanted"])
            text = f"  {statement['name']}: {condition['operator']} {condition['key']} {wanted}; seen {seen}: {holds}"
            out.print(escape(text), soft_wrap=True)
