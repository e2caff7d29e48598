"""MOCK integrations that Envoy answers by itself."""

import pytest

from innergate.compile.resolve.api_blueprint import (
    BrokenAction,
    Mapping,
    MockAction,
    RuntimeAction,
    Value,
)
from innergate.compile.resolve.api_mocks import resolve_mock
from innergate.compile.resolve.api_values import Surroundings
from innergate.resources.rest_apis import (
    Integration,
    IntegrationResponse,
    MethodDefinition,
    MethodResponse,
)

AROUND = Surroundings({"apiId": "abc", "stage": "test"}, {})


def mock(template: str | None, **responses: IntegrationResponse) -> MethodDefinition:
    return MethodDefinition(
        http_method="GET",
        method_responses={code: MethodResponse(status_code=code) for code in ("200", "204", "304", "404")},
        method_integration=Integration(
            type="MOCK",
            request_templates={"application/json": template} if template is not None else None,
            integration_responses={r.status_code: r for r in responses.values()},
        ),
    )


def answer(method: MethodDefinition) -> MockAction | RuntimeAction | BrokenAction:
    assert method.method_integration is not None
    action = resolve_mock(method, method.method_integration, AROUND)
    assert isinstance(action, MockAction | RuntimeAction | BrokenAction)
    return action


@pytest.mark.parametrize(
    "template", ['{"statusCode": 200}', '{ "statusCode" : 200 }', "{statusCode: 200}", '{"statusCode": 200, }']
)
def test_mock_takes_the_default_response(template: str) -> None:
    made = answer(
        mock(template, ok=IntegrationResponse(status_code="200", response_templates={"application/json": "{}"}))
    )
    assert made == MockAction(status=200, body="{}")


def test_mock_picks_by_pattern() -> None:
    found = IntegrationResponse(status_code="404", selection_pattern="4\\d{2}")
    default = IntegrationResponse(status_code="200")
    assert answer(mock('{"statusCode": 404}', a=found, b=default)) == MockAction(status=404)
    assert answer(mock('{"statusCode": 500}', a=found, b=default)) == MockAction(status=200)
    assert isinstance(answer(mock('{"statusCode": 500}', a=found)), BrokenAction)


def test_a_mapped_content_type_is_the_type_of_a_mock() -> None:
    mapped = {"method.response.header.content-type": "'text/css'", "method.response.header.X-A": "'1'"}
    ok = IntegrationResponse(status_code="200", response_parameters=mapped)
    one = Mapping(name="X-A", value=Value(source="static", text="1"))
    assert answer(mock('{"statusCode": 200}', ok=ok)) == MockAction(status=200, headers=(one,), content_type="text/css")
    changing = IntegrationResponse(
        status_code="200", response_parameters={"method.response.header.Content-Type": "context.requestId"}
    )
    assert isinstance(answer(mock('{"statusCode": 200}', ok=changing)), RuntimeAction)


@pytest.mark.parametrize("status", ["204", "304"])
def test_a_mock_of_a_status_without_a_body_has_none(status: str) -> None:
    said = IntegrationResponse(status_code=status, response_templates={"text/plain": "said"})
    made = answer(mock(f'{{"statusCode": {status}}}', ok=said))
    assert made == MockAction(status=int(status), content_type="text/plain")


def test_mock_with_logic_is_for_the_runtime() -> None:
    ok = IntegrationResponse(status_code="200", response_templates={"application/json": "$input.body"})
    assert isinstance(answer(mock('{"statusCode": 200}', ok=ok)), RuntimeAction)
    assert isinstance(answer(mock(None, ok=IntegrationResponse(status_code="200"))), RuntimeAction)
    assert isinstance(answer(mock("#set($x=1){}", ok=IntegrationResponse(status_code="200"))), RuntimeAction)
