"""What a hostile backend can do to those who call through the gateway: numbers are those of the list of abuse cases."""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from tests.e2e.abuse_targets import Seen, read
from tests.e2e.conftest import Built
from tests.e2e.inside import Call, api_host, calls_from, raw
from tests.e2e.patience import patience
from tests.e2e.rivals import ANYONE, Method, Rival, TrialApi

from innergate.cli.demo.scenarios import wait_for

pytestmark = pytest.mark.e2e

PORT, ADDRESS = 1091, "10.0.1.66"
TIMEOUT_MS = 2000
MOST_BYTES = 64 << 20
ENDLESS = ("endless-headers", "slow-headers", "slow-body", "huge-body", "gzip-bomb", "elsewhere")
LIES = ("204", "304", "hints", "switch", "more", "both", "headers", "garbage")


class Apis(NamedTuple):
    """Two whose paths lead to the hostile backend's: Envoy serves the one, workers the other."""

    native: str
    worked: str


@pytest.fixture(scope="module")
def api(apis: Apis) -> str:
    return apis.native


@pytest.fixture(scope="module")
def apis(built: Built, rival: Rival) -> Iterator[Apis]:
    command = [sys.executable, str(Path(__file__).with_name("hostile_origin.py")), str(PORT)]
    request = {"vpc": rival.network.vpc, "ip": ADDRESS, "name": "hostile", "command": command}
    host = built.platform.client.call("POST", "/workloads", request)["id"]
    elbv2 = rival.cloud.elbv2
    group = elbv2.create_target_group(
        Name="hostile",
        Protocol="TCP",
        Port=PORT,
        TargetType="ip",
        VpcId=rival.network.vpc,
        HealthCheckIntervalSeconds=5,
        HealthCheckTimeoutSeconds=2,
        HealthyThresholdCount=2,
    )["TargetGroups"][0]["TargetGroupArn"]
    elbv2.register_targets(TargetGroupArn=group, Targets=[{"Id": ADDRESS, "Port": PORT}])
    forward = [{"Type": "forward", "TargetGroupArn": group}]
    listener = elbv2.create_listener(
        LoadBalancerArn=rival.balancer.arn, Protocol="TCP", Port=PORT, DefaultActions=forward
    )["Listeners"][0]["ListenerArn"]
    made = Apis(make_api(rival, "native"), make_api(rival, "worked", minimumCompressionSize=10_000_000))
    built.platform.settle()

    def is_healthy() -> bool | None:
        found = elbv2.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
        return True if all(t["TargetHealth"]["State"] == "healthy" for t in found) else None

    wait_for(is_healthy, "the hostile backend to be healthy")
    yield made
    for api in made:
        rival.cloud.apigateway.delete_rest_api(restApiId=api)
    elbv2.delete_listener(ListenerArn=listener)
    elbv2.delete_target_group(TargetGroupArn=group)
    built.platform.stop_host(host)


def make_api(rival: Rival, name: str, **patches: int) -> str:
    """Compression makes an API the workers'."""
    made = TrialApi(rival.cloud, f"hostile: {name}", ANYONE)
    for setting, value in patches.items():
        patch = {"op": "replace", "path": f"/{setting}", "value": str(value)}
        rival.cloud.apigateway.update_rest_api(restApiId=made.id, patchOperations=[patch])
    for path in (*LIES, *ENDLESS, "fine"):
        method = Method(f"/{path}", rival.link, timeout_ms=TIMEOUT_MS)
        made.put(f"/{path}", f"{rival.balancer.dns_name}:{PORT}", method)
    made.deploy()
    return made.id


@pytest.fixture(scope="module")
def answers(built: Built, rival: Rival, api: str) -> dict[str, Seen]:
    """Each lie, and on the same connection a request for /fine."""
    host = api_host(api)
    last = f"GET /test/fine HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    calls = [raw(host, f"GET /test/{lie} HTTP/1.1\r\nHost: {host}\r\n\r\n{last}", timeout_s=6) for lie in LIES]
    noticed = calls_from(built.platform, rival.network.vpc, calls, threads=2)
    return {lie: read(one) for lie, one in zip(LIES, noticed, strict=True)}


