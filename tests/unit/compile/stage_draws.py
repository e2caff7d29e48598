"""Stages drawn at random: combinations of features that no golden names, with texts that services take and Envoy might not."""

from typing import NamedTuple

import msgspec
from hypothesis import strategies as st
from tests.feature.domain_rig import domain_name, map_path
from tests.feature.stage_parts import OPEN, cors
from tests.feature.stage_rig import NARROW

from innergate.resources.api_keys import ApiKey, PlanStage, Quota, Throttle, UsagePlan, UsagePlanKey
from innergate.resources.deployments import DeployedResource, Deployment
from innergate.resources.rest_apis import (
    GatewayResponseDefinition,
    Integration,
    IntegrationResponse,
    MethodDefinition,
    MethodResponse,
)
from innergate.resources.stages import AccessLogSettings, Stage
from innergate.services.apigateway.gateway_responses import DEFAULT_STATUS
from innergate.testing.blog_scenarios import CrossAccount
from innergate.testing.scenario import Scenario, only_endpoint

Methods = dict[tuple[str, str], MethodDefinition]

BACKEND = "http://backend.internal"
FUNCTION = (
    "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/"
    "arn:aws:lambda:us-east-1:222222222222:function:f/invocations"
)


class DrawnStage(NamedTuple):
    """What a stage is made of. `canary` are another deployment's methods; `paths` its base paths under a domain name."""

    is_private: bool
    policy: str
    methods: Methods
    canary: Methods
    percent: float
    responses: dict[str, GatewayResponseDefinition]
    settings: dict[str, dict[str, bool | int | float | str]]
    buckets: tuple[Throttle | None, ...]
    """Of usage plans, each with a key."""
    method_buckets: dict[str, Throttle]
    has_quota: bool
    has_log: bool
    is_disabled: bool
    has_cache: bool
    compresses_from: int | None
    key_source: str
    paths: tuple[str, ...]


_NAMES = st.sampled_from(
    [
        "X-One",
        "x-two",
        "Content-Type",
        "User-Agent",
        "Accept",
        "Cookie",
        "a.b",
        "a_b",
        "X-Amzn-Trace-Id",
        "Host",
        "'",
        "a,b",
        "a b",
        "a:b",
        "(a)",
        "a%b",
        "a?b",
        "filter[x]",
        "é",
        "a\nb",
        ":path",
        "Content-Length",
        "a)%PROTOCOL%",
    ]
)
"""Services refuse none of them."""
_TEXTS = st.sampled_from(
    [
        "",
        "*",
        "a, b",
        "50% off",
        "%REQ(HOST)%",
        "%",
        "%%",
        "é",
        "'",
        "a\nb",
        "a\r\nb: c",
        "\x00",
        "\t",
        " ",
        "x" * 20_000,
        "%CEL(1)%",
        "{}",
        '"',
        "\\1",
        "$context.requestId",
    ]
)
_CONTEXT = ["requestId", "stage", "path", "identity.sourceIp", "identity.userAgent", "identity.vpceId", "authorizer.x"]
_CONTEXTS = st.sampled_from(
    [*_CONTEXT, "error.message", "requestTimeEpoch", "domainName", "nothing", "identity.apiKeyId"]
)
_STATICS = _TEXTS.map(lambda text: "'" + text.replace("'", "") + "'")
_CONTEXT_SOURCES = _CONTEXTS.map(lambda name: f"context.{name}")
_SOURCES = st.one_of(
    _STATICS,
    _CONTEXT_SOURCES,
    st.just("stageVariables.base"),
    st.just("method.request.path.id"),
    st.just("method.request.body.a"),
    st.builds("method.request.{}.{}".format, st.sampled_from(["header", "querystring", "multivalueheader"]), _NAMES),
)
_TARGETS = st.builds("integration.request.{}.{}".format, st.sampled_from(["header", "querystring"]), _NAMES)
_PATHS = ["/", "/a", "/a.b", "/{id}", "/a/{id}/x", "/a/{id}/{rest+}", "/{proxy+}", "/$x*(y)", "/a/b+c", "/a/~,;:@!=-"]
_URIS = [
    BACKEND,
    f"{BACKEND}/x/{{id}}/y",
    f"{BACKEND}/{{proxy}}",
    f"{BACKEND}/a%20b?x=1&y&z=%",
    f"{BACKEND}/\\1\\9",
    f"{BACKEND}:8080/a#b",
    f"{BACKEND}/${{stageVariables.base}}/é",
    "https://other.example:8443/{rest}",
    "http://bäckend.example/",
    "http://[fd00::1]:8080/",
    "http://${stageVariables.none}/",
]
_CONTENT_TYPES = st.sampled_from(
    ["application/json", "text/html", "text/plain;charset=é", "a/\x01", "$default", "a/%b"]
)
_TEMPLATES = st.sampled_from(
    ["", "{}", "$context.error.messageString", "${context.requestId}%", "#set($a = 1)$a", "é\n\x00", "%REQ(HOST)%", "$"]
)
_BURSTS = st.sampled_from([-1, 0, 1, 5000, 10**10, 2**63])
_RATES = st.sampled_from([-1.0, 0.0, 0.0001, 0.5, 2.5, 1000.0, 1e12, float("inf")])
_THROTTLES = st.builds(Throttle, burst_limit=_BURSTS, rate_limit=_RATES)


