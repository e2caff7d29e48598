"""`innergate account …` and `innergate env`."""

import shlex
import sys
from typing import Annotated

from cyclopts import App, Parameter

from innergate.cli.client import ControlClient, state_folder
from innergate.cli.output import console, make_table, print_json

account_app = App(name="account", help="Make and list accounts.")


@account_app.command
def add(
    name: str,
    *,
    id: Annotated[str, Parameter(help="A 12-digit account id; a fresh one by default.")] = "",
    json: Annotated[bool, Parameter(negative=())] = False,
    state: str = "",
) -> None:
    """Make an account (or say which id the one of that name has)."""
    answer = ControlClient(state_folder(state)).call("POST", "/accounts", {"name": name, "id": id})
    if json:
        print_json(answer)
        return
    console().print(f"{answer['id']}   {name}   {'made' if answer['made'] else 'was there already'}")


@account_app.command(name="list")
def list_accounts(*, json: Annotated[bool, Parameter(negative=())] = False, state: str = "") -> None:
    """List the accounts."""
    accounts = ControlClient(state_folder(state)).call("GET", "/accounts")["accounts"]
    if json:
        print_json(accounts)
        return
    rows = [(a["id"], a["name"], a["email"], "management" if a["management"] else "") for a in accounts]
    console().print(make_table(("account", "name", "email", ""), rows))


def env(account: str, *, json: Annotated[bool, Parameter(negative=())] = False, state: str = "") -> None:
    """Print what an AWS client of ACCOUNT (a name or id) needs: eval "$(innergate env ACCOUNT)"."""
    answer = ControlClient(state_folder(state)).call("GET", f"/accounts/{account}/environment")["environment"]
    if json:
        print_json(answer)
        return
    for name, value in answer.items():
        sys.stdout.write(f"export {name}={shlex.quote(value)}\n")
