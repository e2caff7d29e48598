"""`innergate account …` and `innergate env`."""

import os
import re
import shlex
import sys
from collections.abc import Mapping
from typing import Annotated
from urllib.parse import urlsplit

from cyclopts import App, Parameter

from innergate.cli.inputs import name_in_path
from innergate.cli.output import Json, console, make_table, print_json, print_table
from innergate.cli.state_folder import State, state_folder
from innergate.driver.client import ControlClient, ControlRefused
from innergate.nets.trust import PROXY_NAMES

account_app = App(name="account", help="Make and list accounts.")


@account_app.command
def add(
    name: Annotated[str, Parameter(help="What you call it.")],
    /,
    *,
    id: Annotated[str, Parameter(help="A 12-digit account id; a fresh one by default.")] = "",
    json: Json = False,
    state: State = "",
) -> None:
    """Make an account (or say which id the one of that name has)."""
    client = ControlClient(state_folder(state))
    _refuse_other_account(client, name, id)
    answer = client.call("POST", "/accounts", {"name": name, "id": id})
    if json:
        print_json(answer)
        return
    console().print(f"{answer['id']}   {name}   {'made' if answer['made'] else 'was there already'}")


def _refuse_other_account(client: ControlClient, name: str, id: str) -> None:
    """Raises ControlRefused if the id is none, or if the name or the id is another account's."""
    if not id:
        return
    if not re.fullmatch(r"\d{12}", id):
        raise ControlRefused(f"an account id has 12 digits, as in 111122223333; got {id!r}")
    for known in client.call("GET", "/accounts")["accounts"]:
        if (known["name"] == name) != (known["id"] == id):
            raise ControlRefused(
                f"there is an account {known['name']} ({known['id']}) already; choose another name or id"
            )


@account_app.command(name="list")
def list_accounts(*, json: Json = False, state: State = "") -> None:
    """List the accounts."""
    accounts = ControlClient(state_folder(state)).call("GET", "/accounts")["accounts"]
    if json:
        print_json(accounts)
        return
    rows = [(a["id"], a["name"], a["email"], "management" if a["management"] else "") for a in accounts]
    print_table(console(), make_table(("account", "name", "email", ""), rows))


def env(
    account: Annotated[str, Parameter(help="Its name or its id.")], /, *, json: Json = False, state: State = ""
) -> None:
    """Print what an AWS client of ACCOUNT (a name or id) needs: eval "$(innergate env ACCOUNT)"."""
    called = name_in_path("ACCOUNT", account)
    answer = ControlClient(state_folder(state)).call("GET", f"/accounts/{called}/environment")["environment"]
    answer |= _past_proxies(answer.get("AWS_ENDPOINT_URL", ""))
    if json:
        print_json(answer)
        return
    for name, value in answer.items():
        sys.stdout.write(f"export {name}={shlex.quote(value)}\n")


def _past_proxies(endpoint: str) -> Mapping[str, str]:
    """Where clients would send calls to a proxy: that the platform's own address is not behind it."""
    if not any(name.lower() in PROXY_NAMES for name in os.environ):
        return {}
    host = urlsplit(endpoint).hostname or ""
    known = [part for part in (os.environ.get("no_proxy") or os.environ.get("NO_PROXY", "")).split(",") if part]
    value = ",".join([*known, *({host} - set(known))])
    return {"NO_PROXY": value, "no_proxy": value}
