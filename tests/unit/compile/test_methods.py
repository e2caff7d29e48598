"""What methods mean: path order, URIs, mapping expressions, MOCK, and what is left to the runtime."""

import msgspec
import pytest

from innergate.compile.resolve.api_blueprint import (
    BrokenAction,
    MockAction,
    ProxyAction,
    RuntimeAction,
    Value,
)
from innergate.compile.resolve.api_gateway_responses import resolve_gateway_responses
from innergate.compile.resolve.api_mocks import resolve_mock
from innergate.compile.resolve.api_path_order import path_variables, rank_path
from innergate.compile.resolve.api_throttles import logs_everything, method_throttle, named_settings
from innergate.compile.resolve.api_values import Surroundings, fill_stage_variables, resolve_value
from innergate.compile.resolve.methods import resolve_action
from innergate.compile.resolve.stages import resolve_stage
from innergate.plans.answer_headers import REMAPPED_FROM_OTHERS
from innergate.resources.deployments import Deployment
from innergate.resources.rest_apis import (
    GatewayResponseDefinition,
    Integration,
    IntegrationResponse,
    MethodDefinition,
    MethodResponse,
)
from innergate.testing.scenario import Scenario, proxy_method

AROUND = Surroundings({"apiId": "abc", "stage": "test"}, {"host": "backend.internal", "link": "l1"})


def test_the_most_specific_path_comes_first() -> None:
    paths = ["/{proxy+}", "/", "/a/{x}", "/a/b", "/{x}", "/a/{proxy+}", "/{x}/b", "/a", "/a/{x}/c"]
    assert sorted(paths, key=rank_path) == [
        "/",
        "/a",
        "/a/b",
        "/a/{x}",
        "/a/{x}/c",
        "/a/{proxy+}",
        "/{x}",
        "/{x}/b",
        "/{proxy+}",
    ]


def test_variables_of_a_path() -> None:
    assert path_variables("/a/{x}/b.{y}/{rest+}") == ("x", "rest")


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("'it''s'", Value(source="static", text="it''s")),
        ("method.request.path.id", Value(source="path", text="id")),
        ("method.request.querystring.a.b", Value(source="querystring", text="a.b")),
        ("method.request.header.X-Y", Value(source="header", text="X-Y")),
        ("stageVariables.host", Value(source="static", text="backend.internal")),
        ("stageVariables.unset", Value(source="static", text="")),
        ("context.apiId", Value(source="static", text="abc")),
        ("context.requestId", Value(source="context", text="requestId")),
        ("context.authorizer.claims.sub", None),
        ("method.request.body.a", None),
        ("method.request.multivalueheader.a", None),
        ("plain", None),
        ("'a\nb: c'", None),
        ("'\x00'", None),
        (f"'{'x' * 20_000}'", None),
        ("method.request.header.a b", None),
        ("method.request.header.a:b", None),
        ("method.request.header.a%b", None),
        ("method.request.querystring.a)%PROTOCOL%", None),
    ],
)
def test_mapping_expressions(expression: str, value: Value | None) -> None:
    assert resolve_value(expression, AROUND) == value


def test_stage_variables_fill_uri_and_link() -> None:
    assert fill_stage_variables("http://${stageVariables.host}/${stageVariables.no}x", AROUND.variables) == (
        "http://backend.internal/x"
    )
    method = proxy_method("${stageVariables.link}", "http://${stageVariables.host}/{proxy}")
    action = resolve_action(method, "/{proxy+}", AROUND, validates=False)
    assert isinstance(action, ProxyAction)
    assert (action.link_id, action.host, action.path) == (
        "l1",
        "backend.internal",
        ("/", Value(source="path", text="proxy")),
    )


def broken(method: MethodDefinition, path: str = "/", validates: bool = False) -> str:
    action = resolve_action(method, path, AROUND, validates)
    assert isinstance(action, BrokenAction)
    return action.reason


def for_runtime(method: MethodDefinition, validates: bool = False) -> RuntimeAction:
    action = resolve_action(method, "/", AROUND, validates)
    assert isinstance(action, RuntimeAction)
    return action


