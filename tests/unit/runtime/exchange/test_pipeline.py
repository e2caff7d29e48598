"""The exchange as a whole: who may pass, what is logged, and that nothing makes it raise."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fuzzing import fuzzed
from tests.unit.runtime.exchange.exchange_scripts import (
    REQUEST_ID,
    Played,
    make_call,
    make_method,
    make_stage,
    play,
    play_any,
)

from innergate.runtime.exchange.call import Answer
from innergate.runtime.exchange.effects import FunctionReply, HttpReply, InvokeFunction, SendHttp
from innergate.runtime.exchange.exchange_state import Circumstances
from innergate.runtime.exchange.pipeline import execute

MOCK: dict[str, Any] = {
    "responses": {200: []},
    "integration": {
        "type": "MOCK",
        "templates": {"application/json": '{"statusCode": 200}'},
        "responses": [{"status": 200, "templates": {"application/json": "$context.authorizer.principalId"}}],
    },
}
PROXY: dict[str, Any] = {
    "integration": {"type": "AWS_PROXY", "verb": "POST", "target": {"type": "function", "arn": "f"}}
}
AUTHORIZER: dict[str, Any] = {
    "authorizer_id": "auth1",
    "name": "a",
    "type": "TOKEN",
    "function": {"type": "function", "arn": "arn:auth"},
    "identity_sources": ["method.request.header.Authorization"],
}


def run(method: dict[str, Any], *replies: Any, stage: dict[str, Any] | None = None, **call: Any) -> Played:
    return play(execute(make_stage(stage), make_method(method), make_call(call)), list(replies))


def policy(effect: str) -> FunctionReply:
    statement = {"Effect": effect, "Action": "execute-api:Invoke", "Resource": "arn:aws:execute-api:*:*:*"}
    answer = {
        "principalId": "me",
        "context": {"level": "3"},
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
    }
    return FunctionReply(status=200, payload=json.dumps(answer).encode())


def test_an_authorizer_is_asked_first_and_known_afterwards() -> None:
    method = {**MOCK, "authorization": "CUSTOM", "authorizer_id": "auth1"}
    stage = {"authorizers": {"auth1": AUTHORIZER}}
    played = run(method, policy("Allow"), stage=stage, headers={"Authorization": "token"})
    assert [type(effect) for effect in played.effects] == [InvokeFunction]
    assert (played.answer.status, played.answer.body) == (200, b"me")


def test_a_denial_ends_the_exchange() -> None:
    method = {**MOCK, "authorization": "CUSTOM", "authorizer_id": "auth1"}
    stage = {"authorizers": {"auth1": AUTHORIZER}}
    played = run(method, policy("Deny"), stage=stage, headers={"Authorization": "token"})
    assert played.answer.status == 403
    assert json.loads(played.answer.body) == {
        "Message": "User is not authorized to access this resource with an explicit deny"
    }


def test_without_what_identifies_nobody_is_asked() -> None:
    method = {**MOCK, "authorization": "CUSTOM", "authorizer_id": "auth1"}
    played = run(method, stage={"authorizers": {"auth1": AUTHORIZER}})
    assert (played.effects, played.answer.status) == ([], 401)


@pytest.mark.parametrize("kind", ["AWS_IAM", "CUSTOM", "COGNITO_USER_POOLS", "JWT", "SOMETHING"])
def test_an_authorization_that_cannot_be_decided_is_a_refusal(kind: str) -> None:
    assert run({**MOCK, "authorization": kind, "authorizer_id": "gone"}).answer.status >= 400


def test_the_context_of_an_authorizer_is_in_the_event() -> None:
    method = {**PROXY, "authorization": "CUSTOM", "authorizer_id": "auth1"}
    stage = {"authorizers": {"auth1": AUTHORIZER}}
    reply = FunctionReply(status=200, payload=b"{}")
    played = run(method, policy("Allow"), reply, stage=stage, headers={"Authorization": "token"})
    invoke = played.effects[1]
    assert isinstance(invoke, InvokeFunction)
    context = json.loads(invoke.payload)["requestContext"]
    assert context["authorizer"]["principalId"] == "me"
    assert context["authorizer"]["level"] == "3"


def test_nobody_has_to_be_authorized_for_a_test() -> None:
    method = make_method({**MOCK, "authorization": "AWS_IAM", "requires_key": True})
    played = play(execute(make_stage(), method, make_call(), Circumstances(is_test=True)), [])
    assert played.answer.status == 200
    assert "x-amzn-RequestId" not in dict(played.answer.headers)


def test_a_test_logs_as_aws_does() -> None:
    method = make_method({**MOCK, "path": "/pets/{id}"})
    call = make_call({"path": "/test/pets/1", "query": "a=b&a=c", "headers": {"x-api-key": "abcdefghij"}, "body": "hi"})
    played = play(execute(make_stage(), method, call, Circumstances(is_test=True)), [])
    assert played.answer.log == (
        f"Starting execution for request: {REQUEST_ID}",
        "HTTP Method: GET, Resource Path: /pets/1",
        "Method request path: {id=1}",
        "Method request query string: {a=c}",
        "Method request headers: {x-api-key=****efghij}",
        "Method request body before transformations: hi",
        "Method response body after transformations: ",
        "Method response headers: {Content-Type=application/json}",
        "Successfully completed execution",
        "Method completed with status: 200",
    )


def test_a_log_level_of_its_own() -> None:
    quiet = run(MOCK)
    info = run({**MOCK, "settings": {"logging/loglevel": "INFO"}})
    broken = {**MOCK, "responses": {}}
    error = run({**broken, "settings": {"logging/loglevel": "ERROR"}})
    assert quiet.answer.log == ()
    assert info.answer.log[0] == f"Extended Request Id: {REQUEST_ID[:16]}"
    assert info.answer.log[-1] == "Method completed with status: 200"
    assert not any("Method request headers" in line for line in info.answer.log)
    assert error.answer.log == (
        "Execution failed due to configuration error: Output mapping refers to an invalid method response: 200",
    )


def test_what_the_request_template_overrides_the_response_template_sees() -> None:
    integration = {
        "type": "MOCK",
        "templates": {
            "application/json": "#set($context.requestOverride.path.body = $input.body)"
            '#set($context.responseOverride.status = 201){"statusCode": 200}'
        },
        "responses": [{"status": 200, "templates": {"application/json": "$context.requestOverride.path.body"}}],
    }
    played = run({"responses": {200: []}, "integration": integration}, verb="POST", body="hello")
    assert (played.answer.status, played.answer.body) == (201, b"hello")


@pytest.mark.parametrize(
    ("override", "sent"),
    [
        ('"/orders/$input.params().path.id"', "/orders/7%20up?a=b"),
        ('"orders"', "/orders?a=b"),
        ('""', "/stage/7?a=b"),
        ('["/orders"]', "/stage/7?a=b"),
    ],
)
def test_a_template_may_put_a_path_in_the_place_of_all_of_it(override: str, sent: str) -> None:
    target = {"type": "http", "scheme": "http", "host": "b", "path": "/stage/7", "query": "a=b"}
    integration = {
        "type": "HTTP",
        "target": {**target, "clusters": [{"name": "c"}]},
        "templates": {"application/json": f"#set($context.requestOverride.path = {override}){{}}"},
        "responses": [{"status": 200}],
    }
    method = {"path": "/pets/{id}", "responses": {200: []}, "integration": integration}
    played = run(method, HttpReply(status=200, headers=(), body=b""), path="/s/pets/7%20up")
    [effect] = played.effects
    assert isinstance(effect, SendHttp)
    assert effect.target == sent


def test_a_long_error_is_cut_for_the_access_log() -> None:
    payload = json.dumps({"errorMessage": "x" * 100_000}).encode()
    answer = run(PROXY, FunctionReply(status=200, payload=payload, function_error="Unhandled")).answer
    assert len(json.dumps(answer.facts)) < 4000
    assert answer.facts["integration.error"].startswith("Lambda execution failed with status 200 due to customer")


def test_an_event_that_lambda_finds_too_large_is_a_request_that_is_too_long() -> None:
    answer = run(PROXY, FunctionReply(status=413, payload=b"{}")).answer
    assert (answer.status, json.loads(answer.body)) == (413, {"message": "Request Too Long"})
    assert "byte payload is too large for the RequestResponse invocation type" in answer.facts["integration.error"]


FUNCTION = {**PROXY["integration"], "type": "AWS", "responses": [{"status": 200}]}


@pytest.mark.parametrize("body", ['{"a"', "a=b"])
@pytest.mark.parametrize("kind", ["'RequestResponse'", "'Event'"])
def test_what_is_no_json_is_no_event(body: str, kind: str) -> None:
    """Lambda would not take it, so it is said to the client, whoever waits for the function."""
    integration = {**FUNCTION, "parameters": {"integration.request.header.X-Amz-Invocation-Type": kind}}
    played = run({"responses": {200: []}, "integration": integration}, verb="POST", body=body)
    assert (played.effects, played.answer.status) == ([], 400)
    assert json.loads(played.answer.body)["message"].startswith("Could not parse request body into json: ")


def test_an_event_of_a_template_is_sent_as_it_is() -> None:
    integration = {**FUNCTION, "templates": {"application/json": '[1, "é"]'}}
    played = run({"responses": {200: []}, "integration": integration}, FunctionReply(status=200, payload=b"7"))
    assert played.answer.status == 200
    [effect] = played.effects
    assert isinstance(effect, InvokeFunction)
    assert json.loads(effect.payload) == [1, "é"]


def test_identity_may_be_given() -> None:
    integration = {
        "type": "MOCK",
        "templates": {"application/json": '{"statusCode": 200}'},
        "responses": [{"status": 200, "templates": {"application/json": "$context.identity.apiKey|$context.path"}}],
    }
    method = make_method({"responses": {200: []}, "integration": integration})
    around = Circumstances(is_test=True, identity={"apiKey": "test-invoke-api-key"})
    played = play(execute(make_stage(), method, make_call({"path": "/s/pets/1"}), around), [])
    assert played.answer.body == b"test-invoke-api-key|/pets/1"


def test_a_large_answer_of_a_backend_is_refused() -> None:
    method = {
        "integration": {
            "type": "HTTP_PROXY",
            "target": {"type": "http", "scheme": "http", "host": "b", "path": "/", "clusters": [{"name": "a"}]},
        }
    }
    assert run(method, HttpReply(status=200, body=b"a" * (10 << 20))).answer.status == 200
    assert run(method, HttpReply(status=200, body=b"a" * (10 << 20) + b"b")).answer.status == 500


def test_a_signature_goes_no_further() -> None:
    method = {
        "integration": {
            "type": "HTTP_PROXY",
            "target": {"type": "http", "scheme": "http", "host": "b", "path": "/", "clusters": [{"name": "a"}]},
        }
    }
    signed = run(method, HttpReply(status=200), headers={"Authorization": "AWS4-HMAC-SHA256 Credential=x"})
    plain = run(method, HttpReply(status=200), headers={"Authorization": "Bearer x"})
    effects = [signed.effects[0], plain.effects[0]]
    assert all(isinstance(effect, SendHttp) for effect in effects)
    assert [("Authorization" in dict(e.headers)) for e in effects if isinstance(e, SendHttp)] == [False, True]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
ANSWERS = st.dictionaries(
    st.sampled_from(["statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded", "errorMessage"]),
    JSON | st.sampled_from([200, "200", True, {"a": "b"}, {"a": ["b\r\nc"]}, {"a b": "c"}, "aGk="]),
    max_size=5,
)


@fuzzed(settings(max_examples=200, deadline=None, derandomize=True))
@given(ANSWERS | JSON, st.sampled_from(["", "Handled"]))
def test_whatever_a_function_says_there_is_an_answer(result: Any, error: str) -> None:
    payload = json.dumps(result).encode()
    played = run(PROXY, FunctionReply(status=200, payload=payload, function_error=error))
    assert isinstance(played.answer, Answer)
    assert 100 <= played.answer.status <= 599
    assert not any("\n" in value or "\r" in value for _, value in played.answer.headers)
    for name, value in played.answer.headers:
        (name + value).encode()


@fuzzed(settings(max_examples=200, deadline=None, derandomize=True))
@given(JSON, st.text(max_size=30), st.binary(max_size=30), st.sampled_from(["/dev/pets/%ff%2f", "/dev/pets/a", "/x"]))
def test_whatever_a_client_sends_there_is_an_answer(document: Any, header: str, raw: bytes, path: str) -> None:
    integration = {
        "type": "HTTP",
        "target": {"type": "http", "scheme": "http", "host": "b", "path": "/{a}", "clusters": [{"name": "a"}]},
        "parameters": {
            "integration.request.path.a": "method.request.body.a",
            "integration.request.querystring.a": "method.request.body",
            "integration.request.header.a": "method.request.header.a",
            "integration.request.header.b": "method.request.path.id",
        },
        "templates": {"application/json": "$input.path('$') $input.json('$') $input.params()"},
        "responses": [
            {
                "status": 200,
                "parameters": {"method.response.header.A": "integration.response.body.a"},
                "templates": {"application/json": "$input.body $input.params('a')"},
            }
        ],
    }
    method = make_method({"responses": {200: []}, "integration": integration})
    for body in (json.dumps(document).encode(), raw):
        call = make_call({"path": path, "headers": {"a": header}, "query": header})
        exchange = execute(make_stage(), method, type(call)(**{**_fields(call), "body": body}))
        answered = play_any(exchange, HttpReply(status=200, body=body))
        assert all(effect.target.isascii() for effect in answered.effects if isinstance(effect, SendHttp))
        assert answered.answer.status in (200, 400, 500)


def _fields(call: Any) -> dict[str, Any]:
    return {name: getattr(call, name) for name in call.__struct_fields__}
