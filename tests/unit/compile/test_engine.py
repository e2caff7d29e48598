"""The engine runs what a commit touches and nothing else, and one bad unit harms nobody."""

import msgspec
import pytest

from innergate.compile.engine import Compiler, ConflictError
from innergate.compile.family import EnvoyBody, Family, PublicName, UnitOutput
from innergate.compile.settings import CompileSettings
from innergate.compile.view import View
from innergate.resources.base import Resource
from innergate.resources.subnets import Subnet
from innergate.resources.vpcs import Vpc
from innergate.testing.scenario import Scenario

RUNS: list[str] = []


def subnets_of(view: View, id: str, settings: CompileSettings) -> UnitOutput:
    RUNS.append(id)
    vpc = view.get(Vpc, id)
    assert vpc is not None
    if vpc.tags.get("bad"):
        raise ValueError("bad vpc")
    cidrs = [s.cidr_block for s in view.find(Subnet, "vpc", id)]
    body = EnvoyBody("clusters", f"c/{id}", {"cidrs": cidrs})
    shared = EnvoyBody("clusters", "shared", {"tag": vpc.tags.get("shared", "")})
    return UnitOutput(envoy=(body, shared), names=(PublicName(f"{id}.example", (vpc.cidr_block,)),))


FAMILY = Family("subnets", (Vpc,), subnets_of)


@pytest.fixture(autouse=True)
def _no_runs() -> None:
    RUNS.clear()


def retag(scenario: Scenario, vpc: Vpc, **tags: str) -> Vpc:
    changed = msgspec.structs.replace(vpc, tags=tags)
    scenario.put(changed)
    return changed


def test_a_commit_runs_only_the_units_that_read_what_it_changed() -> None:
    s = Scenario()
    first, second = s.vpc("10.0.0.0/16"), s.vpc("10.1.0.0/16")
    compiler = Compiler([FAMILY], CompileSettings(), strict=True)
    compiler.compile(s.state)
    assert sorted(RUNS) == sorted([first.id, second.id])
    RUNS.clear()

    s.subnet(first, "10.0.1.0/24")
    commit = s.commit()
    out = compiler.advance(s.state, [commit])
    assert [first.id] == RUNS
    assert out.envoy.changed["clusters"] == {f"c/{first.id}"}
    assert out.envoy.plan.resources["clusters"][f"c/{first.id}"].body == {"cidrs": ["10.0.1.0/24"]}
    assert out.network.public_names == {}


def test_what_has_not_changed_keeps_its_identity() -> None:
    s = Scenario()
    vpc = s.vpc()
    compiler = Compiler([FAMILY], CompileSettings(), strict=True)
    before = compiler.compile(s.state).envoy.plan.resources["clusters"]
    RUNS.clear()
    retag(s, vpc, irrelevant="x")
    commit = s.commit()
    out = compiler.advance(s.state, [commit])
    assert [vpc.id] == RUNS
    assert out.envoy.changed["clusters"] == frozenset()
    assert out.envoy.plan.resources["clusters"][f"c/{vpc.id}"] is before[f"c/{vpc.id}"]


def test_a_gone_root_takes_its_resources_along_but_not_shared_ones() -> None:
    s = Scenario()
    first, second = s.vpc("10.0.0.0/16"), s.vpc("10.1.0.0/16")
    compiler = Compiler([FAMILY], CompileSettings(), strict=True)
    compiler.compile(s.state)
    s.drop(first)
    commit = s.commit()
    out = compiler.advance(s.state, [commit])
    assert out.envoy.changed["clusters"] == {f"c/{first.id}"}
    assert set(out.envoy.plan.resources["clusters"]) == {f"c/{second.id}", "shared"}
    assert out.network.dropped_names == (f"{first.id}.example",)
    s.drop(second)
    commit = s.commit()
    assert not compiler.advance(s.state, [commit]).envoy.plan.resources["clusters"]


