"""What health checks say of the targets on the way."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import msgspec
import pytest
from tests.unit.observe.explained import call, kind

from innergate.observe.explain import simulate
from innergate.observe.explain_call import CallRequest
from innergate.primitives.json_value import JsonValue
from innergate.resources.target_groups import TargetGroup
from innergate.testing.blog_scenarios import CrossAccount
from innergate.testing.scenario import Scenario

NOW = datetime(2026, 11, 1, tzinfo=UTC)


class Seen(NamedTuple):
    value: JsonValue
    at: datetime


class Down:
    """Says of some targets that they fail."""

    def __init__(self, *names: str, status: int = 0, failure: str = "NETWORK_TIMEOUT", age_s: int = 3) -> None:
        self.names, self.status, self.failure, self.age_s = names, status, failure, age_s

    def now(self) -> datetime:
        return NOW

    def observed(self, subject: str, name: str) -> Seen | None:
        value: JsonValue = {"healthy": name not in self.names, "failure": self.failure, "status": self.status}
        return Seen(value, NOW - timedelta(seconds=self.age_s))


def test_targets_that_are_down(s: Scenario, purple: CrossAccount) -> None:
    out = simulate(s.state, CallRequest(purple.api.id, purple.gateway_vpc.id), Down("10.0.1.21:80", "10.0.2.22:80"))
    assert (kind(out), out.status) == ("target-health", 500)
    some = simulate(s.state, CallRequest(purple.api.id, purple.gateway_vpc.id), Down("10.0.1.21:80"))
    assert some.works
    assert any(h.kind == "target-health" and h.verdict == "warning" for h in some.hops)
    assert simulate(s.state, CallRequest(purple.api.id, purple.gateway_vpc.id), Down()).works
    assert f"innergate exec --vpc {purple.application_vpc.id} -- curl" in out.fix


@pytest.mark.parametrize(
    ("failure", "says"),
    [
        ("NETWORK", "10.0.1.21:80 refused the connection 3 s ago"),
        ("NETWORK_TIMEOUT", "10.0.1.21:80 did not answer 3 s ago"),
        ("ACTIVE", "10.0.1.21:80 failed 3 s ago"),
    ],
)
def test_how_a_target_fails_is_told_in_words(s: Scenario, purple: CrossAccount, failure: str, says: str) -> None:
    one_down = Down("10.0.1.21:80", failure=failure)
    (warning,) = [
        h
        for h in simulate(s.state, CallRequest(purple.api.id, purple.gateway_vpc.id), one_down).hops
        if h.verdict == "warning"
    ]
    assert warning.reason == f"1 of 2 targets fail their health checks: {says}"
    assert warning.where == f"{purple.application_vpc.account}/{purple.application_vpc.id}"


def test_targets_whose_checks_succeed_again_are_called(s: Scenario, purple: CrossAccount) -> None:
    """Every failed check is reported, each 30 s here: one that is older is the last one, and Envoy counts good ones."""
    both = ("10.0.1.21:80", "10.0.2.22:80")
    api, vpc = purple.api.id, purple.gateway_vpc.id
    assert kind(simulate(s.state, CallRequest(api, vpc), Down(*both, age_s=44))) == "target-health"
    out = simulate(s.state, CallRequest(api, vpc), Down(*both, age_s=46))
    assert out.works
    (warning,) = [h for h in out.hops if h.verdict == "warning"]
    assert warning.reason == (
        "2 of 2 targets fail their health checks: 10.0.1.21:80 answers again, 10.0.2.22:80 answers again"
        " (healthy again after 5 good checks, one each 30 s); where none is healthy all are called, as in AWS"
    )
    assert warning.fix == ""


def test_a_wrong_path_of_checks_is_seen(s: Scenario, purple: CrossAccount) -> None:
    check = {"protocol": "HTTP", "path": "/health", "matcher": "200-299"}
    group = s.state.get(TargetGroup, purple.application_group.id)
    assert group is not None
    s.put(msgspec.structs.replace(group, health_check=msgspec.structs.replace(group.health_check, **check)))
    everything_is_404 = Down("10.0.1.21:80", "10.0.2.22:80", status=404)
    out = simulate(s.state, CallRequest(purple.api.id, purple.gateway_vpc.id), everything_is_404)
    (warning,) = [h for h in out.hops if h.verdict == "warning"]
    assert "10.0.1.21:80 answers 404 to GET /health, " in warning.reason
    assert "; wanted is 200-299; " in warning.reason


def test_targets_that_answer_their_checks_wrongly_are_called_where_none_is_healthy(
    s: Scenario, purple: CrossAccount
) -> None:
    everything_is_404 = Down("10.0.1.21:80", "10.0.2.22:80", status=404)
    out = simulate(s.state, CallRequest(purple.api.id, purple.gateway_vpc.id), everything_is_404)
    assert out.works
    (warning,) = [h for h in out.hops if h.verdict == "warning"]
    assert "10.0.1.21:80 answers 404, " in warning.reason
    assert warning.fix.endswith("--health-check-path PATH")
    assert "all are called" in warning.reason


def test_a_slow_backends_time_is_told(s: Scenario, purple: CrossAccount) -> None:
    assert any("29000 ms" in note and "504" in note for note in call(s, purple).notes)
