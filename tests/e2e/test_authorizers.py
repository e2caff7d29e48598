"""Each kind of authorization at a real Envoy and a real worker: signed calls, deciding functions, tokens of an own issuer."""

import http.client
import json
import os
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

import boto3
import jwt
import pytest
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from cryptography.hazmat.primitives.asymmetric import rsa
from tests.e2e.conftest import Built
from tests.e2e.rivals import ANYONE, Rival
from tests.e2e.tenants import Tenant, tenant

from innergate.cli.demo.scenarios import REGION
from innergate.driver.platform import RunningPlatform
from innergate.testing.waiting import LONGEST_S

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(os.geteuid() != 0, reason="a node without root has no public entry"),
]

POOL = "us-east-1_OwnPool1"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
SAID = """{"who":"$context.authorizer.principalId","team":"$context.authorizer.team","sub":"$context.authorizer.claims.sub",
"user":"$context.identity.userArn","key":"$context.identity.apiKeyId"}"""
DECIDE = """
def handler(event, context):
    token = event.get("authorizationToken") or event["headers"].get("X-Token")
    if token == "nobody":
        raise Exception("Unauthorized")
    if token == "broken":
        raise Exception("broken")
    effect = "Deny" if token == "denied" else "Allow"
    verb = "POST" if token == "writer" else "*"
    arn = event["methodArn"].split("/")[0] + "/*/" + verb + "/*"
    statement = {"Effect": effect, "Action": "execute-api:Invoke", "Resource": arn}
    return {
        "principalId": "p-" + token,
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "context": {"team": 7},
        "usageIdentifierKey": token + "-0123456789abcdefghij",
    }
"""


class Answer(NamedTuple):
    """What came back."""

    status: int
    kind: str
    body: Any


class Doors(NamedTuple):
    """A deployed REGIONAL API of one account, with a door (a path) for each kind of authorization."""

    platform: RunningPlatform
    owner: Tenant
    session: Any
    id: str
    issuer: str
    address: str

    def client(self, service: str) -> Any:
        """A client of the owner's."""
        return self.session.client(service, endpoint_url=self.platform.environment("owner")["AWS_ENDPOINT_URL"])

    @property
    def host(self) -> str:
        return f"{self.id}.execute-api.{REGION}.amazonaws.com"

    def call(self, path: str, headers: Mapping[str, str] | None = None, verb: str = "GET") -> Answer:
        """A call by the API's public name."""
        host, _, port = self.address.rpartition(":")
        context = ssl.create_default_context(cafile=str(self.platform.state / "ca-bundle.pem"))
        connection = http.client.HTTPConnection(self.host)
        connection.sock = context.wrap_socket(
            socket.create_connection((host, int(port)), 15), server_hostname=self.host
        )
        try:
            connection.request(verb, path, headers=dict(headers or {}))
            answer = connection.getresponse()
            return Answer(answer.status, answer.getheader("x-amzn-errortype", ""), json.loads(answer.read()))
        finally:
            connection.close()

    def signed(
        self, credentials: Credentials, in_query: bool = False, path: str = "/s/signed", names_port: bool = False
    ) -> Answer:
        """A call as botocore signs it; Host has the entry's port where `names_port`."""
        host = f"{self.host}:{self.address.rpartition(':')[2]}" if names_port else self.host
        request = AWSRequest("GET", f"https://{host}{path}")
        (SigV4QueryAuth if in_query else SigV4Auth)(credentials, "execute-api", REGION).add_auth(request)
        sent = request.prepare()
        return self.call(sent.url.split(host, 1)[1], {"Host": host, **{k: str(v) for k, v in request.headers.items()}})

    def token(self, **claims: Any) -> str:
        """A token of the own issuer."""
        own = {"iss": self.issuer, "sub": "u-1", "token_use": "id", "exp": int(time.time()) + 600, **claims}
        return jwt.encode(own, KEY, "RS256", headers={"kid": "k1"})


