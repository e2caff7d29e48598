"""The network plans of a few scenarios, whole, as files: `tests/golden/network/<case>.yaml`.

`REWRITE_GOLDEN=1 pytest tests/unit/compile/test_network_golden.py` writes them anew and removes those of cases that are gone.
"""

import os
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
import yaml

from innergate.compile.emit.dns import NAME_FAMILIES
from innergate.compile.emit.network import NETWORK_FAMILIES
from innergate.compile.engine import Compiler
from innergate.compile.settings import CompileSettings
from innergate.testing.blog_scenarios import cross_account, cross_network
from innergate.testing.scenario import Scenario

GOLDEN = Path(__file__).parents[2] / "golden" / "network"


def purple_and_red(s: Scenario) -> None:
    cross_network(s, cross_account(s))


def waiting_for_acceptance(s: Scenario) -> None:
    cross_account(s, state="pendingAcceptance")


def peering_and_two_tables(s: Scenario) -> None:
    near, far = s.vpc("10.0.0.0/16", dns=False), s.vpc("10.1.0.0/16")
    s.subnet(near, "10.0.1.0/24", "a")
    members = s.group(near)
    served = s.group(near, ("tcp", 80, 81, members.id), ("-1", -1, -1, "10.0.9.0/24"), ("icmp", 8, 0, "0.0.0.0/0"))
    own = s.subnet(near, "10.0.2.0/24", "b")
    s.workload(own, "10.0.2.5", "Web", groups=(served,))
    s.workload(own, "10.0.2.6", "client", groups=(members,))
    s.route(near, "10.1.0.0/16", "vpc-peering", s.peer(near, far).id)
    s.route(near, "10.2.0.0/16", "vpc-peering", s.peer(near, far, "pending-acceptance").id)
    s.route(near, "0.0.0.0/0", "internet-gateway", "igw-1")


CASES: dict[str, Callable[[Scenario], None]] = {
    case.__name__: case for case in (purple_and_red, waiting_for_acceptance, peering_and_two_tables)
}


@pytest.mark.parametrize("name", CASES)
def test_network_plan(name: str) -> None:
    s = Scenario()
    CASES[name](s)
    compiler = Compiler((*NETWORK_FAMILIES, *NAME_FAMILIES), CompileSettings(), strict=True)
    plan = compiler.compile(s.state).network_plan
    text = yaml.safe_dump(msgspec.to_builtins(plan), sort_keys=False, default_flow_style=None, width=120)
    file = GOLDEN / f"{name}.yaml"
    if os.environ.get("REWRITE_GOLDEN"):
        GOLDEN.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        for stale in GOLDEN.glob("*.yaml"):
            if stale.stem not in CASES:
                stale.unlink()
    assert file.read_text() == text


def test_no_golden_file_is_left_over() -> None:
    assert {file.stem for file in GOLDEN.glob("*.yaml")} == set(CASES)