@st.composite
def _proxies(draw: st.DrawFn, link: str) -> Integration:
    is_linked = draw(st.booleans())
    parameters = draw(st.dictionaries(_TARGETS, _SOURCES, max_size=4))
    uri = draw(st.sampled_from(_URIS))
    for name in ("id", "proxy", "rest"):
        if f"{{{name}}}" in uri and draw(st.booleans()):
            parameters[f"integration.request.path.{name}"] = f"method.request.path.{name}"
    return Integration(
        type=draw(st.sampled_from(["HTTP_PROXY", "HTTP_PROXY", "HTTP"])),
        http_method=draw(st.sampled_from(["ANY", "GET"])),
        uri=uri,
        connection_type="VPC_LINK" if is_linked else "INTERNET",
        connection_id=link if is_linked else None,
        request_parameters=parameters,
        timeout_in_millis=draw(st.sampled_from([50, 29000, 900_000])),
    )


@st.composite
def _mocks(draw: st.DrawFn) -> Integration:
    status = draw(st.sampled_from(["100", "200", "204", "418", "599"]))
    names = _NAMES.map(lambda name: f"method.response.header.{name}")
    response = IntegrationResponse(
        status_code=status,
        selection_pattern=draw(st.sampled_from([None, "", "\\d+", "("])),
        response_parameters=draw(st.dictionaries(names, st.one_of(_STATICS, _CONTEXT_SOURCES), max_size=3)),
        response_templates={**draw(st.dictionaries(_CONTENT_TYPES, _TEMPLATES, max_size=2))},
    )
    template = draw(st.sampled_from([f'{{"statusCode": {status}}}', '{"statusCode": $x}']))
    return Integration(
        type="MOCK",
        request_templates={"application/json": template},
        integration_responses={status: response},
    )


@st.composite
def _methods(draw: st.DrawFn, link: str) -> MethodDefinition:
    functions = st.sampled_from(["AWS_PROXY", "AWS"]).map(
        lambda kind: Integration(type=kind, http_method="POST", uri=FUNCTION)
    )
    integration = draw(st.one_of(_proxies(link), _proxies(link), _mocks(), functions, st.none()))
    statuses = integration.integration_responses if integration is not None else {}
    return MethodDefinition(
        http_method="",
        authorization_type=draw(st.sampled_from(["NONE", "NONE", "NONE", "AWS_IAM", "CUSTOM", "COGNITO_USER_POOLS"])),
        authorizer_id="a1",
        api_key_required=draw(st.booleans()),
        method_responses={status: MethodResponse(status_code=status) for status in statuses},
        method_integration=integration,
    )


@st.composite
def _apis(draw: st.DrawFn, link: str) -> Methods:
    places = st.tuples(st.sampled_from(_PATHS), st.sampled_from(["GET", "ANY", "POST", "OPTIONS"]))
    methods = draw(st.dictionaries(places, _methods(link), min_size=1, max_size=5))
    named = {place: msgspec.structs.replace(method, http_method=place[1]) for place, method in methods.items()}
    return {**named, ("/a", "OPTIONS"): cors()} if draw(st.booleans()) else named


@st.composite
def _gateway_responses(draw: st.DrawFn) -> dict[str, GatewayResponseDefinition]:
    kinds = draw(st.lists(st.sampled_from([*DEFAULT_STATUS, "DEFAULT_4XX", "DEFAULT_5XX"]), max_size=4, unique=True))
    names = _NAMES.map(lambda name: f"gatewayresponse.header.{name}")
    return {
        kind: GatewayResponseDefinition(
            response_type=kind,
            status_code=draw(st.sampled_from([None, "", "100", "200", "404", "599"])),
            response_parameters=draw(st.dictionaries(names, _SOURCES, max_size=3)),
            response_templates=draw(st.dictionaries(_CONTENT_TYPES, _TEMPLATES, max_size=2)),
        )
        for kind in kinds
    }


@st.composite
def _settings(draw: st.DrawFn) -> dict[str, dict[str, bool | int | float | str]]:
    found: dict[str, dict[str, bool | int | float | str]] = {}
    for name in draw(st.lists(st.sampled_from(["*/*", "~1/GET", "a/GET", "{id}/ANY"]), max_size=2, unique=True)):
        settings: dict[str, bool | int | float | str] = {
            "loggingLevel": draw(st.sampled_from(["OFF", "OFF", "ERROR", "INFO"])),
            "metricsEnabled": draw(st.booleans()),
            "cachingEnabled": draw(st.booleans()),
        }
        if draw(st.booleans()):
            settings |= {"throttlingBurstLimit": draw(_BURSTS), "throttlingRateLimit": draw(_RATES)}
        found[name] = settings
    return found


