"""What a hostile backend can do to those who call through the gateway: numbers are those of the list of abuse cases."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.abuse_targets import Seen, read
from tests.e2e.conftest import Built
from tests.e2e.inside import api_host, calls_from, raw
from tests.e2e.rivals import ANYONE, Method, Rival, TrialApi

from innergate.cli.demo.scenarios import wait_for

pytestmark = pytest.mark.e2e

PORT, ADDRESS = 1091, "10.0.1.66"
LIES = ("204", "304", "hints", "switch", "more", "both", "headers", "garbage")


@pytest.fixture(scope="module")
def api(built: Built, rival: Rival) -> Iterator[str]:
    """An API whose paths lead to the hostile backend's."""
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
    made = TrialApi(rival.cloud, "hostile", ANYONE)
    for path in (*LIES, "fine"):
        made.put(f"/{path}", f"{rival.balancer.dns_name}:{PORT}", Method(f"/{path}", rival.link))
    made.deploy()
    built.platform.settle()

    def is_healthy() -> bool | None:
        found = elbv2.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
        return True if all(t["TargetHealth"]["State"] == "healthy" for t in found) else None

    wait_for(is_healthy, "the hostile backend to be healthy")
    yield made.id
    rival.cloud.apigateway.delete_rest_api(restApiId=made.id)
    elbv2.delete_listener(ListenerArn=listener)
    elbv2.delete_target_group(TargetGroupArn=group)
    built.platform.stop_host(host)


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
