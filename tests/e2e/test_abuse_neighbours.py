"""Abuse case 76: what one tenant asks for, at full speed and on every way at once, costs the others time but no answer.

The rival calls the control front, its own API and a method of workers with a costly template, over many connections without a
pause. Meanwhile another account's traffic and calls go on. The bounds are for a machine that has ten other things to do; in
order of arrival the others would wait for all of the rival's. That turns are taken is tested where no time is measured:
test_fair_turns.py, test_fair_slices.py, test_turn_lock.py, test_abuse_control.py.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.e2e.conftest import Built
from tests.e2e.inside import api_host, calls_begun, calls_from, https
from tests.e2e.patience import patience
from tests.e2e.rivals import ANYONE, Method, Rival, TrialApi

from innergate.cli.demo.scenarios import Cloud, api_url
from innergate.primitives.secret import Secret
from innergate.testing.load import RunningLoad
from innergate.wire import sigv4
from innergate.wire.http import make_request

pytestmark = [pytest.mark.e2e, pytest.mark.alone]

CONTROL_CONNECTIONS, API_CONNECTIONS, WORKER_CONNECTIONS = 32, 8, 40
SECONDS = 5.0
COSTLY = "#foreach($a in [1..1000])#foreach($b in [1..20])#set($c = $b)#end#end" + '{"statusCode": 200}'
LARGE = json.dumps(
    {"openapi": "3.0.1", "info": {"title": "t"}, "paths": {f"/p{n}": {"get": {"responses": {}}} for n in range(20)}}
)
FORM = ("Content-Type", "application/x-www-form-urlencoded")


class Met(NamedTuple):
    """What the others met during the storm; times in seconds."""

    storm: dict[str, int]
    calls: list[float]
    worked: list[dict[str, object]]
    failed: tuple[str, ...]
    requests: int
    longest_gap_s: float
    patience: float


def signed(cloud: Cloud, front: str, service: str, path: str, query: str, body: str) -> str:
    """A call as its bytes, one character each; it holds for five minutes."""
    frozen = cloud.ec2._request_signer._credentials.get_frozen_credentials()
    headers = [("Host", front), FORM if service == "ec2" else ("Content-Type", "application/json")]
    request = make_request("POST", path, query, headers, body.encode())
    key = sigv4.Credentials(frozen.access_key, Secret(frozen.secret_key))
    made = sigv4.sign(request, key, "us-east-1", service, datetime.now(UTC))
    lines = [f"{name}: {value}" for name, value in made.headers]
    lines.append(f"Content-Length: {len(made.body)}")
    return f"POST {path}{'?' * bool(query)}{query} HTTP/1.1\r\n" + "\r\n".join(lines) + "\r\n\r\n" + body


@contextmanager
def control_storm(built: Built, rival: Rival) -> Iterator[dict[str, int]]:
    """Reads, writes and documents; afterwards how often each status came."""
    front = built.platform.environment("consumer")["AWS_ENDPOINT_URL"].removeprefix("http://")
    host, _, port = front.rpartition(":")
    tag = f"Action=CreateTags&Version=2016-11-15&ResourceId.1={rival.network.vpc}&Tag.1.Key=a&Tag.1.Value=b"
    calls = [
        signed(rival.cloud, front, "ec2", "/", "", "Action=DescribeVpcs&Version=2016-11-15"),
        signed(rival.cloud, front, "ec2", "/", "", tag),
        signed(rival.cloud, front, "apigateway", "/restapis", "mode=import", LARGE),
    ]
    script = str(Path(__file__).with_name("control_storm.py"))
    command = [sys.executable, script, host, port, str(CONTROL_CONNECTIONS)]
    pipe = subprocess.PIPE
    seen: dict[str, int] = {}
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as storm:
        assert storm.stdin is not None
        storm.stdin.write(json.dumps(calls) + "\n")
        storm.stdin.flush()
        try:
            yield seen
        finally:
            said, _ = storm.communicate(timeout=60)
            seen |= json.loads(said)


@pytest.fixture(scope="module")
def costly(built: Built, rival: Rival) -> Iterator[str]:
    made = TrialApi(rival.cloud, "costly", ANYONE)
    made.put("/costly", "", Method())
    patch = {"op": "replace", "path": "/requestTemplates/application~1json", "value": COSTLY}
    resources = rival.cloud.apigateway.get_resources(restApiId=made.id)["items"]
    resource = next(item["id"] for item in resources if item["path"] == "/costly")
    where = {"restApiId": made.id, "resourceId": resource, "httpMethod": "GET"}
    rival.cloud.apigateway.update_integration(**where, patchOperations=[patch])
    made.deploy()
    built.platform.settle()
    yield made.id
    rival.cloud.apigateway.delete_rest_api(restApiId=made.id)


@pytest.fixture(scope="module")
def modest(built: Built) -> Iterator[str]:
    """Another account's method of workers."""
    made = TrialApi(built.world.gateway, "modest", ANYONE)
    made.put("/modest", "", Method(mock_headers={"x-from": "mock"}))
    patch = {"op": "replace", "path": "/minimumCompressionSize", "value": "10000000"}
    built.world.gateway.apigateway.update_rest_api(restApiId=made.id, patchOperations=[patch])
    made.deploy()
    built.platform.settle()
    yield made.id
    built.world.gateway.apigateway.delete_rest_api(restApiId=made.id)


