"""What a method does between client and backend, feature by feature, through a real endpoint: functions with templates and as
proxies, binary bodies, compression, the stage's cache, responses chosen by patterns, overrides."""

import base64
import gzip
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import boto3
import pytest
from tests.e2e.conftest import Built
from tests.e2e.inside import Call, Noticed, api_host, calls_from, https
from tests.e2e.rivals import ANYONE, Rival
from tests.e2e.tenants import TRUST, package_app

from innergate.cli.demo.scenarios import REGION

pytestmark = pytest.mark.e2e

FUNCTION = """
import base64, json, time

def handler(event, context):
    if event.get("fail"):
        raise ValueError("No such pet: " + event["fail"])
    if "requestContext" not in event:
        return {"got": event}
    query = event["queryStringParameters"] or {}
    if query.get("as") == "binary":
        body = base64.b64decode(event["body"])[::-1] if event["isBase64Encoded"] else b"not binary"
        return {"statusCode": 200, "isBase64Encoded": True, "body": base64.b64encode(body).decode(),
                "headers": {"Content-Type": "image/png"}}
    if query.get("as") == "broken":
        return {"status": 200}
    seen = {"method": event["httpMethod"], "path": event["path"], "resource": event["resource"],
            "parameters": event["pathParameters"], "queries": event["multiValueQueryStringParameters"],
            "stage": event["stageVariables"], "vpce": event["requestContext"]["identity"]["vpceId"]}
    return {"statusCode": 201, "body": json.dumps(seen), "headers": {"x-one": "1"},
            "multiValueHeaders": {"set-cookie": ["a=1", "b=2"]}}
"""
CLOCK = '{"at":"$context.requestTime","id":"$context.requestId","q":"$input.params(\'q\')"}'
OVERRIDING = """#set($context.responseOverride.status = 202)
#set($context.responseOverride.header.x-over = "template")
#foreach($n in [1..3])$n;#end $util.urlEncode("a b&c") $util.base64Encode("x") $stageVariables.color"""


class Served(NamedTuple):
    """A deployed private API."""

    built: Built
    rival: Rival
    id: str

    def call(self, path: str, **options: Any) -> Call:
        return https(f"https://{api_host(self.id)}/test{path}", **options)

    def notice(self, *calls: Call) -> list[Noticed]:
        return calls_from(self.built.platform, self.rival.network.vpc, calls)


class Builder(NamedTuple):
    """Puts methods, each at a path of one part."""

    client: Any
    id: str
    root: str

    def put(
        self,
        part: str,
        verb: str,
        integration: Mapping[str, Any],
        responses: Mapping[str, Mapping[str, Any]] | None = None,
        **method: Any,
    ) -> None:
        """`responses` by status, with what the integration response has beside it."""
        made = self.client.create_resource(restApiId=self.id, parentId=self.root, pathPart=part)
        if integration["type"] == "AWS_PROXY":
            made = self.client.create_resource(restApiId=self.id, parentId=made["id"], pathPart="{rest+}")
        keys = {"restApiId": self.id, "resourceId": made["id"], "httpMethod": verb}
        self.client.put_method(**keys, authorizationType="NONE", **method)
        self.client.put_integration(**keys, **integration)
        for status, response in (responses or {}).items():
            shown = dict.fromkeys(response.get("responseParameters", {}), True)
            self.client.put_method_response(**keys, statusCode=status, responseParameters=shown)
            self.client.put_integration_response(**keys, statusCode=status, **response)


