"""AWS integrations through a private API: the platform's own services as an assumed role, others where the operator says."""

import json
import os
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple, final

import boto3
import pytest
from tests.e2e.rivals import ANYONE, make_entry

from innergate.cli.demo.scenarios import REGION, Cloud, Network, api_url, make_network, open_security_group
from innergate.driver.platform import RunningPlatform
from innergate.wire.http import HttpRequest
from innergate.wire.sigv4 import parse_claim, verify

pytestmark = pytest.mark.e2e

SECRET = "the-operators-secret"
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "apigateway.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)
LOGS = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "logs:*", "Resource": "*"}]}


@final
class _Service(BaseHTTPRequestHandler):
    """Plays every service: tells what arrived, and whether it was signed with the operator's key."""

    protocol_version = "HTTP/1.1"

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        path, _, query = self.path.partition("?")
        request = HttpRequest(self.command, path, query, tuple(self.headers.items()), body)
        claim = parse_claim(request)
        assert claim is not None
        verify(claim, request, SECRET, datetime.now(UTC))
        said = {
            "path": self.path,
            "service": claim.service,
            "key": claim.access_key_id,
            "target": self.headers.get("x-amz-target"),
            "type": self.headers.get("content-type"),
            "body": body.decode(),
        }
        answer = json.dumps(said).encode()
        self.send_response(302 if path == "/away" else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Location", "http://127.0.0.1:1/")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST = do_PUT = _answer  # noqa: N815 - names that http.server asks for

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@final
class Tenant:
    """An account with a private API that is built method by method."""

    def __init__(self, platform: RunningPlatform) -> None:
        self.platform = platform
        account = platform.add_account("alice")
        variables = platform.environment("alice")
        self.account = account
        self.cloud = Cloud(variables, account)
        session: Any = boto3.Session(
            variables["AWS_ACCESS_KEY_ID"], variables["AWS_SECRET_ACCESS_KEY"], region_name=REGION
        )
        self.iam: Any = session.client("iam", endpoint_url=variables["AWS_ENDPOINT_URL"])
        self.logs: Any = session.client("logs", endpoint_url=variables["AWS_ENDPOINT_URL"])
        self.network: Network = make_network(self.cloud, "alice")
        make_entry(self.cloud, self.network, open_security_group(self.cloud, self.network, "execute-api", (443,)))
        configuration = {"types": ["PRIVATE"]}
        made = self.cloud.apigateway.create_rest_api(name="a", endpointConfiguration=configuration, policy=ANYONE)
        self.api, self.root = str(made["id"]), str(made["rootResourceId"])

    def role(self, name: str, policy: dict[str, Any] | None = None) -> str:
        arn = str(self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)["Role"]["Arn"])
        if policy is not None:
            self.iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=json.dumps(policy))
        return arn

    def put(self, name: str, uri: str, role: str, verb: str = "POST", template: str = "", **more: Any) -> None:
        """A method POST /`name`; 4xx of the service are mapped to 422."""
        api = self.cloud.apigateway
        resource = api.create_resource(restApiId=self.api, parentId=self.root, pathPart=name)["id"]
        keys = {"restApiId": self.api, "resourceId": resource, "httpMethod": "POST"}
        api.put_method(**keys, authorizationType="NONE")
        templates = {"requestTemplates": {"application/json": template}} if template else {}
        api.put_integration(
            **keys,
            type="AWS",
            integrationHttpMethod=verb,
            uri=f"arn:aws:apigateway:{REGION}:{uri}",
            credentials=role,
            **templates,
            **more,
        )
        for status, pattern in (
            ("200", {}),
            ("422", {"selectionPattern": r"4\d\d"}),
            ("302", {"selectionPattern": "302"}),
        ):
            api.put_method_response(**keys, statusCode=status)
            mapped = {"application/json": '{"refused":$input.json("$")}'} if status == "422" else {}
            api.put_integration_response(**keys, statusCode=status, responseTemplates=mapped, **pattern)

    def deploy(self) -> None:
        self.cloud.apigateway.create_deployment(restApiId=self.api, stageName="test")
        self.platform.settle()

    def post(self, path: str, body: str = "{}") -> dict[str, Any]:
        options = ("-X", "POST", "-H", "content-type: application/json", "-d", body)
        return self.platform.fetch(self.network.vpc, api_url(self.api, "test", path), *options)


