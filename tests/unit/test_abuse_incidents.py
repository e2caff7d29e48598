"""Each incident of this field has tests that would have caught it here.

The incidents are those of the reference's table (`reference/abuse-cases.md`, "Incidents in this field"), by the words in its
first column; where that file lies beside the repository, the table is compared with it. A row of several holes has a test for
each.
"""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
REFERENCE = Path(__file__).parents[3] / "shared" / "reference" / "abuse-cases.md"

INCIDENTS: Mapping[str, Mapping[str, str]] = {
    "AWS HTTP API trailing slash, 2026": {
        "/v1/accounts/ is authorised as /v1/accounts": (
            "e2e/test_abuse_requests.py::test_case_1_a_trailing_slash_is_denied_as_its_path_is"
        ),
    },
    "AWS header remapping + authorizer cache, 2022-23": {
        "what the authorizer saw is what the backend gets": (
            "unit/runtime/authorize/test_abuse_cases.py::test_case_25_the_backend_gets_the_token_that_was_authorized"
        ),
        "keys of the cache": "unit/runtime/authorize/test_kept_answers.py::test_sources_do_not_run_into_each_other",
    },
    "APISIX June 2026 cluster": {
        "CVE-2026-39999, algorithm confusion": (
            "unit/runtime/authorize/test_token_authorizer.py::test_tokens_that_prove_nothing"
        ),
        "CVE-2026-49230, a default that lets through": (
            "unit/runtime/authorize/test_lambda_authorizer.py::test_every_other_failure_is_the_authorizers"
        ),
        "CVE-2026-39998, identity headers of the client's own": (
            "e2e/test_abuse_requests.py::test_case_17_headers_of_ours_come_from_nobody_else"
        ),
        "CVE-2026-31908, header injection": "e2e/test_abuse_requests.py::test_case_37_mapped_parameters_split_nothing",
    },
    "APISIX earlier": {
        "CVE-2020-13945, a default key": "feature/test_abuse_control.py::test_no_credentials_at_all",
        "CVE-2022-24112, the client's address by a header": (
            "e2e/test_abuse_requests.py::test_cases_18_19_no_header_moves_the_client"
        ),
        "CVE-2021-43557, the raw path": (
            "e2e/test_abuse_requests.py::test_cases_1_2_3_5_6_7_13_14_no_spelling_of_a_path_gets_past_a_policy"
        ),
        "CVE-2022-25757, duplicate keys": (
            "feature/test_abuse_control.py::test_case_67_policies_that_nobody_can_read_are_refused_when_written"
        ),
    },
    "Kong": {
        "CVE-2020-11710, an open admin API": (
            "e2e/test_abuse_platform.py::test_cases_81_82_sockets_keys_and_state_are_the_operators_alone"
        ),
        "from a network": "e2e/test_isolation.py::test_a_host_reaches_neither_the_control_front_nor_the_machine",
    },
    "Envoy": {
        "CVE-2021-29492, escaped slashes": (
            "unit/compile/test_emit_edge_checklist.py::test_one_reading_of_paths_and_headers"
        ),
        "CVE-2019-9900 and 9901, NUL and paths": (
            "e2e/test_abuse_requests.py::test_cases_1_2_3_5_6_7_13_14_no_spelling_of_a_path_gets_past_a_policy"
        ),
        "CVE-2022-29226, any token": "unit/runtime/authorize/test_token_authorizer.py::test_tokens_that_prove_nothing",
        "CVE-2022-21656, confusion of names in certificates": (
            "feature/test_domains_live.py::test_case_61_strangers_do_not_come_in"
        ),
        "CVE-2024-23326, 200 taken for an upgrade": (
            "e2e/test_abuse_requests.py::test_case_33_an_upgrade_that_the_backend_ignores_opens_no_tunnel"
        ),
        "CVE-2023-44487, rapid reset": (
            "unit/compile/test_emit_edge_checklist.py::test_http_listeners_speak_tls_and_http_1_1_only"
        ),
        "CVE-2024-30255, CONTINUATION flood": "e2e/test_abuse_requests.py::test_cases_31_32_http_2_is_not_spoken",
        "CVE-2025-62409, close with data": (
            "e2e/test_abuse_backends.py::test_case_34_nobody_afterwards_gets_the_rest_of_a_lie"
        ),
    },
    "OPA-Envoy plugin": {
        "CVE-2026-26205, //admin/x read as an authority": "e2e/test_abuse_requests.py::test_case_8_absolute_forms",
    },
    "MinIO SigV4": {
        "one handler forgot": ("feature/test_abuse_control.py::test_case_41_a_fabricated_signature_with_a_valid_key"),
        "credentials in the query": (
            "feature/test_abuse_control.py::test_case_42_two_places_of_credentials_and_another_method"
        ),
        "any change of what was signed": "wire_oracle/test_sigv4_mutations.py::*",
    },
    "JWT libraries": {
        "alg none, HS for RS (CVE-2022-29217)": (
            "unit/runtime/authorize/test_token_authorizer.py::test_tokens_that_prove_nothing"
        ),
        "CVE-2026-29000, encrypted and nested tokens": (
            "unit/runtime/authorize/test_abuse_cases.py::test_case_56_encrypted_and_nested_tokens_are_none"
        ),
    },
    "PrivateLink hygiene": {
        "nobody is let in who was not": (
            "e2e/test_endpoint_consent.py::test_rejection_cuts_live_connections_within_seconds"
        ),
        "a policy of an endpoint counts": "unit/policy/test_combine.py::test_tables_a_and_b",
        "a private API without a policy": "e2e/test_refusals.py::test_a_private_api_without_a_policy_admits_nobody",
    },
    "Shared proxies": {
        "one tenant's route changes no other's": "unit/compile/test_change_cost.py::*",
        "a confused deputy": "unit/compile/test_emit_units.py::test_another_tenants_link_is_as_unknown_as_a_random_one",
        "nobody gets another's answer": "e2e/test_isolation.py::test_nobody_gets_the_others_answer",
    },
}


def incidents_of(text: str) -> list[str]:
    """The first column of the reference's table."""
    section = text.partition("## Incidents in this field")[2].partition("\nDesign rules")[0]
    rows = [line.split("|")[1].strip() for line in section.splitlines() if line.startswith("|")]
    return rows[2:]


@pytest.mark.skipif(not REFERENCE.exists(), reason="the reference lies beside the repository or not")
def test_every_incident_of_the_reference_is_in_the_table() -> None:
    assert incidents_of(REFERENCE.read_text()) == list(INCIDENTS)


@pytest.mark.parametrize("incident", INCIDENTS)
def test_every_incident_has_tests_that_are_there(incident: str) -> None:
    assert INCIDENTS[incident]
    for hole, place in INCIDENTS[incident].items():
        path, _, name = place.partition("::")
        pattern = name.replace("*", r"\w+") if name != "*" else r"test_\w+"
        assert re.search(rf"^(?:async )?def {pattern}\(", (TESTS / path).read_text(), re.MULTILINE), f"{hole}: {place}"
