"""Right parameters of calls about REST APIs, their stages, keys and usage plans."""

import json
from collections.abc import Mapping

from tests.unit.server.walk.networks import Params, Recipe, maybe
from tests.unit.server.walk.patches import (
    API_PATCHES,
    BOOLEAN,
    INTEGRATION_PATCHES,
    METHOD_PATCHES,
    PLAN_PATCHES,
    STAGE_PATCHES,
    patch,
    patched,
    policy_text,
)
from tests.unit.server.walk.pools import Pools, nothing

from innergate.resources.deployments import Deployment
from innergate.resources.functions import Function, FunctionAlias
from innergate.resources.load_balancers import LoadBalancer
from innergate.resources.rest_apis import ApiPart, ApiResource, MethodDefinition, RestApi
from innergate.resources.stages import Stage
from innergate.resources.vpc_endpoints import VpcEndpoint
from innergate.resources.vpc_links import VpcLink, VpcLinkV2

VERBS = ("GET", "POST", "ANY", "OPTIONS")


def _api(p: Pools) -> Params:
    kind = p.dice.choice(("PRIVATE", "PRIVATE", "REGIONAL", "EDGE"))
    endpoints = [e.id for e in p.own(VpcEndpoint) if e.service_name.endswith("execute-api")]
    configuration: Params = {"types": [kind]}
    if kind == "PRIVATE" and endpoints and p.dice.random() < 0.7:
        configuration["vpcEndpointIds"] = p.some(endpoints, 1, 2)
    clone = maybe(p, 0.1, cloneFrom=p.one(RestApi).id) if p.own(RestApi) else {}
    return {
        "name": f"api{p.dice.randrange(9)}",
        "endpointConfiguration": configuration,
        **maybe(p, 0.8 if kind == "PRIVATE" else 0.2, policy=policy_text(p)),
        **maybe(p, 0.1, disableExecuteApiEndpoint=True),
        **maybe(p, 0.2, binaryMediaTypes=["image/png"]),
        **clone,
    }


OPENAPI = {
    "openapi": "3.0.1",
    "info": {"title": "imported"},
    "paths": {
        "/a/{x}": {"get": {"x-amazon-apigateway-integration": {"type": "http_proxy", "httpMethod": "GET", "uri": "http://e.test/{x}"}}},
        "/b": {"post": {"x-amazon-apigateway-integration": {"type": "mock", "requestTemplates": {"application/json": "{}"}}}},
    },
}  # fmt: skip


def at_method(p: Pools, has_integration: bool = False) -> tuple[Params, MethodDefinition]:
    """A method that is there."""
    found = [
        (r, m)
        for r in p.of_api(ApiResource)
        for m in r.methods.values()
        if m.method_integration is not None or not has_integration
    ]
    resource, method = p.dice.choice(found or nothing())
    where = {"restApiId": resource.rest_api_id, "resourceId": resource.resource_id, "httpMethod": method.http_method}
    return where, method


def _method(p: Pools) -> Params:
    kind = p.dice.choice(("NONE", "NONE", "NONE", "AWS_IAM", "CUSTOM"))
    more = {"authorizerId": p["authorizerId"]} if kind == "CUSTOM" else {}
    resource = p.dice.choice(p.of_api(ApiResource)[:4] or nothing())
    free = [v for v in VERBS if v not in resource.methods]
    return {
        "restApiId": resource.rest_api_id,
        "resourceId": resource.resource_id,
        "httpMethod": p.dice.choice(free or nothing()),
        "authorizationType": kind,
        **more,
        **maybe(p, 0.2, apiKeyRequired=True),
        **(maybe(p, 0.3, requestValidatorId=p["requestValidatorId"]) if p.parts("request-validator") else {}),
        **maybe(p, 0.3, requestParameters={"method.request.querystring.q": p.dice.random() < 0.5}),
        **(maybe(p, 0.3, requestModels={"application/json": p["modelName"]}) if p.parts("model") else {}),
    }


def uri_of(p: Pools, function: str) -> str:
    return f"arn:aws:apigateway:{p.region}:lambda:path/2015-03-31/functions/{function}/invocations"


def _target(p: Pools) -> Params:
    kind = p.dice.randrange(8)
    if kind <= 1:
        link = p.dice.choice(p.own(VpcLink) or nothing())
        uri = p.dice.choice(("http://inside.test/x", "http://inside.test:8080/", "https://inside.test/y"))
        name = p.dice.choice((link.id, link.id, "${stageVariables.link}"))
        return {"type": "HTTP_PROXY", "connectionType": "VPC_LINK", "connectionId": name, "uri": uri}
    if kind == 2:
        link2 = p.dice.choice(p.own(VpcLinkV2) or nothing())
        balancer = p.dice.choice(p.own(LoadBalancer) or nothing())
        return {
            "type": "HTTP_PROXY",
            "connectionType": "VPC_LINK",
            "connectionId": link2.id,
            "integrationTarget": balancer.id,
            "uri": "http://inside.test/z",
        }
    if kind == 3:
        return {"type": p.dice.choice(("HTTP", "HTTP_PROXY")), "uri": "https://backend.example.com/${stageVariables.v}"}
    if kind == 4:
        function = p.one(Function)
        aliases = [a.id for a in p.state.find(FunctionAlias, "function", function.id)]
        return {
            "type": p.dice.choice(("AWS_PROXY", "AWS")),
            "uri": uri_of(p, p.dice.choice([function.id, *aliases, f"{function.id}:${{stageVariables.alias}}"])),
            **maybe(p, 0.2, timeoutInMillis=5000),
        }
    if kind == 5:
        return {
            "type": "AWS",
            "uri": f"arn:aws:apigateway:{p.region}:sqs:action/ListQueues",
            "credentials": p["RoleArn"],
        }
    return {"type": "MOCK", "requestTemplates": {"application/json": '{"statusCode": 200}'}}


