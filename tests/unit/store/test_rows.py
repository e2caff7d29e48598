"""A row gives back what it was made of, packed or not; few are unpacked at a time."""

import threading
from collections.abc import Iterator

import msgspec
import pytest

from innergate.primitives.ids import AccountId, Region
from innergate.resources.deployments import ApiDefinition, DeployedResource, Deployment
from innergate.resources.log_groups import LogGroup
from innergate.resources.rest_apis import ApiResource, EndpointConfiguration, Integration, MethodDefinition
from innergate.store.rows import UNPACKED_PER_KIND, Packing, Row, packing_of
from innergate.store.state import Change, State
from innergate.testing.clock import FakeClock

ACCOUNT, REGION = AccountId("111111111111"), Region("us-east-1")

NOW = FakeClock().now()


def path(number: int) -> ApiResource:
    integration = Integration(type="HTTP_PROXY", uri=f"http://x/{number}", request_parameters={"a": "é\n\"'"})
    method = MethodDefinition(http_method="GET", method_integration=integration)
    return ApiResource(
        id=f"api/{number}",
        account=ACCOUNT,
        region=REGION,
        rest_api_id="api",
        resource_id=str(number),
        path=f"/{number}",
        methods={"GET": method},
    )


@pytest.fixture
def forgotten() -> Iterator[None]:
    """A packing without a pattern, then and afterwards."""
    packing_of.cache_clear()
    yield
    packing_of.cache_clear()


@pytest.mark.usefixtures("forgotten")
def test_what_was_packed_is_the_same_again() -> None:
    rows = [Row(path(number), number, number + 1) for number in range(3 * UNPACKED_PER_KIND)]
    assert [row.resource for row in rows] == [path(number) for number in range(3 * UNPACKED_PER_KIND)]
    assert [(row.created, row.written) for row in rows[:2]] == [(0, 1), (1, 2)]


@pytest.mark.usefixtures("forgotten")
def test_only_the_last_ones_stay_unpacked_and_a_packed_one_is_small() -> None:
    rows = [Row(path(number), 1, 1) for number in range(2 * UNPACKED_PER_KIND)]
    first, last = rows[0], rows[-1]
    assert last.resource is last.resource
    assert (first._unpacked, last._unpacked) == (None, path(2 * UNPACKED_PER_KIND - 1))
    assert len(rows[UNPACKED_PER_KIND - 1]._packed) < len(msgspec.json.encode(path(1))) / 4
    assert first.resource is first.resource  # read again, it is among the last ones
    assert rows[UNPACKED_PER_KIND]._unpacked is None


@pytest.mark.usefixtures("forgotten")
def test_a_large_resource_survives_a_pattern_larger_than_the_window() -> None:
    methods = {"GET": MethodDefinition(http_method="GET", operation_name="x" * 500)}
    parts = tuple(DeployedResource(resource_id=str(n), path=f"/{n}", methods=methods) for n in range(200))
    definition = ApiDefinition(resources=parts, endpoint_configuration=EndpointConfiguration(types=("PRIVATE",)))
    made = [
        Deployment(
            id=f"api/{n}",
            account=ACCOUNT,
            region=REGION,
            rest_api_id="api",
            deployment_id=str(n),
            created_date=NOW,
            definition=definition,
        )
        for n in range(2)
    ]
    rows = [Row(deployment, 1, 1) for deployment in made]
    for row in rows:
        row.pack()
    assert [row.resource for row in rows] == made


@pytest.mark.usefixtures("forgotten")
def test_an_earlier_state_keeps_what_a_commit_replaced() -> None:
    before, after = path(1), msgspec.structs.replace(path(1), path="/other")
    early = State().apply(1, (Change(before.key, None, before),))
    late = early.apply(2, (Change(before.key, before, after),))
    for row in (*early.rows(), *late.rows()):
        row.pack()
    assert early.get(ApiResource, before.id) == before
    assert late.get(ApiResource, before.id) == after


def test_threads_that_begin_at_once_agree_on_the_pattern() -> None:
    packing = Packing(LogGroup)
    groups = [
        LogGroup(id=f"g{n}", account=ACCOUNT, region=REGION, log_group_name=f"n{n}" * 50, created_at=NOW)
        for n in range(8)
    ]
    packed: dict[int, bytes] = {}
    barrier = threading.Barrier(8)

    def pack(number: int) -> None:
        barrier.wait()
        packed[number] = packing.pack(msgspec.json.encode(groups[number]))

    threads = [threading.Thread(target=pack, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [packing.unpack(packed[number]) for number in range(8)] == groups
