"""Whatever features a stage combines, Envoy takes its routes: it refuses a stage as a whole, and the old one stays.

Stages are drawn many to a plan, since Envoy needs a second to start. `INNERGATE_DRAWN_STAGES` asks for another number.
"""

import json
import os
from pathlib import Path

from hypothesis import Phase, given, settings
from tests.unit.compile.stage_draws import DrawnStage, drawn_stages, put_drawn

from innergate.compile.compilation import Compilation
from innergate.compile.engine import Compiler
from innergate.compile.settings import CompileSettings
from innergate.compile.units import FAMILIES
from innergate.testing.blog_scenarios import cross_account
from innergate.testing.envoy_static import Placement, listeners_apart, static_bootstrap, validate_static
from innergate.testing.scenario import Scenario
from innergate.xds.descriptors import find_envoy

STAGES = int(os.environ.get("INNERGATE_DRAWN_STAGES", "80"))
_BATCH = 40
"""Every listener of a static plan holds all its stages."""
_WORLD = cross_account(Scenario())
"""Made from a count, so every scenario that begins so has the same ids."""


def compile_drawn(stages: list[DrawnStage]) -> Compilation:
    """The plan of a world with these stages."""
    s = Scenario()
    x = cross_account(s)
    for n, drawn in enumerate(stages):
        put_drawn(s, x, drawn, f"n{n}.example.com")
    return Compiler(FAMILIES, CompileSettings(public_addresses=("127.0.0.1",)), strict=True).compile(s.state)


def complaint(stages: list[DrawnStage], folder: Path) -> str:
    """What Envoy says against a plan with these stages; "" for nothing."""
    plan = compile_drawn(stages).envoy.plan
    placement = Placement(listener_address=listeners_apart(plan).listener_address, plain_listeners=True)
    file = folder / "bootstrap.json"
    text = json.dumps(static_bootstrap(plan, {}, placement)).replace("/tmp/innergate-logs", str(folder))
    file.write_text(text)
    return validate_static(find_envoy(), file)


def draw_stages(count: int) -> list[DrawnStage]:
    """Always the same ones: each is a whole example of hypothesis's, which could not draw so much at once."""
    drawn: list[DrawnStage] = []

    @settings(max_examples=count, phases=[Phase.generate], derandomize=True, deadline=None, database=None)
    @given(stage=drawn_stages(_WORLD))
    def draw(stage: DrawnStage) -> None:
        drawn.append(stage)

    draw()
    return drawn


def culprit(stages: list[DrawnStage], folder: Path) -> list[DrawnStage]:
    """The fewest of the stages that Envoy refuses, by halves."""
    while len(stages) > 1:
        half = len(stages) // 2
        first, second = stages[:half], stages[half:]
        stages = first if complaint(first, folder) else second
    return stages


def test_envoy_accepts_whatever_is_combined(tmp_path: Path) -> None:
    drawn = draw_stages(STAGES)
    assert len({repr(stage) for stage in drawn}) > STAGES // 2
    for start in range(0, STAGES, _BATCH):
        stages = drawn[start : start + _BATCH]
        if complaint(stages, tmp_path):
            found = culprit(stages, tmp_path)
            raise AssertionError(f"{str(found)[:6000]}\n{complaint(found, tmp_path).splitlines()[-1:]}")