def test_what_the_runtime_must_do() -> None:
    plain = proxy_method("l1", "http://h/")
    assert "no integration" in broken(MethodDefinition(http_method="GET"))
    assert "names no path parameter" in broken(proxy_method("l1", "http://h/{proxy}"), "/x")
    signed = for_runtime(
        MethodDefinition(http_method="GET", authorization_type="AWS_IAM", method_integration=plain.method_integration)
    )
    assert "AWS_IAM" in signed.reason
    assert signed.backend is not None
    assert (signed.backend.link_id, signed.backend.host) == ("l1", "h")
    assert "validation" in for_runtime(plain, validates=True).reason
    called = for_runtime(MethodDefinition(http_method="GET", method_integration=Integration(type="AWS_PROXY")))
    assert ("AWS_PROXY" in called.reason, called.backend) == (True, None)


def test_a_backend_that_is_no_url_is_broken_for_the_runtime_too() -> None:
    integration = Integration(type="HTTP", http_method="GET", uri="${stageVariables.nothing}/x")
    assert "no HTTP URL" in broken(MethodDefinition(http_method="GET", method_integration=integration))


@pytest.mark.parametrize("name", ["Content-Length", "x-amzn-trace-id", "Transfer-Encoding"])
def test_headers_that_must_not_be_mapped(name: str) -> None:
    integration = Integration(
        type="HTTP_PROXY",
        http_method="GET",
        uri="http://h/",
        connection_type="VPC_LINK",
        connection_id="l1",
        request_parameters={f"integration.request.header.{name}": "'1'"},
    )
    assert name in broken(MethodDefinition(http_method="GET", method_integration=integration))


def test_throttles_by_method_setting() -> None:
    s = Scenario()
    _, stage = s.private_api(None)
    stage = msgspec.structs.replace(
        stage,
        method_settings={
            "*/*": {"throttlingRateLimit": 5.0},
            "a~1b/GET": {"throttlingRateLimit": 1.0, "throttlingBurstLimit": 2},
            "c/GET": {"metricsEnabled": True},
        },
    )
    own, default, other = (method_throttle(stage, path, "GET") for path in ("/a/b", "/x", "/c"))
    assert own is not None
    assert (own.burst, own.rate_per_s) == (2, 1.0)
    assert default is not None
    assert default == other
    assert (default.burst, default.rate_per_s) == (5000, 5.0)
    assert method_throttle(msgspec.structs.replace(stage, method_settings={}), "/x", "GET") is None


@pytest.mark.parametrize("key", ["a~1b/GET", "~1a~1b/GET", "a/b/GET", "/a/b/GET"])
def test_a_methods_settings_may_be_named_in_any_form(key: str) -> None:
    s = Scenario()
    _, stage = s.private_api(None)
    stage = msgspec.structs.replace(
        stage, method_settings={key: {"throttlingRateLimit": 1.0, "throttlingBurstLimit": 2}}
    )
    bucket = method_throttle(stage, "/a/b", "GET")
    assert bucket is not None
    assert (bucket.burst, bucket.rate_per_s) == (2, 1.0)
    assert method_throttle(stage, "/a", "GET") is None


@pytest.mark.parametrize("key", ["~1/GET", "//GET", "/GET"])
def test_the_root_resources_settings(key: str) -> None:
    s = Scenario()
    _, stage = s.private_api(None)
    stage = msgspec.structs.replace(
        stage, method_settings={key: {"throttlingRateLimit": 1.0, "throttlingBurstLimit": 2}}
    )
    assert method_throttle(stage, "/", "GET") is not None
    assert method_throttle(stage, "/a", "GET") is None


def test_settings_have_the_names_of_patches() -> None:
    s = Scenario()
    _, stage = s.private_api(None)
    settings: dict[str, dict[str, bool | int | float | str]] = {
        "*/*": {"loggingLevel": "INFO", "cachingEnabled": True},
        "a/GET": {"loggingLevel": "ERROR"},
    }
    stage = msgspec.structs.replace(stage, method_settings=settings)
    assert named_settings(stage, "/a", "GET") == {"logging/loglevel": "ERROR", "caching/enabled": True}
    assert logs_everything(stage, "/b", "GET")
    assert not logs_everything(stage, "/a", "GET")


CACHED: dict[str, bool | int | float | str] = {"cachingEnabled": True}