def make_function(built: Built, account: str, api: str) -> str:
    """The URI of a function that the API may call."""
    variables = built.platform.environment("rival")
    session: Any = boto3.Session(variables["AWS_ACCESS_KEY_ID"], variables["AWS_SECRET_ACCESS_KEY"], region_name=REGION)

    def client(service: str) -> Any:
        return session.client(service, endpoint_url=variables["AWS_ENDPOINT_URL"])

    role = client("iam").create_role(RoleName="exchanger", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    arn = client("lambda").create_function(
        FunctionName="exchange",
        Runtime="python3.11",
        Role=role,
        Handler="app.handler",
        Code={"ZipFile": package_app(FUNCTION)},
    )["FunctionArn"]
    client("lambda").add_permission(
        FunctionName="exchange",
        StatementId="gateway",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
        SourceArn=f"arn:aws:execute-api:{REGION}:{account}:{api}/*/*/*",
    )
    return f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{arn}/invocations"


def put_methods(api: Builder, rival: Rival, function: str) -> None:
    custom = {"type": "AWS", "integrationHttpMethod": "POST", "uri": function}
    template = '{"name":"$input.params(\'name\')","fail":"$input.params(\'fail\')","from":"$context.resourcePath"}'
    api.put(
        "custom",
        "GET",
        {**custom, "requestTemplates": {"application/json": template}},
        {
            "200": {"responseTemplates": {"application/json": '{"pet":$input.json("$.got.name")}'}},
            "404": {
                "selectionPattern": "No such pet.*",
                "responseTemplates": {"application/json": '{"why":$input.json("$.errorMessage")}'},
                "responseParameters": {
                    "method.response.header.x-why": "'unknown pet'",
                    "method.response.header.x-kind": "integration.response.body.errorType",
                },
            },
        },
    )
    api.put("proxy", "ANY", {"type": "AWS_PROXY", "integrationHttpMethod": "POST", "uri": function})
    backend = {
        "type": "HTTP",
        "integrationHttpMethod": "POST",
        "uri": f"http://{rival.balancer.dns_name}/echo",
        "connectionType": "VPC_LINK",
        "connectionId": rival.link,
    }
    api.put("to-text", "POST", {**backend, "contentHandling": "CONVERT_TO_TEXT"}, {"200": {}})
    api.put("to-binary", "POST", {**backend, "contentHandling": "CONVERT_TO_BINARY"}, {"200": {}})
    mock = {"type": "MOCK", "requestTemplates": {"application/json": '{"statusCode":200}'}}
    api.put("overriding", "GET", mock, {"200": {"responseTemplates": {"application/json": OVERRIDING}}})
    large = '{"text":"' + "#foreach($n in [1..400])tell me more #end" + '"}'
    api.put("large", "GET", mock, {"200": {"responseTemplates": {"application/json": large}}})
    asked = {"requestParameters": {"method.request.querystring.q": False}}
    cached = {**mock, "cacheKeyParameters": ["method.request.querystring.q"]}
    api.put("cached", "GET", cached, {"200": {"responseTemplates": {"application/json": CLOCK}}}, **asked)


@pytest.fixture(scope="module")
def served(built: Built, rival: Rival) -> Served:
    client = rival.cloud.apigateway
    made = client.create_rest_api(
        name="exchanges",
        endpointConfiguration={"types": ["PRIVATE"]},
        policy=ANYONE,
        binaryMediaTypes=["image/png"],
        minimumCompressionSize=1000,
    )
    api = Builder(client, made["id"], made["rootResourceId"])
    put_methods(api, rival, make_function(built, rival.cloud.account, api.id))
    client.create_deployment(
        restApiId=api.id,
        stageName="test",
        variables={"color": "purple"},
        cacheClusterEnabled=True,
        cacheClusterSize="0.5",
    )
    values = {
        "/~1cached/GET/caching/enabled": "true",
        "/~1cached/GET/caching/requireAuthorizationForCacheControl": "false",
    }
    patches = [{"op": "replace", "path": path, "value": value} for path, value in values.items()]
    client.update_stage(restApiId=api.id, stageName="test", patchOperations=patches)
    built.platform.settle()
    return Served(built, rival, api.id)


def test_a_function_behind_templates(served: Served) -> None:
    good, failed = served.notice(served.call("/custom?name=rex"), served.call("/custom?name=rex&fail=rex"))
    assert (good["status"], json.loads(good["body"])) == (200, {"pet": "rex"})
    assert (failed["status"], json.loads(failed["body"])) == (404, {"why": "No such pet: rex"})
    assert (failed["headers"]["x-why"], failed["headers"]["x-kind"]) == ("unknown pet", "ValueError")


def test_a_function_as_a_proxy(served: Served) -> None:
    put, broken = served.notice(
        served.call("/proxy/a/b?x=1&x=2", method="PUT", body="{}"), served.call("/proxy/a?as=broken")
    )
    assert put["status"] == 201, put
    assert json.loads(put["body"]) == {
        "method": "PUT",
        "path": "/proxy/a/b",
        "resource": "/proxy/{rest+}",
        "parameters": {"rest": "a/b"},
        "queries": {"x": ["1", "2"]},
        "stage": {"color": "purple"},
        "vpce": served.rival.entry,
    }
    assert put["headers"]["x-one"] == "1"
    assert put["headers"]["set-cookie"] == "b=2"
    assert (broken["status"], json.loads(broken["body"])) == (502, {"message": "Internal server error"})


def test_binary_bodies_pass_a_function_both_ways(served: Served) -> None:
    sent = {"content-type": "image/png", "accept": "image/png"}
    (answer,) = served.notice(served.call("/proxy/x?as=binary", method="POST", body="reversed", headers=sent))
    assert (answer["status"], answer["body"]) == (200, "desrever")
    assert answer["headers"]["content-type"] == "image/png"


def test_bodies_are_converted(served: Served) -> None:
    text, binary = served.notice(
        served.call(
            "/to-text", method="POST", body="png", headers={"content-type": "image/png", "accept": "image/png"}
        ),
        served.call(
            "/to-binary",
            method="POST",
            body=base64.b64encode(b"png").decode(),
            headers={"content-type": "application/json"},
        ),
    )
    assert (text["status"], text["body"]) == (200, base64.b64encode(b"png").decode())
    assert (binary["status"], binary["body"]) == (200, "png")


def test_templates_override_the_answer(served: Served) -> None:
    (answer,) = served.notice(served.call("/overriding"))
    assert (answer["status"], answer["headers"]["x-over"]) == (202, "template")
    assert answer["body"].split() == ["1;2;3;", "a+b%26c", "eA==", "purple"]


def test_large_answers_are_compressed_for_who_takes_it(served: Served) -> None:
    """Read by curl, which keeps the bytes as they came."""
    url = f"https://{api_host(served.id)}/test/large"
    platform, vpc = served.built.platform, served.rival.network.vpc
    script = (
        "import base64,subprocess,sys; out=subprocess.run(['curl','-sS',*sys.argv[1:]],capture_output=True,check=True)"
    )
    script += "; print(base64.b64encode(out.stdout).decode())"

    def fetch(*options: str) -> bytes:
        done = platform.inside(vpc, ["python3", "-c", script, url, *options])
        assert done.stdout, done.stderr
        return base64.b64decode(done.stdout)

    plain, packed = fetch(), fetch("-H", "accept-encoding: gzip")
    assert json.loads(plain)["text"].count("tell me more") == 400
    assert len(packed) < len(plain) / 10
    assert gzip.decompress(packed) == plain


def test_the_stages_cache_answers_by_its_keys(served: Served) -> None:
    """Workers have a cache each, so the same call is made until one repeats an answer."""

    def ids(path: str, **options: Any) -> list[str]:
        answers = served.notice(*[served.call(path, **options) for _ in range(8)])
        assert {answer["status"] for answer in answers} == {200}
        return [json.loads(answer["body"])["id"] for answer in answers]

    first, other = ids("/cached?q=1"), ids("/cached?q=2")
    assert len(set(first)) < len(first)
    assert not set(first) & set(other)
    anew = ids("/cached?q=1", headers={"cache-control": "max-age=0"})
    assert len(set(anew)) == len(anew)
    served.rival.cloud.apigateway.flush_stage_cache(restApiId=served.id, stageName="test")
    served.built.platform.settle()
    assert not set(ids("/cached?q=1")) & {*first, *anew}
