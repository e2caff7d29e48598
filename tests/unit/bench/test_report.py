"""The page and the pictures that are made of a run's figures, and what is told on the way."""

import io
import xml.etree.ElementTree as ElementTree
from datetime import UTC, datetime
from pathlib import Path

import pytest
from bench.__main__ import measure_all, tell
from bench.effort import Effort, Unavailable
from bench.figures import Figure
from bench.parts import Part
from bench.plot import plot_ratios
from bench.report import BARS, describe_machine, render_page, write_plots
from rich.console import Console

SVG = "{http://www.w3.org/2000/svg}"
FIGURES = [
    Figure(
        name="runtime_mock",
        value=2909.1,
        unit="req/s/core",
        part="runtime",
        peer="uvicorn_hello",
        ratio=0.25,
        spread=0.08,
    ),
    Figure(name="cpu_<mock>", value=343.8, unit="us/req", part="runtime", spread=0.1),
    Figure(name="slow", value=1.0, unit="ms", part="scale", peer="other", ratio=4.0, spread=0.5),
]


def test_a_bar_is_as_long_as_its_ratio() -> None:
    root = ElementTree.fromstring(plot_ratios("All <of> it", FIGURES))
    mock, slow = (float(bar.attrib["width"]) for bar in root.iter(f"{SVG}rect"))
    assert slow == pytest.approx(mock * 16, rel=0.01)
    said = [text.text for text in root.iter(f"{SVG}text")]
    assert "All <of> it" in said
    assert "0.25 of uvicorn hello" in said
    assert not [text for text in said if text and "cpu" in text]


def test_whiskers_span_the_spread_and_stay_inside() -> None:
    root = ElementTree.fromstring(plot_ratios("one", FIGURES[2:]))
    bar = next(root.iter(f"{SVG}rect"))
    whisker = next(line for line in root.iter(f"{SVG}line") if line.attrib["class"] == "whisker")
    begin, unit = float(bar.attrib["x"]), float(bar.attrib["width"]) / 4
    ends = [float(whisker.attrib[name]) for name in ("x1", "x2")]
    assert ends == [pytest.approx(begin + unit * 3, abs=0.2), pytest.approx(begin + unit * 5, abs=0.2)]
    assert ends[1] <= float(root.attrib["width"])


def test_what_says_little_is_pale_and_in_brackets() -> None:
    classes = [bar.attrib["class"] for bar in ElementTree.fromstring(plot_ratios("x", FIGURES)).iter(f"{SVG}rect")]
    assert classes == ["worse", "worse faint"]
    assert "| `slow` | 1.0 ms | (4.00) | other | 50% |  |" in render_page(FIGURES, "")
    assert not Figure(name="once", value=1.0, unit="ms", part="scale", peer="other", ratio=1.0).is_firm


@pytest.mark.parametrize(
    ("unit", "ratio", "kind"),
    [
        ("req/s", 2.0, "better"),
        ("req/s/core", 0.9, "worse"),
        ("us/req", 0.9, "better"),
        ("us/req", 1.2, "worse"),
        ("MiB", 1.04, "alike"),
        ("ms", 0.96, "alike"),
    ],
)
def test_a_bars_colour_says_whether_it_is_good(unit: str, ratio: float, kind: str) -> None:
    figure = Figure(name="x", value=1.0, unit=unit, part="p", peer="y", ratio=ratio, spread=0.1)
    (bar,) = ElementTree.fromstring(plot_ratios("x", [figure])).iter(f"{SVG}rect")
    assert bar.attrib["class"] == kind


def test_a_picture_of_nothing_is_a_picture() -> None:
    assert not list(ElementTree.fromstring(plot_ratios("none", FIGURES[1:2])).iter(f"{SVG}rect"))


def test_the_page_has_every_figure(tmp_path: Path) -> None:
    page = render_page(FIGURES, "Machine: 2 cores.")
    assert "| `runtime_mock` | 2,909.1 req/s/core | 0.25 | uvicorn hello | 8% | at least 0.20 |" in page
    assert "| `cpu_<mock>` | 343.8 us/req |  |  | 10% |  |" in page
    assert page.count("![Ratios") == 2
    assert [path.name for path in write_plots(FIGURES, tmp_path / "p")] == ["runtime.svg", "scale.svg"]
    late = Figure(name="added_latency_p99", value=0.4, unit="ms", part="request-path", peer="bare_envoy")
    assert "| 0.4 ms |  | bare envoy | 0% | under 1 ms |" in render_page([late], "")
    assert set(BARS) >= {"private_path_no_log", "private_path_log", "private_path_vs_chain"}


def test_the_machine_is_cores() -> None:
    said = describe_machine(datetime(2026, 11, 22, tzinfo=UTC))
    assert said.startswith("Machine: ")
    assert "cores; 2026-11-22;" in said


def test_progress_says_part_round_and_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    now = iter([10.0, 14.0])
    monkeypatch.setattr("bench.__main__.time.monotonic", lambda: next(now))
    say = tell(Console(file=out, width=200), "scale", "[2/4]")
    say("10 APIs", 0, 3)
    say("10 APIs", 1, 3)
    assert out.getvalue().splitlines() == [
        "[2/4] scale: 10 APIs: round 1 of 3",
        "[2/4] scale: 10 APIs: round 2 of 3, about 8 s left",
    ]


def test_a_part_that_cannot_run_is_said_and_the_others_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(effort: Effort) -> list[Figure]:
        raise Unavailable("no wrk")

    parts: dict[str, Part] = {"scale": refuse, "runtime": lambda effort: FIGURES[:1]}
    monkeypatch.setattr("bench.__main__.PARTS", parts)
    out = io.StringIO()
    found, is_whole = measure_all(["scale", "runtime"], lambda p: Effort(progress=p), Console(file=out, width=100))
    assert (found, is_whole) == (FIGURES[:1], False)
    assert "scale: not measured: no wrk" in out.getvalue()
