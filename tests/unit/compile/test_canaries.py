"""A canary takes a share of a stage's requests: its routes stand first, each for that share."""

import json
from typing import Any

import msgspec

from innergate.compile.compilation import Compilation
from innergate.compile.emit.envoy.access_logs import CANARY_FIELD
from innergate.compile.emit.envoy.http_filters import API_KEY, POLICY_ALLOW, THROTTLE_CLIENT
from innergate.compile.emit.envoy.units import ENVOY_FAMILIES
from innergate.compile.engine import Compiler
from innergate.compile.settings import CompileSettings
from innergate.observe.route_names import read_logged_route
from innergate.plans.runtime import RuntimeStage
from innergate.plans.usage import USAGE
from innergate.resources.api_keys import ApiKey, PlanStage, Quota, Throttle, UsagePlan, UsagePlanKey
from innergate.resources.deployments import Deployment
from innergate.resources.rest_apis import Integration, IntegrationResponse, MethodDefinition, MethodResponse
from innergate.resources.stages import Stage
from innergate.testing.scenario import Scenario

SHARE = {"default_value": {"numerator": 125_000, "denominator": "MILLION"}}


def mock(template: str = '{"statusCode": 200}', body: str = "") -> MethodDefinition:
    integration = Integration(
        type="MOCK",
        request_templates={"application/json": template},
        integration_responses={
            "200": IntegrationResponse(status_code="200", response_templates={"application/json": body})
        },
    )
    return MethodDefinition(
        http_method="GET",
        method_integration=integration,
        method_responses={"200": MethodResponse(status_code="200")},
    )


def compiled(
    canary_method: MethodDefinition,
    policy: str = "{}",
    percent: float = 12.5,
    shares_cache: bool = False,
    is_logged: bool = False,
    main_policy: str = "{}",
    has_plan: bool = False,
) -> Compilation:
    s = Scenario()
    api, stage = s.private_api(None, policy=main_policy, methods={("/a", "GET"): mock(body="old")})
    deployment = s.state.get(Deployment, f"{api.id}/{stage.deployment_id}")
    assert deployment is not None
    (resource,) = [found for found in deployment.definition.resources if found.methods]
    definition = msgspec.structs.replace(
        deployment.definition,
        policy=policy,
        resources=(msgspec.structs.replace(resource, methods={"GET": canary_method}),),
    )
    s.put(msgspec.structs.replace(deployment, id=f"{api.id}/canary", deployment_id="canary", definition=definition))
    settings: dict[str, Any] = {
        "deploymentId": "canary",
        "percentTraffic": percent,
        "stageVariableOverrides": {"colour": "green"},
        "useStageCache": shares_cache,
    }
    stage = msgspec.structs.replace(stage, canary_settings=settings, variables={"colour": "blue", "kept": "yes"})
    if is_logged:
        stage = msgspec.structs.replace(stage, method_settings={"*/*": {"loggingLevel": "ERROR"}})
    s.put(stage)
    if has_plan:
        put_plan(s, stage)
    return Compiler(ENVOY_FAMILIES, CompileSettings(), strict=True).compile(s.state)


def put_plan(s: Scenario, stage: Stage) -> None:
    """A key whose plan covers the stage, with a bucket and a quota."""
    owner: dict[str, Any] = {"account": stage.account, "region": stage.region}
    at = stage.created_date
    s.put(ApiKey(id="k1", value="v" * 20, created_date=at, last_updated_date=at, enabled=True, **owner))
    covered = PlanStage(api_id=stage.rest_api_id, stage=stage.stage_name)
    throttle, quota = Throttle(burst_limit=1, rate_limit=1.0), Quota(limit=5, period="DAY")
    s.put(UsagePlan(id="p1", name="p", api_stages=(covered,), throttle=throttle, quota=quota, **owner))
    s.put(UsagePlanKey(id="p1/k1", usage_plan_id="p1", key_id="k1", **owner))


def routes_of(compilation: Compilation) -> list[dict[str, Any]]:
    (resource,) = compilation.envoy.plan.resources["routes"].values()
    body: Any = resource.body
    routes: list[dict[str, Any]] = body["virtual_hosts"][0]["routes"]
    return routes


def test_the_canarys_routes_come_first_and_all_have_its_share() -> None:
    routes = routes_of(compiled(mock(body="new")))
    shares = [route["match"].get("runtime_fraction") for route in routes]
    first_own = shares.index(None)
    assert first_own > 0
    assert shares[:first_own] == [SHARE] * first_own
    assert not any(shares[first_own:])
    bodies = [route["direct_response"].get("body", {}).get("inline_string") for route in routes]
    assert bodies.index("new") < first_own <= bodies.index("old")


