"""Rounds in turn, medians, spreads; what wrk said; figures as files."""

import os
from pathlib import Path

import pytest
from bench.figures import Figure, read_figures, write_figures
from bench.load import LoadFailed, cpu_seconds, read_wrk
from bench.rounds import compare, spread, take_rounds

SAID = """Running 1s test @ https://10.0.1.4/test/1k
  Latency Distribution
     50%    3.63ms
     75%    4.00ms
     99%  936.00us
  12876 requests in 1.00s, 14.31MB read
Requests/sec:  12870.12
Transfer/sec:     14.31MB
"""


def test_every_second_round_runs_backwards() -> None:
    order: list[str] = []

    def measure(name: str) -> int:
        order.append(name)
        return len(order)

    found = take_rounds({"a": lambda: measure("a"), "b": lambda: measure("b")}, 3)
    assert "".join(order) == "abbaab"
    assert found == {"a": [1, 4, 5], "b": [2, 3, 6]}


def test_ratios_are_taken_round_by_round() -> None:
    """The machine is half as fast in the second round: the ratio does not move."""
    found = compare([90.0, 45.0, 90.0], [100.0, 50.0, 100.0])
    assert found.ratio == pytest.approx(0.9)
    assert found.spread == pytest.approx(0.0)
    assert found.value == 90.0


def test_the_spread_is_between_quartiles() -> None:
    assert spread([1.0, 2.0, 3.0, 4.0, 5.0]) == pytest.approx(2 / 3)
    assert spread([7.0]) == 0.0


def test_what_wrk_says_is_read() -> None:
    sample = read_wrk(SAID, 1.0)
    assert (sample.per_s, sample.p50_ms, sample.p99_ms) == (12870.12, 3.63, 0.936)
    assert sample.cpu_us == pytest.approx(1e6 / 12876)


@pytest.mark.parametrize(
    "said", [SAID + "  Non-2xx or 3xx responses: 3\n", "unable to connect", SAID.replace("12876", "0")]
)
def test_a_run_with_errors_is_no_measurement(said: str) -> None:
    with pytest.raises(LoadFailed):
        read_wrk(said, 1.0)


def test_a_process_knows_its_time() -> None:
    assert cpu_seconds(os.getpid()) > 0


def test_figures_are_written_and_read(tmp_path: Path) -> None:
    figure = Figure(
        name="private_path_no_log", value=1.5, unit="req/s", part="request-path", peer="bare_envoy", ratio=0.9
    )
    write_figures([figure], tmp_path / "results" / "latest.json")
    assert read_figures(tmp_path / "results" / "latest.json") == [figure]
