"""The store keeps what it acknowledged, refuses what would dangle, and shows nothing half-done."""

from pathlib import Path

import msgspec
import pytest

from innergate.primitives.ids import AccountId, Region
from innergate.resources.api_keys import Throttle, UsagePlan
from innergate.resources.subnets import Subnet
from innergate.resources.vpcs import CidrAssociation, Vpc
from innergate.store.errors import MissingReference, StillReferenced, StoreBusy
from innergate.store.sqlite import SqliteStore
from innergate.testing.clock import FakeClock

CLOCK = FakeClock()
A, R = AccountId("111122223333"), Region("us-east-1")


def vpc(id: str = "vpc-1") -> Vpc:
    return Vpc(
        id=id,
        account=A,
        region=R,
        cidr_block="10.0.0.0/16",
        cidr_associations=(CidrAssociation(association_id="x", cidr_block="10.0.0.0/16"),),
        created_at=CLOCK.now(),
    )


def subnet(id: str = "subnet-1", of: str = "vpc-1") -> Subnet:
    return Subnet(
        id=id,
        account=A,
        region=R,
        vpc_id=of,
        cidr_block="10.0.1.0/24",
        zone_name="us-east-1a",
        zone_id="use1-az1",
        created_at=CLOCK.now(),
    )


def test_a_commit_survives_reopening(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "s.sqlite", CLOCK)
    with store.transaction() as tx:
        tx.put(vpc())
        tx.put(subnet())
    assert store.state().revision == 1
    before = store.state()
    store.close()
    again = SqliteStore(tmp_path / "s.sqlite", CLOCK)
    assert again.state().revision == 1
    assert again.state().get(Vpc, "vpc-1") == before.get(Vpc, "vpc-1")
    assert again.state().find(Subnet, "vpc", "vpc-1") == (subnet(),)
    again.close()


def test_what_could_not_be_read_again_is_not_written(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "s.sqlite", CLOCK)
    endless = UsagePlan(id="p", account=A, region=R, name="p", throttle=Throttle(rate_limit=float("nan")))
    with pytest.raises(msgspec.ValidationError), store.transaction() as tx:
        tx.put(endless)
    assert store.state().revision == 0
    with store.transaction() as tx:
        tx.put(vpc())
    store.close()
    again = SqliteStore(tmp_path / "s.sqlite", CLOCK)
    assert (again.state().count(UsagePlan), again.state().count(Vpc)) == (0, 1)
    again.close()


def test_what_is_referenced_cannot_go(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "s.sqlite", CLOCK)
    with store.transaction() as tx:
        tx.put(vpc())
        tx.put(subnet())
    with pytest.raises(StillReferenced) as refusal, store.transaction() as tx:
        tx.delete(vpc())
    assert refusal.value.holder == subnet().key
    assert store.state().revision == 1
    with store.transaction() as tx:
        tx.delete(vpc())
        tx.delete(subnet())
    assert store.state().get(Vpc, "vpc-1") is None


def test_what_is_missing_cannot_be_referenced(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "s.sqlite", CLOCK)
    with pytest.raises(MissingReference), store.transaction() as tx:
        tx.put(subnet())


def test_a_transaction_sees_its_own_writes_and_nobody_else_does(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "s.sqlite", CLOCK)
    with store.transaction() as tx:
        tx.put(vpc())
        tx.put(subnet())
        assert tx.find(Subnet, "vpc", "vpc-1") == (subnet(),)
        assert store.state().find(Subnet, "vpc", "vpc-1") == ()


def test_a_failed_block_changes_nothing(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "s.sqlite", CLOCK)
    with pytest.raises(ZeroDivisionError), store.transaction() as tx:
        tx.put(vpc())
        raise ZeroDivisionError
    assert store.state().revision == 0


def test_one_process_at_a_time(tmp_path: Path) -> None:
    SqliteStore(tmp_path / "s.sqlite", CLOCK)
    with pytest.raises(StoreBusy):
        SqliteStore(tmp_path / "s.sqlite", CLOCK)
