"""Damage to copies of a store: nothing is said where it refuses, something where it opens with less than was acknowledged."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from innergate.primitives.ids import AccountId, Region
from innergate.resources.vpcs import Vpc
from innergate.store.sqlite import SqliteStore
from innergate.testing.chaos_store import STORE, tear, try_damage
from innergate.testing.clock import FakeClock

CLOCK = FakeClock()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    made = SqliteStore(tmp_path / STORE, CLOCK)
    for number in range(5):
        vpc = Vpc(
            id=f"vpc-{number}",
            account=AccountId("111122223333"),
            region=Region("us-east-1"),
            cidr_block="10.0.0.0/16",
            cidr_associations=(),
            created_at=CLOCK.now(),
        )
        with made.transaction() as tx:
            tx.put(vpc)
    yield made
    made.close()


def test_damage_is_never_lost_in_silence(store: SqliteStore, tmp_path: Path) -> None:
    assert try_damage(tmp_path, random.Random(1), 20) == []
    tear(tmp_path)
    assert try_damage(tmp_path, random.Random(2), 10) == []


def test_a_store_that_says_nothing_would_be_found(
    store: SqliteStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("innergate.store.sqlite.check_acknowledged", lambda path, revision: None)
    found = try_damage(tmp_path, random.Random(1), 20)
    assert found
    assert "5 was acknowledged" in found[0]