@pytest.fixture(scope="module")
def met(built: Built, rival: Rival, costly: str, modest: str) -> Met:
    platform, consumer, patient = built.platform, built.world.consumer_network.vpc, patience()
    burst = {"do": "burst", "call": https(f"https://{api_host(costly)}/test/costly", timeout_s=60), "times": 100_000}
    bursts = [burst] * WORKER_CONNECTIONS
    bursts += [{"do": "burst", "call": https(api_url(rival.api, "test")), "times": 100_000}] * API_CONNECTIONS
    took: list[float] = []
    worked: list[dict[str, object]] = []
    with (
        RunningLoad(platform, consumer, api_url(built.path.api, "test")) as load,
        calls_begun(platform, rival.network.vpc, bursts, len(bursts)),
        control_storm(built, rival) as storm,
    ):
        time.sleep(3)
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            began = time.monotonic()
            built.world.consumer.ec2.describe_vpcs(VpcIds=[consumer])
            built.world.consumer.ec2.create_tags(Resources=[consumer], Tags=[{"Key": "k", "Value": str(began)}])
            took.append(time.monotonic() - began)
            worked += calls_from(
                platform, consumer, [https(f"https://{api_host(modest)}/test/modest", timeout_s=30)] * 3
            )
        seen = load.end()
    return Met(storm, took, worked, seen.failures, seen.requests, seen.longest_gap_s, max(patient, patience()))


def test_case_76_calls_of_others_are_answered(met: Met) -> None:
    assert sum(met.storm.values()) > 100, met
    assert met.calls, met
    assert max(met.calls) < 20 * met.patience, met


def test_case_76_methods_of_others_are_executed(met: Met) -> None:
    assert {one.get("status") for one in met.worked} == {200}, met
    assert max(float(str(one["seconds"])) for one in met.worked) < 20 * met.patience, met


def test_case_76_traffic_of_others_goes_on(met: Met) -> None:
    assert met.failed == (), met
    assert met.requests > 100, met
    assert met.longest_gap_s < 2 * met.patience, met


def test_case_76_afterwards_all_is_as_it_was(built: Built, rival: Rival, met: Met) -> None:
    pages = list(rival.cloud.apigateway.get_paginator("get_rest_apis").paginate(PaginationConfig={"PageSize": 500}))
    for api in (item["id"] for page in pages for item in page["items"] if item["name"] == "t"):
        rival.cloud.apigateway.delete_rest_api(restApiId=api)
    url = https(api_url(built.path.api, "test"))
    assert calls_from(built.platform, built.world.consumer_network.vpc, [url])[0]["status"] == 200
