"""The SQLite store and a plain dict, side by side through random histories: equal contents and refusals, also reopened."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from innergate.primitives.ids import AccountId, Region
from innergate.resources.accounts import Account
from innergate.resources.base import Key, Resource
from innergate.resources.load_balancers import LoadBalancer
from innergate.resources.subnets import Subnet
from innergate.resources.vpcs import CidrAssociation, Vpc
from innergate.store.errors import MissingReference, NameTaken, StillReferenced
from innergate.store.sqlite import SqliteStore
from innergate.testing.clock import FakeClock

CLOCK = FakeClock()
NOW = CLOCK.now()
A, R = AccountId("111122223333"), Region("us-east-1")
IDS = st.sampled_from(["1", "2", "3"])


def vpc(id: str, cidr: str) -> Vpc:
    associations = (CidrAssociation(association_id="x", cidr_block=cidr),)
    return Vpc(id=f"vpc-{id}", account=A, region=R, cidr_block=cidr, cidr_associations=associations, created_at=NOW)


def subnet(id: str, of: str) -> Subnet:
    return Subnet(
        id=f"subnet-{id}",
        account=A,
        region=R,
        vpc_id=f"vpc-{of}",
        cidr_block="10.0.1.0/24",
        zone_name="us-east-1a",
        zone_id="use1-az1",
        created_at=NOW,
    )


def balancer(id: str, name: str, of: str) -> LoadBalancer:
    return LoadBalancer(
        id=f"arn:{id}",
        account=A,
        region=R,
        load_balancer_name=name,
        type="network",
        scheme="internal",
        vpc_id=f"vpc-{of}",
        dns_name=f"{name}.elb",
        created_at=NOW,
        subnet_ids=(),
    )


RESOURCES = st.one_of(
    st.builds(vpc, IDS, st.sampled_from(["10.0.0.0/16", "10.1.0.0/16"])),
    st.builds(subnet, IDS, IDS),
    st.builds(balancer, IDS, st.sampled_from(["a", "b"]), IDS),
)
STEPS = st.lists(st.tuples(st.sampled_from(["put", "delete"]), RESOURCES), min_size=1, max_size=4)


class StoreAgainstModel(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="innergate-store-")
        self.path = Path(self.folder.name) / "s.sqlite"
        self.store = SqliteStore(self.path, CLOCK)
        self.model: dict[Key, Resource] = {}
        self.revision = 0

    @rule(steps=STEPS)
    def commit(self, steps: list[tuple[str, Resource]]) -> None:
        wanted, refusal = self._on_model(steps)
        if refusal is not None:
            with pytest.raises(refusal):
                self._on_store(steps)
            return
        self._on_store(steps)
        self.revision += wanted != self.model
        self.model = wanted

    def _on_store(self, steps: list[tuple[str, Resource]]) -> None:
        with self.store.transaction() as tx:
            for verb, resource in steps:
                if verb == "put":
                    tx.put(resource)
                else:
                    tx.delete(resource)

    def _on_model(self, steps: list[tuple[str, Resource]]) -> tuple[dict[Key, Resource], type[Exception] | None]:
        wanted = dict(self.model)
        for verb, resource in steps:
            if verb == "delete":
                wanted.pop(resource.key, None)
                continue
            others = {name for key, other in wanted.items() if key != resource.key for name in other.unique_names()}
            if others & set(resource.unique_names()):
                return self.model, NameTaken
            if any(target not in wanted for target in resource.references()):
                return self.model, MissingReference
            wanted[resource.key] = resource
        if any(target not in wanted for resource in wanted.values() for target in resource.references()):
            return self.model, StillReferenced
        return wanted, None

    @rule()
    def reopen(self) -> None:
        self.store.close()
        self.store = SqliteStore(self.path, CLOCK)

    @rule()
    def reset(self) -> None:
        self.store.reset()
        self.model = {}
        self.revision += 1

    @invariant()
    def same(self) -> None:
        state = self.store.state()
        assert {row.resource.key: row.resource for row in state.rows()} == self.model
        assert state.revision == self.revision
        for of in ("1", "2", "3"):
            key = Key("vpc", f"vpc-{of}")
            holders = {k for k, r in self.model.items() if key in r.references()}
            assert set(state.holders_of(key)) == holders
            assert {s.key for s in state.find(Subnet, "vpc", key.id)} == {k for k in holders if k.kind == "subnet"}

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.close()
            self.folder.cleanup()


TestStoreAgainstModel = StoreAgainstModel.TestCase
TestStoreAgainstModel.settings = settings(
    max_examples=25, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
)


def account(number: int) -> Account:
    id = AccountId(f"{number:012d}")
    return Account(id=id, account=id, region=Region(""), name=f"n{number}", email=f"{number}@x", joined_at=NOW)


@pytest.mark.parametrize("is_reopened", [False, True])
def test_after_a_reset_the_same_ids_and_names_are_free(tmp_path: Path, is_reopened: bool) -> None:
    store = SqliteStore(tmp_path / "s.sqlite", CLOCK)
    for first in range(0, 500, 250):
        with store.transaction() as tx:
            for number in range(first, first + 250):
                tx.put(account(number))
    store.reset()
    if is_reopened:
        store.close()
        store = SqliteStore(tmp_path / "s.sqlite", CLOCK)
    assert list(store.state().rows()) == []
    with store.transaction() as tx:
        tx.put(account(499))
    for number in range(8):
        with store.transaction() as tx:
            tx.put(account(number))
    store.close()
    again = SqliteStore(tmp_path / "s.sqlite", CLOCK)
    assert len(again.state().all(Account)) == 9
    assert again._db.execute("SELECT count(*) FROM resource").fetchone() == (9,)
    again.close()
