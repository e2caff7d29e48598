"""Makes an account: the resource, the operator's key and the role by which the management account comes in."""

import json

from innergate.primitives.clock import Clock
from innergate.primitives.ids import (
    GLOBAL,
    AccountId,
    IdSource,
    fresh_account_id,
    fresh_hex,
    fresh_key_id,
    fresh_secret,
)
from innergate.resources.accounts import Account
from innergate.resources.identities import AccessKey, Role
from innergate.store.transaction import Transaction

ACCESS_ROLE = "OrganizationAccountAccessRole"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


def management_account(tx: Transaction) -> Account | None:
    """The account that manages the others; None on a platform without accounts."""
    return next((account for account in tx.all(Account) if account.is_management), None)


def make_account(
    tx: Transaction,
    clock: Clock,
    ids: IdSource,
    name: str,
    account_id: AccountId | None = None,
    email: str = "",
    role_name: str = ACCESS_ROLE,
) -> Account:
    """The new account, with an access key that acts as its root. The first account of a platform is the management account;
    every other one gets a role (with AdministratorAccess) that trusts it. Raises NameTaken if the name or the email is."""
    manager = management_account(tx)
    id = account_id or _unused_id(tx, ids)
    now = clock.now()
    key = AccessKey(
        id=fresh_key_id(ids, "AKIA"), account=id, region=GLOBAL, secret_access_key=fresh_secret(ids), created_at=now
    )
    account = Account(
        id=id,
        account=id,
        region=GLOBAL,
        name=name,
        email=email or f"{name}@{id}.invalid",
        joined_at=now,
        operator_key_id=key.id,
        create_request_id=f"car-{fresh_hex(ids, 32)}",
        is_management=manager is None,
    )
    tx.put(account)
    tx.put(key)
    if manager is not None:
        tx.put(_access_role(ids, account, manager.id, role_name))
    return account


def _unused_id(tx: Transaction, ids: IdSource) -> AccountId:
    while True:
        id = fresh_account_id(ids)
        if tx.get(Account, id) is None:
            return id


def _access_role(ids: IdSource, account: Account, manager_id: str, role_name: str) -> Role:
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{manager_id}:root"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    return Role(
        id=f"arn:aws:iam::{account.id}:role/{role_name}",
        account=account.account,
        region=GLOBAL,
        role_name=role_name,
        unique_id=fresh_key_id(ids, "AROA"),
        path="/",
        assume_role_policy_document=json.dumps(trust),
        created_at=account.joined_at,
        attached_policy_arns=(ADMINISTRATOR,),
    )
