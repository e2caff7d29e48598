"""The account in whose queue a call waits."""

from pathlib import Path

from tests.feature.control_front import ALICE, BOB, TARGETS, ControlFront

from innergate.server.claimed_account import claimed_account
from innergate.wire.http import make_request


def test_the_account_of_the_key_that_is_named(tmp_path: Path) -> None:
    front = ControlFront(tmp_path)
    state = front.store.state()
    for account in (ALICE, BOB):
        request = front.signed(TARGETS[0], account)
        assert claimed_account(state, request, is_open=False) == account
        key = front.keys[account].access_key_id
        for slash in ("/", "%2F", "%2f"):
            query = f"a=b&X-Amz-Credential={key}{slash}20261122"
            assert claimed_account(state, make_request("GET", "/", query, [], b""), is_open=False) == account
    front.store.close()


def test_keys_that_nobody_has_wait_in_one_queue(tmp_path: Path) -> None:
    front = ControlFront(tmp_path)
    state = front.store.state()
    for value in ("AWS4-HMAC-SHA256 Credential=AKIANOBODY/x", "Credential=" + "a" * 1000 + "/", "", "Bearer x"):
        request = make_request("GET", "/", "", [("Authorization", value)], b"")
        assert claimed_account(state, request, is_open=False) == ""
    request = make_request("GET", "/", "", [("Authorization", "Credential=111122223333/x")], b"")
    assert claimed_account(state, request, is_open=True) == "111122223333"
    front.store.close()
