"""What a stage's routes do in a live Envoy: the compiled plan, made static, on loopback, before an origin that echoes."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest

from innergate.compile.emit.envoy.units import ENVOY_FAMILIES
from innergate.compile.engine import Compiler
from innergate.compile.resolve.api_blueprint import VERBS
from innergate.compile.settings import CompileSettings
from innergate.resources.api_keys import ApiKey, PlanStage, Throttle, UsagePlan, UsagePlanKey
from innergate.resources.deployments import DeployedResource, Deployment
from innergate.resources.rest_apis import (
    GatewayResponseDefinition,
    Integration,
    IntegrationResponse,
    MethodDefinition,
    MethodResponse,
    RestApi,
)
from innergate.resources.stages import AccessLogSettings, Stage
from innergate.testing.blog_scenarios import CrossAccount, cross_account
from innergate.testing.envoy_static import Placement, static_bootstrap
from innergate.testing.live_envoy import Answer, LiveEnvoy, ask, echo_origin, free_ports
from innergate.testing.scenario import Scenario, only_endpoint, proxy_method
from innergate.xds.descriptors import find_envoy

OPEN = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"execute-api:Invoke","Resource":"*"}]}'
NARROW = OPEN.replace('"*"}]}', '"execute-api:/narrow/GET/a/*"}]}')
KEY = "k" * 40


class Rig(NamedTuple):
    """A live Envoy with the API `api` in stage test, and one more listener's port of an endpoint elsewhere."""

    port: int
    public_port: int
    apis: dict[str, str]
    """Stage -> API id."""
    api: str
    endpoint: str
    made: CrossAccount
    folder: Path

    def call(self, method: str, path: str, headers: dict[str, str] | None = None, body: bytes | None = None) -> Answer:
        """A request by the API's private name."""
        host = f"{self.api}.execute-api.us-east-1.amazonaws.com"
        return ask(self.port, method, path, {"host": host, **(headers or {})}, body)


def mapped(link: str, uri: str, verb: str, timeout_ms: int = 29000, key: bool = False, **to: str) -> MethodDefinition:
    """A proxying method with request parameters; `to` has "path_x", "querystring_x", "header_x" -> expression."""
    parameters = {
        f"integration.request.{place}.{name.replace('_', '-')}": expression
        for (place, _, name), expression in ((key.partition("_"), value) for key, value in to.items())
    }
    method = proxy_method(link, uri, verb)
    assert method.method_integration is not None
    integration = msgspec.structs.replace(
        method.method_integration,
        request_parameters={**(method.method_integration.request_parameters or {}), **parameters},
        timeout_in_millis=timeout_ms,
    )
    return msgspec.structs.replace(method, method_integration=integration, api_key_required=key)


def cors() -> MethodDefinition:
    """What the console's "Enable CORS" writes."""
    headers = {"Access-Control-Allow-Origin": "'*'", "Access-Control-Allow-Methods": "'GET,OPTIONS'"}
    prefixed = {f"method.response.header.{name}": value for name, value in headers.items()}
    return MethodDefinition(
        http_method="OPTIONS",
        method_responses={"200": MethodResponse(status_code="200", response_parameters=dict.fromkeys(prefixed, False))},
        method_integration=Integration(
            type="MOCK",
            request_templates={"application/json": '{"statusCode": 200}'},
            integration_responses={"200": IntegrationResponse(status_code="200", response_parameters=prefixed)},
        ),
    )


