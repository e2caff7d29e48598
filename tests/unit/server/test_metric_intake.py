"""Lines of Envoy's become points of API Gateway's metrics, once, whatever ends in between."""

from functools import partial
from pathlib import Path

import msgspec
import pytest

from innergate.compile.emit.envoy.access_logs import logged_route_name
from innergate.compile.emit.envoy.file_logs import NOTHING, SEPARATOR
from innergate.observe.access_file import AccessFile
from innergate.observe.api_metrics import count_lines
from innergate.primitives.ids import AccountId, Region
from innergate.resources.deployments import Deployment
from innergate.resources.function_urls import FunctionUrl
from innergate.server.file_intake import FileIntake, Source
from innergate.server.metric_intake import SOURCE, keep_points, points_of
from innergate.store.metric_points import MetricKey
from innergate.store.metric_store import KEPT_S, MetricStore
from innergate.store.sqlite import SqliteStore
from innergate.testing.clock import FakeClock
from innergate.testing.scenario import Scenario


class World:
    """A store with a deployed API named "shop é", and Envoy's file."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.clock = folder, FakeClock()
        scenario = Scenario()
        api, stage = scenario.private_api(None)
        self.api = msgspec.structs.replace(api, name="shop é")
        self.stage = msgspec.structs.replace(stage, method_settings={"pets/GET": {"metricsEnabled": True}})
        self.store = SqliteStore(folder / "store.sqlite", self.clock)
        with self.store.transaction() as tx:
            tx.put(self.api)
            for deployment in scenario.state.all(Deployment):
                tx.put(deployment)
            tx.put(self.stage)
        self.metrics = MetricStore(folder / "metrics.sqlite")
        self.intake = self.open()

    def open(self) -> FileIntake:
        file = AccessFile(self.folder / "metrics.log", lambda: None)
        return FileIntake(Source(SOURCE, file, 1.0), self.metrics, partial(keep_points, self.store, self.metrics))

    def write(self, *lines: tuple[str, str, int], cache: str = NOTHING) -> None:
        now_s = int(self.clock.now().timestamp())
        with (self.folder / "metrics.log").open("a") as file:
            for route, verb, status in lines:
                file.write(SEPARATOR.join((route, verb, str(status), "12", "9", str(now_s), cache)) + "\n")

    def total(self, name: str, *dimensions: tuple[str, str]) -> tuple[float, float]:
        """How many values, and their sum."""
        key = MetricKey(self.api.account, self.api.region, "AWS/ApiGateway", name, dimensions)
        now_s = int(self.clock.now().timestamp())
        points = self.metrics.read(key, now_s - 3600, now_s + 60)
        return sum(point.summary.seen for point in points), sum(point.summary.total for point in points)

    def close(self) -> None:
        self.store.close()
        self.metrics.close()


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


NAME = ("ApiName", "shop ")


def test_counts_errors_and_times_of_an_api_and_its_stage(world: World) -> None:
    route = f"{world.api.id}/{world.stage.stage_name}"
    world.write((route, "GET", 200), (route, "GET", 404), (route, "GET", 500), (route, "GET", 200))
    assert world.intake.take() == 4
    for dimensions in ((NAME,), (NAME, ("Stage", world.stage.stage_name))):
        assert world.total("Count", *dimensions) == (4, 4)
        assert world.total("4XXError", *dimensions) == (4, 1)
        assert world.total("5XXError", *dimensions) == (4, 1)
        assert world.total("Latency", *dimensions) == (4, 48)
        assert world.total("IntegrationLatency", *dimensions) == (4, 36)
    world.close()


def test_a_method_has_its_own_where_that_is_asked_for(world: World) -> None:
    for path in ("/pets", "/other"):
        world.write((logged_route_name("", world.api.id, world.stage.stage_name, "r", path), "GET", 200))
    world.intake.take()
    stage = ("Stage", world.stage.stage_name)
    assert world.total("Count", NAME, ("Method", "GET"), ("Resource", "/pets"), stage) == (1, 1)
    assert world.total("Count", NAME, ("Method", "GET"), ("Resource", "/other"), stage) == (0, 0)
    assert world.total("Count", NAME) == (2, 2)
    world.close()


def test_hits_and_misses_are_rates_of_all_requests(world: World) -> None:
    """Developer guide, "Amazon API Gateway dimensions and metrics": the denominator of their average is Count."""
    with world.store.transaction() as tx:
        tx.put(msgspec.structs.replace(world.stage, cache_cluster_enabled=True))
    paths = {
        path: logged_route_name("", world.api.id, world.stage.stage_name, "r", path) for path in ("/pets", "/other")
    }
    world.write((paths["/pets"], "GET", 200), (paths["/pets"], "GET", 200), cache="hit")
    world.write((paths["/pets"], "GET", 500), cache="miss")
    world.write((paths["/other"], "POST", 200))
    world.intake.take()
    stage = ("Stage", world.stage.stage_name)
    for dimensions in ((NAME,), (NAME, stage)):
        assert world.total("CacheHitCount", *dimensions) == (4, 2)
        assert world.total("CacheMissCount", *dimensions) == (4, 1)
    method = (NAME, ("Method", "GET"), ("Resource", "/pets"), stage)
    assert (world.total("CacheHitCount", *method), world.total("CacheMissCount", *method)) == ((3, 2), (3, 1))
    world.close()


def test_a_stage_without_a_cache_has_no_metrics_of_one(world: World) -> None:
    world.write((f"{world.api.id}/{world.stage.stage_name}", "GET", 200))
    world.intake.take()
    keys = world.metrics.keys(world.api.account, world.api.region, 0)
    assert "Count" in {key.name for key in keys}
    assert not [key.name for key in keys if key.name.startswith("Cache")]
    world.close()


def test_a_restart_counts_nothing_twice_and_misses_nothing(world: World) -> None:
    route = f"{world.api.id}/{world.stage.stage_name}"
    world.write((route, "GET", 200))
    world.intake.take()
    world.write((route, "GET", 200))
    again = world.open()
    again.take()
    again.take()
    assert world.total("Count", NAME) == (2, 2)
    world.close()


def test_requests_of_a_stage_that_is_gone_count_nothing(world: World) -> None:
    world.write(("gone/test", "GET", 200))
    world.intake.take()
    assert world.metrics.keys(world.api.account, world.api.region, 0) == []
    assert points_of(world.store.state(), {}) == []
    world.close()


def test_points_are_kept_for_15_days() -> None:
    assert KEPT_S == 15 * 86400


def test_requests_of_a_function_url() -> None:
    now = FakeClock().now()
    url = FunctionUrl(
        id="abc",
        account=AccountId("111122223333"),
        region=Region("us-east-1"),
        function_arn="arn:aws:lambda:us-east-1:111122223333:function:hello",
        qualifier="live",
        auth_type="NONE",
        created_at=now,
        modified_at=now,
    )
    scenario = Scenario()
    scenario.put(url)
    lines = [
        SEPARATOR.join((f"lambda-url/{id}", "GET", str(status), "12", "9", "120", NOTHING)).encode()
        for id, status in (("abc", 200), ("abc", 502), ("abc", 403), ("gone", 200))
    ]
    points = {(key.name, key.dimensions): point for key, point in points_of(scenario.state, count_lines(lines))}
    by_function = (("FunctionName", "hello"),)
    by_url = (*by_function, ("Resource", "hello:live"))
    assert {dimensions for _, dimensions in points} == {by_function, by_url}
    sums = {name: point.summary.total for (name, dimensions), point in points.items() if dimensions == by_url}
    assert sums == {"UrlRequestCount": 3, "Url4xxCount": 1, "Url5xxCount": 1, "UrlRequestLatency": 36}
    assert all(point.summary.seen == 3 for point in points.values())
