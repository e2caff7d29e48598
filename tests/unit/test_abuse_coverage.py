"""Each of the 88 abuse cases is tried by a test or stands among those that are not yet; never both.

A test says which by `test_case_7_…` or `test_cases_1_2_…` in its name; those of another name are listed here.
"""

import re
from collections.abc import Mapping
from pathlib import Path

TESTS = Path(__file__).parents[1]
CASES = range(1, 89)
_NAMED = re.compile(r"^(?:async )?def test_cases?_((?:\d+_)+)", re.MULTILINE)

ELSEWHERE: Mapping[int, str] = {
    47: "wire_oracle/test_sigv4_suite.py::test_suite",
    51: "unit/services/sts/test_assume_role.py::test_a_session_policy_narrows",
    52: "unit/runtime/authorize/test_token_authorizer.py::test_tokens_that_prove_nothing",
    57: "unit/runtime/authorize/test_lambda_authorizer.py::test_every_other_failure_is_the_authorizers",
    58: "unit/runtime/authorize/test_kept_answers.py::test_sources_do_not_run_into_each_other",
    60: "e2e/test_gateway_features.py::test_a_key_that_is_switched_off_stops_working",
    62: "unit/policy/test_combine.py::test_a_deny_anywhere_denies",
    63: "unit/policy/test_conditions.py::test_missing_key",
    64: "unit/policy/test_evaluate.py::test_not_action_and_not_resource",
    65: "unit/policy/test_patterns.py::test_wildcards_mean_what_the_equivalent_expression_means",
    66: "unit/policy/test_conditions.py::test_operator",
    68: "e2e/test_refusals.py::test_a_private_api_without_a_policy_admits_nobody",
    69: "unit/policy/test_combine.py::test_tables_a_and_b",
    70: "e2e/test_refusals.py::test_a_policy_holds_from_its_deployment_on",
    72: "e2e/test_endpoint_consent.py::test_rejection_cuts_live_connections_within_seconds",
    73: "unit/compile/test_emit_units.py::test_another_tenants_link_is_as_unknown_as_a_random_one",
    75: "e2e/test_namespace_traps.py::test_pools_are_not_shared_where_addresses_are_the_same",
    77: "e2e/test_refusals.py::test_nobodys_word_counts_for_the_endpoint",
    78: "e2e/test_nets_agent.py::test_a_workload_cannot_use_the_address_of_another",
    79: "e2e/test_regional_apis.py::test_loopback_and_metadata_are_never_called_by_default",
}


def named_cases() -> set[int]:
    found: set[int] = set()
    for folder in ("unit", "feature", "wire_oracle", "e2e"):
        for path in (TESTS / folder).rglob("test_*.py"):
            for numbers in _NAMED.findall(path.read_text()):
                found |= {int(number) for number in numbers.strip("_").split("_")}
    return found


def missing_cases() -> list[int]:
    lines = (TESTS / "ratchets" / "abuse_not_yet.txt").read_text().splitlines()
    entries = [line.partition("#") for line in lines if line and not line.startswith("#")]
    assert all(reason.strip() for _, _, reason in entries), "each case that is missing says why"
    return [int(number) for number, _, _ in entries]


def test_every_case_is_tried_or_known_to_be_missing() -> None:
    tried, missing = named_cases() | ELSEWHERE.keys(), missing_cases()
    assert len(missing) == len(set(missing))
    assert sorted(tried | set(missing)) == list(CASES)
    assert sorted(tried & set(missing)) == [], "these are tried now: take them off the list"


def test_what_is_said_to_be_elsewhere_is_there() -> None:
    for case, place in ELSEWHERE.items():
        path, _, name = place.partition("::")
        assert f"def {name}(" in (TESTS / path).read_text(), f"case {case}: {place}"


def test_no_case_is_listed_twice() -> None:
    assert sorted(named_cases() & ELSEWHERE.keys()) == []
