"""What the Envoy units refuse, and what they say of it."""

import json

import msgspec
import pytest

from innergate.compile.compilation import Compilation
from innergate.compile.emit.envoy.http_filters import POLICY_ALLOW
from innergate.compile.emit.envoy.units import ENVOY_FAMILIES
from innergate.compile.engine import Compiler
from innergate.compile.settings import CompileSettings
from innergate.resources.deployments import Deployment
from innergate.resources.rest_apis import GatewayResponseDefinition
from innergate.testing.blog_scenarios import cross_account
from innergate.testing.scenario import APPLICATION, Scenario, proxy_method


def compiled(s: Scenario) -> Compilation:
    return Compiler(ENVOY_FAMILIES, CompileSettings(), strict=True).compile(s.state)


def test_another_tenants_link_is_as_unknown_as_a_random_one() -> None:
    s = Scenario()
    x = cross_account(s)
    s.as_account(APPLICATION)
    foreign, _ = s.private_api(
        x.link, x.api_endpoint, stage="stolen", methods={("/", "GET"): proxy_method(x.link.id, "http://h/")}
    )
    plan = compiled(s)
    (message,) = [d.message for d in plan.diagnostics if d.subject == f"stage/{foreign.id}/stolen"]
    assert message.endswith(f"the VPC link {x.link.id} does not exist in {APPLICATION}/us-east-1")
    routes = plan.envoy.plan.resources["routes"][f"{foreign.id}/stolen"].body
    assert "arn:aws:elasticloadbalancing" not in str(routes)


def test_endpoints_that_are_not_available_have_no_listener() -> None:
    s = Scenario()
    x = cross_account(s)
    names = [eni.id for eni in s.interfaces_of(x.api_endpoint)]
    assert {f"{name}:443" for name in names} <= set(compiled(s).envoy.plan.resources["listeners"])
    for state in ("pendingAcceptance", "rejected", "deleted"):
        s.put(msgspec.structs.replace(x.api_endpoint, state=state))
        assert not {f"{name}:443" for name in names} & set(compiled(s).envoy.plan.resources["listeners"])


def test_rejection_takes_the_listeners_of_the_endpoint_and_the_route_away() -> None:
    s = Scenario()
    x = cross_account(s)
    enis = {f"{eni.id}:80" for eni in s.interfaces_of(x.service_endpoint)}
    assert enis <= set(compiled(s).envoy.plan.resources["listeners"])
    s.put(msgspec.structs.replace(x.service_endpoint, state="rejected"))
    plan = compiled(s)
    assert not enis & set(plan.envoy.plan.resources["listeners"])
    assert "arn:aws:elasticloadbalancing" not in str(plan.envoy.plan.resources["routes"][f"{x.api.id}/test"].body)


@pytest.mark.parametrize(("operator", "key"), [("StringEquals", "aws:UserAgent"), ("DateLessThan", "aws:CurrentTime")])
def test_a_policy_that_asks_for_the_time_is_left_to_workers(operator: str, key: str) -> None:
    s = Scenario()
    x = cross_account(s)
    statement = {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "*"}
    limited = {**statement, "Condition": {operator: {key: "2120-01-01T00:00:00Z"}}}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [limited]})
    api, _ = s.private_api(x.link, policy=policy, methods={("/", "ANY"): proxy_method(x.link.id, "http://h/")})
    plan = compiled(s)
    routes = plan.envoy.plan.resources["routes"][f"{api.id}/test"].body
    asks_time = key == "aws:CurrentTime"
    assert ("runtime" in json.dumps(routes)) is asks_time
    assert json.dumps(routes).count(POLICY_ALLOW) == 1 + asks_time, "the stage's, and one that asks nothing"
    assert "Envoy" not in " ".join(note.message for note in plan.diagnostics)


def test_a_deleted_stage_leaves_nothing() -> None:
    s = Scenario()
    x = cross_account(s)
    s.drop(x.stage)
    resources = compiled(s).envoy.plan.resources
    assert not resources["routes"]
    assert not resources["scopes"]


def test_a_disabled_default_endpoint_has_no_scope() -> None:
    s = Scenario()
    x = cross_account(s)
    deployment = s.state.get(Deployment, f"{x.api.id}/{x.stage.deployment_id}")
    assert deployment is not None
    definition = msgspec.structs.replace(deployment.definition, disable_execute_api_endpoint=True)
    s.put(msgspec.structs.replace(deployment, definition=definition))
    assert not compiled(s).envoy.plan.resources["scopes"]


@pytest.mark.parametrize(
    ("kind", "is_envoys"), [("BAD_REQUEST_BODY", False), ("THROTTLED", True), ("DEFAULT_4XX", True)]
)
def test_gateway_responses_that_envoy_never_gives_need_no_filter(kind: str, is_envoys: bool) -> None:
    """Envoy refuses a filter with an empty list, and with it all routes of the stage."""
    s = Scenario()
    x = cross_account(s)
    deployment = s.state.get(Deployment, f"{x.api.id}/{x.stage.deployment_id}")
    assert deployment is not None
    responses = {kind: GatewayResponseDefinition(response_type=kind, status_code="422")}
    definition = msgspec.structs.replace(deployment.definition, gateway_responses=responses)
    s.put(msgspec.structs.replace(deployment, definition=definition))
    routes = compiled(s).envoy.plan.resources["routes"][f"{x.api.id}/test"].body
    assert ("custom_response" in str(routes)) == is_envoys