def build(s: Scenario) -> CrossAccount:
    """The cross-account scenario with an API of many sorts of methods."""
    x = cross_account(s)
    link, base = x.link.id, "http://backend.internal"
    methods = {
        ("/", "ANY"): proxy_method(link, f"{base}/root"),
        ("/{proxy+}", "ANY"): proxy_method(link, f"{base}/all/{{proxy}}"),
        ("/pets", "GET"): mapped(
            link, f"{base}/v1/pets?fixed=1", "GET", querystring_limit="method.request.querystring.max"
        ),
        ("/pets", "OPTIONS"): cors(),
        ("/pets/{id}", "GET"): mapped(
            link,
            f"{base}/v2/animals/{{id}}/x",
            "GET",
            path_id="method.request.path.id",
            header_X_Pet="method.request.path.id",
            querystring_stage="context.stage",
            header_X_Static="'50% off'",
            header_X_From="context.identity.vpceId",
            header_X_Copy="method.request.header.x-original",
        ),
        ("/pets/{id}/toys/{toy}", "ANY"): mapped(
            link,
            f"{base}/t/{{toy}}/{{id}}",
            "ANY",
            path_id="method.request.path.id",
            path_toy="method.request.path.toy",
        ),
        ("/pets/mine", "POST"): proxy_method(link, f"{base}/mine", "POST"),
        ("/slow", "GET"): mapped(link, f"{base}/slow", "GET", timeout_ms=200),
        ("/dead", "GET"): proxy_method(link, "http://backend.internal:8080/", "GET"),
        ("/nowhere", "GET"): proxy_method(link, "http://backend.internal:8081/", "GET"),
        ("/keyed", "GET"): mapped(link, f"{base}/keyed", "GET", key=True),
        ("/limited", "GET"): proxy_method(link, f"{base}/limited", "GET"),
        ("/files/{name}/{path+}", "GET"): mapped(
            link,
            f"{base}/f/{{path}}",
            "GET",
            path_path="method.request.path.path",
            header_X_Path="method.request.path.path",
        ),
        ("/vtl", "GET"): MethodDefinition(
            http_method="GET", method_integration=Integration(type="AWS_PROXY", uri="arn:x")
        ),
    }
    # the second listener of the gateway's load balancer leads to a port where nothing listens
    dead = s.target_group(x.gateway_vpc, ("10.0.1.99", 9))
    s.listener(x.gateway_balancer, dead, port=8080)
    api, stage = s.private_api(x.link, x.api_endpoint, policy=OPEN, methods=methods)
    stage = msgspec.structs.replace(
        stage,
        method_settings={"limited/GET": {"throttlingRateLimit": 1.0, "throttlingBurstLimit": 2}},
        access_log_settings=AccessLogSettings(
            destination_arn="arn:aws:logs:us-east-1:1:log-group:g", format="$context.requestId"
        ),
    )
    s.put(stage)
    s.put(
        ApiKey(
            id="key1",
            account=api.account,
            region=api.region,
            value=KEY,
            created_date=s.now,
            last_updated_date=s.now,
            enabled=True,
        ),
        UsagePlan(
            id="plan1",
            account=api.account,
            region=api.region,
            name="p",
            api_stages=(PlanStage(api_id=api.id, stage="test"),),
            throttle=Throttle(burst_limit=2, rate_limit=1.0),
        ),
        UsagePlanKey(id="plan1/key1", account=api.account, region=api.region, usage_plan_id="plan1", key_id="key1"),
    )
    s.put(*custom_stage(s, api, methods))
    simple = {("/{proxy+}", "ANY"): proxy_method(link, f"{base}/{{proxy}}")}
    s.private_api(x.link, policy="", stage="nopolicy", methods=simple)
    s.private_api(x.link, policy=only_endpoint("vpce-other"), stage="denied", methods=simple)
    s.private_api(x.link, policy=NARROW, stage="narrow", methods=simple)
    s.private_api(x.link, stage="open", types=("REGIONAL",))
    return x._replace(api=api, stage=stage)


def api_link(methods: dict[tuple[str, str], MethodDefinition]) -> str:
    """The VPC link that the methods use."""
    integration = methods["/", "ANY"].method_integration
    assert integration is not None
    return integration.connection_id or ""


