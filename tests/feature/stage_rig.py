"""A live Envoy with stages of many sorts: the compiled plan, made static, on loopback, before an origin that echoes."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec
from tests.feature.loopback_envoy import serve_plan
from tests.feature.stage_parts import ACCESS_LOG, OPEN, add_refusing_port, cors, mapped, sell_key

from innergate.compile.emit.envoy.units import ENVOY_FAMILIES
from innergate.compile.engine import Compiler
from innergate.compile.settings import CompileSettings
from innergate.resources.api_keys import Throttle
from innergate.resources.deployments import DeployedResource, Deployment
from innergate.resources.rest_apis import (
    GatewayResponseDefinition,
    Integration,
    MethodDefinition,
    RestApi,
)
from innergate.resources.stages import Stage
from innergate.testing.blog_scenarios import CrossAccount, cross_account
from innergate.testing.live_envoy import Answer, ask, echo_origin
from innergate.testing.scenario import Scenario, only_endpoint, proxy_method

BASE = "http://backend.internal"
NARROW = OPEN.replace('"*"}]}', '"execute-api:/narrow/GET/a/*"}]}')


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


def methods_over(link: str) -> dict[tuple[str, str], MethodDefinition]:
    """Methods of many sorts, by path and verb."""
    return {
        ("/", "ANY"): proxy_method(link, f"{BASE}/root"),
        ("/{proxy+}", "ANY"): proxy_method(link, f"{BASE}/all/{{proxy}}"),
        ("/pets", "GET"): mapped(
            link, f"{BASE}/v1/pets?fixed=1", "GET", querystring_limit="method.request.querystring.max"
        ),
        ("/pets", "OPTIONS"): cors(),
        ("/pets/{id}", "GET"): mapped(
            link,
            f"{BASE}/v2/animals/{{id}}/x",
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
            f"{BASE}/t/{{toy}}/{{id}}",
            "ANY",
            path_id="method.request.path.id",
            path_toy="method.request.path.toy",
        ),
        ("/pets/mine", "POST"): proxy_method(link, f"{BASE}/mine", "POST"),
        ("/slow", "GET"): mapped(link, f"{BASE}/slow", "GET", timeout_ms=200),
        ("/dead", "GET"): proxy_method(link, "http://backend.internal:8080/", "GET"),
        ("/nowhere", "GET"): proxy_method(link, "http://backend.internal:8081/", "GET"),
        ("/keyed", "GET"): mapped(link, f"{BASE}/keyed", "GET", key=True),
        ("/limited", "GET"): proxy_method(link, f"{BASE}/limited", "GET"),
        ("/files/{name}/{path+}", "GET"): mapped(
            link,
            f"{BASE}/f/{{path}}",
            "GET",
            path_path="method.request.path.path",
            header_X_Path="method.request.path.path",
        ),
        ("/vtl", "GET"): MethodDefinition(
            http_method="GET", method_integration=Integration(type="AWS_PROXY", uri="arn:x")
        ),
    }


def build(s: Scenario) -> CrossAccount:
    """The cross-account scenario with an API of many sorts of methods."""
    x = cross_account(s)
    methods = methods_over(x.link.id)
    add_refusing_port(s, x)
    api, stage = s.private_api(x.link, x.api_endpoint, policy=OPEN, methods=methods)
    limits = {"limited/GET": {"throttlingRateLimit": 1.0, "throttlingBurstLimit": 2}}
    stage = msgspec.structs.replace(stage, method_settings=limits, access_log_settings=ACCESS_LOG)
    s.put(stage)
    sell_key(s, (api,), "test", Throttle(burst_limit=2, rate_limit=1.0))
    s.put(*custom_stage(s, api, methods))
    simple = {("/{proxy+}", "ANY"): proxy_method(x.link.id, f"{BASE}/{{proxy}}")}
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
        ("/vtl", "GET"): methods["/vtl", "GET"],
        ("/x", "GET"): proxy_method(api_link(methods), "http://backend.internal/x", "GET"),
        ("/told", "GET"): mapped(
            api_link(methods), "http://backend.internal/told", "GET", header_X_Told="context.requestId"
        ),
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


@contextmanager
def serve_stages(folder: Path) -> Iterator[Rig]:
    """Runs Envoy and origin; files go into `folder`."""
    scenario = Scenario()
    made = build(scenario)
    plan = Compiler(
        ENVOY_FAMILIES,
        CompileSettings(
            log_folder=str(folder),
            health_events_file=str(folder / "health.jsonl"),
            public_addresses=("127.0.0.9",),
            egress_socket=str(folder / "egress.sock"),
        ),
        strict=True,
    ).compile(scenario.state)
    apis = {name.partition("/")[2]: name.partition("/")[0] for name in plan.envoy.plan.resources["routes"]}
    with echo_origin() as origin, serve_plan(plan.envoy.plan, origin, folder) as serving:
        yield Rig(serving.entry, serving.public, apis, made.api.id, made.api_endpoint.id, made, folder)
