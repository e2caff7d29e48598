"""Target health: what Envoy sees of targets, in AWS's states, reasons and words, and where traffic goes meanwhile."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from tests.e2e.balancer_lab import HOSTS, NAME, SECURE, Balancer, Lab

from innergate.driver.platform import RunningPlatform

TWICE: dict[str, Any] = {"UnhealthyThresholdCount": 2, "HealthyThresholdCount": 2}


class Checked(NamedTuple):
    """Groups whose targets are asked in different ways, all made at once so that they are waited for together."""

    lab: Lab
    by_code: Balancer
    other_port: Balancer
    slow: Balancer
    closed: Balancer
    secure: Balancer
    plain_as_tls: Balancer


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checked]:
    with RunningPlatform(concurrency=1) as platform:
        lab = Lab(platform, "lab")
        chain, key = lab.trusted_certificate(NAME)
        lab.start_secure_host(SECURE, "secure", tmp_path_factory.mktemp("tls"), chain, key)

        def http(*targets: str, port: int = 80, **more: Any) -> Balancer:
            check: dict[str, Any] = {"HealthCheckProtocol": "HTTP", "HealthCheckPath": "/health", **TWICE, **more}
            group = lab.group(targets, port, Matcher={"HttpCode": "200-204"}, **check)
            return lab.balancer(group, port)

        yield Checked(
            lab,
            http("a1", "b1"),
            http("a1", HealthCheckPort="81"),
            http("a1", HealthCheckPath="/slow/4"),
            lab.balancer(lab.group(["a1"], 9999, **TWICE), 9999),
            http(SECURE, port=443, HealthCheckProtocol="HTTPS"),
            http("a1", HealthCheckProtocol="HTTPS"),
        )


def test_a_group_that_no_listener_uses(checked: Checked) -> None:
    group = checked.lab.group(["a1"])
    state, reason, text = checked.lab.health(group)[HOSTS["a1"]]
    assert (state, reason) == ("unused", "Target.NotInUse")
    assert text == "Target group is not configured to receive traffic from the load balancer"


def test_https_checks_look_at_no_certificate(checked: Checked) -> None:
    assert checked.lab.wait_health(checked.secure.group, "healthy")[SECURE] == ("healthy", "", "")


def test_what_does_not_answer_is_told_by_its_reason(checked: Checked) -> None:
    lab = checked.lab
    failed = ("unhealthy", "Target.FailedHealthChecks", "Health checks failed")
    for balancer, expected in (
        (checked.closed, failed),
        (checked.other_port, failed),
        (checked.plain_as_tls, failed),
        (checked.slow, ("unhealthy", "Target.Timeout", "Request timed out")),
    ):
        assert lab.wait_health(balancer.group, "unhealthy")[HOSTS["a1"]] == expected
    answer = lab.ask(f"http://{checked.closed.dns_name}:9999/")
    assert answer["error"] in ("reset", "refused")


def test_a_wrong_code_takes_a_target_out_and_a_right_one_brings_it_back(checked: Checked) -> None:
    lab, url = checked.lab, f"http://{checked.by_code.dns_name}/"
    lab.set_group(checked.by_code.group, load_balancing__cross_zone__enabled="true")
    lab.wait_health(checked.by_code.group, "healthy")
    lab.wait_backends(url, "a1", "b1")
    lab.ask(f"http://{HOSTS['a1']}/become/503")
    seen = lab.wait_health(checked.by_code.group, "unhealthy", "a1")
    told = "Health checks failed with these codes: [503]"
    assert seen[HOSTS["a1"]] == ("unhealthy", "Target.ResponseCodeMismatch", told)
    assert seen[HOSTS["b1"]][0] == "healthy"
    lab.wait_backends(url, "b1")
    lab.ask(f"http://{HOSTS['a1']}/become/202")
    lab.wait_health(checked.by_code.group, "healthy", "a1")
    lab.wait_backends(url, "a1", "b1")


def test_a_target_that_dies_and_comes_back(checked: Checked) -> None:
    lab = checked.lab
    host, address = "10.0.2.35", "10.0.2.35"
    id = lab.platform.start_origin(lab.vpc, address, "mortal")
    balancer = lab.balancer(lab.group([host], **TWICE))
    lab.wait_health(balancer.group, "healthy")
    lab.wait_backends(f"http://us-east-1b.{balancer.dns_name}/", "mortal")
    lab.platform.stop_host(id)
    reason = lab.wait_health(balancer.group, "unhealthy")[address][1]
    assert reason in ("Target.FailedHealthChecks", "Target.Timeout")
    assert lab.ask(f"http://us-east-1b.{balancer.dns_name}/")["error"] in ("reset", "refused")
    lab.platform.start_origin(lab.vpc, address, "mortal")
    lab.wait_health(balancer.group, "healthy")
    lab.wait_backends(f"http://us-east-1b.{balancer.dns_name}/", "mortal")
