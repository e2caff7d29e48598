"""Every request of a logging stage has exactly one line, whatever happens to the processes and files in between."""

import json
import time
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from tests.e2e.log_clients import allow_logs, log_stage, make_client
from tests.e2e.rivals import Method, TrialApi, make_entry

from innergate.cli.demo.scenarios import Cloud, Network, api_url, make_network, open_security_group
from innergate.driver.platform import RunningPlatform
from innergate.observe.access_file import LIMIT_BYTES
from innergate.testing.load import LoadResult, RunningLoad
from innergate.testing.waiting import LONGEST_S

pytestmark = pytest.mark.e2e

GROUP = "/apis/access"
SECONDS = 3.0


class Site(NamedTuple):
    """A consumer's network and a logging API that answers by itself."""

    platform: RunningPlatform
    network: Network
    url: str

    def load(self) -> RunningLoad:
        return RunningLoad(self.platform, self.network.vpc, self.url, asks_once=True)

    def ids(self, count: int) -> list[str]:
        """The request ids of all lines, once there are `count`."""
        logs: Any = make_client(self.platform.environment("owner"), "logs")
        deadline = time.monotonic() + LONGEST_S
        found: list[str] = []
        while len(found) < count and time.monotonic() < deadline:
            pages = logs.get_paginator("filter_log_events").paginate(logGroupName=GROUP)
            found = [json.loads(event["message"])["id"] for page in pages for event in page["events"]]
        return found


@pytest.fixture
def site(platform: RunningPlatform) -> Site:
    platform.add_account("owner")
    environment = platform.environment("owner")
    account = make_client(environment, "sts").get_caller_identity()["Account"]
    cloud = Cloud(environment, account)
    network = make_network(cloud, "owner")
    make_entry(cloud, network, open_security_group(cloud, network, "execute-api", (443,)))
    allow_logs(cloud, environment)
    make_client(environment, "logs").create_log_group(logGroupName=GROUP)
    api = TrialApi(cloud, "mock")
    api.put("/ok", "", Method())
    api.deploy()
    log_stage(cloud, api, GROUP, '{"id":"$context.requestId","status":$context.status}')
    platform.settle()
    return Site(platform, network, api_url(api.id, "test", "/ok"))


def check(site: Site, result: LoadResult) -> None:
    assert result.failures == ()
    began = time.monotonic()
    ids = site.ids(result.requests)
    print(f"{len(ids)} lines for {result.requests} requests, {time.monotonic() - began:.2f} s after the last")
    assert len(ids) == len(set(ids)) == result.requests


def test_control_killed_under_load(site: Site) -> None:
    endpoint = site.platform.client.call("GET", "/status")["endpoint"]
    with site.load() as load:
        for _ in range(2):
            time.sleep(SECONDS / 2)
            site.platform.kill_control()
            time.sleep(SECONDS / 2)
            site.platform.start(listen=endpoint.removeprefix("http://"))
        result = load.end()
    check(site, result)


def grow(file: Path) -> None:
    """Makes the file large once nobody writes: a line of Envoy's may take two writes, and a stranger's could part them."""
    size = -1
    while file.stat().st_size != size:
        size = file.stat().st_size
        time.sleep(1)
    with file.open("ab", buffering=0) as other:
        for _ in range(LIMIT_BYTES >> 20):
            other.write(b"x" * ((1 << 20) - 1) + b"\n")


def test_a_large_file_is_set_aside_under_load(site: Site) -> None:
    folder = site.platform.state / "log" / "access"
    file, aside = folder / "access.log", folder / "access.log.1"
    endpoint = site.platform.client.call("GET", "/status")["endpoint"]
    with site.load() as load:
        time.sleep(SECONDS)
        first = file.stat().st_ino
        site.platform.kill_control()
        load.pause()
        grow(file)
        load.resume()
        site.platform.start(listen=endpoint.removeprefix("http://"))
        deadline = time.monotonic() + LONGEST_S
        while not file.exists() or file.stat().st_ino == first or aside.exists():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        time.sleep(SECONDS)
        result = load.end()
    check(site, result)
    assert file.stat().st_size > 0
