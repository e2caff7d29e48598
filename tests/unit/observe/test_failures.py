"""A line says who asked for what; half a line says nothing."""

import json

import pytest
from tests.unit.observe.failure_lines_kit import failure, line

from innergate.observe.failures import read_failure

SCOPE = "private.us-east-1|abc.execute-api.us-east-1.amazonaws.com.execute-api.us-east-1.amazonaws.com /dev/a/b/ abc.example"


def test_what_was_not_routed_is_known_by_its_scope() -> None:
    seen = failure(scope=SCOPE, authority="abc.example", path="/dev/a/b")
    assert (seen.host, seen.path, seen.sent_to) == ("abc.example", "/dev/a/b", "")
    assert (seen.at.isoformat(timespec="milliseconds"), seen.told) == ("2026-11-23T03:23:10.210+00:00", None)


def test_what_was_sent_on_has_the_backends_names() -> None:
    seen = failure(authority="nlb.example:80", path="/v1/x", cluster="leg", route="abc/dev")
    assert (seen.host, seen.path, seen.sent_to) == ("", "", "nlb.example:80/v1/x")
    assert (seen.api_id, seen.stage, seen.resource_path) == ("abc", "dev", "")


def test_a_worker_gets_what_the_client_asked_for() -> None:
    told = {"error.responseType": "UNAUTHORIZED"}
    seen = failure(authority="abc.example", path="/dev/x", cluster="runtime", told=json.dumps(told))
    assert (seen.host, seen.path, seen.told) == ("abc.example", "/dev/x", told)


def test_a_route_of_a_stage_that_logs_names_the_resource() -> None:
    seen = failure(route='["arn:g","abc","dev","r1","/pets/{id}"]')
    assert (seen.api_id, seen.stage, seen.resource_path) == ("abc", "dev", "/pets/{id}")


def test_a_server_name_that_is_none_is_not_asked_for() -> None:
    assert failure(server_name="abc.example").server_name == "abc.example"
    assert failure(server_name="invalid:a_b.example").server_name == ""


@pytest.mark.parametrize("bad", [b"", b"half a line", line(epoch_ms="x"), line(status="no"), line(epoch_ms="9" * 30)])
def test_what_is_no_line_says_nothing(bad: bytes) -> None:
    assert read_failure(bad) is None
