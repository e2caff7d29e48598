"""What is seen of targets is kept while their group is there, and not a moment longer."""

from pathlib import Path

import msgspec
import pytest

from innergate.plans.node_messages import TargetHealthSeen
from innergate.primitives.ids import AccountId, Region
from innergate.resources.target_groups import HealthCheck, TargetGroup
from innergate.server.node_reports import NodeReports, forget_deleted_groups
from innergate.store.sqlite import SqliteStore
from innergate.testing.clock import FakeClock

ARN = "arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/pods/0123456789abcdef"
SEEN = TargetHealthSeen(cluster=f"0a1b/{ARN}", address="10.0.1.21", port=80, is_healthy=True)


@pytest.fixture
def store(tmp_path: Path) -> SqliteStore:
    return SqliteStore(tmp_path / "store.sqlite", FakeClock())


def make_group(store: SqliteStore) -> TargetGroup:
    group = TargetGroup(
        id=ARN,
        account=AccountId("111122223333"),
        region=Region("us-east-1"),
        target_group_name="pods",
        protocol="TCP",
        port=80,
        vpc_id="",
        target_type="ip",
        created_at=FakeClock().now(),
        health_check=HealthCheck(protocol="TCP"),
    )
    with store.transaction() as tx:
        tx.put(group)
    return group


def ignore(namespaces: dict[str, int]) -> None:
    """Nothing was made anew."""


def test_health_goes_with_its_group_and_does_not_come_back(store: SqliteStore) -> None:
    reports = NodeReports(store, FakeClock(), ignore)
    group = make_group(store)
    reports.take(SEEN)
    assert [seen.name for seen in store.observed_of(f"target/{ARN}")] == ["10.0.1.21:80"]
    before = store.state().revision
    with store.transaction() as tx:
        tx.delete(group)
    forget_deleted_groups(store, store.commits_after(before) or ())
    assert store.observed_of(f"target/{ARN}") == ()
    reports.take(SEEN)
    assert store.observed_of(f"target/{ARN}") == ()


def test_a_changed_group_keeps_its_health(store: SqliteStore) -> None:
    reports = NodeReports(store, FakeClock(), ignore)
    group = make_group(store)
    reports.take(SEEN)
    before = store.state().revision
    with store.transaction() as tx:
        tx.put(msgspec.structs.replace(group, tags={"Name": "pods"}))
    forget_deleted_groups(store, store.commits_after(before) or ())
    assert len(store.observed_of(f"target/{ARN}")) == 1
