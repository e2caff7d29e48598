"""Every gateway response in a user's own words, whoever makes it: Envoy or a worker, through a real endpoint."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from tests.e2e.conftest import Built
from tests.e2e.inside import Call, api_host, calls_from, https
from tests.e2e.rivals import ALL_BUT_DENIED, Rival
from tests.e2e.tenants import TRUST, package_app

from innergate.cli.demo.scenarios import REGION

pytestmark = pytest.mark.e2e

TYPES = (
    "ACCESS_DENIED",
    "API_CONFIGURATION_ERROR",
    "AUTHORIZER_CONFIGURATION_ERROR",
    "AUTHORIZER_FAILURE",
    "BAD_REQUEST_BODY",
    "BAD_REQUEST_PARAMETERS",
    "INTEGRATION_FAILURE",
    "INTEGRATION_TIMEOUT",
    "INVALID_API_KEY",
    "INVALID_SIGNATURE",
    "MISSING_AUTHENTICATION_TOKEN",
    "QUOTA_EXCEEDED",
    "THROTTLED",
    "UNAUTHORIZED",
    "UNSUPPORTED_MEDIA_TYPE",
)
"""Those that a request can bring about at will. EXPIRED_TOKEN wants a session that has run out, RESOURCE_NOT_FOUND is never
given to REST APIs, there is no WAF, and AWS gives no say in REQUEST_TOO_LARGE."""
STATUS = {kind: 461 + number for number, kind in enumerate(TYPES)}
WORDS = '{"type":"$context.error.responseType","stage":"$context.stage"}'
KEY = "g" * 24
DECIDE = """
def handler(event, context):
    raise Exception(event["authorizationToken"])
