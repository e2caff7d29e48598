"""From an access key to who calls. Signatures are checked by `wire`; this finds the secret that they must be made with."""

import hmac
from datetime import datetime
from typing import NamedTuple

from innergate.primitives.clock import Clock
from innergate.primitives.ids import AccountId, IdSource
from innergate.primitives.secret import Secret
from innergate.resources.accounts import Account
from innergate.resources.identities import AccessKey, Role, Session, User
from innergate.services.context import Caller
from innergate.services.organizations.make_account import make_account
from innergate.services.refusals import expired_credentials, unknown_credentials
from innergate.store.transaction import Transaction

DEFAULT_OPEN_ACCOUNT = AccountId("123456789012")


class Credentials(NamedTuple):
    """Who calls, and the secret that their signature must be made with."""

    caller: Caller
    secret: Secret


def find_credentials(
    tx: Transaction, access_key_id: str, session_token: str, now: datetime, service: str
) -> Credentials:
    """The credentials behind an access key id. `session_token` is "" where the request has none; `service` (ec2, sts,
    apigateway …) chooses the wording. Raises Fault (InvalidClientTokenId, UnrecognizedClientException, AuthFailure,
    ExpiredToken …)."""
    session = tx.get(Session, access_key_id)
    if session is not None:
        if not hmac.compare_digest(session.session_token.encode(), session_token.encode()):
            raise unknown_credentials(service)
        if session.expires_at <= now:
            raise expired_credentials(service)
        caller = _session_caller(tx, session)
        secret = session.secret_access_key
    else:
        key = tx.get(AccessKey, access_key_id)
        if key is None or key.status != "Active" or session_token:
            raise unknown_credentials(service)
        caller = _key_caller(tx, key)
        secret = key.secret_access_key
    if caller is None:
        raise unknown_credentials(service)
    return Credentials(caller, Secret(secret))


def open_account(access_key_id: str) -> AccountId:
    """Open mode: the account that an unknown key means. A 12-digit key id is the account itself."""
    if len(access_key_id) == 12 and access_key_id.isascii() and access_key_id.isdigit():
        return AccountId(access_key_id)
    return DEFAULT_OPEN_ACCOUNT


def open_caller(tx: Transaction, access_key_id: str, now: datetime) -> Caller:
    """Open mode: who calls. Keys that the platform made (AssumeRole, CreateAccessKey) keep their meaning; any other key is
    the root of `open_account`. Secrets and tokens are not looked at."""
    session = tx.get(Session, access_key_id)
    if session is not None and session.expires_at > now:
        caller = _session_caller(tx, session)
        if caller is not None:
            return caller
    key = tx.get(AccessKey, access_key_id)
    if key is not None and key.status == "Active":
        caller = _key_caller(tx, key)
        if caller is not None:
            return caller
    return root_of(open_account(access_key_id), access_key_id)


def ensure_open_account(tx: Transaction, clock: Clock, ids: IdSource, account: AccountId) -> None:
    """Open mode: makes the account if it is not there. Needs a writing transaction only then."""
    if tx.get(Account, account) is None:
        make_account(tx, clock, ids, f"account-{account}", account)


def root_of(account: AccountId, access_key_id: str) -> Caller:
    """The root of an account."""
    return Caller(account, f"arn:aws:iam::{account}:root", account, "root", "", access_key_id)


def _key_caller(tx: Transaction, key: AccessKey) -> Caller | None:
    if not key.user_id:
        return root_of(key.account, key.id) if tx.get(Account, key.account) is not None else None
    user = tx.get(User, key.user_id)
    if user is None:
        return None
    return Caller(key.account, user.arn, user.unique_id, "user", user.id, key.id)


def _session_caller(tx: Transaction, session: Session) -> Caller | None:
    """None where the role or user is gone, or was made anew under the same name."""
    if session.identity_kind == "assumed-role":
        role = tx.get(Role, session.identity)
        if role is None or role.unique_id != session.principal_id.partition(":")[0]:
            return None
    elif session.identity_kind == "user":
        user = tx.get(User, session.identity)
        if user is None or user.unique_id != session.principal_id:
            return None
    return Caller(
        session.account,
        session.principal_arn,
        session.principal_id,
        session.identity_kind,
        session.identity,
        session.id,
        session.session_policies,
        session.session_tags,
        session.created_at,
    )
