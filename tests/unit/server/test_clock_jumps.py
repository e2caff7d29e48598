"""A clock that jumps changes what is due by the clock, never the order of changes nor what is there."""

from datetime import timedelta
from pathlib import Path

import pytest

from innergate.resources.vpcs import Vpc
from innergate.server.dispatch import Dispatcher
from innergate.store.log_store import LogStore
from innergate.store.sqlite import SqliteStore
from innergate.testing.clock import FakeClock
from innergate.testing.ids import SeededIds
from innergate.wire.http import HttpResponse, make_request

HOUR_S, DAY_S, YEAR_S = 3600.0, 86_400.0, 31_536_000.0


@pytest.mark.parametrize("jumps", [(-HOUR_S, HOUR_S), (DAY_S, -2 * DAY_S), (-YEAR_S, 2 * YEAR_S, -YEAR_S)])
def test_changes_go_on_in_their_order(tmp_path: Path, jumps: tuple[float, ...]) -> None:
    clock = FakeClock()
    path = tmp_path / "store.sqlite"
    store = SqliteStore(path, clock)
    dispatcher = Dispatcher(store, clock, SeededIds(), store, LogStore(tmp_path / "logs"), "open")

    def call(body: str) -> bytes:
        scope = f"Credential=111122223333/{clock.now():%Y%m%d}/us-east-1/ec2/aws4_request"
        headers = (
            ("Host", "h"),
            ("X-Amz-Date", f"{clock.now():%Y%m%dT%H%M%SZ}"),
            ("Authorization", f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature={'0' * 64}"),
            ("Content-Type", "application/x-www-form-urlencoded"),
        )
        request = make_request("POST", "/", "", headers, f"{body}&Version=2016-11-15".encode())
        found = dispatcher.answer(request, "127.0.0.1")
        assert isinstance(found, HttpResponse)
        assert found.status == 200, found.body
        return found.body

    revisions, wanted = [], []
    for number, jump_s in enumerate((0.0, *jumps)):
        clock.advance(jump_s)
        wanted.append(f"10.{number}.0.0/16")
        call(f"Action=CreateVpc&CidrBlock={wanted[-1]}")
        revisions.append(store.state().revision)
        described = call("Action=DescribeVpcs").decode()
        assert all(cidr in described for cidr in wanted)
    assert revisions == sorted(set(revisions))
    store.close()
    clock.advance(-YEAR_S)
    again = SqliteStore(path, clock)
    assert again.state().revision == revisions[-1]
    assert set(wanted) <= {vpc.cidr_block for vpc in again.state().all(Vpc)}
    again.close()


def test_a_fake_clock_goes_back() -> None:
    clock = FakeClock()
    before = clock.now()
    clock.advance(-HOUR_S)
    assert clock.now() == before - timedelta(hours=1)
