"""A thousand APIs of ten routes over one VPC link: the start, a change, the weight of an API. The bars are the issue's."""

import os

import pytest
from bench.scale import Figures, measure, percentile
from tests.e2e.patience import patience

from innergate.driver.platform import RunningPlatform

pytestmark = pytest.mark.alone

APIS, ROUTES = 1000, 10
CHANGES = 200 if os.environ.get("INNERGATE_LONG") == "1" else 100


@pytest.fixture(scope="module")
def measured() -> tuple[Figures, float]:
    """The figures, and the patience that the machine needed meanwhile."""
    patient = patience()
    with RunningPlatform(concurrency=1) as platform:
        found = measure(platform, APIS, ROUTES, CHANGES)
    print("\n" + "\n".join(found.lines()))
    return found, max(patient, patience())


@pytest.fixture
def figures(measured: tuple[Figures, float]) -> Figures:
    return measured[0]


@pytest.fixture
def patient(measured: tuple[Figures, float]) -> float:
    return measured[1]


def test_it_is_ready_in_under_five_seconds(figures: Figures, patient: float) -> None:
    assert figures.start_s < 5.0 * patient


def test_a_change_is_live_in_under_fifty_milliseconds(figures: Figures, patient: float) -> None:
    assert percentile(figures.live_s, 0.99) < 0.05 * patient


def test_an_api_costs_envoy_less_than_a_hundred_kilobytes(figures: Figures) -> None:
    assert figures.envoy_per_api_kib * 1.024 < 100


def test_changes_cost_other_apis_no_request(figures: Figures) -> None:
    assert figures.load.failures == ()
    assert figures.load.requests > CHANGES
