"""One stage for each feature of the request path, each beside the same private path: what the feature costs is the ratio."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from bench.rig import Rig
from innergate.cli.demo.scenarios import api_url, endpoint_policy, make_private_api, set_policy

API_KEY = "bench-key-0123456789abcdef"
STAGE = "test"


class Variant(NamedTuple):
    """Where a feature is on: the API's host, the stage, and headers that a request needs."""

    host: str
    stage: str
    headers: Mapping[str, str] = {}
    verb: str = "GET"


def build_features(rig: Rig) -> dict[str, Variant]:
    """Makes and deploys one API for each."""
    found = {
        "policy_of_paths": _policy(rig),
        "throttle": _throttle(rig),
        "api_key": _api_key(rig),
        "canary": _canary(rig),
        "cors_preflight": _cors(rig),
    }
    rig.platform.settle()
    return found


def _api(rig: Rig, name: str) -> str:
    path = rig.path
    api = make_private_api(rig.world.gateway, name, path.link, path.balancer, path.entry)
    set_policy(rig.world.gateway, api, endpoint_policy(path.entry))
    return api


def _deploy(rig: Rig, api: str) -> None:
    rig.world.gateway.apigateway.create_deployment(restApiId=api, stageName=STAGE)


def _variant(api: str, headers: Mapping[str, str] | None = None, verb: str = "GET") -> Variant:
    return Variant(api_url(api, STAGE).split("/")[2], STAGE, headers or {}, verb)


def _policy(rig: Rig) -> Variant:
    """A policy that asks for the path and for the client's address, which no route can answer alone."""
    api = _api(rig, "policy")
    allow = {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}
    deny = {**allow, "Effect": "Deny", "Resource": "execute-api:/test/*/admin/*"}
    other = {**allow, "Effect": "Deny", "Condition": {"NotIpAddress": {"aws:VpcSourceIp": ["10.0.0.0/8"]}}}
    set_policy(rig.world.gateway, api, json.dumps({"Version": "2012-10-17", "Statement": [deny, other, allow]}))
    _deploy(rig, api)
    return _variant(api)


def _throttle(rig: Rig) -> Variant:
    api = _api(rig, "throttle")
    _deploy(rig, api)
    operations = [
        {"op": "replace", "path": "/*/*/throttling/rateLimit", "value": "10000000"},
        {"op": "replace", "path": "/*/*/throttling/burstLimit", "value": "1000000"},
    ]
    rig.world.gateway.apigateway.update_stage(restApiId=api, stageName=STAGE, patchOperations=operations)
    return _variant(api)


def _methods(client: Any, api: str) -> list[tuple[str, str]]:
    items = client.get_resources(restApiId=api, limit=500)["items"]
    return [(item["id"], verb) for item in items for verb in item.get("resourceMethods", {})]


def _api_key(rig: Rig) -> Variant:
    api, client = _api(rig, "api-key"), rig.world.gateway.apigateway
    for resource, verb in _methods(client, api):
        wanted = [{"op": "replace", "path": "/apiKeyRequired", "value": "true"}]
        client.update_method(restApiId=api, resourceId=resource, httpMethod=verb, patchOperations=wanted)
    _deploy(rig, api)
    key = client.create_api_key(name="bench", value=API_KEY, enabled=True)["id"]
    stage = {"apiId": api, "stage": STAGE}
    throttle = {"rateLimit": 10_000_000.0, "burstLimit": 1_000_000}
    plan = client.create_usage_plan(name="bench", apiStages=[stage], throttle=throttle)["id"]
    client.create_usage_plan_key(usagePlanId=plan, keyId=key, keyType="API_KEY")
    return _variant(api, {"x-api-key": API_KEY})


def _canary(rig: Rig) -> Variant:
    api = _api(rig, "canary")
    _deploy(rig, api)
    canary = {"percentTraffic": 10.0}
    rig.world.gateway.apigateway.create_deployment(restApiId=api, stageName=STAGE, canarySettings=canary)
    return _variant(api)


def _cors(rig: Rig) -> Variant:
    """OPTIONS by a MOCK, as the console's "Enable CORS" makes it."""
    api, client = _api(rig, "cors"), rig.world.gateway.apigateway
    allowed = {"Origin": "'*'", "Methods": "'GET,POST,OPTIONS'", "Headers": "'Content-Type,Authorization'"}
    for resource in {resource for resource, _ in _methods(client, api)}:
        keys = {"restApiId": api, "resourceId": resource, "httpMethod": "OPTIONS"}
        client.put_method(**keys, authorizationType="NONE")
        client.put_integration(**keys, type="MOCK", requestTemplates={"application/json": '{"statusCode": 200}'})
        names = [f"method.response.header.Access-Control-Allow-{name}" for name in allowed]
        client.put_method_response(**keys, statusCode="200", responseParameters=dict.fromkeys(names, False))
        values = dict(zip(names, allowed.values(), strict=True))
        client.put_integration_response(**keys, statusCode="200", responseParameters=values)
    _deploy(rig, api)
    return _variant(api, {"Origin": "https://example.com", "Access-Control-Request-Method": "GET"}, "OPTIONS")