def custom_stage(
    s: Scenario, api: RestApi, methods: dict[tuple[str, str], MethodDefinition]
) -> tuple[Deployment, Stage]:
    """A second stage, with gateway responses."""
    responses = {
        "MISSING_AUTHENTICATION_TOKEN": GatewayResponseDefinition(
            response_type="MISSING_AUTHENTICATION_TOKEN",
            status_code="404",
            response_parameters={"gatewayresponse.header.Access-Control-Allow-Origin": "'*'"},
            response_templates={"application/json": '{"no":$context.error.messageString,"at":"$context.stage"}'},
        ),
        "DEFAULT_5XX": GatewayResponseDefinition(
            response_type="DEFAULT_5XX",
            response_parameters={"gatewayresponse.header.Access-Control-Allow-Origin": "'5xx'"},
        ),
    }
    picked = {
        ("/slow", "GET"): methods["/slow", "GET"],
        ("/x", "GET"): proxy_method(api_link(methods), "http://backend.internal/x", "GET"),
    }
    resources = tuple(
        DeployedResource(resource_id=f"r{index}", path=path, methods={verb: m})
        for index, ((path, verb), m) in enumerate(sorted(picked.items()))
    )
    stage = s.deploy(api, "custom", resources)
    deployment = s.state.get(Deployment, stage.id.replace("custom", stage.deployment_id))
    assert deployment is not None
    definition = msgspec.structs.replace(deployment.definition, gateway_responses=responses)
    return msgspec.structs.replace(deployment, definition=definition), stage


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    folder = tmp_path_factory.mktemp("envoy")
    scenario = Scenario()
    made = build(scenario)
    plan = Compiler(
        ENVOY_FAMILIES,
        CompileSettings(
            log_folder=str(folder), health_events_file=str(folder / "health.jsonl"), public_addresses=("127.0.0.9",)
        ),
        strict=True,
    ).compile(scenario.state)
    listeners = sorted(plan.envoy.plan.resources["listeners"])
    ports = dict(zip(listeners, free_ports(len(listeners)), strict=True))
    port = next(ports[name] for name in listeners if name.startswith("eni-") and name.endswith(":443"))
    public_port = next(ports[name] for name in listeners if name.startswith("public:"))
    with echo_origin() as origin:
        placement = Placement(
            listener_address=lambda name, address, _: ("127.0.0.1", ports[name]),
            endpoint_address=lambda address, target_port: ("127.0.0.1", origin if target_port == 80 else 9),
            plain_listeners=True,
        )
        envoy = LiveEnvoy(find_envoy(), static_bootstrap(plan.envoy.plan, {}, placement), folder)
        try:
            envoy.wait(port)
            apis = {name.partition("/")[2]: name.partition("/")[0] for name in plan.envoy.plan.resources["routes"]}
            yield Rig(port, public_port, apis, made.api.id, made.api_endpoint.id, made, folder)
        finally:
            envoy.stop()


@pytest.mark.parametrize(
    ("method", "target", "sent"),
    [
        ("GET", "/test", "/root"),
        ("POST", "/test/", "/root"),
        ("GET", "/test?x=1", "/root?x=1"),
        ("GET", "/test/foo/bar?x=1", "/all/foo/bar?x=1"),
        ("DELETE", "/test/foo/", "/all/foo/"),
        ("GET", "/test/pets?max=5", "/v1/pets?fixed=1&limit=5&max=5"),
        ("GET", "/test/pets/7", "/v2/animals/7/x?stage=test"),
        ("GET", "/test/pets/7/", "/v2/animals/7/x?stage=test"),
        ("PATCH", "/test/pets/7/toys/ball", "/t/ball/7"),
        ("POST", "/test/pets/mine", "/mine"),
        ("GET", "/test/files/a/b/c%20d", "/f/b/c%20d"),
        ("GET", "/test/Pets", "/all/Pets"),
        ("GET", "/test/caf%C3%A9;v=1", "/all/caf%C3%A9;v=1"),
    ],
)
def test_path_reaches_backend_as_the_integration_says(rig: Rig, method: str, target: str, sent: str) -> None:
    answer = rig.call(method, target)
    assert (answer.status, answer.json["method"]) == (200, method)
    path, _, query = answer.json["path"].partition("?")
    wanted, _, wanted_query = sent.partition("?")
    assert (path, sorted(query.split("&"))) == (wanted, sorted(wanted_query.split("&")))