class _Keys(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        key = jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key(), as_dict=True)
        body = json.dumps({"keys": [{**key, "kid": "k1", "use": "sig", "alg": "RS256"}]}).encode()
        found = self.path == f"/{POOL}/.well-known/jwks.json"
        self.send_response(200 if found else 404)
        self.send_header("Content-Length", str(len(body) if found else 0))
        self.end_headers()
        if found:
            self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Silent."""


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Keys)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/{POOL}"
    server.shutdown()
    thread.join()
    server.server_close()


def put_door(api: Any, rest: str, parent: str, part: str, verb: str = "GET", **method: Any) -> None:
    made = next((r for r in api.get_resources(restApiId=rest)["items"] if r.get("pathPart") == part), None)
    resource = made or api.create_resource(restApiId=rest, parentId=parent, pathPart=part)
    keys = {"restApiId": rest, "resourceId": resource["id"], "httpMethod": verb}
    api.put_method(**keys, **method)
    api.put_integration(**keys, type="MOCK", requestTemplates={"application/json": '{"statusCode":200}'})
    api.put_method_response(**keys, statusCode="200")
    api.put_integration_response(**keys, statusCode="200", responseTemplates={"application/json": SAID})


def put_key(api: Any, rest: str, value: str) -> str:
    """A key of a plan that covers the stage; its id."""
    key: str = api.create_api_key(name="named", value=value, enabled=True)["id"]
    plan = api.create_usage_plan(name="plan", apiStages=[{"apiId": rest, "stage": "s"}])
    api.create_usage_plan_key(usagePlanId=plan["id"], keyId=key, keyType="API_KEY")
    return key


@pytest.fixture(scope="module")
def doors(issuer: str) -> Iterator[Doors]:
    options = ("--issuer", f"{POOL}={issuer}", "--allow-loopback-backends")
    with RunningPlatform(options=options) as platform:
        owner = tenant(platform, "owner")
        variables = platform.environment("owner")
        session = boto3.Session(variables["AWS_ACCESS_KEY_ID"], variables["AWS_SECRET_ACCESS_KEY"], region_name=REGION)
        address = platform.client.call("GET", "/status")["public"]["address"]
        yield build(Doors(platform, owner, session, "", issuer, address))


def build(doors: Doors) -> Doors:
    """The API with all its doors."""
    api, owner = doors.client("apigateway"), doors.owner
    made = api.create_rest_api(name="doors", endpointConfiguration={"types": ["REGIONAL"]}, apiKeySource="AUTHORIZER")
    rest, root = made["id"], made["rootResourceId"]
    function = owner.make("decide", DECIDE)
    uri = f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{function}/invocations"
    owner.functions.add_permission(
        FunctionName="decide",
        StatementId="gateway",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
        SourceArn=f"arn:aws:execute-api:{REGION}:{owner.account}:{rest}/authorizers/*",
    )
    token = api.create_authorizer(restApiId=rest, name="token", type="TOKEN", authorizerUri=uri)["id"]
    source = {"identitySource": "method.request.header.X-Token", "authorizerResultTtlInSeconds": 0}
    request = api.create_authorizer(restApiId=rest, name="request", type="REQUEST", authorizerUri=uri, **source)["id"]
    arn = f"arn:aws:cognito-idp:{REGION}:{owner.account}:userpool/{POOL}"
    pool = api.create_authorizer(
        restApiId=rest,
        name="pool",
        type="COGNITO_USER_POOLS",
        providerARNs=[arn],
        identitySource="method.request.header.Authorization",
    )["id"]
    put_door(api, rest, root, "signed", authorizationType="AWS_IAM")
    put_door(api, rest, root, "token", authorizationType="CUSTOM", authorizerId=token)
    put_door(api, rest, root, "token", "POST", authorizationType="CUSTOM", authorizerId=token)
    put_door(api, rest, root, "request", authorizationType="CUSTOM", authorizerId=request)
    put_door(api, rest, root, "keyed", authorizationType="CUSTOM", authorizerId=token, apiKeyRequired=True)
    put_door(api, rest, root, "pool", authorizationType="COGNITO_USER_POOLS", authorizerId=pool)
    scopes: dict[str, Any] = {"authorizationScopes": ["pets/read"]}
    put_door(api, rest, root, "scoped", authorizationType="COGNITO_USER_POOLS", authorizerId=pool, **scopes)
    api.create_deployment(restApiId=rest, stageName="s")
    doors.platform.settle()
    return doors._replace(id=rest)


def test_a_token_authorizer_decides(doors: Doors) -> None:
    passed = doors.call("/s/token", {"Authorization": "ann"})
    assert passed.status == 200, passed
    assert (passed.body["who"], passed.body["team"]) == ("p-ann", "7")
    denied = doors.call("/s/token", {"Authorization": "denied"})
    assert denied == (
        403,
        "AccessDeniedException",
        {"Message": "User is not authorized to access this resource with an explicit deny"},
    )
    assert doors.call("/s/token") == (401, "UnauthorizedException", {"message": "Unauthorized"})
    assert doors.call("/s/token", {"Authorization": "nobody"}).status == 401
    broken = doors.call("/s/token", {"Authorization": "broken"})
    assert broken == (500, "AuthorizerFailureException", {"message": None})
    assert doors.call("/s/token", {"Authorization": "writer"}).status == 403
    assert doors.call("/s/token", {"Authorization": "writer"}, "POST").status == 200


def test_the_operator_learns_why_and_nothing_that_an_authorizer_said(doors: Doors) -> None:
    """The log of failures is everybody's: it has no token, and nothing of $context.authorizer."""
    for token in ("denied", "broken"):
        doors.call("/s/token", {"Authorization": token})
    doors.call("/s/signed")
    wanted = [
        ("/s/signed", "the method wants a signed call, and this one had no signature", ""),
        ("/s/token", "the authorizer failed, or could not be asked", "an authorizer error: broken"),
        ("/s/token", "no policy allows the call, or one denies it", "with an explicit deny"),
    ]
    deadline, seen = time.monotonic() + LONGEST_S, list[Any]()
    while [failure["path"] for failure in seen] != [path for path, _, _ in wanted]:
        assert time.monotonic() < deadline, seen
        time.sleep(0.1)
        seen = doors.platform.client.call("GET", "/failures")["failures"][: len(wanted)]
    for failure, (_, says, detail) in zip(seen, wanted, strict=True):
        assert failure["reason"]["says"] == says
        assert detail in failure["reason"]["detail"]
    log = (doors.platform.state / "log" / "access" / "failures.log").read_text()
    assert "p-denied" not in log
    assert "authorizer.team" not in log