@st.composite
def drawn_stages(draw: st.DrawFn, x: CrossAccount) -> DrawnStage:
    """A stage with methods over the link of `x`."""
    is_private = draw(st.booleans())
    return DrawnStage(
        is_private=is_private,
        policy=draw(st.sampled_from(["", OPEN, NARROW, only_endpoint(x.api_endpoint.id), "{}"])),
        methods=draw(_apis(x.link.id)),
        canary=draw(st.one_of(st.just({}), _apis(x.link.id))),
        percent=draw(st.sampled_from([0.0, 0.0001, 33.3, 100.0])),
        responses=draw(_gateway_responses()),
        settings=draw(_settings()),
        buckets=tuple(draw(st.lists(st.one_of(st.none(), _THROTTLES), max_size=2))),
        method_buckets=draw(st.dictionaries(st.sampled_from(["//GET", "/a/GET"]), _THROTTLES, max_size=1)),
        has_quota=draw(st.booleans()),
        has_log=draw(st.booleans()),
        is_disabled=draw(st.integers(0, 7)) == 0,
        has_cache=draw(st.booleans()),
        compresses_from=draw(st.sampled_from([None, None, None, 0])),
        key_source=draw(st.sampled_from(["HEADER", "HEADER", "AUTHORIZER"])),
        paths=()
        if is_private
        else tuple(draw(st.sets(st.sampled_from(["", "v1", "v1/x", "a.$_+!*'()-"]), max_size=2))),
    )


def put_drawn(s: Scenario, x: CrossAccount, drawn: DrawnStage, domain: str) -> Stage:
    """Puts the stage, as the only one of an API of its own; its base paths are those of the domain name."""
    s.as_account(x.api.account)
    types = ("PRIVATE",) if drawn.is_private else ("REGIONAL",)
    api, stage = s.private_api(x.link, policy=drawn.policy, methods=drawn.methods, types=types)
    stage = msgspec.structs.replace(
        stage,
        variables={"base": "v7", "none": ""},
        method_settings=drawn.settings,
        cache_cluster_enabled=drawn.has_cache,
        access_log_settings=AccessLogSettings(destination_arn="arn:aws:logs:us-east-1:1:log-group:g", format="$")
        if drawn.has_log
        else None,
    )
    _amend(s, stage, drawn)
    if drawn.canary:
        resources = tuple(
            DeployedResource(resource_id=f"c{n}", path=path, methods={verb: method})
            for n, ((path, verb), method) in enumerate(sorted(drawn.canary.items()))
        )
        canary = s.deploy(api, "spare", resources)
        s.drop(canary)
        _amend(s, canary, drawn)
        stage = msgspec.structs.replace(
            stage, canary_settings={"deploymentId": canary.deployment_id, "percentTraffic": drawn.percent}
        )
    s.put(stage)
    _plans(s, stage, drawn)
    if drawn.paths:
        name = domain_name(s, domain)
        for path in drawn.paths:
            map_path(s, name, path, api, stage.stage_name)
    return stage


def _amend(s: Scenario, stage: Stage, drawn: DrawnStage) -> None:
    """Gives the stage's deployment what a whole API has."""
    deployment = s.state.get(Deployment, f"{stage.rest_api_id}/{stage.deployment_id}")
    assert deployment is not None
    definition = msgspec.structs.replace(
        deployment.definition,
        gateway_responses=drawn.responses,
        disable_execute_api_endpoint=drawn.is_disabled,
        minimum_compression_size=drawn.compresses_from,
        api_key_source=drawn.key_source,
        parts={"authorizer": {"a1": {"name": "a", "type": "TOKEN", "authorizerUri": FUNCTION}}},
    )
    s.put(msgspec.structs.replace(deployment, definition=definition))


def _plans(s: Scenario, stage: Stage, drawn: DrawnStage) -> None:
    covered = PlanStage(api_id=stage.rest_api_id, stage=stage.stage_name, throttle=drawn.method_buckets)
    for n, bucket in enumerate(drawn.buckets):
        key_id = f"{stage.rest_api_id}-{n}"
        s.put(
            ApiKey(
                id=key_id,
                account=stage.account,
                region=stage.region,
                value=f'{key_id} é"\t secret 0123456789',
                created_date=s.now,
                last_updated_date=s.now,
                enabled=True,
            ),
            UsagePlan(
                id=f"plan-{key_id}",
                account=stage.account,
                region=stage.region,
                name="p",
                api_stages=(covered,),
                throttle=bucket,
                quota=Quota(limit=1, period="DAY") if drawn.has_quota else None,
            ),
            UsagePlanKey(
                id=f"plan-{key_id}/{key_id}",
                account=stage.account,
                region=stage.region,
                usage_plan_id=f"plan-{key_id}",
                key_id=key_id,
            ),
        )
