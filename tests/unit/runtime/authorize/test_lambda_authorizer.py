"""TOKEN and REQUEST authorizers: who is asked, with what, what counts as an answer, what is kept."""

import msgspec
import pytest
from tests.unit.runtime.authorize.lambda_answers import ALLOW, REQUEST, REQUEST_CALL, authorized, denied
from tests.unit.runtime.authorize.questions import (
    ARN,
    CALL,
    FUNCTION,
    METHOD,
    SHOWN,
    STAGE,
    TOKEN,
    World,
    answer_of,
    events,
    function_world,
    policy,
    resource_policy,
    silent_world,
    stage_with,
    with_headers,
)

from innergate.plans.runtime import FunctionTarget, RuntimeAuthorizer
from innergate.primitives.json_value import JsonObject, JsonValue
from innergate.runtime.authorize.verdict import Authorized, Denied
from innergate.runtime.exchange.effects import EffectFailed, InvokeFunction


def test_a_token_authorizer_gets_type_token_and_method_arn() -> None:
    world = function_world(ALLOW)
    found = authorized(world.ask())
    assert events(world) == [{"type": "TOKEN", "authorizationToken": "letmein", "methodArn": f"{ARN}/prod/GET/pets/7"}]
    assert isinstance(world.asked[0], InvokeFunction)
    assert world.asked[0].arn == FUNCTION
    assert (found.principal_id, found.context) == ("user-1", {"principalId": "user-1"})
    assert found.facts["authorizer.principalId"] == "user-1"
    assert found.facts["authorizer.integrationLatency"] == "5"


def test_what_happened_is_told_without_the_token() -> None:
    world = function_world(ALLOW)
    uri = f"https://lambda.us-east-1.amazonaws.com/2015-03-31/functions/{FUNCTION}/invocations"
    first = authorized(world.ask()).log
    assert first[:4] == (
        "Starting authorizer: a1 for request: req-1",
        "Incoming identity: ****ein",
        f"Endpoint request URI: {uri}",
        f"Sending request to {uri}",
    )
    assert first[4].startswith('Authorizer result body before parsing: {"principalId": "user-1"')
    assert first[5:] == (
        "Using valid authorizer policy for principal: ***r-1",
        "Successfully completed authorizer execution",
    )
    assert authorized(world.ask()).log == (*first[:2], *first[5:])
    missing = denied(world.ask(call=with_headers()))
    assert missing.log == ("Starting authorizer: a1 for request: req-1", "Unauthorized request: req-1")


def test_the_root_resource_ends_with_a_slash() -> None:
    world = function_world(ALLOW)
    world.ask(call=msgspec.structs.replace(CALL, path="/prod/"))
    assert events(world)[0]["methodArn"] == f"{ARN}/prod/GET/"


@pytest.mark.parametrize(
    "headers",
    [(), (("Authorization", ""),), (("Authorization", "  "),), (("Authorization", "a"), ("authorization", "b"))],
    ids=["missing", "empty", "blank", "twice"],
)
def test_without_one_token_nobody_is_asked(headers: tuple[tuple[str, str], ...]) -> None:
    refused = denied(silent_world().ask(call=with_headers(*headers)))
    assert (refused.response_type, refused.status, refused.message) == ("UNAUTHORIZED", 401, "Unauthorized")
    assert refused.error_type == "UnauthorizedException"


@pytest.mark.parametrize(("token", "passes"), [("abc-1", True), ("abc-1x", False), ("9abc-1", False), ("ABC-1", False)])
def test_the_whole_token_must_match(token: str, passes: bool) -> None:
    authorizer = msgspec.structs.replace(TOKEN, validation="[a-z]+-[0-9]")
    verdict = function_world(ALLOW).ask(stage_with(authorizer), call=with_headers(("Authorization", token)))
    assert isinstance(verdict, Authorized) is passes


def test_a_hostile_expression_refuses_soon() -> None:
    authorizer = msgspec.structs.replace(TOKEN, validation=r"(a|a)*(?=b)\1$")
    token = with_headers(("Authorization", "a" * 4000))
    assert denied(silent_world().ask(stage_with(authorizer), call=token)).status == 401