def test_names_of_routes_tell_a_canarys_calls_in_logs() -> None:
    for route in routes_of(compiled(mock(body="new"), is_logged=True)):
        told = read_logged_route(route["name"])
        assert told is not None
        assert told["stage"] == "test"
        assert bool(told[CANARY_FIELD]) == ("runtime_fraction" in route["match"])


def test_a_plan_counts_where_the_canary_alone_asks_for_keys() -> None:
    keyed = msgspec.structs.replace(mock(), api_key_required=True)
    compilation = compiled(keyed, has_plan=True)
    assert [document.name.kind for document in compilation.network.documents] == [USAGE]
    (resource,) = compilation.envoy.plan.resources["routes"].values()
    body: Any = resource.body
    (host,) = body["virtual_hosts"]
    buckets = host["typed_per_filter_config"][THROTTLE_CLIENT]["descriptors"]
    assert [bucket["entries"][0]["value"] for bucket in buckets] == ["k1"]
    asked = [route["match"] for route in host["routes"] if API_KEY in route.get("typed_per_filter_config", {})]
    assert asked
    assert all(match.get("runtime_fraction") == SHARE for match in asked)


def test_stage_and_canary_know_keys_alike() -> None:
    """Where an authorizer comes first on one side, Envoy knows keys by their values on both."""
    keyed = msgspec.structs.replace(mock(), api_key_required=True, authorization_type="CUSTOM", authorizer_id="a")
    (resource,) = compiled(keyed, has_plan=True).envoy.plan.resources["routes"].values()
    body: Any = resource.body
    (host,) = body["virtual_hosts"]
    buckets = host["typed_per_filter_config"][THROTTLE_CLIENT]["descriptors"]
    assert [bucket["entries"][0]["value"] for bucket in buckets] == ["v" * 20]
    asleep = [route["match"] for route in host["routes"] if THROTTLE_CLIENT in route.get("typed_per_filter_config", {})]
    assert asleep
    assert all("runtime_fraction" not in match for match in asleep)


def test_no_request_of_the_canary_falls_through_to_the_stage() -> None:
    routes = routes_of(compiled(mock(body="new")))
    last_of_canary = [route for route in routes if "runtime_fraction" in route["match"]][-1]
    assert last_of_canary["match"] == {"prefix": "/", "runtime_fraction": SHARE}


def test_a_share_of_nothing_is_no_canary() -> None:
    assert not any("runtime_fraction" in route["match"] for route in routes_of(compiled(mock(), percent=0)))


def test_a_canary_with_another_policy_is_not_served() -> None:
    compilation = compiled(mock(), policy='{"Version":"2012-10-17","Statement":[]}')
    assert not any("runtime_fraction" in route["match"] for route in routes_of(compilation))
    assert "another resource policy" in " ".join(note.message for note in compilation.diagnostics)


def test_a_canarys_methods_whose_callers_a_worker_asks_have_no_filter_before_it() -> None:
    """The stage's own methods ask nobody who they are: there the filters decide, and refuse the role that the policy names."""
    role = {"AWS": "arn:aws:iam::111122223333:role/r"}
    allow = {"Effect": "Allow", "Principal": role, "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    signed = msgspec.structs.replace(mock(), authorization_type="AWS_IAM")
    routes = routes_of(compiled(signed, policy=policy, main_policy=policy))
    asleep = [route["match"] for route in routes if POLICY_ALLOW in route.get("typed_per_filter_config", {})]
    assert [match.get("runtime_fraction") for match in asleep] == [SHARE]


def test_workers_know_a_canary_by_a_document_of_its_own() -> None:
    compilation = compiled(mock(template='#set($x = 1){"statusCode": 200}'))
    documents = {document.name.name: document.body for document in compilation.network.documents}
    ((name, body),) = documents.items()
    assert name.rpartition(".")[0].endswith(".test.canary")
    stage = msgspec.json.decode(body, type=RuntimeStage)
    assert (stage.deployment_id, stage.variables) == ("canary", {"colour": "green", "kept": "yes"})
    calls = [route for route in routes_of(compilation) if "route" in route]
    assert [route["route"]["cluster"] for route in calls] == ["runtime"]
    assert name in calls[0]["request_headers_to_add"][0]["header"]["value"]


def test_a_canary_shares_the_cache_of_the_stages_deployment_where_it_is_told_to() -> None:
    for shares in (True, False):
        compilation = compiled(mock(template='#set($x = 1){"statusCode": 200}'), shares_cache=shares)
        (document,) = compilation.network.documents
        stage = msgspec.json.decode(document.body, type=RuntimeStage)
        assert (stage.shared_cache_of not in ("", "canary")) == shares
