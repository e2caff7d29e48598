"""`innergate api`: what an operator asks about one API."""

from collections import Counter
from typing import Annotated, Literal

from cyclopts import App, Parameter

from innergate.cli.inputs import name_in_path, read_bytes
from innergate.cli.output import Json, complain, console, make_table, print_json, print_table
from innergate.cli.state_folder import State, state_folder
from innergate.driver.client import ControlClient
from innergate.primitives.fault import Fault

api_app = App(name="api", help="Look at one API.")

_SHOWN = 60
_FATES: tuple[Literal["kept", "changed", "dropped"], ...] = ("kept", "changed", "dropped")


@api_app.command
def diff(
    api: Annotated[str, Parameter(help="The API's id.")],
    stage: Annotated[str, Parameter(help="The stage whose deployment it is compared with.")],
    /,
    *,
    json: Json = False,
    state: State = "",
) -> int:
    """Show what is saved of an API but not deployed to a stage. Exit code 1 where there is something."""
    called = f"/apis/{name_in_path('API', api)}/stages/{name_in_path('STAGE', stage)}/diff"
    found = ControlClient(state_folder(state)).call("GET", called)["differences"]
    if json:
        print_json(found)
    elif found:
        rows = [(d["change"], d["what"], _cut(d["before"]), _cut(d["after"])) for d in found]
        print_table(console(), make_table(("", "what", f"{stage} serves", "saved"), rows))
    else:
        console().print(f"{stage} serves what is saved")
    return 1 if found else 0


@api_app.command
def report(
    document: Annotated[
        str,
        Parameter(allow_leading_hyphen=True, help="A file with the OpenAPI document; - reads it from standard input."),
    ],
    /,
    *,
    json: Json = False,
) -> int:
    """Show what ImportRestApi makes of every construct of a document: kept, changed or dropped, with its line."""
    from innergate.services.apigateway.openapi_report import account_for, syntax_error

    text = read_bytes(document)
    try:
        entries = account_for(text)
    except Fault as fault:
        where = syntax_error(text)
        complain(f"ImportRestApi would refuse it: {fault.message}{f' {where}' if where else ''}")
        return 1
    if json:
        print_json([entry._asdict() for entry in entries])
    else:
        rows = [(str(entry.line), entry.fate, entry.where, entry.note) for entry in entries]
        out = console()
        print_table(out, make_table(("line", "", "what", ""), rows))
        fates = Counter(entry.fate for entry in entries)
        out.print(f"{len(entries)} constructs: " + ", ".join(f"{fates[fate]} {fate}" for fate in _FATES))
    return 0


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
