"""After any history, what was compiled step by step equals what is compiled from scratch, byte for byte."""

import random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.compile.histories import History

from innergate.compile.compilation import Compilation
from innergate.compile.engine import Compiler
from innergate.compile.settings import CompileSettings
from innergate.compile.units import FAMILIES
from innergate.plans.network import NetworkChange, NetworkPlan
from innergate.store.state import Commit, State
from innergate.testing.blog_scenarios import cross_account, cross_network
from innergate.testing.scenario import Scenario


def bytes_of(compilation: Compilation) -> bytes:
    """Everything in a compilation but what changed."""
    envoy = {
        kind: {name: (r.version, r.body) for name, r in sorted(resources.items())}
        for kind, resources in sorted(compilation.envoy.plan.resources.items())
    }
    network = msgspec.to_builtins(compilation.network_plan)
    documents = msgspec.to_builtins(compilation.whole_network.documents)
    diagnostics = msgspec.to_builtins(compilation.diagnostics)
    return msgspec.json.encode([envoy, network, documents, diagnostics], order="deterministic")


def from_scratch(state: State) -> Compilation:
    return Compiler(FAMILIES, CompileSettings(), strict=True).compile(state)


def taken_over(plan: NetworkPlan, change: NetworkChange) -> NetworkPlan:
    """What an agent holds after a change."""
    vpcs = {v.vpc_id: v for v in plan.vpcs if v.vpc_id not in change.dropped_vpcs} | {v.vpc_id: v for v in change.vpcs}
    hubs = {h.hub_id: h for h in plan.hubs if h.hub_id not in change.dropped_hubs} | {h.hub_id: h for h in change.hubs}
    links = (set(plan.links) - set(change.dropped_links)) | set(change.links)
    names = {n: a for n, a in plan.public_names.items() if n not in change.dropped_names} | change.public_names
    return NetworkPlan(
        revision=change.revision,
        vpcs=tuple(vpcs[i] for i in sorted(vpcs)),
        hubs=tuple(hubs[i] for i in sorted(hubs)),
        links=tuple(sorted(links)),
        public_names={n: names[n] for n in sorted(names)},
    )


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32), steps=st.integers(5, 40))
def test_incremental_equals_from_scratch(seed: int, steps: int) -> None:
    history = History(seed)
    compiler = Compiler(FAMILIES, CompileSettings(), strict=True)
    at_agent = compiler.compile(history.scenario.state).network_plan
    pending: list[Commit] = []
    for step in range(steps):
        pending.extend(history.step())
        if step % 3 == 2 or step == steps - 1:
            out = compiler.advance(history.scenario.state, pending)
            at_agent = taken_over(at_agent, out.network)
            assert at_agent == out.network_plan
            pending.clear()
    assert bytes_of(out) == bytes_of(from_scratch(history.scenario.state))


@pytest.mark.parametrize("seed", [1, 2])
def test_the_order_of_loading_does_not_matter(seed: int) -> None:
    s = Scenario()
    cross_network(s, cross_account(s))
    state = s.state
    rows = list(state.rows())
    random.Random(seed).shuffle(rows)
    assert bytes_of(from_scratch(State.load(state.revision, rows))) == bytes_of(from_scratch(state))


def test_what_is_reported_as_changed_is_what_differs() -> None:
    history = History(7)
    compiler = Compiler(FAMILIES, CompileSettings(), strict=True)
    before = compiler.compile(history.scenario.state)
    for _ in range(60):
        after = compiler.advance(history.scenario.state, history.step())
        for kind, names in after.envoy.changed.items():
            old, new = before.envoy.plan.resources[kind], after.envoy.plan.resources[kind]
            assert names == {n for n in {*old, *new} if old.get(n) != new.get(n)}
        before = after