@pytest.mark.parametrize("lie", LIES)
def test_case_34_a_lie_is_at_most_its_own_answer(answers: dict[str, Seen], lie: str) -> None:
    """What a backend sends too much is never the answer to the next request, on this connection or on any other. A 101 that
    nobody asked for is passed on as an answer, and opens no tunnel: the next request is still the gateway's."""
    seen = answers[lie]
    finals = [status for status in seen.statuses if status >= 200 or status == 101]
    assert len(finals) <= 2, seen
    if len(finals) == 2:
        assert finals[1] == 200, seen
        assert seen.text.endswith("fine"), seen
    assert "injected" not in seen.text.rpartition("HTTP/1.1 ")[2], seen


def test_case_34_nobody_afterwards_gets_the_rest_of_a_lie(
    built: Built, rival: Rival, api: str, answers: dict[str, Seen]
) -> None:
    host = api_host(api)
    call = raw(host, f"GET /test/fine HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n", timeout_s=6)
    for noticed in calls_from(built.platform, rival.network.vpc, [call] * 20, threads=4):
        seen = read(noticed)
        assert (seen.statuses, seen.text.endswith("fine")) == ([200], True), seen


def drain(api: str, path: str) -> Call:
    """Takes what comes, up to `MOST_BYTES`."""
    headers = {"authorization": "Bearer secret"}
    return {"do": "drain", "url": f"https://{api_host(api)}/test/{path}", "most": MOST_BYTES, "headers": headers}


def resident_bytes(state: Path) -> int:
    """Of all processes of the platform: those that name its folder."""
    total = 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if str(state).encode() in (process / "cmdline").read_bytes():
                total += int((process / "statm").read_text().split()[1]) * 4096
        except OSError:
            continue
    return total


@pytest.fixture(scope="module", params=Apis._fields)
def endless(built: Built, rival: Rival, apis: Apis, request: pytest.FixtureRequest) -> Mapping[str, Any]:
    """What a client notices of each answer without end, and by how much the platform grew over ten of each at once."""
    api = getattr(apis, request.param)
    before, patient = resident_bytes(built.platform.state), patience()
    calls = [drain(api, path) for path in ENDLESS for _ in range(10)]
    noticed = calls_from(built.platform, rival.network.vpc, calls, threads=10)
    grown = resident_bytes(built.platform.state) - before
    late_s = 3 * max(patient, patience())
    return {path: noticed[10 * index] for index, path in enumerate(ENDLESS)} | {
        "grown": grown,
        "leg": request.param,
        "late_s": late_s,
    }


def test_case_80_no_answer_lasts_longer_than_its_method(endless: Mapping[str, Any]) -> None:
    """Headers without end are refused at once, what is slow is cut off when its time is over."""
    assert endless["endless-headers"].get("status") in (500, 502), endless
    assert endless["slow-headers"].get("status") == 504, endless
    for path in ("slow-headers", "slow-body", "huge-body"):
        assert endless[path]["seconds"] < TIMEOUT_MS / 1000 + endless["late_s"], (path, endless)
    if endless["leg"] == "worked":
        assert endless["slow-body"].get("status") == 504, endless
        assert endless["huge-body"].get("status") in (500, 502), endless
    else:
        assert endless["slow-body"]["ended"] == "IncompleteRead" or "error" in endless["slow-body"], endless


def test_case_80_what_is_packed_stays_packed(endless: Mapping[str, Any]) -> None:
    bomb = endless["gzip-bomb"]
    assert bomb["status"] == 200, endless
    assert bomb["headers"]["content-encoding"] == "gzip"
    assert bomb["bytes"] < 2 << 20


def test_case_80_nobody_follows_a_redirect(endless: Mapping[str, Any]) -> None:
    """It is the client's, who knows what it sends to whom."""
    assert (endless["elsewhere"]["status"], endless["elsewhere"]["headers"]["location"]) == (302, "http://127.0.0.1:1/")


def test_case_80_nothing_is_heaped_up(endless: Mapping[str, Any]) -> None:
    """Ten answers without end at a time are read no faster than they are passed on, or given up."""
    assert endless["grown"] < 400 << 20, endless


def test_case_80_backends_and_clients_after_it_are_well(
    built: Built, rival: Rival, apis: Apis, endless: Mapping[str, Any]
) -> None:
    calls = [drain(api, "fine") for api in apis] * 5
    noticed = calls_from(built.platform, rival.network.vpc, calls, threads=4)
    assert [(one.get("status"), one.get("bytes")) for one in noticed] == [(200, 4)] * 10, noticed
