"""CreateAccount and what shows accounts. Only the management account may call, as in AWS."""

import re

from innergate.primitives.fault import Fault
from innergate.primitives.ids import fresh_hex
from innergate.resources.accounts import Account
from innergate.resources.accounts import organization_id as organization_of
from innergate.resources.base import UniqueName
from innergate.services.context import Context, Params, Result
from innergate.services.organizations.make_account import ACCESS_ROLE, make_account, management_account
from innergate.services.organizations.pages import take_page

_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")


def create(context: Context, params: Params) -> Result:
    """CreateAccount: the account is there when this returns, so its state is SUCCEEDED at once."""
    require_management(context)
    name, email = params["AccountName"], params["Email"]
    if not _EMAIL.fullmatch(email):
        raise Fault("InvalidInputException", "You provided a value that does not match the required pattern.")
    if context.tx.holder_of_name(UniqueName("account-email", email.lower())) is not None:
        return {"CreateAccountStatus": _failed(context, name, "EMAIL_ALREADY_EXISTS")}
    if context.tx.holder_of_name(UniqueName("account-name", name)) is not None:
        # AWS differs: it allows two accounts of one name; here the operator names accounts by it.
        raise Fault(
            "InvalidInputException",
            f"An account is already named {name}. Names of accounts differ on this platform, so that `innergate env "
            f"{name}` means one of them; choose another name.",
        )
    role_name = params.get("RoleName", ACCESS_ROLE)
    account = make_account(context.tx, context.clock, context.ids, name, email=email, role_name=role_name)
    return {"CreateAccountStatus": status_of(account)}


def describe_create_status(context: Context, params: Params) -> Result:
    """DescribeCreateAccountStatus."""
    require_management(context)
    wanted = params["CreateAccountRequestId"]
    for account in context.tx.all(Account):
        if account.create_request_id == wanted:
            return {"CreateAccountStatus": status_of(account)}
    raise Fault(
        "CreateAccountStatusNotFoundException", "You specified a create account status request that does not exist."
    )


def list_create_status(context: Context, params: Params) -> Result:
    """ListCreateAccountStatus: those that succeeded are all there are."""
    require_management(context)
    states = params.get("States", ())
    made = [a for a in context.tx.all(Account) if not a.is_management and (not states or "SUCCEEDED" in states)]
    found, token = take_page(made, params)
    return {"CreateAccountStatuses": [status_of(account) for account in found], "NextToken": token}


def list_all(context: Context, params: Params) -> Result:
    """ListAccounts."""
    require_management(context)
    found, token = take_page(context.tx.all(Account), params)
    return {"Accounts": [shown(context, account) for account in found], "NextToken": token}


def describe(context: Context, params: Params) -> Result:
    """DescribeAccount."""
    require_management(context)
    account = context.tx.get(Account, params["AccountId"])
    if account is None:
        raise Fault("AccountNotFoundException", "You specified an account that doesn't exist.")
    return {"Account": shown(context, account)}


def require_management(context: Context) -> Account:
    """The management account, which the caller must be in. Raises Fault AccessDeniedException."""
    manager = management_account(context.tx)
    if manager is None or manager.id != context.account:
        raise Fault("AccessDeniedException", "You don't have permissions to access this resource.")
    return manager


def organization_id(manager: Account) -> str:
    """`o-` and ten letters, made from the management account's id."""
    return organization_of(manager.id)


def shown(context: Context, account: Account) -> dict[str, object]:
    """The account as Organizations shows it."""
    manager = management_account(context.tx) or account
    return {
        "Id": account.id,
        "Arn": f"arn:aws:organizations::{manager.id}:account/{organization_id(manager)}/{account.id}",
        "Email": account.email,
        "Name": account.name,
        "Status": "ACTIVE",
        "State": "ACTIVE",
        "JoinedMethod": "INVITED" if account.is_management else "CREATED",
        "JoinedTimestamp": account.joined_at,
    }


def status_of(account: Account) -> dict[str, object]:
    """How the making of the account ended."""
    return {
        "Id": account.create_request_id,
        "AccountName": account.name,
        "State": "SUCCEEDED",
        "RequestedTimestamp": account.joined_at,
        "CompletedTimestamp": account.joined_at,
        "AccountId": account.id,
    }


def _failed(context: Context, name: str, reason: str) -> dict[str, object]:
    now = context.clock.now()
    return {
        "Id": f"car-{fresh_hex(context.ids, 32)}",
        "AccountName": name,
        "State": "FAILED",
        "RequestedTimestamp": now,
        "CompletedTimestamp": now,
        "FailureReason": reason,
    }
