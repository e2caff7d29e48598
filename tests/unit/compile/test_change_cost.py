"""A change costs what it touches: the right units run and the right resources change, however many APIs there are."""

import json

import msgspec
import pytest
from tests.feature.domain_rig import domain_name, map_path

from innergate.compile.compilation import Compilation
from innergate.compile.engine import Compiler
from innergate.compile.family import Family, UnitOutput
from innergate.compile.settings import CompileSettings
from innergate.compile.units import FAMILIES
from innergate.compile.view import View
from innergate.primitives.json_value import JsonValue
from innergate.resources.deployments import Deployment
from innergate.resources.domain_names import DomainName
from innergate.resources.load_balancers import Action, Forward
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


def counting(runs: list[str]) -> Compiler:
    """A compiler that notes the units that it runs."""

    def counted(family: Family) -> Family:
        def run(view: View, id: str, settings: CompileSettings) -> UnitOutput:
            runs.append(f"{family.name}/{id}")
            return family.run(view, id, settings)

        return family._replace(run=run)

    return Compiler([counted(family) for family in FAMILIES], CompileSettings(), strict=True)


@pytest.mark.parametrize("apis", [5, 40])
def test_a_deployment_runs_the_units_of_its_stage_alone(apis: int) -> None:
    runs: list[str] = []
    s = Scenario()
    purple = cross_account(s)
    for _ in range(apis):
        s.private_api(purple.link, purple.api_endpoint)
    compiler = counting(runs)
    compiler.compile(s.state)
    assert len(runs) > apis
    runs.clear()
    stage = s.state.get(Stage, purple.stage.id)
    assert stage is not None
    deployed = s.state.get(Deployment, f"{stage.rest_api_id}/{stage.deployment_id}")
    assert deployed is not None
    anew = msgspec.structs.replace(deployed, id=f"{stage.rest_api_id}/anew", deployment_id="anew")
    s.put(anew, msgspec.structs.replace(stage, deployment_id="anew", variables={"a": "b"}))
    s.commit()
    compiler.advance(s.state, s.commits[-1:])
    assert runs == [f"envoy-stage/{stage.id}"]


def test_an_endpoint_policy_runs_the_stages_that_its_endpoint_may_lead_to() -> None:
    """Most APIs here name another endpoint; two name its VPC, or nobody, in their policies."""
    runs: list[str] = []
    s = Scenario()
    purple = cross_account(s)
    for _ in range(5):
        s.private_api(purple.link, purple.api_endpoint)
    tenant = s.as_account("999999999999")
    vpc = tenant.vpc("10.9.0.0/16")
    endpoint = tenant.endpoint("execute-api", tenant.subnet(vpc, "10.9.1.0/24", "a"))
    s.as_account(purple.api.account)
    admitted = {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}
    inside = {**admitted, "Condition": {"StringEquals": {"aws:SourceVpc": vpc.id}}}
    policies = [json.dumps({"Version": "2012-10-17", "Statement": [one]}) for one in (inside, admitted)]
    stages = [s.private_api(purple.link, policy=policy)[1].id for policy in policies]
    compiler = counting(runs)
    compiler.compile(s.state)
    runs.clear()
    s.put(msgspec.structs.replace(endpoint, policy_document='{"Statement": []}'))
    s.commit()
    counts = changed(compiler.advance(s.state, s.commits[-1:]))
    assert {run for run in runs if run.startswith("envoy-stage/")} == {f"envoy-stage/{stage}" for stage in stages}
    assert counts == {"routes": 2}


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


@pytest.fixture
def domains() -> tuple[Scenario, list[DomainName], CrossAccount, Compiler]:
    s = Scenario()
    purple = cross_account(s)
    api, _ = s.private_api(purple.link, types=("REGIONAL",))
    made = []
    for n in range(10):
        domain = domain_name(s, f"n{n}.example.com")
        map_path(s, domain, "", api)
        made.append(domain)
    settings = CompileSettings(public_addresses=("192.0.2.1",))
    compiler = Compiler(FAMILIES, settings, strict=True)
    compiler.compile(s.state)
    return s, made, purple, compiler