@pytest.mark.parametrize(
    ("cluster", "settings", "verb", "kind"),
    [
        (True, CACHED, "GET", RuntimeAction),
        (True, CACHED, "ANY", RuntimeAction),
        (True, CACHED, "POST", ProxyAction),
        (True, {"cachingEnabled": False}, "GET", ProxyAction),
        (False, CACHED, "GET", ProxyAction),
    ],
)
def test_a_method_with_a_cache_is_executed_by_a_worker(
    cluster: bool, settings: dict[str, bool | int | float | str], verb: str, kind: type[object]
) -> None:
    s = Scenario()
    api, stage = s.private_api(None, methods={("/", verb): proxy_method("", "http://backend.example/", verb)})
    s.put(msgspec.structs.replace(stage, cache_cluster_enabled=cluster, method_settings={"*/*": settings}))
    resolved = resolve_stage(s.state, f"{api.id}/{stage.stage_name}")
    assert resolved is not None
    actions = [method.action for method in resolved.blueprint.methods]
    assert {type(action) for action in actions} == {kind}
    asking = [isinstance(action, RuntimeAction) and action.asks_cache for action in actions]
    assert set(asking) == {kind is RuntimeAction}


@pytest.mark.parametrize(("verb", "is_cached"), [("POST", True), ("PUT", False), ("GET", True)])
def test_other_verbs_have_a_cache_by_settings_of_their_own(verb: str, is_cached: bool) -> None:
    s = Scenario()
    api, stage = s.private_api(None, methods={("/", verb): proxy_method("", "http://backend.example/", verb)})
    both: dict[str, dict[str, bool | int | float | str]] = {"*/*": CACHED, "~1/POST": CACHED}
    s.put(msgspec.structs.replace(stage, cache_cluster_enabled=True, method_settings=both))
    resolved = resolve_stage(s.state, f"{api.id}/{stage.stage_name}")
    assert resolved is not None
    (action,) = [method.action for method in resolved.blueprint.methods]
    assert (isinstance(action, RuntimeAction) and action.asks_cache) == is_cached


@pytest.mark.parametrize(
    ("handling", "binary", "kind"),
    [
        ("CONVERT_TO_BINARY", (), RuntimeAction),
        ("CONVERT_TO_TEXT", ("image/png",), RuntimeAction),
        ("CONVERT_TO_TEXT", (), ProxyAction),
        (None, ("*/*",), ProxyAction),
    ],
)
def test_a_method_that_converts_bodies_is_executed_by_a_worker(
    handling: str | None, binary: tuple[str, ...], kind: type[object]
) -> None:
    s = Scenario()
    method = proxy_method("", "http://backend.example/", "POST")
    assert method.method_integration is not None
    converting = msgspec.structs.replace(method.method_integration, content_handling=handling)
    methods = {("/", "POST"): msgspec.structs.replace(method, method_integration=converting)}
    api, stage = s.private_api(None, methods=methods)
    deployment = s.state.get(Deployment, f"{api.id}/{stage.deployment_id}")
    assert deployment is not None
    definition = msgspec.structs.replace(deployment.definition, binary_media_types=binary)
    s.put(msgspec.structs.replace(deployment, definition=definition))
    resolved = resolve_stage(s.state, f"{api.id}/{stage.stage_name}")
    assert resolved is not None
    assert {type(method.action) for method in resolved.blueprint.methods} == {kind}


def _mapped_method(verb: str) -> MethodDefinition:
    method = proxy_method("", "http://backend.example/", verb)
    assert method.method_integration is not None
    return msgspec.structs.replace(
        method, method_integration=msgspec.structs.replace(method.method_integration, type="HTTP")
    )


def test_what_a_worker_executes_anyway_asks_the_cache_where_it_is_on() -> None:
    s = Scenario()
    methods = {("/", verb): _mapped_method(verb) for verb in ("GET", "POST")}
    api, stage = s.private_api(None, methods=methods)
    s.put(msgspec.structs.replace(stage, cache_cluster_enabled=True, method_settings={"*/*": CACHED}))
    resolved = resolve_stage(s.state, f"{api.id}/{stage.stage_name}")
    assert resolved is not None
    asking = {m.verb: m.action.asks_cache for m in resolved.blueprint.methods if isinstance(m.action, RuntimeAction)}
    assert asking == {"GET": True, "POST": False}


