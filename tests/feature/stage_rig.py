"""A live Envoy with stages of many sorts: the compiled plan, made static, on loopback, before an origin that echoes."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec

from innergate.compile.emit.envoy.units import ENVOY_FAMILIES
from innergate.compile.engine import Compiler
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