@pytest.mark.parametrize("verb", VERBS)
def test_any_covers_seven_verbs(rig: Rig, verb: str) -> None:
    assert rig.call(verb, "/test/x").status == 200


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("POST", "/test/pets"),
        ("DELETE", "/test/pets/7"),
        ("GET", "/test/pets/mine"),
        ("HEAD", "/test/pets"),
        ("TRACE", "/test/x"),
        ("PROPFIND", "/test/x"),
        ("GET", "/test/files/a"),
    ],
)
def test_resource_without_the_verb_is_not_found(rig: Rig, method: str, target: str) -> None:
    if target == "/test/files/a":
        assert rig.call(method, target).json["path"] == "/all/files/a"
        return
    answer = rig.call(method, target)
    assert answer.status == 403
    assert answer.headers["x-amzn-errortype"] == "MissingAuthenticationTokenException"
    assert answer.text == ("" if method == "HEAD" else '{"message":"Missing Authentication Token"}')


def test_mapped_headers(rig: Rig) -> None:
    seen = rig.call("GET", "/test/pets/7", {"x-original": "o"}).json["headers"]
    assert seen["x-pet"] == "7"
    assert seen["x-static"] == "50% off"
    assert seen["x-from"] == rig.endpoint
    assert seen["x-copy"] == "o"


def test_a_header_that_is_not_there_is_not_mapped(rig: Rig) -> None:
    assert "x-copy" not in rig.call("GET", "/test/pets/7").json["headers"]


def test_greedy_variable_in_a_header(rig: Rig) -> None:
    assert rig.call("GET", "/test/files/a/b/c").json["headers"]["x-path"] == "b/c"


def test_backend_sees_what_it_should_and_nothing_of_ours(rig: Rig) -> None:
    sent = {
        "x-innergate-api": "zz",
        "x-innergate-key-id": "zz",
        "x-amzn-vpce-id": "vpce-spoofed",
        "x-amzn-vpc-id": "vpc-spoofed",
        "x-envoy-original-path": "/x",
        "x-forwarded-for": "1.2.3.4",
        "x-request-id": "mine",
        "x-amzn-apigateway-api-id": "other",
        "te": "trailers",
        "via": "1.1 x",
        "upgrade": "websocket",
        "connection": "upgrade",
        "user-agent": "ua/1",
        "content-encoding": "identity",
    }
    seen = rig.call("GET", "/test/x", sent).json["headers"]
    assert not [name for name in seen if name.startswith(("x-innergate", "x-envoy", "x-amzn-vpc"))]
    assert not {"te", "via", "upgrade", "connection"} & set(seen)
    assert seen["host"] == "backend.internal"
    assert seen["x-forwarded-for"].startswith("1.2.3.4,")
    assert seen["x-forwarded-proto"] == "http"
    assert seen["x-request-id"] == "mine"
    assert seen["x-amzn-apigateway-api-id"] == rig.api
    assert (seen["user-agent"], seen["content-encoding"]) == ("ua/1", "identity")


def test_response_headers(rig: Rig) -> None:
    headers = rig.call("GET", "/test/x").headers
    assert headers["x-amzn-requestid"] != rig.call("GET", "/test/x").headers["x-amzn-requestid"]
    assert headers["x-amzn-requestid"].startswith(headers["x-amz-apigw-id"])
    assert headers["x-amzn-remapped-server"].startswith("BaseHTTP")
    assert {"x-amzn-remapped-date", "date"} <= set(headers)
    assert "server" not in headers
    assert not [name for name in headers if name.startswith("x-envoy")]


def test_backend_status_passes(rig: Rig) -> None:
    answer = rig.call("GET", "/test/absent")
    assert (answer.status, answer.json["path"]) == (404, "/all/absent")


def test_cors_by_mock(rig: Rig) -> None:
    answer = rig.call("OPTIONS", "/test/pets", {"origin": "https://x", "access-control-request-method": "GET"})
    assert (answer.status, answer.text) == (200, "")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-allow-methods"] == "GET,OPTIONS"