@pytest.mark.parametrize(("level", "kind"), [("INFO", RuntimeAction), ("ERROR", ProxyAction), ("OFF", ProxyAction)])
def test_a_method_that_logs_every_call_is_executed_by_a_worker(level: str, kind: type[object]) -> None:
    s = Scenario()
    methods = {("/", "GET"): proxy_method("", "http://backend.example/")}
    api, stage = s.private_api(None, methods=methods)
    s.put(msgspec.structs.replace(stage, method_settings={"*/*": {"loggingLevel": level}}))
    resolved = resolve_stage(s.state, f"{api.id}/{stage.stage_name}")
    assert resolved is not None
    assert {type(method.action) for method in resolved.blueprint.methods} == {kind}


@pytest.mark.parametrize(
    ("mappings", "kind"),
    [
        ({"header.a": "method.request.header.b", "header.b": "method.request.header.a"}, RuntimeAction),
        ({"header.A": "'x'", "querystring.q": "method.request.header.a"}, RuntimeAction),
        ({"header.User-Agent": "'x'", "header.b": "context.identity.userAgent"}, RuntimeAction),
        ({"header.a": "method.request.header.A", "header.b": "method.request.header.c"}, ProxyAction),
    ],
)
def test_a_header_that_is_mapped_and_read_is_for_a_worker(mappings: dict[str, str], kind: type[object]) -> None:
    """Envoy would read what it has just set."""
    method = proxy_method("", "http://backend.example/", "GET")
    assert method.method_integration is not None
    parameters = {f"integration.request.{target}": source for target, source in mappings.items()}
    integration = msgspec.structs.replace(method.method_integration, request_parameters=parameters)
    method = msgspec.structs.replace(method, method_integration=integration)
    assert isinstance(resolve_action(method, "/", AROUND, validates=False), kind)


@pytest.mark.parametrize(
    ("target", "kind"),
    [
        ("header.X-A", ProxyAction),
        ("header.a b", RuntimeAction),
        ("header.:path", RuntimeAction),
        ("header.a\nb", RuntimeAction),
        ("querystring.a.b", ProxyAction),
        ("querystring.a&b", RuntimeAction),
    ],
)
def test_what_is_no_plain_name_is_for_a_worker(target: str, kind: type) -> None:
    method = proxy_method("link", "http://h/", "GET")
    assert method.method_integration is not None
    parameters = {f"integration.request.{target}": "'1'"}
    integration = msgspec.structs.replace(method.method_integration, request_parameters=parameters)
    changed = msgspec.structs.replace(method, method_integration=integration)
    assert isinstance(resolve_action(changed, "/a", AROUND, validates=False), kind)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("X-A", MockAction),
        ("Host", RuntimeAction),
        ("a b", RuntimeAction),
        ("Transfer-Encoding", RuntimeAction),
        *((name, RuntimeAction) for name in sorted(REMAPPED_FROM_OTHERS)),
    ],
)
def test_what_no_answer_may_have_is_for_a_worker(name: str, kind: type) -> None:
    response = IntegrationResponse(status_code="200", response_parameters={f"method.response.header.{name}": "'1'"})
    integration = Integration(
        type="MOCK",
        request_templates={"application/json": '{"statusCode": 200}'},
        integration_responses={"200": response},
    )
    method = MethodDefinition(http_method="GET", method_responses={"200": MethodResponse(status_code="200")})
    assert isinstance(resolve_mock(method, integration, AROUND), kind)


@pytest.mark.parametrize(
    ("target", "value", "types", "left_out"),
    [
        ("X-A", "'1'", ("application/json",), 0),
        ("Host", "'1'", ("application/json",), 1),
        ("X-A", "'a\nb'", ("application/json",), 1),
        ("X-A", "'1'", ("a/\x01",), 1),
    ],
)
def test_what_no_gateway_response_may_have_is_left_out(
    target: str, value: str, types: tuple[str, ...], left_out: int
) -> None:
    put = GatewayResponseDefinition(
        response_type="THROTTLED",
        response_parameters={f"gatewayresponse.header.{target}": value},
        response_templates=dict.fromkeys(types, "x"),
    )
    (response,), missing = resolve_gateway_responses({"THROTTLED": put}, AROUND)
    assert len(missing) == left_out
    assert all(ord(character) > 31 for character in response.content_type)
