"""A change costs what it touches: the right units run and the right resources change, however many APIs there are."""

import msgspec
import pytest

from innergate.compile.compilation import Compilation
from innergate.compile.engine import Compiler
from innergate.compile.settings import CompileSettings
from innergate.compile.units import FAMILIES
from innergate.resources.stages import Stage
from innergate.resources.target_groups import Target, TargetGroup
from innergate.testing.blog_scenarios import CrossAccount, cross_account
from innergate.testing.scenario import Scenario


@pytest.fixture
def world() -> tuple[Scenario, CrossAccount, Compiler]:
    s = Scenario()
    purple = cross_account(s)
    for _ in range(20):
        s.private_api(purple.link, purple.api_endpoint)
    compiler = Compiler(FAMILIES, CompileSettings(), strict=True)
    compiler.compile(s.state)
    return s, purple, compiler


def changed(out: Compilation) -> dict[str, int]:
    return {kind: len(names) for kind, names in out.envoy.changed.items() if names}


def test_a_new_api_costs_one_route_configuration_and_its_scopes(
    world: tuple[Scenario, CrossAccount, Compiler],
) -> None:
    s, purple, compiler = world
    s.private_api(purple.link, purple.api_endpoint)
    s.commit()
    assert changed(compiler.advance(s.state, s.commits[-1:])) == {"routes": 1, "scopes": 2}


def test_a_stage_that_changes_its_limits_costs_one_route_configuration(
    world: tuple[Scenario, CrossAccount, Compiler],
) -> None:
    s, purple, compiler = world
    stage = s.state.get(Stage, purple.stage.id)
    assert stage is not None
    limits: dict[str, dict[str, bool | int | float | str]] = {"*/*": {"throttlingBurstLimit": 5}}
    s.put(msgspec.structs.replace(stage, method_settings=limits))
    s.commit()
    assert changed(compiler.advance(s.state, s.commits[-1:])) == {"routes": 1}


def test_a_target_comes_and_no_route_changes(world: tuple[Scenario, CrossAccount, Compiler]) -> None:
    s, purple, compiler = world
    group = s.state.get(TargetGroup, purple.application_group.id)
    assert group is not None
    target = Target(target_id="10.0.1.30", port=80, registered_at=s.now)
    s.put(msgspec.structs.replace(group, targets=(*group.targets, target)))
    s.commit()
    counts = changed(compiler.advance(s.state, s.commits[-1:]))
    assert "routes" not in counts
    assert "clusters" not in counts
    assert counts["endpoints"] >= 1


def test_a_rejected_connection_changes_every_route_that_used_it(
    world: tuple[Scenario, CrossAccount, Compiler],
) -> None:
    s, purple, compiler = world
    s.put(msgspec.structs.replace(purple.service_endpoint, state="rejected"))
    s.commit()
    out = compiler.advance(s.state, s.commits[-1:])
    assert changed(out)["routes"] == 21
    assert sum(d.code == "Unreachable" for d in out.diagnostics) == 42
