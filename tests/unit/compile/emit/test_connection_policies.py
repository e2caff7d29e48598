"""Which policies are decided by the connection, and what the others' routes do then."""

from typing import Any

import pytest

from innergate.compile.emit.envoy.connection_policies import connection_predicate, guarded_routes
from innergate.compile.emit.envoy.rbac_expressions import all_of, any_of, filter_state, header, negate, path

HERE = filter_state("innergate.vpce", {"exact": "vpce-1"})
THERE = filter_state("innergate.vpc", {"safe_regex": {"regex": "vpc-\\C"}})


def asked(key: str, **matcher: Any) -> dict[str, Any]:
    kind = "type.googleapis.com/envoy.extensions.matching.common_inputs.network.v3.FilterStateInput"
    input = {"name": key, "typed_config": {"@type": kind, "key": key}}
    return {"single_predicate": {"input": input, "value_match": matcher}}


VPCE = asked("innergate.vpce", exact="vpce-1")
VPC = asked("innergate.vpc", safe_regex={"regex": "vpc-\\C", "google_re2": {}})


@pytest.mark.parametrize(
    ("expression", "predicate"),
    [
        (HERE, VPCE),
        (negate(HERE), {"not_matcher": VPCE}),
        (all_of((negate(HERE), THERE)), {"and_matcher": {"predicate": [{"not_matcher": VPCE}, VPC]}}),
        (any_of((HERE, THERE)), {"or_matcher": {"predicate": [VPCE, VPC]}}),
    ],
)
def test_facts_of_the_connection_become_a_predicate(expression: Any, predicate: Any) -> None:
    assert connection_predicate(expression) == predicate


@pytest.mark.parametrize(
    "other",
    [
        header("referer", {"exact": "x"}),
        path({"prefix": "/test/admin"}),
        {"direct_remote_ip": {"address_prefix": "10.0.0.0", "prefix_len": 8}},
        {"authenticated": {}},
    ],
)
def test_what_asks_for_more_stays_with_the_filters(other: Any) -> None:
    for expression in (other, negate(other), all_of((HERE, other)), any_of((HERE, negate(other)))):
        assert connection_predicate(expression) is None


@pytest.mark.parametrize("constant", [True, False])
def test_a_constant_stays_with_the_filters(constant: bool) -> None:
    assert connection_predicate(constant) is None


def test_what_passes_the_filters_of_the_refused_is_refused() -> None:
    open_route = {"match": {"prefix": "/"}, "route": {"cluster": "c"}}
    fields: Any = guarded_routes(VPCE, [open_route], [{"match": {"prefix": "/"}}], {"innergate.policy.deny": {}})
    (admitted,) = fields["matcher"]["matcher_list"]["matchers"]
    assert admitted["on_match"]["action"]["typed_config"]["routes"] == [open_route]
    (closed,) = fields["matcher"]["on_no_match"]["action"]["typed_config"]["routes"]
    assert closed["direct_response"] == {"status": 403}
    assert closed["typed_per_filter_config"] == {"innergate.policy.deny": {}}
