"""Backends that are down, slow, wrong or half there: what the client notices, and what `simulate` names as the cause."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.e2e.conftest import Built
from tests.e2e.gateway_answers import FAILED, TIMED_OUT, answer
from tests.e2e.inside import call_from, calls_from, failure_of, https, simulated
from tests.e2e.rivals import ANYONE, Method, Rival, TrialApi

from innergate.cli.demo.scenarios import APPLICATION_HOSTS, api_url, wait_for

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def backends(built: Built, rival: Rival) -> Iterator[TrialApi]:
    """Paths to targets that are down, half down, slow, rude."""
    cloud, host = rival.cloud, rival.balancer.dns_name
    made = [
        _listener(rival, 1081, [("10.0.1.21", 81)]),
        _listener(rival, 1082, [("10.0.1.99", 80)]),
        _listener(rival, 1083, [("10.0.1.21", 80), ("10.0.1.99", 80)]),
    ]
    api = TrialApi(cloud, "backends", ANYONE)
    for path, port in (("/refused", 1081), ("/absent", 1082), ("/half", 1083), ("/nobody", 1099)):
        api.put(path, f"{host}:{port}", Method("/", rival.link, timeout_ms=3000))
    api.put("/slow", host, Method("/slow/20", rival.link, timeout_ms=500))
    api.put("/reset", host, Method("/reset", rival.link))
    api.put("/teapot", host, Method("/status/418", rival.link))
    api.put("/five", host, Method("/status/503", rival.link))
    api.deploy()
    built.platform.settle()
    _wait_for_health(built, rival, made)
    yield api
    cloud.apigateway.delete_rest_api(restApiId=api.id)
    for listener, group in made:
        cloud.elbv2.delete_listener(ListenerArn=listener)
        cloud.elbv2.delete_target_group(TargetGroupArn=group)


def _listener(rival: Rival, port: int, targets: list[tuple[str, int]]) -> tuple[str, str]:
    elbv2 = rival.cloud.elbv2
    group = elbv2.create_target_group(
        Name=f"port-{port}",
        Protocol="TCP",
        Port=80,
        TargetType="ip",
        VpcId=rival.network.vpc,
        HealthCheckIntervalSeconds=5,
        HealthCheckTimeoutSeconds=2,
        HealthyThresholdCount=2,
    )["TargetGroups"][0]["TargetGroupArn"]
    elbv2.register_targets(TargetGroupArn=group, Targets=[{"Id": ip, "Port": p} for ip, p in targets])
    actions = [{"Type": "forward", "TargetGroupArn": group}]
    made = elbv2.create_listener(LoadBalancerArn=rival.balancer.arn, Protocol="TCP", Port=port, DefaultActions=actions)
    return made["Listeners"][0]["ListenerArn"], group


def _wait_for_health(built: Built, rival: Rival, made: list[tuple[str, str]]) -> None:
    def look() -> bool | None:
        for _, group in made:
            found = rival.cloud.elbv2.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
            if any(t["TargetHealth"]["State"] == "initial" for t in found):
                return None
        return True

    wait_for(look, "every target to be healthy or unhealthy")


def test_what_backends_do_wrong(built: Built, rival: Rival, backends: TrialApi) -> None:
    vpc = rival.network.vpc
    wanted: dict[str, Any] = {
        "/refused": FAILED,
        "/absent": FAILED,
        "/nobody": FAILED,
        "/slow": TIMED_OUT,
        "/reset": FAILED,
    }
    calls = {path: https(api_url(backends.id, "test", path)) for path in (*wanted, "/half", "/teapot", "/five")}
    noticed = dict(zip(calls, calls_from(built.platform, vpc, list(calls.values()), 4), strict=True))
    assert {path: answer(noticed[path]) for path in wanted} == wanted
    assert [noticed[path]["status"] for path in ("/half", "/teapot", "/five")] == [200, 418, 503]
    assert noticed["/five"]["headers"]["x-backend"], "a backend's own error passes as it is"
    causes = {path: simulated(built.platform, vpc, calls[path])["cause"] for path in calls}
    assert "1 of 1 targets fail their health checks: 10.0.1.21:81" in causes["/refused"]
    assert "1 of 1 targets fail their health checks: 10.0.1.99:80" in causes["/absent"]
    assert "nothing listens on port 1099" in causes["/nobody"]
    assert causes["/half"] == ""
    reasons = {path: failure_of(built.platform, noticed[path])["reason"] for path in (*wanted, "/teapot", "/five")}
    answered = {path: (reason["answered_by"], reason["response_type"]) for path, reason in reasons.items()}
    unreachable, late = ("gateway", "INTEGRATION_FAILURE"), ("gateway", "INTEGRATION_TIMEOUT")
    assert answered == {
        **dict.fromkeys(wanted, unreachable),
        "/slow": late,
        **dict.fromkeys(("/teapot", "/five"), ("backend", "")),
    }
    assert reasons["/five"]["says"] in [f"the backend at {host}:80 answered so itself" for host in APPLICATION_HOSTS]


def test_half_a_target_group_is_enough(built: Built, rival: Rival, backends: TrialApi) -> None:
    half = https(api_url(backends.id, "test", "/half"))
    burst = {"do": "burst", "call": half, "times": 40}
    noticed = call_from(built.platform, rival.network.vpc, burst)
    assert noticed["seen"] == {"200": 40}
    assert list(noticed["backends"]) == ["rival-a"]
    hops = simulated(built.platform, rival.network.vpc, half)["hops"]
    assert [h["verdict"] for h in hops if h["kind"] == "target-health"] == ["warning"]