def test_a_failing_unit_keeps_its_last_good_output_and_its_neighbours_live() -> None:
    s = Scenario()
    first, second = s.vpc("10.0.0.0/16"), s.vpc("10.1.0.0/16")
    compiler = Compiler([FAMILY], CompileSettings())
    good = compiler.compile(s.state).envoy.plan.resources["clusters"][f"c/{first.id}"]
    bad = retag(s, first, bad="yes")
    s.subnet(second, "10.1.1.0/24")
    commit = s.commit()
    out = compiler.advance(s.state, [commit])
    assert out.envoy.plan.resources["clusters"][f"c/{first.id}"] is good
    assert f"c/{second.id}" in out.envoy.changed["clusters"]
    assert [(d.code, d.subject) for d in out.diagnostics] == [("CompileFailure", f"subnets/{first.id}")]

    retag(s, bad)
    commit = s.commit()
    assert compiler.advance(s.state, [commit]).diagnostics == ()


def test_different_values_under_one_name_are_a_conflict() -> None:
    s = Scenario()
    first, second = s.vpc("10.0.0.0/16"), s.vpc("10.1.0.0/16")
    retag(s, second, shared="other")
    with pytest.raises(ConflictError, match="shared"):
        Compiler([FAMILY], CompileSettings(), strict=True).compile(s.state)
    out = Compiler([FAMILY], CompileSettings()).compile(s.state)
    assert out.envoy.plan.resources["clusters"]["shared"].body == {"tag": ""}, "the first unit's value counts"
    assert [d.code for d in out.diagnostics] == ["Conflict"]
    assert first.id < second.id


def test_a_key_that_did_not_exist_is_noted() -> None:
    def watch(view: View, id: str, settings: CompileSettings) -> UnitOutput:
        found: Resource | None = view.get(Vpc, "vpc-00000000000000005")
        return UnitOutput(names=(PublicName("x", ("yes" if found else "no",)),))

    s = Scenario()
    s.vpc()
    compiler = Compiler([Family("watch", (Vpc,), watch, lambda vpc: ("one",))], CompileSettings(), strict=True)
    assert compiler.compile(s.state).network_plan.public_names == {"x": ("no",)}
    late = s.vpc("10.9.0.0/16")
    assert late.id == "vpc-00000000000000005"
    commit = s.commit()
    assert compiler.advance(s.state, [commit]).network.public_names == {"x": ("yes",)}


def test_compiling_again_says_what_differs() -> None:
    s = Scenario()
    vpc = s.vpc()
    compiler = Compiler([FAMILY], CompileSettings(), strict=True)
    compiler.compile(s.state)
    again = compiler.compile(s.state)
    assert again.envoy.changed["clusters"] == frozenset()
    assert again.network.complete
    assert again.network.public_names == {f"{vpc.id}.example": ("10.0.0.0/16",)}


def count_subnets(view: View, id: str, settings: CompileSettings) -> UnitOutput:
    RUNS.append(f"count {id}")
    subnets = view.find(Subnet, "vpc", id)
    cidrs = sorted(s.cidr_block for s in subnets)
    return UnitOutput(envoy=(EnvoyBody("endpoints", f"e/{id}", {"cidrs": cidrs}),), value=len(subnets) > 1)


def ask_count(view: View, id: str, settings: CompileSettings) -> UnitOutput:
    RUNS.append(id)
    vpc = view.get(Vpc, id)
    wanted = vpc.tags.get("asks", "") if vpc is not None else ""
    has_many = view.demand("count", wanted) if wanted else False
    return UnitOutput(names=(PublicName(f"{id}.example", (str(has_many),)),))


DEMANDING = (Family("ask", (Vpc,), ask_count), Family("count", (), count_subnets))