def test_a_base_path_costs_one_domains_routes(
    domains: tuple[Scenario, list[DomainName], CrossAccount, Compiler],
) -> None:
    s, made, purple, compiler = domains
    api, _ = s.private_api(purple.link, types=("REGIONAL",))
    s.commit()
    compiler.advance(s.state, s.commits[-1:])
    mapping = map_path(s, made[3], "orders", api)
    s.commit()
    out = compiler.advance(s.state, s.commits[-1:])
    assert out.envoy.changed["routes"] == {f"domain/{made[3].id}"}
    assert changed(out) == {"routes": 1}
    s.drop(mapping)
    s.commit()
    assert changed(compiler.advance(s.state, s.commits[-1:])) == {"routes": 1}


def test_a_domain_costs_its_routes_its_scope_and_a_chain_of_the_listener(
    domains: tuple[Scenario, list[DomainName], CrossAccount, Compiler],
) -> None:
    s, made, _, compiler = domains
    before = compiler.compile(s.state).envoy.plan.resources["listeners"]["public:192.0.2.1:443"].body["filter_chains"]
    domain_name(s, "new.example.com")
    s.commit()
    out = compiler.advance(s.state, s.commits[-1:])
    assert changed(out) == {"routes": 1, "scopes": 1, "listeners": 1}
    after = out.envoy.plan.resources["listeners"]["public:192.0.2.1:443"].body["filter_chains"]
    assert isinstance(before, list)
    assert isinstance(after, list)
    assert [chain for chain in after if chain not in before] == [
        chain for chain in after if isinstance(chain, dict) and chain.get("name") == "new.example.com"
    ]
    assert len(after) == len(made) + 2


def test_a_stage_costs_itself_and_the_domains_that_lead_to_it(
    domains: tuple[Scenario, list[DomainName], CrossAccount, Compiler],
) -> None:
    s, made, purple, compiler = domains
    api, stage = s.private_api(purple.link, types=("REGIONAL",))
    map_path(s, made[0], "a", api)
    s.commit()
    compiler.advance(s.state, s.commits[-1:])
    limits: dict[str, dict[str, bool | int | float | str]] = {"*/*": {"throttlingBurstLimit": 5}}
    s.put(msgspec.structs.replace(stage, method_settings=limits))
    s.commit()
    assert changed(compiler.advance(s.state, s.commits[-1:])) == {"routes": 2}


def test_one_application_load_balancer_pays_for_its_own_change() -> None:
    s = Scenario()
    vpc = s.vpc()
    a, b = s.subnet(vpc, "10.0.1.0/24", "a"), s.subnet(vpc, "10.0.2.0/24", "b")
    groups, listeners = [], []
    for n in range(5):
        groups.append(s.target_group(vpc, (f"10.0.1.{20 + n}", 80), protocol="HTTP", name=f"g{n}"))
        balancer = s.load_balancer(f"app{n}", a, b, type="application")
        listeners.append(s.listener(balancer, groups[n], protocol="HTTP"))
    compiler = Compiler(FAMILIES, CompileSettings(), strict=True)
    compiler.compile(s.state)
    image: dict[str, JsonValue] = {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/img/*"]}}
    rule = s.rule(listeners[2], 1, Action(type="forward", forwards=(Forward(target_group_arn=groups[2].id),)), image)
    s.commit()
    out = compiler.advance(s.state, s.commits[-1:])
    assert changed(out) == {"routes": 1}
    assert out.envoy.changed["routes"] == {f"rules/{listeners[2].id}"}
    s.put(msgspec.structs.replace(rule, priority="7"))
    s.commit()
    assert changed(compiler.advance(s.state, s.commits[-1:])) == {"routes": 1}
    target = Target(target_id="10.0.1.99", port=80, registered_at=s.now)
    s.put(msgspec.structs.replace(groups[2], targets=(*groups[2].targets, target)))
    s.commit()
    assert changed(compiler.advance(s.state, s.commits[-1:])) == {"endpoints": 1}