def _is_bare(p: Pools, where: Params) -> bool:
    place = p.state.get(ApiResource, f"{where['restApiId']}/{where['resourceId']}")
    return place is not None and place.methods[where["httpMethod"]].method_integration is None


def _integration(p: Pools) -> Params:
    where, method = at_method(p)
    if method.method_integration is not None and p.dice.random() < 0.5:
        where = next((w for w in (at_method(p)[0] for _ in range(4)) if _is_bare(p, w)), where)
    target = _target(p)
    verb = {} if target["type"] == "MOCK" else {"integrationHttpMethod": p.dice.choice(("POST", "GET", "ANY"))}
    if target["type"] in ("AWS", "AWS_PROXY"):
        verb = {"integrationHttpMethod": "POST"}
    return {**where, **target, **verb}


def stage_of(p: Pools) -> Stage:
    return p.dice.choice(p.of_api(Stage) or nothing())


def _answered(p: Pools) -> Params:
    where, method = at_method(p, True)
    return {**where, "statusCode": p.dice.choice(list(method.method_responses) or ["200"])}


def _deploy(p: Pools) -> Params:
    name = p.dice.choice(("test", "prod", "x"))
    canary: Params = {"percentTraffic": 20.0, "stageVariableOverrides": {"v": "2"}}
    has = any(s.stage_name == name for s in p.of_api(Stage))
    return {
        "restApiId": p.one(RestApi).id,
        **maybe(p, 0.8, stageName=name),
        **(maybe(p, 0.2, canarySettings=canary) if has else {}),
        **maybe(p, 0.3, variables={"v": "1", "alias": "live"}),
    }


def _authorizer(p: Pools) -> Params:
    kind = p.dice.choice(("TOKEN", "REQUEST", "COGNITO_USER_POOLS"))
    base: Params = {"restApiId": p.one(RestApi).id, "name": f"a{p.dice.randrange(5)}", "type": kind}
    if kind == "COGNITO_USER_POOLS":
        pool = f"arn:aws:cognito-idp:{p.region}:{p.account}:userpool/{p.region}_abc"
        return {**base, "identitySource": "method.request.header.Authorization", "providerARNs": [pool]}
    return {
        **base,
        "authorizerUri": uri_of(p, p.one(Function).id),
        "identitySource": "method.request.header.Authorization",
        "authorizerResultTtlInSeconds": p.dice.choice((0, 300)),
        **(maybe(p, 0.2, authorizerCredentials=p["RoleArn"])),
    }


def _usage_plan(p: Pools) -> Params:
    stages = []
    if p.dice.random() < 0.7:
        stages = [{"apiId": p.one(RestApi).id, "stage": stage_of(p).stage_name}]
    return {
        "name": f"plan{p.dice.randrange(9)}",
        "apiStages": stages,
        **maybe(p, 0.5, throttle={"rateLimit": 5.0, "burstLimit": 5}),
        **maybe(p, 0.5, quota={"limit": 10, "period": "DAY"}),
    }


def _api_part(p: Pools, part: str) -> ApiPart:
    return p.dice.choice(p.state.find(ApiPart, "part", f"{p.one(RestApi).id}/{part}") or nothing())