class Served(NamedTuple):
    """The tenant and its roles."""

    tenant: Tenant
    powerless: str


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    service = ThreadingHTTPServer(("127.0.0.1", 0), _Service)
    threading.Thread(target=service.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{service.server_address[1]}"
    profiles: Path = tmp_path_factory.mktemp("profiles") / "credentials"
    profiles.write_text(f"[default]\naws_access_key_id = AKIAOPERATOR00000001\naws_secret_access_key = {SECRET}\n")
    options = ["--service-credentials", str(profiles)]
    for name in ("sqs", "dynamodb", "sns"):
        options += ["--service-endpoint", f"{name}={url}"]
    with RunningPlatform(options=options) as platform:
        tenant = Tenant(platform)
        build(tenant, powerless := tenant.role("powerless"), tenant.role("writer", LOGS))
        yield Served(tenant, powerless)
    service.shutdown()
    service.server_close()


def build(tenant: Tenant, powerless: str, writer: str) -> None:
    """Every method, deployed."""
    tenant.put("who", "sts:action/GetCallerIdentity&Version=2011-06-15", powerless, "GET")
    group = '{"logGroupName":"$input.path(\'$.name\')"}'
    tenant.put("group", "logs:action/CreateLogGroup", writer, template=group)
    tenant.put("denied", "logs:action/CreateLogGroup", powerless, template=group)
    tenant.put("page", "sts:path/_innergate/reset", writer)
    form = "'application/x-www-form-urlencoded'"
    tenant.put(
        "queue",
        f"sqs:path/{tenant.account}/orders",
        writer,
        template="Action=SendMessage&MessageBody=$util.urlEncode($input.body)",
        requestParameters={"integration.request.header.Content-Type": form},
    )
    tenant.put("table", "dynamodb:action/PutItem", writer, template='{"TableName":"pets"}')
    topic = {"integration.request.querystring.Message": "'hello you'"}
    tenant.put("topic", "sns:action/Publish&Version=2010-03-31", writer, "GET", requestParameters=topic)
    tenant.put("away", "sqs:path/away", writer)
    tenant.put("nowhere", "kinesis:action/ListStreams", writer)
    tenant.put("caller", "sts:action/GetCallerIdentity&Version=2011-06-15", "arn:aws:iam::*:user/*", "GET")
    tenant.deploy()


def test_a_method_acts_as_its_role(served: Served) -> None:
    answer = served.tenant.post("/who")
    assert answer["status"] == 200, answer
    said = f"arn:aws:sts::{served.tenant.account}:assumed-role/powerless/BackplaneAssumeRoleSession"
    assert said in answer["body"]


def test_the_roles_policies_decide(served: Served) -> None:
    made = served.tenant.post("/group", '{"name":"/made/by/api"}')
    assert made["status"] == 200, made
    groups = served.tenant.logs.describe_log_groups(logGroupNamePrefix="/made")["logGroups"]
    assert [group["logGroupName"] for group in groups] == ["/made/by/api"]
    refused = served.tenant.post("/denied", '{"name":"/made/otherwise"}')
    assert refused["status"] == 422, refused
    assert "is not authorized to perform: logs:CreateLogGroup" in refused["body"]
    again = served.tenant.post("/group", '{"name":"/made/by/api"}')
    assert (again["status"], "ResourceAlreadyExistsException" in again["body"]) == (422, True)


def test_a_policy_that_is_put_later_counts_at_once(served: Served) -> None:
    tenant = served.tenant
    tenant.iam.put_role_policy(RoleName="powerless", PolicyName="late", PolicyDocument=json.dumps(LOGS))
    try:
        assert tenant.post("/denied", '{"name":"/made/late"}')["status"] == 200
    finally:
        tenant.iam.delete_role_policy(RoleName="powerless", PolicyName="late")


def test_operators_pages_are_no_services(served: Served) -> None:
    answer = served.tenant.post("/page")
    assert (answer["status"], json.loads(answer["body"])) == (
        422,
        {"refused": {"message": "integrations reach services only"}},
    )


@pytest.mark.skipif(os.geteuid() != 0, reason="a node without root has no way to the host's network")
def test_other_services_are_called_where_the_operator_says_and_as_it_says(served: Served) -> None:
    queue = served.tenant.post("/queue", '{"a":1}')
    assert queue["status"] == 200, queue
    assert json.loads(queue["body"]) == {
        "path": f"/{served.tenant.account}/orders",
        "service": "sqs",
        "key": "AKIAOPERATOR00000001",
        "target": None,
        "type": "application/x-www-form-urlencoded",
        "body": "Action=SendMessage&MessageBody=%7B%22a%22%3A1%7D",
    }
    table = json.loads(served.tenant.post("/table")["body"])
    assert (table["target"], table["type"]) == ("DynamoDB_20120810.PutItem", "application/x-amz-json-1.0")
    assert (table["service"], json.loads(table["body"])) == ("dynamodb", {"TableName": "pets"})
    topic = json.loads(served.tenant.post("/topic")["body"])
    assert topic["path"] == "/?Action=Publish&Version=2010-03-31&Message=hello%20you"
    assert served.tenant.post("/away")["status"] == 302


def test_what_has_no_endpoint_or_no_role_answers_500_and_says_why(served: Served) -> None:
    tenant = served.tenant
    assert [tenant.post(path)["status"] for path in ("/nowhere", "/caller")] == [500, 500]
    resources = {r["path"]: r["id"] for r in tenant.cloud.apigateway.get_resources(restApiId=tenant.api)["items"]}
    for path, reason in (("/nowhere", "--service-endpoint kinesis=URL"), ("/caller", "are not passed on")):
        tried = tenant.cloud.apigateway.test_invoke_method(
            restApiId=tenant.api, resourceId=resources[path], httpMethod="POST", body="{}"
        )
        assert reason in tried["log"]
        assert SECRET not in tried["log"]


def test_a_role_that_is_gone_is_not_acted_as(served: Served) -> None:
    tenant = served.tenant
    role = tenant.role("short", LOGS)
    tenant.put("short", "logs:action/CreateLogGroup", role, template='{"logGroupName":"/short"}')
    tenant.deploy()
    assert tenant.post("/short")["status"] == 200
    tenant.iam.delete_role_policy(RoleName="short", PolicyName="p")
    tenant.iam.delete_role(RoleName="short")
    tenant.platform.settle()
    assert tenant.post("/short")["status"] == 500