def test_a_request_authorizer_decides(doors: Doors) -> None:
    assert doors.call("/s/request", {"X-Token": "bob"}).body["who"] == "p-bob"
    assert doors.call("/s/request").status == 401
    assert doors.call("/s/request", {"X-Token": "denied"}).status == 403


def test_the_key_that_an_authorizer_names_opens(doors: Doors) -> None:
    assert doors.call("/s/keyed", {"Authorization": "keyed"}) == (403, "ForbiddenException", {"message": "Forbidden"})
    key = put_key(doors.client("apigateway"), doors.id, "keyed-0123456789abcdefghij")
    doors.platform.settle()
    assert doors.call("/s/keyed", {"Authorization": "keyed"}).body["key"] == key
    assert doors.call("/s/keyed", {"Authorization": "other"}).status == 403
    assert doors.call("/s/keyed", {"x-api-key": "keyed-0123456789abcdefghij"}).status == 401


def test_tokens_of_an_own_issuer(doors: Doors) -> None:
    passed = doors.call("/s/pool", {"Authorization": f"Bearer {doors.token()}"})
    assert passed.status == 200, passed
    assert passed.body["sub"] == "u-1"
    expired = doors.call("/s/pool", {"Authorization": doors.token(exp=int(time.time()) - 5)})
    assert (expired.status, expired.body) == (401, {"message": "The incoming token has expired"})
    stranger = jwt.encode({"iss": doors.issuer, "exp": 9e9}, "x" * 32, "HS256", headers={"kid": "k1"})
    assert doors.call("/s/pool", {"Authorization": stranger}).status == 401
    assert doors.call("/s/pool").status == 401
    access = {"token_use": "access", "scope": "pets/read"}
    assert doors.call("/s/scoped", {"Authorization": doors.token(**access)}).status == 200
    assert doors.call("/s/scoped", {"Authorization": doors.token(**{**access, "scope": "x"})}).status == 401
    assert doors.call("/s/pool", {"Authorization": doors.token(**access)}).status == 401