@pytest.mark.parametrize(
    ("target", "status", "error", "text"),
    [
        ("/nostage/x", 403, "ForbiddenException", '{"message":"Forbidden"}'),
        ("/", 403, "ForbiddenException", '{"message":"Forbidden"}'),
        ("/test/slow", 504, "InternalServerErrorException", '{"message":"Endpoint request timed out"}'),
        ("/test/dead", 500, "InternalServerErrorException", '{"message":"Internal server error"}'),
        ("/test/nowhere", 500, "InternalServerErrorException", '{"message":"Internal server error"}'),
        ("/test/vtl", 500, "ApiConfigurationException", '{"message":"Internal server error"}'),
        ("/test/keyed", 403, "ForbiddenException", '{"message":"Forbidden"}'),
    ],
)
def test_answers_that_the_gateway_makes(rig: Rig, target: str, status: int, error: str, text: str) -> None:
    answer = rig.call("GET", target)
    assert (answer.status, answer.headers["x-amzn-errortype"], answer.text) == (status, error, text)
    assert answer.headers["content-type"] == "application/json"
    assert len(answer.headers["x-amzn-requestid"]) == 36


@pytest.mark.parametrize(
    "host", ["nope.execute-api.us-east-1.amazonaws.com", "x.example", "{api}.execute-api.eu-west-1.amazonaws.com"]
)
def test_unknown_host_is_forbidden(rig: Rig, host: str) -> None:
    answer = ask(rig.port, "GET", "/test/x", {"host": host.format(api=rig.api)})
    assert (answer.status, answer.text) == (403, '{"message":"Forbidden"}')


def test_every_name_of_the_api(rig: Rig) -> None:
    suffix = "execute-api.us-east-1.amazonaws.com"
    for headers in (
        {"host": f"{rig.api}.{suffix}:443"},
        {"host": f"{rig.api}-{rig.endpoint}.{suffix}"},
        {"host": "vpce-1.execute-api.us-east-1.vpce.amazonaws.com", "x-apigw-api-id": rig.api},
        {"host": f"other.{suffix}", "x-apigw-api-id": rig.api},
    ):
        assert ask(rig.port, "GET", "/test/x", headers).status == 200, headers


def test_absolute_form_counts_before_the_host_header(rig: Rig) -> None:
    assert rig.call("GET", "http://other.example/test/x").status == 403
    name = f"{rig.api}.execute-api.us-east-1.amazonaws.com"
    assert ask(rig.port, "GET", f"http://{name}/test/x", {"host": "other.example"}).status == 200


@pytest.mark.parametrize("target", ["/test/a%2Fb", "/test/a%2fb", "/test/a%5Cb", "/test/a%00b"])
def test_paths_with_two_readings_are_refused(rig: Rig, target: str) -> None:
    assert rig.call("GET", target).status == 400


@pytest.mark.parametrize(
    ("target", "sent"),
    [
        ("/test//a/./b/../c", "/all/a/c"),
        ("/te%73t/b", "/all/b"),
        ("/test/%2e%2e/test/z", "/all/z"),
        ("/test/%252f", "/all/%252f"),
        ("/test/../nostage/x", ""),
    ],
)
def test_one_canonical_path(rig: Rig, target: str, sent: str) -> None:
    answer = rig.call("GET", target)
    if not sent:
        assert answer.status == 403
    else:
        assert answer.json["path"] == sent


def test_too_large_bodies_and_headers(rig: Rig) -> None:
    limit = 10 * 1024 * 1024
    assert rig.call("POST", "/test/up", body=b"x" * limit).json["size"] == limit
    refused = rig.call("POST", "/test/up", {"content-length": str(limit + 1)})
    assert (refused.status, refused.text) == (413, '{"message":"Request Too Long"}')
    assert rig.call("GET", "/test/x", {"x-big": "x" * 11_000}).status == 431
    assert rig.call("GET", "/test/x", {"under_score": "1"}).status == 400


def test_throttled_method(rig: Rig) -> None:
    answers = [rig.call("GET", "/test/limited") for _ in range(4)]
    assert [a.status for a in answers[:2]] == [200, 200]
    assert answers[-1].status == 429
    assert answers[-1].text == '{"message":"Too Many Requests"}'
    assert answers[-1].headers["x-amzn-errortype"] == "TooManyRequestsException"
    assert rig.call("GET", "/test/x").status == 200


