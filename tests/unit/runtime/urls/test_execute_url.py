"""Calls of function URLs: who may, what the function sees, what the client gets."""

import json
import time
from typing import Any

import msgspec
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from tests.unit.runtime.exchange.exchange_scripts import REQUEST_ID, Parts, Played, make_call, play

from innergate.plans.function_urls import FunctionUrlPlan, UrlCors
from innergate.plans.principals import IdentityPolicy, RuntimePrincipal
from innergate.runtime.authorize.memory import FindPrincipal, knows_nobody
from innergate.runtime.exchange.call import Call
from innergate.runtime.exchange.effects import EffectFailed, FunctionReply, InvokeFunction, Reply
from innergate.runtime.urls.execute_url import execute_url

ARN = "arn:aws:lambda:us-east-1:111122223333:function:f"
HOST = "abc.lambda-url.us-east-1.on.aws"


def statement(action: str, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": "*", "Action": action, "Resource": ARN, **more}


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


OPEN = policy(
    statement("lambda:InvokeFunctionUrl", Condition={"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}}),
    statement("lambda:InvokeFunction", Condition={"Bool": {"lambda:InvokedViaFunctionUrl": "true"}}),
)


def plan(**fields: Any) -> FunctionUrlPlan:
    whole = {"id": "abc", "account": "111122223333", "region": "us-east-1", "host": HOST, "arn": ARN}
    return FunctionUrlPlan(**{**whole, "is_signed": False, "streams": False, "policy": OPEN, **fields})


def call(**fields: Any) -> Call:
    return make_call({"path": "/", "domain_name": HOST, **fields})


def run(plan: FunctionUrlPlan, call: Call, *replies: Reply, find: FindPrincipal = knows_nobody) -> Played:
    return play(execute_url(plan, call, find), list(replies))


def answered(payload: object, **more: Any) -> Played:
    return run(plan(), call(), FunctionReply(status=200, payload=msgspec.json.encode(payload), **more))


def test_the_event() -> None:
    sent = call(
        verb="POST",
        path="/some%2Fway",
        query="a=1&a=2&b=%2F",
        headers={"X-One": ["a", "b"], "Cookie": "c=1; d=2", "Content-Type": "application/json", "User-Agent": "me"},
        body='{"a":1}',
    )
    [effect] = run(plan(), sent, FunctionReply(status=200, payload=b"{}")).effects
    assert isinstance(effect, InvokeFunction)
    event = json.loads(effect.payload)
    assert (event["version"], event["routeKey"], event["rawPath"]) == ("2.0", "$default", "/some%2Fway")
    assert (event["rawQueryString"], event["queryStringParameters"]) == ("a=1&a=2&b=%2F", {"a": "1,2", "b": "/"})
    assert (event["cookies"], event["headers"]["x-one"]) == (["c=1", "d=2"], "a,b")
    assert event["headers"]["host"] == HOST
    assert "cookie" not in event["headers"]
    assert (event["body"], event["isBase64Encoded"]) == ('{"a":1}', False)
    context = event["requestContext"]
    assert (context["accountId"], context["apiId"], context["domainPrefix"]) == ("anonymous", "abc", "abc")
    assert (context["http"]["method"], context["http"]["path"], context["http"]["userAgent"]) == (
        "POST",
        "/some%2Fway",
        "me",
    )
    assert "authorizer" not in context


@pytest.mark.parametrize(
    ("content_type", "body", "shown"),
    [
        ("text/plain", b"caf\xc3\xa9", ("caf\xe9", False)),
        ("text/plain", b"\xff", ("/w==", True)),
        ("application/x-www-form-urlencoded", b"a=1", ("YT0x", True)),
        ("image/png", b"abc", ("YWJj", True)),
    ],
)
def test_what_is_no_text_comes_as_base64(content_type: str, body: bytes, shown: tuple[str, bool]) -> None:
    sent = msgspec.structs.replace(call(headers={"Content-Type": content_type}), body=body)
    [effect] = run(plan(), sent, FunctionReply(status=200, payload=b"{}")).effects
    assert isinstance(effect, InvokeFunction)
    event = json.loads(effect.payload)
    assert (event["body"], event["isBase64Encoded"]) == shown


def test_an_answer_with_everything() -> None:
    answer = answered(
        {
            "statusCode": "418",
            "headers": {"X-N": 1, "X-Flag": True, "Date": "mine", "Content-Type": "text/plain"},
            "cookies": ["a=1", "b=2"],
            "body": "aGk=",
            "isBase64Encoded": True,
        }
    ).answer
    assert (answer.status, answer.body) == (418, b"hi")
    assert answer.headers[:6] == (
        ("X-N", "1"),
        ("X-Flag", "true"),
        ("x-amzn-Remapped-Date", "mine"),
        ("Content-Type", "text/plain"),
        ("Set-Cookie", "a=1"),
        ("Set-Cookie", "b=2"),
    )
    assert ("x-amzn-RequestId", REQUEST_ID) in answer.headers


@pytest.mark.parametrize(
    ("payload", "body"),
    [({"a": 1}, b'{"a":1}'), ("hello", b"hello"), ([1], b"[1]"), (None, b"null"), ({"statusCode": 200}, b"")],
)
def test_a_result_without_a_status_is_the_body(payload: object, body: bytes) -> None:
    answer = answered(payload).answer
    assert (answer.status, answer.body) == (200, body)
    assert answer.headers[0] == ("Content-Type", "application/json")


@pytest.mark.parametrize(
    "reply",
    [
        FunctionReply(status=200, payload=b'{"errorMessage":"x"}', function_error="Unhandled"),
        FunctionReply(status=200, payload=b"no JSON"),
        FunctionReply(status=200, payload=b'{"statusCode":"x"}'),
        FunctionReply(status=200, payload=b'{"statusCode":99}'),
        FunctionReply(status=200, payload=b'{"statusCode":Infinity}'),
        FunctionReply(status=200, payload=b'{"statusCode":200,"headers":{"a b":"c"}}'),
        FunctionReply(status=200, payload=b'{"statusCode":200,"cookies":"a"}'),
        FunctionReply(status=200, payload=b'{"statusCode":200,"body":"%","isBase64Encoded":true}'),
        FunctionReply(status=500),
        EffectFailed(kind="timeout", reason="late"),
    ],
)
def test_what_a_function_must_not_do(reply: Reply) -> None:
    answer = run(plan(), call(), reply).answer
    assert answer.status == 502
    assert b"Internal Server Error" in answer.body


def test_lambdas_own_refusals() -> None:
    assert run(plan(), call(), FunctionReply(status=429)).answer.status == 429
    assert run(plan(), call(), FunctionReply(status=404)).answer.status == 404
    big = msgspec.structs.replace(call(), body=b"x" * 6_291_457)
    assert run(plan(), big).answer.status == 413


@pytest.mark.parametrize(
    "text",
    [
        "",
        policy(statement("lambda:InvokeFunctionUrl")),
        policy(statement("lambda:InvokeFunction")),
        OPEN.replace('"NONE"', '"AWS_IAM"'),
        "broken",
    ],
)
def test_an_open_url_needs_both_permissions(text: str) -> None:
    answer = run(plan(policy=text), call()).answer
    assert answer.status == 403
    assert ("x-amzn-ErrorType", "AccessDeniedException") in answer.headers


def principal(account: str, *allowed: str) -> RuntimePrincipal:
    text = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": allowed, "Resource": "*"}})
    return RuntimePrincipal(
        access_key_id="AKIAIOSFODNN7EXAMPLE",
        secret_access_key="secret",
        account=account,
        arn=f"arn:aws:iam::{account}:user/u",
        user_id="AIDAEXAMPLE",
        kind="user",
        policies=(IdentityPolicy(name="own", text=text),) if allowed else (),
    )


def signed(service: str = "lambda") -> Call:
    """A call that is signed now."""
    request = AWSRequest("GET", f"https://{HOST}/a", headers={"Host": HOST})
    SigV4Auth(Credentials("AKIAIOSFODNN7EXAMPLE", "secret"), service, "us-east-1").add_auth(request)
    at = int(time.time() * 1000)
    return call(path="/a", headers=dict(request.headers.items()), received_ms=at)


BOTH = ("lambda:InvokeFunctionUrl", "lambda:InvokeFunction")


@pytest.mark.parametrize(
    ("account", "allowed", "text", "status"),
    [
        ("111122223333", BOTH, "", 200),
        ("111122223333", BOTH[:1], "", 403),
        ("111122223333", (), "", 403),
        ("444455556666", BOTH, "", 403),
        ("444455556666", BOTH, OPEN.replace('"NONE"', '"AWS_IAM"'), 200),
        ("444455556666", BOTH, OPEN, 403),
        ("444455556666", (), OPEN.replace('"NONE"', '"AWS_IAM"'), 403),
    ],
)
def test_who_signs_needs_policies(account: str, allowed: tuple[str, ...], text: str, status: int) -> None:
    caller = principal(account, *allowed)
    replies = [FunctionReply(status=200, payload=b"{}")] if status == 200 else []
    played = run(plan(is_signed=True, policy=text), signed(), *replies, find=lambda key: caller)
    assert played.answer.status == status
    if status == 200:
        [effect] = played.effects
        assert isinstance(effect, InvokeFunction)
        context = json.loads(effect.payload)["requestContext"]
        assert (context["accountId"], context["authorizer"]["iam"]["userArn"]) == (account, caller.arn)


def test_who_does_not_sign_or_signs_for_another_service() -> None:
    find = lambda key: principal("111122223333", *BOTH)  # noqa: E731
    closed = plan(is_signed=True)
    assert run(closed, call(), find=find).answer.status == 403
    other = run(closed, signed("execute-api"), find=find).answer
    assert (other.status, b"correct service: 'lambda'" in other.body) == (403, True)
    assert run(closed, signed()).answer.status == 403


CORS = UrlCors(
    origins=("https://*.example", "http://b.test"),
    methods=("GET", "PUT"),
    headers=("x-one",),
    exposed=("x-two",),
    allows_credentials=True,
    max_age_s=60,
)


@pytest.mark.parametrize(
    ("origin", "is_allowed"),
    [
        ("https://a.example", True),
        ("HTTP://B.test", True),
        ("https://.example", True),
        ("https://a.example.evil", False),
    ],
)
def test_origins(origin: str, is_allowed: bool) -> None:
    reply = FunctionReply(status=200, payload=b'{"statusCode":200,"headers":{"Access-Control-Allow-Origin":"own"}}')
    headers = dict(run(plan(cors=CORS), call(headers={"Origin": origin}), reply).answer.headers)
    assert headers.get("Access-Control-Allow-Origin") == (origin if is_allowed else None)
    assert headers.get("Access-Control-Allow-Credentials") == ("true" if is_allowed else None)
    assert headers.get("Access-Control-Expose-Headers") == ("x-two" if is_allowed else None)


def test_without_cors_the_functions_own_headers_stay() -> None:
    reply = FunctionReply(status=200, payload=b'{"statusCode":200,"headers":{"Access-Control-Allow-Origin":"own"}}')
    headers = dict(run(plan(), call(headers={"Origin": "https://a.example"}), reply).answer.headers)
    assert headers["Access-Control-Allow-Origin"] == "own"


def test_a_preflight_asks_nobody() -> None:
    asks = {
        "Origin": "http://b.test",
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "x-one",
    }
    answer = run(plan(cors=CORS, policy=""), call(verb="OPTIONS", headers=asks)).answer
    headers = dict(answer.headers)
    assert (answer.status, headers["Access-Control-Allow-Methods"]) == (200, "GET,PUT")
    assert (headers["Access-Control-Allow-Headers"], headers["Access-Control-Max-Age"]) == ("x-one", "60")


def test_streams_with_metadata_and_without() -> None:
    rest = Parts("more")
    prelude = b'{"statusCode":202,"headers":{"X-A":"b"},"cookies":["c=1"]}' + b"\0" * 8 + b"first"
    kind = "application/vnd.awslambda.http-integration-response"
    reply = FunctionReply(status=200, payload=prelude, content_type=kind, rest=rest)
    played = run(plan(streams=True), call(), reply)
    [effect] = played.effects
    assert isinstance(effect, InvokeFunction)
    assert (effect.streams, effect.has_metadata) == (True, False)
    answer = played.answer
    assert (answer.status, answer.body, answer.rest) == (202, b"first", rest)
    assert answer.headers[:3] == (("Content-Type", "application/json"), ("X-A", "b"), ("Set-Cookie", "c=1"))
    plain = FunctionReply(status=200, payload=b"raw", content_type="text/csv", rest=rest)
    answer = run(plan(streams=True), call(), plain).answer
    assert (answer.status, answer.body, answer.headers[0]) == (200, b"raw", ("Content-Type", "text/csv"))
    assert answer.rest is rest
    broken = FunctionReply(status=200, payload=b"no metadata", content_type=kind)
    assert run(plan(streams=True), call(), broken).answer.status == 502
