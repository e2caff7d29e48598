"""What a gateway does besides passing on: mapping, variables, mocks, keys, throttles, its own answers."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from tests.e2e.conftest import Built
from tests.e2e.inside import Call, Noticed, api_host, calls_from, https, simulated
from tests.e2e.rivals import Method, Rival, TrialApi

from innergate.cli.demo.scenarios import REGION

pytestmark = pytest.mark.e2e

FORBIDDEN = (403, '{"message":"Forbidden"}', "ForbiddenException")
NO_TOKEN = (403, '{"message":"Missing Authentication Token"}', "MissingAuthenticationTokenException")
TOO_MANY = (429, '{"message":"Too Many Requests"}', "TooManyRequestsException")
KEY, OFF_KEY, LOOSE_KEY = "k" * 24, "d" * 24, "l" * 24


class Trial(NamedTuple):
    """An API with a path for each feature, and the usage plans before it."""

    platform: Any
    rival: Rival
    api: TrialApi
    keys: dict[str, str]
    plan: str

    def call(self, path: str, **options: object) -> Call:
        return https(f"https://{api_host(self.api.id)}/test{path}", **options)

    def notice(self, *calls: Call) -> list[Noticed]:
        return calls_from(self.platform, self.rival.network.vpc, calls)

    def cause(self, call: Call) -> dict[str, Any]:
        return simulated(self.platform, self.rival.network.vpc, call)


@pytest.fixture(scope="module")
def trial(built: Built, rival: Rival) -> Iterator[Trial]:
    api, client = TrialApi(rival.cloud, "features"), rival.cloud.apigateway
    _put_methods(api, rival.balancer.dns_name, rival.link)
    client.put_gateway_response(
        restApiId=api.id,
        responseType="DEFAULT_4XX",
        responseParameters={"gatewayresponse.header.Access-Control-Allow-Origin": "'https://a.example'"},
    )
    client.put_gateway_response(
        restApiId=api.id,
        responseType="INTEGRATION_TIMEOUT",
        statusCode="503",
        responseParameters={"gatewayresponse.header.x-why": "'slow'"},
        responseTemplates={
            "application/json": '{"type":"$context.error.responseType","said":$context.error.messageString}'
        },
    )
    api.deploy(variables={"color": "purple", "link": rival.link})
    api.patch_stage("test", {"/~1rare/GET/throttling/rateLimit": "1", "/~1rare/GET/throttling/burstLimit": "2"})
    keys, plan = _make_keys(client, api.id)
    built.platform.settle()
    yield Trial(built.platform, rival, api, keys, plan)
    client.update_usage_plan(usagePlanId=plan, patchOperations=[_patch("remove", "/apiStages", f"{api.id}:test")])
    client.delete_usage_plan(usagePlanId=plan)
    for key in keys.values():
        client.delete_api_key(apiKey=key)
    client.delete_rest_api(restApiId=api.id)


def _put_methods(api: TrialApi, host: str, link: str) -> None:
    pet = {"integration.request.path.petId": "method.request.path.petId"}
    api.put(
        "/pets/{petId}",
        host,
        Method("/v2/animals/{petId}", link, declared={"method.request.path.petId": True}, mapped=pet),
    )
    mapped = {
        "integration.request.header.x-out": "method.request.header.x-in",
        "integration.request.querystring.z": "method.request.querystring.q",
        "integration.request.header.x-static": "'fixed'",
        "integration.request.header.x-stage": "stageVariables.color",
        "integration.request.header.x-api": "context.apiId",
        "integration.request.header.x-id": "context.requestId",
    }
    declared = {"method.request.header.x-in": False, "method.request.querystring.q": False}
    api.put("/map", host, Method("/mapped", link, declared=declared, mapped=mapped))
    api.put("/vars", host, Method("/${stageVariables.color}/v", link))
    api.put("/link-by-name", host, Method("/", "${stageVariables.link}"))
    allowed = {"Access-Control-Allow-Origin": "https://a.example", "Access-Control-Allow-Methods": "GET,POST"}
    api.put("/cors", host, Method(verb="OPTIONS", mock_headers=allowed))
    api.put("/cors", host, Method("/behind", link))
    api.put("/slow", host, Method("/slow/20", link, timeout_ms=400))
    api.put("/rare", host, Method("/", link))
    api.put("/locked", host, Method("/", link, key_required=True))


def _make_keys(client: Any, api: str) -> tuple[dict[str, str], str]:
    def key(name: str, value: str, enabled: bool = True) -> str:
        return str(client.create_api_key(name=name, value=value, enabled=enabled)["id"])

    keys = {"good": key("good", KEY), "off": key("off", OFF_KEY, enabled=False), "loose": key("loose", LOOSE_KEY)}
    stages = [{"apiId": api, "stage": "test"}]
    plan = client.create_usage_plan(name="trial", apiStages=stages, throttle={"rateLimit": 1, "burstLimit": 3})["id"]
    for name in ("good", "off"):
        client.create_usage_plan_key(usagePlanId=plan, keyId=keys[name], keyType="API_KEY")
    return keys, str(plan)


def _patch(op: str, path: str, value: str) -> dict[str, str]:
    return {"op": op, "path": path, "value": value}


def _answer(noticed: Noticed) -> tuple[object, ...]:
    return noticed["status"], noticed["body"], noticed["headers"].get("x-amzn-errortype")


def test_path_parameters_are_mapped(trial: Trial) -> None:
    plain, spaced = trial.notice(trial.call("/pets/42"), trial.call("/pets/a%20b?x=1"))
    assert json.loads(plain["body"])["path"] == "/v2/animals/42"
    assert json.loads(spaced["body"])["path"] == "/v2/animals/a%20b?x=1"


def test_headers_queries_variables_and_context_are_mapped(trial: Trial) -> None:
    [noticed] = trial.notice(trial.call("/map?q=1&z=0", headers={"x-in": "in", "x-out": "mine", "x-api": "mine"}))
    seen = json.loads(noticed["body"])
    headers = {name: seen["headers"].get(name) for name in ("x-out", "x-static", "x-stage", "x-api", "x-id")}
    assert headers == {
        "x-out": "in",
        "x-static": "fixed",
        "x-stage": "purple",
        "x-api": trial.api.id,
        "x-id": noticed["headers"]["x-amzn-requestid"],
    }
    assert seen["path"] == "/mapped?q=1&z=1"


def test_stage_variables_choose_path_and_link(trial: Trial) -> None:
    by_path, by_link = trial.notice(trial.call("/vars"), trial.call("/link-by-name"))
    assert json.loads(by_path["body"])["path"] == "/purple/v"
    assert by_link["headers"]["x-backend"] in ("rival-a", "rival-b")


def test_a_changed_stage_variable_needs_no_deployment(trial: Trial) -> None:
    trial.api.patch_stage("test", {"/variables/color": "green"})
    trial.platform.settle()
    [noticed] = trial.notice(trial.call("/vars"))
    trial.api.patch_stage("test", {"/variables/color": "purple"})
    trial.platform.settle()
    assert json.loads(noticed["body"])["path"] == "/green/v"


def test_a_mock_answers_preflights(trial: Trial) -> None:
    asked = {"Origin": "https://a.example", "Access-Control-Request-Method": "POST"}
    preflight, behind = trial.notice(trial.call("/cors", method="OPTIONS", headers=asked), trial.call("/cors"))
    assert (preflight["status"], preflight["body"]) == (200, "")
    headers = preflight["headers"]
    assert headers["access-control-allow-origin"] == "https://a.example"
    assert headers["access-control-allow-methods"] == "GET,POST"
    assert json.loads(behind["body"])["path"] == "/behind"
    said = trial.cause(trial.call("/cors", method="OPTIONS"))
    assert (said["cause"], said["status"], said["outward"]) == ("", 200, "200 from the mock")


def test_unknown_paths_and_methods_miss_a_token(trial: Trial) -> None:
    calls = (trial.call("/nothing"), trial.call("/cors", method="DELETE"), trial.call("/pets"), trial.call("/pets/1/x"))
    assert [_answer(n) for n in trial.notice(*calls)] == [NO_TOKEN] * len(calls)
    cause = trial.cause(calls[0])["cause"]
    assert cause.startswith("resource /nothing: no resource of the deployment matches /nothing; it has /")
    assert "/cors has no method DELETE" in trial.cause(calls[1])["cause"]


def test_gateway_made_answers_carry_the_custom_header_and_backends_do_not(trial: Trial) -> None:
    """DEFAULT_4XX is customised; it covers unknown paths, and not what a backend or an unknown stage says."""
    missed, fine = trial.notice(trial.call("/nothing"), trial.call("/vars"))
    assert missed["headers"]["access-control-allow-origin"] == "https://a.example"
    assert "access-control-allow-origin" not in fine["headers"]


def test_a_customised_time_out(trial: Trial) -> None:
    [noticed] = trial.notice(trial.call("/slow"))
    assert (noticed["status"], noticed["headers"]["x-why"]) == (503, "slow")
    assert json.loads(noticed["body"]) == {"type": "INTEGRATION_TIMEOUT", "said": "Endpoint request timed out"}


def test_keys_open_locked_methods_and_nothing_else_does(trial: Trial) -> None:
    good = trial.call("/locked", headers={"x-api-key": KEY})
    bad = [
        trial.call("/locked"),
        trial.call("/locked", headers={"x-api-key": "w" * 24}),
        trial.call("/locked", headers={"x-api-key": OFF_KEY}),
        trial.call("/locked", headers={"x-api-key": LOOSE_KEY}),
        trial.call(f"/locked?x-api-key={KEY}"),
    ]
    first, *others = trial.notice(good, *bad)
    assert first["status"] == 200
    assert "x-innergate" not in first["body"]
    assert [_answer(n) for n in others] == [FORBIDDEN] * len(bad)
    assert trial.cause(good)["cause"] == ""
    assert "no x-api-key header was given" in trial.cause(bad[0])["cause"]
    for call in bad[1:4]:
        assert "the given one is none" in trial.cause(call)["cause"]


def test_a_key_that_is_switched_off_stops_working(trial: Trial) -> None:
    client = trial.rival.cloud.apigateway
    client.update_api_key(apiKey=trial.keys["good"], patchOperations=[_patch("replace", "/enabled", "false")])
    trial.platform.settle()
    [noticed] = trial.notice(trial.call("/locked", headers={"x-api-key": KEY}))
    client.update_api_key(apiKey=trial.keys["good"], patchOperations=[_patch("replace", "/enabled", "true")])
    trial.platform.settle()
    assert _answer(noticed) == FORBIDDEN


def _burst(trial: Trial, call: Call, times: int = 12) -> dict[str, int]:
    [noticed] = trial.notice({"do": "burst", "call": call, "times": times})
    seen: dict[str, int] = noticed["seen"]
    return seen


def test_a_method_of_two_at_once(trial: Trial) -> None:
    seen = _burst(trial, trial.call("/rare"))
    assert set(seen) == {"200", "429"}
    assert 2 <= seen["200"] <= 4
    assert _burst(trial, trial.call("/vars")) == {"200": 12}, "other methods have their own measure"
    assert any("429" in note for note in trial.cause(trial.call("/rare"))["notes"])


def test_a_usage_plan_of_three_at_once(trial: Trial) -> None:
    seen = _burst(trial, trial.call("/locked", headers={"x-api-key": KEY}))
    assert set(seen) == {"200", "429"}
    assert 2 <= seen["200"] <= 5


def test_a_stage_of_one_at_once_says_too_many_requests(trial: Trial) -> None:
    trial.api.patch_stage("test", {"/*/*/throttling/rateLimit": "1", "/*/*/throttling/burstLimit": "1"})
    trial.platform.settle()
    noticed = trial.notice(*[trial.call("/vars")] * 6)
    trial.api.patch_stage("test", {"/*/*/throttling/rateLimit": "10000", "/*/*/throttling/burstLimit": "5000"})
    trial.platform.settle()
    refused = [n for n in noticed if n["status"] != 200]
    assert len(refused) >= 3
    assert {_answer(n) for n in refused} == {TOO_MANY}
    assert {n["headers"]["access-control-allow-origin"] for n in refused} == {"https://a.example"}


def test_a_throttle_of_zero_lets_nobody_in(trial: Trial) -> None:
    trial.api.patch_stage("test", {"/~1vars/GET/throttling/rateLimit": "0", "/~1vars/GET/throttling/burstLimit": "0"})
    trial.platform.settle()
    [noticed] = trial.notice(trial.call("/vars"))
    cause = trial.cause(trial.call("/vars"))
    removed = [{"op": "remove", "path": "/~1vars/GET"}]
    trial.rival.cloud.apigateway.update_stage(restApiId=trial.api.id, stageName="test", patchOperations=removed)
    trial.platform.settle()
    assert _answer(noticed) == TOO_MANY
    assert (cause["status"], "throttle" in cause["cause"]) == (429, True)


def test_the_answers_of_a_stage_that_is_not_there(trial: Trial) -> None:
    [noticed] = trial.notice(https(f"https://{trial.api.id}.execute-api.{REGION}.amazonaws.com/none/vars"))
    assert _answer(noticed) == FORBIDDEN