def test_a_request_authorizer_gets_the_whole_request() -> None:
    world = function_world(ALLOW)
    authorized(world.ask(stage_with(REQUEST), call=REQUEST_CALL))
    (event,) = events(world)
    assert event["type"] == "REQUEST"
    assert event["methodArn"] == f"{ARN}/prod/GET/pets/7"
    assert (event["resource"], event["path"], event["httpMethod"]) == ("/pets/{id}", "/pets/7", "GET")
    assert event["pathParameters"] == {"id": "7"}
    assert event["queryStringParameters"] == {"room": "13", "a": "b c"}
    assert event["multiValueQueryStringParameters"] == {"room": ["12", "13"], "a": ["b c"]}
    assert event["stageVariables"] == {"colour": "blue"}
    assert event["multiValueHeaders"] == {
        "Host": ["api1234567.execute-api.us-east-1.amazonaws.com"],
        "X-User": ["ann"],
    }
    context = event["requestContext"]
    assert isinstance(context, dict)
    assert context["identity"]["sourceIp"] == "203.0.113.7"
    assert context["identity"]["userArn"] is None
    assert (context["stage"], context["resourcePath"], context["apiId"]) == ("prod", "/pets/{id}", "api1234567")


def test_headers_of_identity_sources_are_spelled_as_there() -> None:
    world = function_world(ALLOW)
    call = msgspec.structs.replace(with_headers(("x-user", "ann"), ("x-other", "1")), query="room=1")
    authorized(world.ask(stage_with(REQUEST), call=call))
    headers = events(world)[0]["headers"]
    assert isinstance(headers, dict)
    assert sorted(headers) == ["Host", "X-User", "x-other"]


def test_the_endpoint_is_told_and_cannot_be_forged() -> None:
    world = function_world(ALLOW)
    forged = with_headers(("X-User", "ann"), ("X-Amzn-Vpce-Id", "vpce-9"))
    world.ask(
        stage_with(REQUEST), call=msgspec.structs.replace(forged, query="room=1", vpce_id="vpce-1", vpc_id="vpc-1")
    )
    headers = events(world)[0]["headers"]
    assert isinstance(headers, dict)
    told = {name: value for name, value in headers.items() if "amzn-vpc" in name.lower()}
    assert told == {"x-amzn-vpce-id": "vpce-1", "x-amzn-vpc-id": "vpc-1", "x-amzn-vpce-config": "1"}


def test_an_event_without_parameters_has_empty_maps() -> None:
    world = function_world(ALLOW)
    authorizer = msgspec.structs.replace(REQUEST, identity_sources=(), ttl_s=0)
    method = msgspec.structs.replace(METHOD, path="/pets")
    call = msgspec.structs.replace(CALL, path="/prod/pets")
    world.ask(stage_with(authorizer, variables={}), method, call)
    names = ("queryStringParameters", "multiValueQueryStringParameters", "pathParameters", "stageVariables")
    assert [events(world)[0][name] for name in names] == [{}] * 4


@pytest.mark.parametrize(
    "source",
    [
        "method.request.header.X-Missing",
        "method.request.querystring.missing",
        "stageVariables.missing",
        "context.missing",
        "method.request.path.id",
        "nonsense",
    ],
)
def test_any_missing_identity_source_is_unauthorized(source: str) -> None:
    authorizer = msgspec.structs.replace(REQUEST, identity_sources=(*REQUEST.identity_sources, source))
    assert denied(silent_world().ask(stage_with(authorizer), call=REQUEST_CALL)).response_type == "UNAUTHORIZED"


@pytest.mark.parametrize("source", ["stageVariables.colour", "context.identity.sourceIp", "context.httpMethod"])
def test_variables_are_identity_sources_too(source: str) -> None:
    authorizer = msgspec.structs.replace(REQUEST, identity_sources=(source,))
    authorized(function_world(ALLOW).ask(stage_with(authorizer), call=REQUEST_CALL))


@pytest.mark.parametrize(
    ("document", "text"),
    [
        (policy("Deny"), "User is not authorized to access this resource with an explicit deny"),
        (policy("Allow", f"{ARN}/prod/POST/*"), "User is not authorized to access this resource"),
        (policy("Allow", f"{ARN}/dev/GET/*"), "User is not authorized to access this resource"),
    ],
    ids=["explicit", "another verb", "another stage"],
)
def test_the_answers_policy_decides(document: dict[str, JsonValue], text: str) -> None:
    refused = denied(function_world(answer_of(document)).ask())
    assert (refused.response_type, refused.status, refused.message) == ("ACCESS_DENIED", 403, text)
    assert (refused.member, refused.error_type) == ("Message", "AccessDeniedException")
    assert refused.facts["authorizer.principalId"] == "user-1"