def test_a_demanded_unit_runs_once_for_all_and_wakes_them_only_when_its_value_changes() -> None:
    s = Scenario()
    counted = s.vpc("10.0.0.0/16")
    askers = [retag(s, s.vpc("10.1.0.0/16"), asks=counted.id) for _ in range(3)]
    compiler = Compiler(DEMANDING, CompileSettings(), strict=True)
    compiler.compile(s.state)
    assert RUNS.count(f"count {counted.id}") == 1

    RUNS.clear()
    s.subnet(counted, "10.0.1.0/24")
    out = compiler.advance(s.state, s.commits[-1:])
    assert [f"count {counted.id}"] == RUNS, "one subnet is not many: nobody else need know"
    assert out.envoy.changed["endpoints"] == {f"e/{counted.id}"}

    RUNS.clear()
    s.subnet(counted, "10.0.2.0/24")
    out = compiler.advance(s.state, s.commits[-1:])
    assert [f"count {counted.id}", *[a.id for a in askers]] == RUNS
    assert set(out.network.public_names) == {f"{a.id}.example" for a in askers}


def test_a_unit_that_nobody_demands_any_more_is_gone() -> None:
    s = Scenario()
    counted = s.vpc("10.0.0.0/16")
    asker = retag(s, s.vpc("10.1.0.0/16"), asks=counted.id)
    compiler = Compiler(DEMANDING, CompileSettings(), strict=True)
    assert set(compiler.compile(s.state).envoy.plan.resources["endpoints"]) == {f"e/{counted.id}"}
    retag(s, asker)
    s.commit()
    out = compiler.advance(s.state, s.commits[-1:])
    assert not out.envoy.plan.resources["endpoints"]
    assert all(unit.family == "ask" for unit in compiler.all_units())
    RUNS.clear()
    s.subnet(counted, "10.0.1.0/24")
    compiler.advance(s.state, s.commits[-1:])
    assert RUNS == []


def test_demanding_and_leaving_it_again_in_one_go() -> None:
    s = Scenario()
    counted = s.vpc("10.0.0.0/16")
    asker = retag(s, s.vpc("10.1.0.0/16"), asks=counted.id)
    compiler = Compiler(DEMANDING, CompileSettings(), strict=True)
    compiler.compile(s.state)
    s.drop(asker)
    s.subnet(counted, "10.0.1.0/24")
    out = compiler.advance(s.state, s.commits[-1:])
    assert not out.envoy.plan.resources["endpoints"]
    again = Compiler(DEMANDING, CompileSettings(), strict=True).compile(s.state)
    assert again.envoy.plan == out.envoy.plan


def test_what_a_failing_unit_demanded_stays_with_its_last_good_output() -> None:
    def ask(view: View, id: str, settings: CompileSettings) -> UnitOutput:
        vpc = view.get(Vpc, id)
        assert vpc is not None
        if vpc.tags:
            raise ValueError("bad vpc")
        view.demand("count", id)
        return UnitOutput(envoy=(EnvoyBody("clusters", id, {}),))

    s = Scenario()
    vpc = s.vpc()
    compiler = Compiler((Family("ask", (Vpc,), ask), DEMANDING[1]), CompileSettings())
    compiler.compile(s.state)
    retag(s, vpc, bad="yes")
    out = compiler.advance(s.state, s.commits[-1:])
    assert set(out.envoy.plan.resources["endpoints"]) == {f"e/{vpc.id}"}
    assert [d.code for d in out.diagnostics] == ["CompileFailure"]


def test_a_demanded_unit_that_fails_fails_those_who_demand_it_until_it_is_right() -> None:
    def count(view: View, id: str, settings: CompileSettings) -> UnitOutput:
        if not view.find(Subnet, "vpc", id):
            raise ValueError("no subnet")
        return UnitOutput()

    s = Scenario()
    counted = s.vpc("10.0.0.0/16")
    asker = retag(s, s.vpc("10.1.0.0/16"), asks=counted.id)
    compiler = Compiler((DEMANDING[0], Family("count", (), count)), CompileSettings())
    out = compiler.compile(s.state)
    assert {d.subject for d in out.diagnostics} == {f"ask/{asker.id}", f"count/{counted.id}"}
    s.subnet(counted, "10.0.1.0/24")
    out = compiler.advance(s.state, s.commits[-1:])
    assert out.diagnostics == ()
    assert out.network.public_names == {f"{asker.id}.example": ("None",)}