def test_api_key_and_its_plan(rig: Rig) -> None:
    assert rig.call("GET", "/test/keyed", {"x-api-key": "wrong"}).status == 403
    assert rig.call("GET", f"/test/keyed?x-api-key={KEY}").status == 403
    answers = [rig.call("GET", "/test/keyed", {"x-api-key": KEY}) for _ in range(4)]
    assert answers[0].json["headers"]["x-api-key"] == KEY
    assert "x-innergate-key-id" not in answers[0].json["headers"]
    assert answers[-1].status == 429


def test_access_log_has_what_was_asked(rig: Rig) -> None:
    request_id = rig.call("GET", "/test/pets/9?x=1", {"user-agent": 'a"b'}).headers["x-amzn-requestid"]
    deadline = time.monotonic() + 5
    line = None
    while line is None and time.monotonic() < deadline:
        lines = [json.loads(text) for text in (rig.folder / "access.jsonl").read_text().splitlines()]
        line = next((x for x in lines if x["requestId"] == request_id), None)
    assert line is not None
    assert (line["path"], line["resourcePath"], line["status"], line["httpMethod"]) == (
        "/test/pets/9",
        "/pets/{id}",
        200,
        "GET",
    )
    assert (line["apiId"], line["stage"], line["identity.vpceId"]) == (rig.api, "test", rig.endpoint)
    assert line["identity.userAgent"] == 'a"b'
    assert line["domainName"].startswith(rig.api)


def test_gateway_responses_of_a_stage(rig: Rig) -> None:
    """The stage `custom` answers in its user's words, also where a backend says x-amzn-errortype."""
    answer = rig.call("PUT", "/custom/none")
    assert (answer.status, answer.text) == (404, '{"no":"Missing Authentication Token","at":"custom"}')
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["x-amzn-errortype"] == "MissingAuthenticationTokenException"
    slow = rig.call("GET", "/custom/slow")
    assert (slow.status, slow.text) == (504, '{"message":"Endpoint request timed out"}')
    assert slow.headers["access-control-allow-origin"] == "5xx"
    assert rig.call("GET", "/custom/x").status == 200


def call_stage(rig: Rig, stage: str, method: str, path: str) -> Answer:
    """A request to the API that has the stage."""
    return ask(rig.port, method, path, {"host": f"{rig.apis[stage]}.execute-api.us-east-1.amazonaws.com"})


@pytest.mark.parametrize(
    ("stage", "method", "path", "ending"),
    [
        ("nopolicy", "GET", "/nopolicy/a/b?x=1", ""),
        ("narrow", "POST", "/narrow/a/b", ""),
        ("narrow", "GET", "/narrow/b", ""),
        ("denied", "GET", "/denied/a/b", " with an explicit deny"),
    ],
)
def test_policy_denials_in_awss_words(rig: Rig, stage: str, method: str, path: str, ending: str) -> None:
    answer = call_stage(rig, stage, method, path)
    assert (answer.status, answer.headers["x-amzn-errortype"]) == (403, "AccessDeniedException")
    resource = f"{rig.apis[stage]}/{stage}/{method}{path.partition('?')[0].removeprefix(f'/{stage}')}"
    assert answer.json == {
        "Message": "User: anonymous is not authorized to perform: execute-api:Invoke on resource: "
        f"arn:aws:execute-api:us-east-1:********2222:{resource}{ending}"
    }


def test_policy_admits_what_it_names(rig: Rig) -> None:
    assert call_stage(rig, "narrow", "GET", "/narrow/a/b").status == 200


def test_public_api_is_reached_by_the_public_listener_alone(rig: Rig) -> None:
    host = {"host": f"{rig.apis['open']}.execute-api.us-east-1.amazonaws.com"}
    assert ask(rig.public_port, "GET", "/open/x", host).status == 200
    assert ask(rig.port, "GET", "/open/x", host).status == 403
    private = {"host": f"{rig.api}.execute-api.us-east-1.amazonaws.com"}
    assert ask(rig.public_port, "GET", "/test/x", private).status == 403
    assert ask(rig.public_port, "GET", "/test/x", {**host, "x-apigw-api-id": rig.api}).status == 403
