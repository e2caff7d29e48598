"""Open mode turns any key into an account; keys that the platform made keep their meaning."""

import pytest
from tests.unit.services.identity_harness import IdentityHarness

from innergate.primitives.fault import Fault
from innergate.resources.accounts import Account
from innergate.services.authentication import ensure_open_account, find_credentials, open_account, open_caller


@pytest.mark.parametrize(
    ("key", "account"),
    [
        ("111122223333", "111122223333"),
        ("test", "123456789012"),
        ("", "123456789012"),
        ("1111222233334", "123456789012"),
        ("11112222333١", "123456789012"),
    ],
)
def test_open_account(key: str, account: str) -> None:
    assert open_account(key) == account


def test_open_caller(harness: IdentityHarness) -> None:
    user = harness.user_key(harness.member, "u")
    with harness.store.reading() as tx:
        assert open_caller(tx, "999988887777", harness.clock.now()).arn == "arn:aws:iam::999988887777:root"
        assert open_caller(tx, user[0], harness.clock.now()).arn == "arn:aws:iam::444455556666:user/u"


def test_open_accounts_are_made_once(harness: IdentityHarness) -> None:
    account = open_account("999988887777")
    for _ in range(2):
        with harness.store.transaction() as tx:
            ensure_open_account(tx, harness.clock, harness.ids, account)
    with harness.store.reading() as tx:
        assert tx.get(Account, account) is not None
        assert len(tx.all(Account)) == 3


def test_secrets(harness: IdentityHarness) -> None:
    with harness.store.reading() as tx:
        found = find_credentials(tx, harness.member.operator_key_id, "", harness.clock.now(), "ec2")
        assert len(found.secret.reveal()) == 40
        assert found.caller.kind == "root"
        for key, token in ((harness.member.operator_key_id, "token"), ("AKIANOBODY", "")):
            with pytest.raises(Fault, match="AuthFailure"):
                find_credentials(tx, key, token, harness.clock.now(), "ec2")
