"""No text in a control call holds up the process that serves everybody: Python's regular expressions keep all threads out."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from tests.unit.services.identity_harness import IdentityHarness

from innergate.compile.resolve.api_mocks import resolve_mock
from innergate.compile.resolve.api_values import Surroundings
from innergate.primitives.fault import Fault
from innergate.resources.rest_apis import Integration, IntegrationResponse, MethodDefinition
from innergate.services.apigateway.text_sizes import TEXT_MAX
from innergate.services.ec2.filters import select
from innergate.services.elbv2.answering_actions import check_redirect
from innergate.services.logs.filter_patterns import compile_pattern
from innergate.wire import catalogue
from innergate.wire.validate import validate


@contextmanager
def soon(seconds: float = 3) -> Iterator[None]:
    """Fails where what is inside takes more of this process's CPU."""

    def ring(number: int, frame: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGPROF, ring)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def test_cases_76_86_a_filter_of_wildcards() -> None:
    tagged = [{"Tags": [{"Key": "k", "Value": "a" * 256}]}]
    with soon():
        assert select(tagged, [{"Name": "tag:k", "Values": ["*a" * 20 + "b"]}], {"tag-key": "Tags.Key"}) == []


@pytest.mark.parametrize("pattern", ["%(a+)+$%", "%a*a*a*a*a*a*a*b%"])
def test_cases_76_86_an_expression_for_log_events(pattern: str) -> None:
    with soon():
        assert not compile_pattern(pattern)("a" * 3000 + "c")


def test_cases_76_86_a_redirect_to_keywords_that_never_end() -> None:
    with soon(), pytest.raises(Fault, match="Redirect host"):
        check_redirect({"StatusCode": "HTTP_301", "Host": "#{" * 100_000}, "HTTP", 80)


def test_cases_76_86_an_integration_of_placeholders_that_never_end(harness: IdentityHarness) -> None:
    key = harness.root_key(harness.member)
    api = harness.call(key, "apigateway", "CreateRestApi", name="a")["id"]
    root = harness.call(key, "apigateway", "GetResources", restApiId=api)["items"][0]["id"]
    method = {"restApiId": api, "resourceId": root, "httpMethod": "GET"}
    harness.call(key, "apigateway", "PutMethod", **method, authorizationType="NONE")
    backend = {"type": "HTTP", "integrationHttpMethod": "GET", "uri": "http://host/"}
    harness.call(key, "apigateway", "PutIntegration", **method, **backend)
    begin = {"op": "replace", "path": "/uri", "value": "http://host/" + "{" * 200_000}
    with soon(), pytest.raises(Fault, match="can have at most"):
        harness.call(key, "apigateway", "UpdateIntegration", **method, patchOperations=[begin])
    patch = {**begin, "value": begin["value"][:TEXT_MAX]}
    with soon():
        harness.call(key, "apigateway", "UpdateIntegration", **method, patchOperations=[patch])


def test_cases_76_86_a_selection_pattern_that_never_ends() -> None:
    """Control tries those of mocks each time that the stage is compiled, at every start, too."""
    response = IntegrationResponse(status_code="200", selection_pattern="(?:(?:(?:.?){50}){50}){50}x")
    integration = Integration(
        type="MOCK",
        request_templates={"application/json": '{"statusCode": 200}'},
        integration_responses={"200": response},
    )
    method = MethodDefinition(http_method="GET", method_integration=integration)
    with soon():
        resolve_mock(method, integration, Surroundings({}, {}))


def test_cases_76_86_what_a_model_says_of_headers() -> None:
    """AWS's own pattern for them repeats a repeat. Calls are checked before anybody looks whether the operation is offered."""
    target = {"Id": "t", "Arn": "a", "HttpParameters": {"HeaderParameters": {"x": " " * 500 + "\x01"}}}
    with soon(), pytest.raises(Fault, match="pattern"):
        validate(
            catalogue.load("events").operation_model("PutTargets"), catalogue.JSON, {"Rule": "r", "Targets": [target]}
        )