APIGATEWAY: Mapping[str, Recipe] = {
    "CreateRestApi": _api,
    "UpdateRestApi": patched(lambda p: {"restApiId": p["restApiId"]}, API_PATCHES),
    "ImportRestApi": lambda p: {"body": json.dumps(OPENAPI).encode()},
    "PutRestApi": lambda p: {
        "restApiId": p["restApiId"],
        "mode": p.dice.choice(("merge", "overwrite")),
        "body": json.dumps(OPENAPI).encode(),
    },
    "CreateResource": lambda p: {
        "restApiId": p["restApiId"],
        "parentId": p["parentId"],
        "pathPart": p.dice.choice(("a", "b", "{id}", "{proxy+}", "c.d")),
    },
    "UpdateResource": patched(
        lambda p: {"restApiId": p["restApiId"], "resourceId": p["resourceId"]},
        patch(("replace", "/pathPart", ("e", "{other}")), ("replace", "/parentId", "{parentId}")),
    ),
    "PutMethod": _method,
    "UpdateMethod": patched(lambda p: at_method(p)[0], METHOD_PATCHES),
    "DeleteMethod": lambda p: at_method(p)[0],
    "GetMethod": lambda p: at_method(p)[0],
    "PutIntegration": _integration,
    "UpdateIntegration": patched(lambda p: at_method(p, True)[0], INTEGRATION_PATCHES),
    "DeleteIntegration": lambda p: at_method(p, True)[0],
    "GetIntegration": lambda p: at_method(p, True)[0],
    "PutMethodResponse": lambda p: {
        **at_method(p)[0],
        "statusCode": p.dice.choice(("200", "404")),
        **maybe(p, 0.5, responseParameters={"method.response.header.X": False}),
    },
    "DeleteMethodResponse": lambda p: {**at_method(p)[0], "statusCode": p.dice.choice(("200", "404"))},
    "PutIntegrationResponse": lambda p: {
        **_answered(p),
        **maybe(p, 0.5, selectionPattern=p.dice.choice(("", "4\\d\\d", ".*bad.*"))),
        **maybe(p, 0.4, responseTemplates={"application/json": "$input.body"}),
        **maybe(p, 0.3, responseParameters={"method.response.header.X": "'v'"}),
    },
    "DeleteIntegrationResponse": lambda p: {**at_method(p, True)[0], "statusCode": p.dice.choice(("200", "404"))},
    "TestInvokeMethod": lambda p: at_method(p)[0],
    "CreateDeployment": _deploy,
    "CreateStage": lambda p: {
        "restApiId": p["restApiId"],
        "stageName": p.dice.choice(("test", "prod", "y")),
        "deploymentId": p["deploymentId"],
        **maybe(p, 0.5, variables={"v": "3"}),
    },
    "UpdateStage": patched(lambda p: {"restApiId": p["restApiId"], "stageName": stage_of(p).stage_name}, STAGE_PATCHES),
    "DeleteStage": lambda p: {"restApiId": p["restApiId"], "stageName": stage_of(p).stage_name},
    "DeleteDeployment": lambda p: {
        "restApiId": p["restApiId"],
        "deploymentId": p.dice.choice(p.of_api(Deployment) or nothing()).deployment_id,
    },
    "CreateVpcLink": lambda p: {
        "name": f"link{p.dice.randrange(9)}",
        "targetArns": [p.dice.choice([b.id for b in p.own(LoadBalancer) if b.type == "network"] or nothing())],
    },
    "UpdateVpcLink": patched(lambda p: {"vpcLinkId": p["vpcLinkId"]}, patch(("replace", "/name", "other"))),
    "CreateAuthorizer": _authorizer,
    "UpdateAuthorizer": patched(
        lambda p: {"restApiId": p["restApiId"], "authorizerId": _api_part(p, "authorizer").part_id},
        patch(("replace", "/authorizerResultTtlInSeconds", ("0", "60")), ("replace", "/name", "renamed")),
    ),
    "CreateModel": lambda p: {
        "restApiId": p["restApiId"],
        "name": p.dice.choice(("M1", "M2")),
        "contentType": "application/json",
        "schema": json.dumps({"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}}),
    },
    "CreateRequestValidator": lambda p: {
        "restApiId": p["restApiId"],
        "name": "v",
        "validateRequestBody": p.dice.random() < 0.5,
        "validateRequestParameters": p.dice.random() < 0.5,
    },
    "PutGatewayResponse": lambda p: {
        "restApiId": p["restApiId"],
        "responseType": p.dice.choice(("DEFAULT_4XX", "DEFAULT_5XX", "ACCESS_DENIED", "MISSING_AUTHENTICATION_TOKEN")),
        "statusCode": p.dice.choice(("418", "403")),
        "responseTemplates": {"application/json": '{"m": "$context.error.message"}'},
    },
    "CreateApiKey": lambda p: {"name": f"k{p.dice.randrange(9)}", "enabled": p.dice.random() < 0.8},
    "UpdateApiKey": patched(lambda p: {"apiKey": p["apiKey"]}, patch(("replace", "/enabled", BOOLEAN))),
    "CreateUsagePlan": _usage_plan,
    "UpdateUsagePlan": patched(lambda p: {"usagePlanId": p["usagePlanId"]}, PLAN_PATCHES),
    "CreateUsagePlanKey": lambda p: {"usagePlanId": p["usagePlanId"], "keyId": p["apiKey"], "keyType": "API_KEY"},
    "UpdateAccount": lambda p: {
        "patchOperations": [{"op": "replace", "path": "/cloudwatchRoleArn", "value": p["RoleArn"]}]
    },
    "CreateDocumentationPart": lambda p: {
        "restApiId": p["restApiId"],
        "location": p.dice.choice(({"type": "API"}, {"type": "RESOURCE", "path": "/a"})),
        "properties": '{"description": "d"}',
    },
    "CreateDocumentationVersion": lambda p: {
        "restApiId": p["restApiId"],
        "documentationVersion": f"v{p.dice.randrange(9)}",
    },
}