def test_conditions_of_the_answers_policy_count() -> None:
    here = policy("Allow", Condition={"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}})
    there = policy("Allow", Condition={"IpAddress": {"aws:SourceIp": "198.51.100.0/24"}})
    authorized(function_world(answer_of(here)).ask())
    assert denied(function_world(answer_of(there)).ask()).status == 403


def test_context_values_become_texts() -> None:
    given: dict[str, JsonValue] = {"name": "ann", "count": 3, "ratio": 1.5, "good": True, "bad": False, "none": None}
    found = authorized(function_world(answer_of(policy("Allow"), given)).ask())
    assert found.context == {
        "name": "ann",
        "count": "3",
        "ratio": "1.5",
        "good": "true",
        "bad": "false",
        "principalId": "user-1",
    }
    assert found.facts["authorizer.count"] == "3"


def test_the_context_cannot_name_another_principal() -> None:
    found = authorized(function_world(answer_of(policy("Allow"), {"principalId": "root", "status": "500"})).ask())
    assert found.context["principalId"] == "user-1" == found.principal_id
    assert (found.facts["authorizer.principalId"], found.facts["authorizer.status"]) == ("user-1", "200")


@pytest.mark.parametrize(
    "answer",
    [
        None,
        "text",
        [],
        {},
        {"principalId": "u"},
        {"policyDocument": policy("Allow")},
        answer_of(policy("Allow"), {"a": {"b": 1}}),
        answer_of(policy("Allow"), {"a": [1]}),
        answer_of(policy("Allow"), {"a": "x\r\nSet-Cookie: y"}),
        answer_of(policy("Allow"), {"a\nb": "x"}),
        answer_of(policy("Allow"), {"a": "x" * 9000}),
        {**answer_of(policy("Allow")), "principalId": "a\nb"},
        {**answer_of(policy("Allow")), "principalId": 7},
        {**answer_of(policy("Allow")), "principalId": "\ud800"},
        answer_of(policy("Allow"), {"a": "\udfff"}),
        answer_of({"Version": "2012-10-17", "Statement": None}),
        answer_of({"Version": "2012-10-17", "Statement": [None]}),
        {**answer_of(policy("Allow")), "context": "text"},
        {**answer_of(policy("Allow")), "usageIdentifierKey": 7},
        answer_of({"Version": "2012-10-17"}),
        answer_of({"Version": "2012-10-17", "Statement": []}),
        answer_of(policy("allow")),
        answer_of(policy("Allow", Condition={"StringMagic": {"aws:SourceIp": "1"}})),
        answer_of(policy("Allow", ARN + "/" + "x" * 600)),
    ],
)
def test_an_answer_that_is_none_lets_nobody_in(answer: JsonValue) -> None:
    refused = denied(function_world(answer).ask())
    assert (refused.response_type, refused.status) == ("AUTHORIZER_CONFIGURATION_ERROR", 500)
    assert refused.message is None
    assert refused.error_type == "AuthorizerConfigurationException"


def test_members_that_are_null_are_not_there() -> None:
    """As libraries write what was never set."""
    statement = {"Sid": None, "Condition": None, "NotAction": None, **_statement_of(policy("Allow"))}
    for statements in (statement, [statement]):
        document = {"Version": "2012-10-17", "Id": None, "Statement": statements}
        found = authorized(function_world(answer_of(document, usageIdentifierKey=None, context=None)).ask())
        assert found.principal_id == "user-1"
    condition = {**statement, "Condition": {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}}
    document = {"Version": "2012-10-17", "Statement": [condition]}
    assert denied(function_world(answer_of(document)).ask()).response_type == "ACCESS_DENIED"


def _statement_of(document: JsonObject) -> JsonObject:
    [statement] = document["Statement"] if isinstance(document["Statement"], list) else [document["Statement"]]
    assert isinstance(statement, dict)
    return statement


def test_unauthorized_is_an_answer_of_its_own() -> None:
    world = function_world({"errorMessage": "Unauthorized", "errorType": "Error"}, error="Unhandled")
    assert denied(world.ask()).response_type == "UNAUTHORIZED"


@pytest.mark.parametrize(
    ("answer", "error", "status"),
    [
        ({"errorMessage": "unauthorized"}, "Unhandled", 200),
        ({"errorMessage": "Unauthorized: no"}, "Unhandled", 200),
        ({"errorMessage": ["Unauthorized"]}, "Unhandled", 200),
        ("Unauthorized", "Unhandled", 200),
        (ALLOW, "Unhandled", 200),
        (ALLOW, "", 429),
        (ALLOW, "", 500),
    ],
)
def test_every_other_failure_is_the_authorizers(answer: JsonValue, error: str, status: int) -> None:
    refused = denied(function_world(answer, error, status).ask())
    assert (refused.response_type, refused.status, refused.message) == ("AUTHORIZER_FAILURE", 500, None)


def test_no_answer_is_a_failure() -> None:
    world = World(lambda effect: EffectFailed(kind="timeout", reason="too slow"))
    assert denied(world.ask()).response_type == "AUTHORIZER_FAILURE"


@pytest.mark.parametrize("function", [None, FunctionTarget(arn=FUNCTION, is_allowed=False, reason="no permission")])
def test_a_function_that_may_not_be_invoked_is_not(function: FunctionTarget | None) -> None:
    stage = stage_with(msgspec.structs.replace(TOKEN, function=function))
    assert denied(silent_world().ask(stage)).response_type == "AUTHORIZER_CONFIGURATION_ERROR"


@pytest.mark.parametrize(
    ("authorization", "authorizer"),
    [("CUSTOM", None), ("COGNITO_USER_POOLS", TOKEN), ("JWT", TOKEN), ("OAUTH", TOKEN), ("", TOKEN)],
)
def test_who_cannot_be_asked_lets_nobody_in(authorization: str, authorizer: RuntimeAuthorizer | None) -> None:
    stage = msgspec.structs.replace(STAGE, authorizers={"a1": authorizer} if authorizer else {})
    method = msgspec.structs.replace(METHOD, authorization=authorization)
    assert denied(silent_world().ask(stage, method)).response_type == "AUTHORIZER_CONFIGURATION_ERROR"


def test_an_open_method_asks_nobody() -> None:
    method = msgspec.structs.replace(METHOD, authorization="NONE", authorizer_id="")
    assert authorized(silent_world().ask(method=method)) == Authorized()


# ---- the resource policy


def test_what_the_resource_policy_denies_is_denied_before_the_function_is_asked() -> None:
    stage = stage_with(policy=resource_policy("Deny"))
    refused = denied(silent_world().ask(stage))
    assert refused.message == (
        f"User: anonymous is not authorized to perform: execute-api:Invoke on resource: {SHOWN}/prod/GET/pets/7"
        " with an explicit deny"
    )


@pytest.mark.parametrize(
    ("answered", "deployed", "passes"),
    [
        (policy("Allow"), resource_policy("Allow"), True),
        (policy("Allow"), resource_policy("Allow", "execute-api:/prod/POST/*"), True),
        (policy("Allow", "arn:aws:execute-api:*:*:other"), resource_policy("Allow", "execute-api:/*"), True),
        (policy("Allow", "arn:aws:execute-api:*:*:other"), resource_policy("Allow", "execute-api:/dev/*"), False),
        (policy("Deny"), resource_policy("Allow"), False),
    ],
    ids=["allow+allow", "allow+neither", "neither+allow", "neither+neither", "deny+allow"],
)
def test_both_are_joined_by_table_a(answered: dict[str, JsonValue], deployed: str, passes: bool) -> None:
    verdict = function_world(answer_of(answered)).ask(stage_with(policy=deployed))
    assert isinstance(verdict, Authorized) is passes


def test_a_private_api_without_a_policy_admits_nobody() -> None:
    assert denied(silent_world().ask(stage_with(is_private=True))).response_type == "ACCESS_DENIED"


def test_the_endpoints_policy_must_allow_too() -> None:
    call = msgspec.structs.replace(CALL, vpce_id="vpce-1")
    stage = stage_with(
        is_private=True,
        policy=resource_policy("Allow"),
        endpoint_policies={"vpce-1": resource_policy("Allow", "arn:aws:execute-api:*:*:other/*")},
    )
    assert isinstance(silent_world().ask(stage, call=call), Denied)
    other = msgspec.structs.replace(call, vpce_id="vpce-2")
    authorized(function_world(ALLOW).ask(stage, call=other))