"""


class Api(NamedTuple):
    """An API under way: its clients, its id, its root resource."""

    client: Any
    id: str
    root: str

    def put(self, part: str, integration: Mapping[str, Any], verb: str = "GET", **method: Any) -> None:
        """A method at a path of one part; a response is declared for 200 alone."""
        found = self.client.get_resources(restApiId=self.id, limit=500)["items"]
        made = next((r for r in found if r.get("pathPart") == part), None)
        made = made or self.client.create_resource(restApiId=self.id, parentId=self.root, pathPart=part)
        keys = {"restApiId": self.id, "resourceId": made["id"], "httpMethod": verb}
        self.client.put_method(**keys, **{"authorizationType": "NONE", **method})
        self.client.put_integration(**keys, **integration)
        self.client.put_method_response(**keys, statusCode="200")
        self.client.put_integration_response(**keys, statusCode="200", selectionPattern="200")


MOCK = {"type": "MOCK", "requestTemplates": {"application/json": '{"statusCode":200}'}}


def linked(rival: Rival, path: str, port: int = 80, timeout_ms: int = 29000) -> dict[str, Any]:
    return {
        "type": "HTTP_PROXY",
        "integrationHttpMethod": "GET",
        "uri": f"http://{rival.balancer.dns_name}:{port}{path}",
        "connectionType": "VPC_LINK",
        "connectionId": rival.link,
        "timeoutInMillis": timeout_ms,
    }


def put_authorizers(api: Api, built: Built, account: str) -> dict[str, str]:
    """One that fails as its token says, and one that may not be called; their ids."""
    variables = built.platform.environment("rival")
    session: Any = boto3.Session(variables["AWS_ACCESS_KEY_ID"], variables["AWS_SECRET_ACCESS_KEY"], region_name=REGION)

    def client(service: str) -> Any:
        return session.client(service, endpoint_url=variables["AWS_ENDPOINT_URL"])

    role = client("iam").create_role(RoleName="words-decider", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    code = {"ZipFile": package_app(DECIDE)}
    functions = client("lambda")
    ids = {}
    for name in ("allowed", "forbidden"):
        arn = functions.create_function(
            FunctionName=f"decide-{name}", Runtime="python3.11", Role=role, Handler="app.handler", Code=code
        )["FunctionArn"]
        uri = f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{arn}/invocations"
        made = api.client.create_authorizer(restApiId=api.id, name=name, type="TOKEN", authorizerUri=uri)
        ids[name] = made["id"]
    functions.add_permission(
        FunctionName="decide-allowed",
        StatementId="gateway",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
        SourceArn=f"arn:aws:execute-api:{REGION}:{account}:{api.id}/authorizers/*",
    )
    return ids


def put_methods(api: Api, rival: Rival, authorizers: Mapping[str, str]) -> None:
    rest = {"restApiId": api.id}
    schema = json.dumps({"type": "object", "required": ["name"]})
    api.client.create_model(**rest, name="Pet", contentType="application/json", schema=schema)
    checks = api.client.create_request_validator(
        **rest, name="all", validateRequestBody=True, validateRequestParameters=True
    )["id"]
    checked = {
        "requestValidatorId": checks,
        "requestModels": {"application/json": "Pet"},
        "requestParameters": {"method.request.querystring.q": True},
    }
    api.put("denied", MOCK)
    api.put("signed", MOCK, authorizationType="AWS_IAM")
    api.put("broken", {**MOCK, "requestTemplates": {"application/json": '{"statusCode":418}'}})
    api.put("checked", MOCK, "POST", **checked)
    templates = {"application/json": "{}"}
    api.put(
        "picky",
        {**linked(rival, "/"), "type": "HTTP", "passthroughBehavior": "NEVER", "requestTemplates": templates},
        "POST",
    )
    for name, authorizer in authorizers.items():
        api.put(name, MOCK, authorizationType="CUSTOM", authorizerId=authorizer)
    api.put("slow", linked(rival, "/slow/3", timeout_ms=300))
    api.put("slow-runtime", {**linked(rival, "/slow/3", timeout_ms=300), "type": "HTTP"})
    api.put("nowhere", linked(rival, "/", port=8081))
    api.put("nowhere-runtime", {**linked(rival, "/", port=8081), "type": "HTTP"})
    api.put("locked", MOCK, apiKeyRequired=True)
    api.put("metered", MOCK, apiKeyRequired=True)
    api.put("rare", MOCK)


@pytest.fixture(scope="module")
def api(built: Built, rival: Rival) -> Api:
    client = rival.cloud.apigateway
    made = client.create_rest_api(name="words", endpointConfiguration={"types": ["PRIVATE"]}, policy=ALL_BUT_DENIED)
    api = Api(client, made["id"], made["rootResourceId"])
    put_methods(api, rival, put_authorizers(api, built, rival.cloud.account))
    for kind, status in STATUS.items():
        client.put_gateway_response(
            restApiId=api.id,
            responseType=kind,
            statusCode=str(status),
            responseTemplates={"application/json": WORDS},
            responseParameters={"gatewayresponse.header.x-kind": f"'{kind.lower()}'"},
        )
    client.create_deployment(restApiId=api.id, stageName="test")
    patches = {"/~1rare/GET/throttling/rateLimit": "1", "/~1rare/GET/throttling/burstLimit": "0"}
    client.update_stage(
        restApiId=api.id,
        stageName="test",
        patchOperations=[{"op": "replace", "path": path, "value": value} for path, value in patches.items()],
    )
    plan = client.create_usage_plan(
        name="words", apiStages=[{"apiId": api.id, "stage": "test"}], quota={"limit": 1, "period": "MONTH"}
    )["id"]
    key = client.create_api_key(name="words", value=KEY, enabled=True)["id"]
    client.create_usage_plan_key(usagePlanId=plan, keyId=key, keyType="API_KEY")
    built.platform.settle()
    return api


def forged(url: str) -> dict[str, str]:
    """Headers of a call that somebody signed whom nobody knows."""
    request = AWSRequest("GET", url)
    SigV4Auth(Credentials("AKIA" + "Z" * 16, "not the secret"), "execute-api", REGION).add_auth(request)
    return {name: str(value) for name, value in request.headers.items()}


def provoke(api: Api) -> list[tuple[str, Call]]:
    """A type, and a call that brings it about."""

    def call(path: str, **options: Any) -> Call:
        return https(f"https://{api_host(api.id)}/test/{path}", **options)

    def post(path: str, body: str, kind: str = "application/json") -> Call:
        return call(path, method="POST", body=body, headers={"content-type": kind})

    key = {"headers": {"x-api-key": KEY}}
    return [
        ("ACCESS_DENIED", call("denied")),
        ("MISSING_AUTHENTICATION_TOKEN", call("no-such-path")),
        ("MISSING_AUTHENTICATION_TOKEN", call("signed")),
        ("INVALID_SIGNATURE", call("signed", headers=forged(f"https://{api_host(api.id)}/test/signed"))),
        ("API_CONFIGURATION_ERROR", call("broken")),
        ("BAD_REQUEST_PARAMETERS", post("checked", '{"name":"x"}')),
        ("BAD_REQUEST_BODY", post("checked?q=1", "{}")),
        ("UNSUPPORTED_MEDIA_TYPE", post("picky", "<x/>", "application/xml")),
        ("UNAUTHORIZED", call("allowed")),
        ("UNAUTHORIZED", call("allowed", headers={"authorization": "Unauthorized"})),
        ("AUTHORIZER_FAILURE", call("allowed", headers={"authorization": "broken"})),
        ("AUTHORIZER_CONFIGURATION_ERROR", call("forbidden", headers={"authorization": "x"})),
        ("INTEGRATION_TIMEOUT", call("slow")),
        ("INTEGRATION_TIMEOUT", call("slow-runtime")),
        ("INTEGRATION_FAILURE", call("nowhere")),
        ("INTEGRATION_FAILURE", call("nowhere-runtime")),
        ("INVALID_API_KEY", call("locked")),
        ("QUOTA_EXCEEDED", {"do": "burst", "call": call("metered", **key), "times": 1}),
        ("QUOTA_EXCEEDED", call("metered", **key)),
        ("THROTTLED", call("rare")),
    ]


def test_every_gateway_response_is_in_the_users_words(built: Built, rival: Rival, api: Api) -> None:
    tried = provoke(api)
    noticed = calls_from(built.platform, rival.network.vpc, [call for _, call in tried])
    found = [
        (kind, call["url"].rpartition("/")[2], answer["status"], answer["headers"].get("x-kind"), answer["body"])
        for (kind, call), answer in zip(tried, noticed, strict=True)
        if call["do"] == "https"
    ]
    expected = [
        (
            kind,
            call["url"].rpartition("/")[2],
            STATUS[kind],
            kind.lower(),
            json.dumps({"type": kind, "stage": "test"}, separators=(",", ":")),
        )
        for kind, call in tried
        if call["do"] == "https"
    ]
    assert found == expected
    assert {kind for kind, _ in tried} == set(TYPES)


def test_the_default_ones_come_back(built: Built, rival: Rival, api: Api) -> None:
    """Deleted, a gateway response is AWS's own again, once deployed."""
    api.client.delete_gateway_response(restApiId=api.id, responseType="MISSING_AUTHENTICATION_TOKEN")
    api.client.create_deployment(restApiId=api.id, stageName="test")
    built.platform.settle()
    urls = [f"https://{api_host(api.id)}/test/{path}" for path in ("no-such-path", "signed")]
    for answer in calls_from(built.platform, rival.network.vpc, [https(url) for url in urls]):
        assert (answer["status"], answer["body"]) == (403, '{"message":"Missing Authentication Token"}')
        assert answer["headers"]["x-amzn-errortype"] == "MissingAuthenticationTokenException"
