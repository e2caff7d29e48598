"""What workers are told of a stage: which methods, and where they go."""

import msgspec

from innergate.compile.emit.envoy.units import ENVOY_FAMILIES
from innergate.compile.engine import Compiler
from innergate.compile.resolve.runtime_functions import Asker
from innergate.compile.resolve.runtime_targets import resolve_target
from innergate.compile.settings import CompileSettings
from innergate.plans.runtime import FunctionTarget, HttpTarget, RuntimeStage, ServiceTarget, stage_document_name
from innergate.resources.rest_apis import Integration, IntegrationResponse, MethodDefinition
from innergate.testing.scenario import Scenario, proxy_method

FUNCTION = "arn:aws:lambda:us-east-1:222222222222:function:f"
URI = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{FUNCTION}/invocations"


def method(integration: Integration) -> MethodDefinition:
    return MethodDefinition(http_method="GET", method_integration=integration)


def document(methods: dict[tuple[str, str], MethodDefinition]) -> RuntimeStage | None:
    s = Scenario()
    api, stage = s.private_api(None, policy="{}", methods=methods)
    compilation = Compiler(ENVOY_FAMILIES, CompileSettings(), strict=True).compile(s.state)
    found = {tuple(document.name): document.body for document in compilation.network.documents}
    stem = stage_document_name(api.id, stage.stage_name)
    body = next((found.pop(key) for key in list(found) if key[1].rpartition(".")[0] == stem), None)
    assert not found
    return msgspec.json.decode(body, type=RuntimeStage) if body is not None else None


def test_only_what_envoy_cannot_do_is_for_workers() -> None:
    called = method(Integration(type="AWS_PROXY", http_method="POST", uri=URI))
    stage = document({("/a", "GET"): called, ("/b", "GET"): proxy_method("", "http://h/")})
    assert stage is not None
    assert [found.path for found in stage.methods.values()] == ["/a"]


def test_a_native_stage_has_no_document() -> None:
    assert document({("/b", "GET"): proxy_method("", "http://h/")}) is None


def test_a_function_that_is_not_there_may_not_be_invoked() -> None:
    stage = document({("/a", "GET"): method(Integration(type="AWS_PROXY", http_method="POST", uri=URI))})
    assert stage is not None
    (found,) = stage.methods.values()
    target = found.integration.target
    assert isinstance(target, FunctionTarget)
    assert (target.arn, target.is_allowed) == (FUNCTION, False)
    assert "does not admit apigateway.amazonaws.com" in target.reason


def test_an_http_backend_is_known_by_its_cluster() -> None:
    integration = Integration(type="HTTP", http_method="POST", uri="https://api.example.com/a/{id}?x=1")
    stage = document({("/a/{id}", "GET"): method(integration)})
    assert stage is not None
    (found,) = stage.methods.values()
    target = found.integration.target
    assert isinstance(target, HttpTarget)
    assert (target.scheme, target.host, target.path, target.query) == ("https", "api.example.com", "/a/{id}", "x=1")
    assert [cluster.name for cluster in target.clusters] == ["internet/https"]


def test_a_backend_that_must_not_be_reached_has_no_cluster() -> None:
    stage = document(
        {("/a", "GET"): method(Integration(type="HTTP", http_method="GET", uri="http://169.254.169.254/"))}
    )
    assert stage is not None
    (found,) = stage.methods.values()
    target = found.integration.target
    assert isinstance(target, HttpTarget)
    assert (target.clusters, target.refusal) == ((), "INTEGRATION_FAILURE")
    assert "never reach" in target.reason


def test_a_service_of_aws() -> None:
    uri = "arn:aws:apigateway:eu-west-1:sqs:path/123456789012/queue"
    stage = document({("/a", "GET"): method(Integration(type="AWS", http_method="POST", uri=uri, credentials="role"))})
    assert stage is not None
    (found,) = stage.methods.values()
    target = found.integration.target
    assert isinstance(target, ServiceTarget)
    assert (target.service, target.region, target.kind, target.rest) == (
        "sqs",
        "eu-west-1",
        "path",
        "123456789012/queue",
    )
    assert (target.role, target.endpoint) == ("role", "")
    assert "--service-endpoint sqs=URL" in target.reason


def test_a_service_that_is_nowhere_is_told_of() -> None:
    s = Scenario()
    uri = "arn:aws:apigateway:eu-west-1:sqs:path/1/q"
    api, stage = s.private_api(
        None, policy="{}", methods={("/a", "GET"): method(Integration(type="AWS", http_method="POST", uri=uri))}
    )

    def told(settings: CompileSettings) -> list[str]:
        found = Compiler(ENVOY_FAMILIES, settings, strict=True).compile(s.state).diagnostics
        assert {(d.subject, d.code) for d in found} == {(f"stage/{api.id}/{stage.stage_name}", "Unreachable")}
        return [d.message for d in found]

    assert "--service-endpoint sqs=URL" in told(CompileSettings())[0]
    assert told(CompileSettings(service_endpoints={"sqs": "http://127.0.0.1:9324"})) == [
        "GET /a answers 500: The integration has no credentials: name a role that API Gateway can assume"
    ]


def test_a_stage_variable_names_the_role() -> None:
    s = Scenario()
    credentials = "arn:aws:iam::222222222222:${stageVariables.role}"
    integration = Integration(
        type="AWS",
        http_method="POST",
        uri="arn:aws:apigateway:eu-west-1:sts:action/GetCallerIdentity",
        credentials=credentials,
    )
    target = resolve_target(s.state, integration, {"role": "role/x"}, Asker("arn", "222222222222"), None)
    assert isinstance(target, ServiceTarget)
    assert target.role == "arn:aws:iam::222222222222:role/x"


def test_responses_with_a_pattern_are_tried_before_the_default() -> None:
    responses = {
        "200": IntegrationResponse(status_code="200"),
        "500": IntegrationResponse(status_code="500", selection_pattern="5.."),
        "404": IntegrationResponse(status_code="404", selection_pattern="404"),
    }
    stage = document({("/a", "GET"): method(Integration(type="AWS", uri=URI, integration_responses=responses))})
    assert stage is not None
    (found,) = stage.methods.values()
    assert [response.status for response in found.integration.responses] == [404, 500, 200]