def credentials_of(doors: Doors, user: str, effect: str) -> tuple[Credentials, str]:
    """A new user whose policy allows or denies to invoke, and its ARN."""
    iam = doors.client("iam")
    arn: str = iam.create_user(UserName=user)["User"]["Arn"]
    statement = {"Effect": effect, "Action": "execute-api:Invoke", "Resource": f"arn:aws:execute-api:*:*:{doors.id}/*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName=user, PolicyName="own", PolicyDocument=document)
    key = iam.create_access_key(UserName=user)["AccessKey"]
    doors.platform.settle()
    return Credentials(key["AccessKeyId"], key["SecretAccessKey"]), arn


@pytest.mark.parametrize("in_query", [False, True], ids=["header", "query"])
def test_signed_calls_pass_as_their_users(doors: Doors, in_query: bool) -> None:
    credentials, arn = credentials_of(doors, f"signer-{in_query}", "Allow")
    passed = doors.signed(credentials, in_query)
    assert passed.status == 200, passed
    assert passed.body["user"] == arn
    by_port = doors.signed(credentials, in_query, names_port=True)
    assert (by_port.status, by_port.body["user"]) == (200, arn)
    forged = doors.signed(Credentials(credentials.access_key, "guess"), in_query, names_port=True)
    assert (forged.status, forged.kind) == (403, "InvalidSignatureException")


def test_unsigned_and_forged_calls_do_not(doors: Doors) -> None:
    assert doors.call("/s/signed").body == {"message": "Missing Authentication Token"}
    credentials, _ = credentials_of(doors, "forger", "Allow")
    forged = doors.signed(Credentials(credentials.access_key, "guess"))
    assert (forged.status, forged.kind) == (403, "InvalidSignatureException")
    unknown = doors.signed(Credentials("AKIAIOSFODNN7EXAMPLE", "guess"))
    assert unknown.kind == "UnrecognizedClientException"
    denied, arn = credentials_of(doors, "denied", "Deny")
    answer = doors.signed(denied)
    assert (answer.status, answer.kind) == (403, "AccessDeniedException")
    assert answer.body["Message"].startswith(
        f"User: {arn} is not authorized to perform: execute-api:Invoke on resource: "
    )
    assert answer.body["Message"].endswith("/s/GET/signed with an explicit deny")


def test_a_key_that_is_taken_away_stops_working(doors: Doors) -> None:
    credentials, _ = credentials_of(doors, "leaver", "Allow")
    assert doors.signed(credentials).status == 200
    doors.client("iam").delete_access_key(UserName="leaver", AccessKeyId=credentials.access_key)
    doors.platform.settle()
    assert doors.signed(credentials).kind == "UnrecognizedClientException"


def test_sessions_of_roles_sign_too(doors: Doors) -> None:
    iam = doors.client("iam")
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{doors.owner.account}:root"},
        "Action": "sts:AssumeRole",
    }
    role = iam.create_role(
        RoleName="caller", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    )["Role"]["Arn"]
    allow = {"Effect": "Allow", "Action": "execute-api:*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    iam.put_role_policy(RoleName="caller", PolicyName="own", PolicyDocument=document)
    sts = doors.client("sts")
    given = sts.assume_role(RoleArn=role, RoleSessionName="s1")["Credentials"]
    doors.platform.settle()
    session = Credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
    assert doors.signed(session).body["user"].endswith(":assumed-role/caller/s1")
    assert doors.signed(Credentials(session.access_key, session.secret_key)).kind == "UnrecognizedClientException"


def test_the_data_plane_knows_callers_without_control(doors: Doors) -> None:
    credentials, arn = credentials_of(doors, "survivor", "Allow")
    doors.platform.kill_control()
    try:
        assert doors.signed(credentials).body["user"] == arn
        assert doors.call("/s/token", {"Authorization": "ann"}).status == 200
    finally:
        doors.platform.start()


def sign_for(api: str, credentials: Credentials) -> list[str]:
    """The options of a fetch that is signed for `/s/signed` of a private API."""
    request = AWSRequest("GET", f"https://{api}.execute-api.{REGION}.amazonaws.com/s/signed")
    SigV4Auth(credentials, "execute-api", REGION).add_auth(request)
    return [part for name, value in request.headers.items() for part in ("-H", f"{name}: {value}")]


def user_of(built: Built, account: str, name: str, allows: bool) -> Credentials:
    """A new user of an account of the shared platform, who may invoke every API or none."""
    variables = built.platform.environment(account)
    session = boto3.Session(variables["AWS_ACCESS_KEY_ID"], variables["AWS_SECRET_ACCESS_KEY"], region_name=REGION)
    iam: Any = session.client("iam", endpoint_url=variables["AWS_ENDPOINT_URL"])
    iam.create_user(UserName=name)
    if allows:
        statement = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=document)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return Credentials(key["AccessKeyId"], key["SecretAccessKey"])


@pytest.mark.parametrize(
    ("account", "allows", "status"),
    [("rival", False, 200), ("rival", True, 200), ("consumer", False, 403), ("consumer", True, 200)],
)
def test_a_private_api_asks_callers_of_other_accounts_for_both_policies(
    built: Built, rival: Rival, account: str, allows: bool, status: int
) -> None:
    api = rival.cloud.apigateway
    made = api.create_rest_api(name="signed", endpointConfiguration={"types": ["PRIVATE"]}, policy=ANYONE)
    try:
        put_door(api, made["id"], made["rootResourceId"], "signed", authorizationType="AWS_IAM")
        api.create_deployment(restApiId=made["id"], stageName="s")
        credentials = user_of(built, account, f"caller-{allows}", allows)
        built.platform.settle()
        url = f"https://{made['id']}.execute-api.{REGION}.amazonaws.com/s/signed"
        answer = built.platform.fetch(rival.network.vpc, url, *sign_for(made["id"], credentials))
        assert answer["status"] == status, answer
        unsigned = built.platform.fetch(rival.network.vpc, url)
        assert (unsigned["status"], json.loads(unsigned["body"])) == (403, {"message": "Missing Authentication Token"})
    finally:
        api.delete_rest_api(restApiId=made["id"])
