"""What is saved of an API but not deployed."""

import json

import msgspec
import pytest

from innergate.compile.resolve.api_definitions import define_api
from innergate.observe.api_diff import Difference, diff_api, diff_definitions
from innergate.primitives.no_such_thing import NoSuchThing
from innergate.resources.deployments import Deployment
from innergate.resources.rest_apis import ApiPart, ApiResource, RestApi
from innergate.testing.scenario import Scenario, proxy_method


class Edited:
    """An API with GET /a, saved as deployed."""

    def __init__(self) -> None:
        self.s = Scenario()
        self.api, self.stage = self.s.private_api(
            None, policy="{}", methods={("/a", "GET"): proxy_method("l", "http://h/")}
        )
        deployment = self.s.state.get(Deployment, f"{self.api.id}/{self.stage.deployment_id}")
        assert deployment is not None
        for resource in deployment.definition.resources:
            self.s.put(
                ApiResource(
                    id=f"{self.api.id}/{resource.resource_id}",
                    account=self.api.account,
                    region=self.api.region,
                    rest_api_id=self.api.id,
                    resource_id=resource.resource_id,
                    path=resource.path,
                    methods=resource.methods,
                )
            )

    def resource(self, path: str) -> ApiResource:
        return next(r for r in self.s.state.find(ApiResource, "rest-api", self.api.id) if r.path == path)

    def diff(self) -> tuple[Difference, ...]:
        return diff_api(self.s.state, self.api.id, "test")


@pytest.fixture
def edited() -> Edited:
    return Edited()


def test_nothing_differs_after_a_deployment(edited: Edited) -> None:
    assert edited.diff() == ()


def test_what_is_not_there(edited: Edited) -> None:
    with pytest.raises(NoSuchThing, match="there is no API 'nothing'"):
        diff_api(edited.s.state, "nothing", "test")
    with pytest.raises(NoSuchThing, match=f"the API {edited.api.id} has no stage 'prod'; it has test"):
        diff_api(edited.s.state, edited.api.id, "prod")


def test_a_changed_integration_is_a_line_for_each_leaf(edited: Edited) -> None:
    resource = edited.resource("/a")
    method = resource.methods["GET"]
    assert method.method_integration is not None
    changed = msgspec.structs.replace(
        method, method_integration=msgspec.structs.replace(method.method_integration, uri="http://other/")
    )
    edited.s.put(msgspec.structs.replace(resource, methods={"GET": changed}))
    assert edited.diff() == (Difference("changed", "GET /a: methodIntegration.uri", "http://h/", "http://other/"),)


def test_methods_come_and_go(edited: Edited) -> None:
    resource = edited.resource("/a")
    edited.s.put(msgspec.structs.replace(resource, methods={"POST": resource.methods["GET"]}))
    assert [(d.change, d.what) for d in edited.diff()] == [("removed", "GET /a"), ("added", "POST /a")]


def test_a_policy_is_a_line_for_each_leaf(edited: Edited) -> None:
    def policy(*endpoints: str) -> str:
        condition = {"StringEquals": {"aws:SourceVpce": [*endpoints]}}
        return json.dumps({"Statement": [{"Effect": "Allow", "Condition": condition}]})

    edited.s.put(msgspec.structs.replace(edited.api, policy=policy("vpce-1")))
    assert [d.what for d in edited.diff()] == [
        "policy: Statement.0.Condition.StringEquals.aws:SourceVpce",
        "policy: Statement.0.Effect",
    ]
    edited.s.put(msgspec.structs.replace(edited.api, policy=""))
    assert edited.diff() == (Difference("removed", "policy", "{}", ""),)
    served = msgspec.structs.replace(define_api(edited.s.state, edited.api), policy=policy("vpce-1"))
    saved = msgspec.structs.replace(served, policy=policy("vpce-1", "vpce-2"))
    assert [*diff_definitions(served, saved)] == [
        Difference(
            "changed",
            "policy: Statement.0.Condition.StringEquals.aws:SourceVpce",
            '["vpce-1"]',
            '["vpce-1", "vpce-2"]',
        )
    ]


def test_the_policy_and_a_gateway_response(edited: Edited) -> None:
    edited.s.put(msgspec.structs.replace(edited.api, policy='{"Version":"2012-10-17"}'))
    body = {"responseType": "THROTTLED", "statusCode": "430"}
    edited.s.put(
        ApiPart(
            id=f"{edited.api.id}/gateway-response/THROTTLED",
            account=edited.api.account,
            region=edited.api.region,
            rest_api_id=edited.api.id,
            part="gateway-response",
            part_id="THROTTLED",
            body=dict(body),
        )
    )
    assert edited.diff() == (
        Difference("changed", "policy: Version", "", "2012-10-17"),
        Difference("added", "gateway response THROTTLED", "", ""),
    )
    assert edited.s.state.get(RestApi, edited.api.id) is not None
