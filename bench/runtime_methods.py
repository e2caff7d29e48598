"""The API whose methods only a worker can serve, beside the private path's own: MOCK with templates, HTTP with templates over
the link, Lambda functions, authorizers."""

import io
import json
import zipfile
from typing import Any, NamedTuple

import boto3

from bench.rig import Rig
from innergate.cli.demo.scenarios import REGION, endpoint_policy

STAGE = "test"
MOCK_REQUEST = """#set($all = $input.params())
{"statusCode": #if($input.params('code') == '')200#else$input.params('code')#end}"""
MOCK_ANSWER = """{"id":"$input.params('id')","who":"$context.identity.sourceIp","vpce":"$context.identity.vpceId",
"path":"$context.resourcePath","request":"$context.requestId"}"""
HTTP_REQUEST = """#set($in = $input.path('$'))
{"customer":"$in.customer","items":[
#foreach($item in $in.items){"sku":"$item.sku","count":$item.count}#if($foreach.hasNext),#end#end],
"from":"$context.identity.sourceIp"}"""
HTTP_ANSWER = """{"order":$input.json('$.id'),"state":"$input.path('$.state')","request":"$context.requestId"}"""
FUNCTION = """
import json
def handler(event, context):
    return {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": json.dumps({"path": event["path"]})}
"""
AUTHORIZER = """
def handler(event, context):
    statement = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": event["methodArn"].split("/")[0] + "/*"}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    return {"principalId": "bench", "policyDocument": document, "context": {"team": "7"}}
"""
ORDER = {"customer": "c-1", "items": [{"sku": "a", "count": 1}, {"sku": "b", "count": 2}, {"sku": "c", "count": 3}]}
PATHS = {
    "mock": "/mock/7",
    "http": "/http",
    "lambda": "/lambda",
    "authorizer_cached": "/cached",
    "authorizer_uncached": "/uncached",
}


class Methods(NamedTuple):
    """The deployed API, and Lambda's client of its account."""

    api: str
    functions: Any


def build_methods(rig: Rig) -> Methods:
    """Makes and deploys it."""
    return _Builder(rig).build()


class _Builder:
    def __init__(self, rig: Rig) -> None:
        self._rig = rig
        self._gateway = rig.world.gateway
        self._api = self._gateway.apigateway
        environment = rig.platform.environment("gateway")
        session: Any = boto3.Session(
            environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"], region_name=REGION
        )
        endpoint = environment["AWS_ENDPOINT_URL"]
        self._functions = session.client("lambda", endpoint_url=endpoint)
        self._iam = session.client("iam", endpoint_url=endpoint)
        made = self._api.create_rest_api(
            name="runtime",
            endpointConfiguration={"types": ["PRIVATE"], "vpcEndpointIds": [rig.path.entry]},
            policy=endpoint_policy(rig.path.entry),
        )
        self._id, self._root = str(made["id"]), str(made["rootResourceId"])

    def build(self) -> Methods:
        statement = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        role = self._iam.create_role(RoleName="bench-functions", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        handler, judge = self._function("bench", FUNCTION, role), self._function("bench-judge", AUTHORIZER, role)
        self._mock(self._resource(self._resource(self._root, "mock"), "{id}"))
        self._http(self._resource(self._root, "http"))
        self._lambda(self._resource(self._root, "lambda"), handler)
        for name, ttl_s in (("cached", 300), ("uncached", 0)):
            authorizer = self._api.create_authorizer(
                restApiId=self._id,
                name=name,
                type="REQUEST",
                authorizerUri=_invoke_arn(judge),
                identitySource="method.request.header.Authorization",
                authorizerResultTtlInSeconds=ttl_s,
            )["id"]
            self._mock(self._resource(self._root, name), authorizationType="CUSTOM", authorizerId=authorizer)
        self._api.create_deployment(restApiId=self._id, stageName=STAGE)
        self._rig.platform.settle()
        return Methods(self._id, self._functions)

    def _resource(self, parent: str, part: str) -> str:
        return str(self._api.create_resource(restApiId=self._id, parentId=parent, pathPart=part)["id"])

    def _keys(self, resource: str, verb: str) -> dict[str, str]:
        return {"restApiId": self._id, "resourceId": resource, "httpMethod": verb}

    def _answers(self, keys: dict[str, str], template: str) -> None:
        self._api.put_method_response(**keys, statusCode="200")
        self._api.put_integration_response(**keys, statusCode="200", responseTemplates={"application/json": template})

    def _mock(self, resource: str, authorizationType: str = "NONE", **authorizer: str) -> None:  # noqa: N803
        keys = self._keys(resource, "GET")
        self._api.put_method(**keys, authorizationType=authorizationType, **authorizer)
        self._api.put_integration(**keys, type="MOCK", requestTemplates={"application/json": MOCK_REQUEST})
        self._answers(keys, MOCK_ANSWER)

    def _http(self, resource: str) -> None:
        keys = self._keys(resource, "POST")
        self._api.put_method(**keys, authorizationType="NONE")
        self._api.put_integration(
            **keys,
            type="HTTP",
            integrationHttpMethod="POST",
            uri=f"http://{self._rig.path.balancer.dns_name}/order",
            connectionType="VPC_LINK",
            connectionId=self._rig.path.link,
            requestTemplates={"application/json": HTTP_REQUEST},
        )
        self._answers(keys, HTTP_ANSWER)

    def _lambda(self, resource: str, function: str) -> None:
        keys = self._keys(resource, "GET")
        self._api.put_method(**keys, authorizationType="NONE")
        self._api.put_integration(**keys, type="AWS_PROXY", integrationHttpMethod="POST", uri=_invoke_arn(function))

    def _function(self, name: str, text: str, role: str) -> str:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr("app.py", text)
        arn = self._functions.create_function(
            FunctionName=name,
            Runtime="python3.11",
            Role=role,
            Handler="app.handler",
            Timeout=20,
            Code={"ZipFile": out.getvalue()},
        )["FunctionArn"]
        self._functions.add_permission(
            FunctionName=name,
            StatementId="api",
            Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
            SourceArn=f"arn:aws:execute-api:{REGION}:{self._gateway.account}:{self._id}/*",
        )
        return str(arn)


def _invoke_arn(function: str) -> str:
    return f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{function}/invocations"
