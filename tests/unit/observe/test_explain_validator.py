"""A request validator refuses an explained call for the parameters that it lacks, as it would refuse the real one."""

import msgspec
import pytest

from innergate.observe.explain import simulate
from innergate.observe.explain_call import CallRequest
from innergate.observe.explanation import Explanation
from innergate.primitives.json_value import JsonValue
from innergate.resources.deployments import Deployment
from innergate.resources.rest_apis import Integration, IntegrationResponse, MethodDefinition, MethodResponse, RestApi
from innergate.testing.blog_scenarios import CrossAccount, cross_account
from innergate.testing.scenario import Scenario

BOTH: dict[str, JsonValue] = {"validateRequestParameters": True, "validateRequestBody": True}
MOCK = Integration(
    type="MOCK",
    request_templates={"application/json": '{"statusCode": 200}'},
    integration_responses={"200": IntegrationResponse(status_code="200")},
)
METHOD = MethodDefinition(
    http_method="GET",
    method_integration=MOCK,
    method_responses={"200": MethodResponse(status_code="200")},
    request_validator_id="all",
    request_parameters={
        "method.request.header.X-Tenant": True,
        "method.request.header.X-Other": False,
        "method.request.querystring.page": True,
        "method.request.path.id": True,
    },
    request_models={"application/json": "Pet"},
)


class Rig:
    """An API with one method and a validator."""

    def __init__(self) -> None:
        self.s = Scenario()
        self.purple: CrossAccount = cross_account(self.s)

    def make(self, method: MethodDefinition, validators: dict[str, dict[str, JsonValue]]) -> RestApi:
        api, stage = self.s.private_api(None, self.purple.api_endpoint, methods={("/{id}", "GET"): method})
        deployment = self.s.state.get(Deployment, f"{api.id}/{stage.deployment_id}")
        assert deployment is not None
        parts = {**deployment.definition.parts, "request-validator": validators}
        definition = msgspec.structs.replace(deployment.definition, parts=parts)
        self.s.put(msgspec.structs.replace(deployment, definition=definition))
        return api

    def call(self, api: RestApi, path: str, **headers: str) -> Explanation:
        url = f"https://{api.id}.execute-api.us-east-1.amazonaws.com/test{path}"
        return simulate(self.s.state, CallRequest(url, self.purple.gateway_vpc.id, headers=headers))


@pytest.fixture
def rig() -> Rig:
    return Rig()


def test_what_is_missing_is_named_as_the_answer_names_it(rig: Rig) -> None:
    api = rig.make(METHOD, {"all": BOTH})
    out = rig.call(api, "/1")
    assert out.cause == "validator GET /{id}: Missing required request parameters: [X-Tenant, page]"
    assert (out.status, out.outward) == (400, '400 {"message":"Missing required request parameters: [X-Tenant, page]"}')
    assert "[page]" in rig.call(api, "/1?page=", **{"x-tenant": "a"}).cause
    fine = rig.call(api, "/1?page=2", **{"X-Tenant": "a"})
    assert fine.works
    assert any("the model Pet" in note for note in fine.notes)


def test_a_validator_of_bodies_alone_or_none_asks_for_no_parameter(rig: Rig) -> None:
    bodies: dict[str, JsonValue] = {"validateRequestParameters": False, "validateRequestBody": True}
    assert rig.call(rig.make(METHOD, {"all": bodies}), "/1").works
    unchecked = rig.call(rig.make(msgspec.structs.replace(METHOD, request_validator_id=None), {"all": BOTH}), "/1")
    assert unchecked.works
    assert not any("model" in note for note in unchecked.notes)


def test_a_validator_that_is_gone_still_asks(rig: Rig) -> None:
    assert rig.call(rig.make(METHOD, {}), "/1").cause.startswith("validator ")


def test_of_a_past_call_nobody_knows_the_parameters(rig: Rig) -> None:
    api = rig.make(METHOD, {"all": BOTH})
    url = f"https://{api.id}.execute-api.us-east-1.amazonaws.com/test/1"
    came = CallRequest(url, rig.purple.gateway_vpc.id, came_in_by=rig.purple.api_endpoint.id)
    out = simulate(rig.s.state, came)
    assert out.works
    assert "the validator asks for X-Tenant, page; what a past call had of them is not kept" in out.notes


def test_behind_a_missing_key_the_validator_is_asked_too(rig: Rig) -> None:
    api = rig.make(msgspec.structs.replace(METHOD, api_key_required=True), {"all": BOTH})
    out = rig.call(api, "/1")
    assert out.cause.startswith("api-key ")
    assert [hop.kind for hop in out.behind] == ["validator"]
    assert "this stage has no key" in out.fix
