"""What a stage's routes do in a live Envoy."""

import socket
import time
from collections.abc import Iterator
from uuid import UUID

import pytest
from tests.feature.stage_parts import KEY
from tests.feature.stage_rig import Rig, serve_stages

from innergate.compile.resolve.api_blueprint import VERBS
from innergate.observe.access_records import Record, read_record
from innergate.testing.live_envoy import Answer, ask
from innergate.testing.waiting import LONGEST_S


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with serve_stages(tmp_path_factory.mktemp("envoy")) as served:
        yield served


@pytest.mark.parametrize(
    ("method", "target", "sent"),
    [
        ("GET", "/test", "/root"),
        ("POST", "/test/", "/root"),
        ("GET", "/test?x=1", "/root?x=1"),
        ("GET", "/test/foo/bar?x=1", "/all/foo/bar?x=1"),
        ("DELETE", "/test/foo/", "/all/foo/"),
        ("GET", "/test/pets?max=5", "/v1/pets?fixed=1&limit=5&max=5"),
        ("GET", "/test/pets", "/v1/pets?fixed=1"),
        ("GET", "/test/pets?max=", "/v1/pets?fixed=1&limit=&max="),
        ("GET", "/test/pets?x=1", "/v1/pets?fixed=1&x=1"),
        ("GET", "/test/pets/7", "/v2/animals/7/x?stage=test"),
        ("GET", "/test/pets/7/", "/v2/animals/7/x?stage=test"),
        ("PATCH", "/test/pets/7/toys/ball", "/t/ball/7"),
        ("POST", "/test/pets/mine", "/mine"),
        ("GET", "/test/files/a/b/c-d", "/f/b/c-d"),
        ("GET", "/test/Pets", "/all/Pets"),
        ("GET", "/test/caf%C3%A9;v=1", "/all/caf%C3%A9;v=1"),
    ],
)
def test_path_reaches_backend_as_the_integration_says(rig: Rig, method: str, target: str, sent: str) -> None:
    answer = rig.call(method, target)
    assert (answer.status, answer.json["method"]) == (200, method)
    path, _, query = answer.json["path"].partition("?")
    wanted, _, wanted_query = sent.partition("?")
    assert (path, sorted(query.split("&"))) == (wanted, sorted(wanted_query.split("&")))


@pytest.mark.parametrize("verb", VERBS)
def test_any_covers_seven_verbs(rig: Rig, verb: str) -> None:
    assert rig.call(verb, "/test/x").status == 200


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("POST", "/test/pets"),
        ("DELETE", "/test/pets/7"),
        ("GET", "/test/pets/mine"),
        ("HEAD", "/test/pets"),
        ("TRACE", "/test/x"),
        ("PROPFIND", "/test/x"),
        ("GET", "/test/files/a"),
    ],
)
def test_resource_without_the_verb_is_not_found(rig: Rig, method: str, target: str) -> None:
    if target == "/test/files/a":
        assert rig.call(method, target).json["path"] == "/all/files/a"
        return
    answer = rig.call(method, target)
    assert answer.status == 403
    assert answer.headers["x-amzn-errortype"] == "MissingAuthenticationTokenException"
    assert answer.text == ("" if method == "HEAD" else '{"message":"Missing Authentication Token"}')


def test_mapped_headers(rig: Rig) -> None:
    seen = rig.call("GET", "/test/pets/7", {"x-original": "o"}).json["headers"]
    assert seen["x-pet"] == "7"
    assert seen["x-static"] == "50% off"
    assert seen["x-from"] == rig.endpoint
    assert seen["x-copy"] == "o"


def test_a_header_that_is_not_there_is_not_mapped(rig: Rig) -> None:
    assert "x-copy" not in rig.call("GET", "/test/pets/7").json["headers"]


def test_greedy_variable_in_a_header(rig: Rig) -> None:
    assert rig.call("GET", "/test/files/a/b/c").json["headers"]["x-path"] == "b/c"


def test_backend_sees_what_it_should_and_nothing_of_ours(rig: Rig) -> None:
    sent = {
        "x-innergate-scope": "zz",
        "x-innergate-key-id": "zz",
        "x-amzn-vpce-id": "vpce-spoofed",
        "x-amzn-vpc-id": "vpc-spoofed",
        "x-envoy-original-path": "/x",
        "x-forwarded-for": "1.2.3.4",
        "x-request-id": "mine",
        "x-amzn-apigateway-api-id": "other",
        "te": "trailers",
        "via": "1.1 x",
        "upgrade": "websocket",
        "connection": "upgrade",
        "user-agent": "ua/1",
        "content-encoding": "identity",
    }
    seen = rig.call("GET", "/test/x", sent).json["headers"]
    assert not [name for name in seen if name.startswith(("x-innergate", "x-envoy", "x-amzn-vpc"))]
    assert not {"te", "via", "upgrade", "connection"} & set(seen)
    assert seen["host"] == "backend.internal"
    assert seen["x-forwarded-for"].startswith("1.2.3.4,")
    assert seen["x-forwarded-proto"] == "http"
    assert seen["x-request-id"] == "mine"
    assert seen["x-amzn-apigateway-api-id"] == rig.api
    assert (seen["user-agent"], seen["content-encoding"]) == ("ua/1", "identity")


@pytest.mark.parametrize(
    "named", ["{host}/test/", "{host}/custom/", "{api}/test/", "{host}/test/|", "private.us-east-1|{api}"]
)
@pytest.mark.parametrize("header", ["x-apigw-api-id", "host"])
def test_a_name_with_more_in_it_leads_nowhere(rig: Rig, header: str, named: str) -> None:
    """The key of a stage is cut out of one text: what a client writes into its part must not move the cuts."""
    said = named.format(host=f"{rig.api}.execute-api.us-east-1.amazonaws.com", api=rig.api)
    for path in ("/nopolicy/x", "/denied/x", "/custom/x", "/test/x"):
        if f"/{path.split('/')[1]}/" in said:
            continue
        assert rig.call("GET", path, {header: said}).status in (400, 403, 404), (
            "404 is what the stage custom makes of a 403"
        )


def test_response_headers(rig: Rig) -> None:
    headers = rig.call("GET", "/test/x").headers
    assert headers["x-amzn-requestid"] != rig.call("GET", "/test/x").headers["x-amzn-requestid"]
    assert headers["x-amzn-requestid"].startswith(headers["x-amz-apigw-id"])
    assert headers["x-amzn-remapped-server"].startswith("BaseHTTP")
    assert {"x-amzn-remapped-date", "date"} <= set(headers)
    assert "server" not in headers
    assert not [name for name in headers if name.startswith("x-envoy")]


def test_backend_status_passes(rig: Rig) -> None:
    answer = rig.call("GET", "/test/absent")
    assert (answer.status, answer.json["path"]) == (404, "/all/absent")


def test_cors_by_mock(rig: Rig) -> None:
    answer = rig.call("OPTIONS", "/test/pets", {"origin": "https://x", "access-control-request-method": "GET"})
    assert (answer.status, answer.text) == (200, "")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-allow-methods"] == "GET,OPTIONS"


@pytest.mark.parametrize(
    ("target", "status", "error", "text"),
    [
        ("/nostage/x", 403, "ForbiddenException", '{"message":"Forbidden"}'),
        ("/", 403, "ForbiddenException", '{"message":"Forbidden"}'),
        ("/test/slow", 504, "InternalServerErrorException", '{"message":"Endpoint request timed out"}'),
        ("/test/dead", 500, "InternalServerErrorException", '{"message":"Internal server error"}'),
        ("/test/nowhere", 500, "InternalServerErrorException", '{"message":"Internal server error"}'),
        ("/test/vtl", 500, "InternalServerErrorException", '{"message":"Internal server error"}'),
        ("/test/keyed", 403, "ForbiddenException", '{"message":"Forbidden"}'),
    ],
)
def test_answers_that_the_gateway_makes(rig: Rig, target: str, status: int, error: str, text: str) -> None:
    answer = rig.call("GET", target)
    assert (answer.status, answer.headers["x-amzn-errortype"], answer.text) == (status, error, text)
    assert answer.headers["content-type"] == "application/json"
    assert len(answer.headers["x-amzn-requestid"]) == 36


@pytest.mark.parametrize(
    "host", ["nope.execute-api.us-east-1.amazonaws.com", "x.example", "{api}.execute-api.eu-west-1.amazonaws.com"]
)
def test_unknown_host_is_forbidden(rig: Rig, host: str) -> None:
    answer = ask(rig.port, "GET", "/test/x", {"host": host.format(api=rig.api)})
    assert (answer.status, answer.text) == (403, '{"message":"Forbidden"}')


def test_every_name_of_the_api(rig: Rig) -> None:
    suffix = "execute-api.us-east-1.amazonaws.com"
    for headers in (
        {"host": f"{rig.api}.{suffix}:443"},
        {"host": f"{rig.api}-{rig.endpoint}.{suffix}"},
        {"host": "vpce-1.execute-api.us-east-1.vpce.amazonaws.com", "x-apigw-api-id": rig.api},
        {"host": f"other.{suffix}", "x-apigw-api-id": rig.api},
    ):
        assert ask(rig.port, "GET", "/test/x", headers).status == 200, headers


def test_absolute_form_counts_before_the_host_header(rig: Rig) -> None:
    assert rig.call("GET", "http://other.example/test/x").status == 403
    name = f"{rig.api}.execute-api.us-east-1.amazonaws.com"
    assert ask(rig.port, "GET", f"http://{name}/test/x", {"host": "other.example"}).status == 200


@pytest.mark.parametrize("target", ["/test/a%2Fb", "/test/a%2fb", "/test/a%5Cb", "/test/a%00b"])
def test_paths_with_two_readings_are_refused(rig: Rig, target: str) -> None:
    assert rig.call("GET", target).status == 400


@pytest.mark.parametrize(
    ("target", "sent"),
    [
        ("/test//a/./b/../c", "/all/a/c"),
        ("/te%73t/b", "/all/b"),
        ("/test/%2e%2e/test/z", "/all/z"),
        ("/test/%252f", "/all/%252f"),
        ("/test/../nostage/x", ""),
    ],
)
def test_one_canonical_path(rig: Rig, target: str, sent: str) -> None:
    answer = rig.call("GET", target)
    if not sent:
        assert answer.status == 403
    else:
        assert answer.json["path"] == sent


def test_too_large_bodies_and_headers(rig: Rig) -> None:
    limit = 10 * 1024 * 1024
    assert rig.call("POST", "/test/up", body=b"x" * limit).json["size"] == limit
    refused = rig.call("POST", "/test/up", {"content-length": str(limit + 1)})
    assert (refused.status, refused.text) == (413, '{"message":"Request Too Long"}')
    assert rig.call("GET", "/test/x", {"x-big": "x" * 11_000}).status == 431
    assert rig.call("GET", "/test/x", {"under_score": "1"}).status == 400


@pytest.mark.parametrize(("method", "target"), [("OPTIONS", "*"), ("GET", "http://x?/test/x"), ("GET", "test/x")])
def test_a_target_without_a_path_is_a_bad_request(rig: Rig, method: str, target: str) -> None:
    answer = rig.call(method, target)
    assert (answer.status, answer.text) == (400, '{"message":"Bad Request"}')
    assert answer.headers["x-amzn-errortype"] == "BadRequestException"
    assert answer.headers["x-amzn-requestid"]


def test_throttled_method(rig: Rig) -> None:
    answers = [rig.call("GET", "/test/limited") for _ in range(4)]
    assert [a.status for a in answers[:2]] == [200, 200]
    assert answers[-1].status == 429
    assert answers[-1].text == '{"message":"Too Many Requests"}'
    assert answers[-1].headers["x-amzn-errortype"] == "TooManyRequestsException"
    assert rig.call("GET", "/test/x").status == 200


def test_api_key_and_its_plan(rig: Rig) -> None:
    assert rig.call("GET", "/test/keyed", {"x-api-key": "wrong"}).status == 403
    assert rig.call("GET", f"/test/keyed?x-api-key={KEY}").status == 403
    answers = [rig.call("GET", "/test/keyed", {"x-api-key": KEY}) for _ in range(4)]
    assert answers[0].json["headers"]["x-api-key"] == KEY
    assert "x-innergate-key-id" not in answers[0].json["headers"]
    assert answers[-1].status == 429


def logged(rig: Rig, agent: str) -> Record:
    """The line of the request that came with this User-Agent."""
    deadline = time.monotonic() + LONGEST_S
    while time.monotonic() < deadline:
        lines = [read_record(text) for text in (rig.folder / "access.log").read_bytes().split(b"\n")]
        found = next((line for line in lines if line and line["identity.userAgent"] == agent), None)
        if found is not None:
            return found
        time.sleep(0.05)
    raise AssertionError(f"no line of {agent}")


def test_access_log_has_what_was_asked(rig: Rig) -> None:
    answer = rig.call("GET", "/test/pets/9?x=1", {"user-agent": 'a"b'})
    line = logged(rig, 'a"b')
    assert line["requestId"] == answer.headers["x-amzn-requestid"]
    assert line["extendedRequestId"] == answer.headers["x-amz-apigw-id"]
    assert (line["path"], line["resourcePath"], line["status"], line["httpMethod"]) == (
        "/test/pets/9",
        "/pets/{id}",
        200,
        "GET",
    )
    assert (line["apiId"], line["stage"], line["identity.vpceId"]) == (rig.api, "test", rig.endpoint)
    assert str(line["domainName"]).startswith(rig.api)


@pytest.mark.parametrize("target", ["/test/pets/9", "/test/x", "/custom/x", "/custom/none", "/test/dead", "/nostage/x"])
def test_every_answer_has_ids_of_its_own(rig: Rig, target: str) -> None:
    first, second = (rig.call("GET", target).headers for _ in range(2))
    assert UUID(first["x-amzn-requestid"]) != UUID(second["x-amzn-requestid"])
    assert len(first["x-amz-apigw-id"]) == 16
    assert first["x-amz-apigw-id"] != second["x-amz-apigw-id"]


def test_a_backend_is_told_the_id_that_the_client_is(rig: Rig) -> None:
    answer = rig.call("GET", "/custom/told")
    assert answer.json["headers"]["x-told"] == answer.headers["x-amzn-requestid"]


def test_access_log_of_what_met_no_resource(rig: Rig) -> None:
    headers = {"host": "vpce-1.example", "x-apigw-api-id": rig.api, "user-agent": "lost"}
    assert ask(rig.port, "TRACE", "/test/nothing/here", headers).status == 403
    line = logged(rig, "lost")
    assert (line["domainName"], line["path"], line["resourcePath"]) == ("vpce-1.example", "/test/nothing/here", "")
    assert (line["stage"], line["errorType"]) == ("test", "MissingAuthenticationTokenException")


def test_access_log_fields_cannot_be_forged(rig: Rig) -> None:
    """Fields end at a carriage return: Envoy lets none through."""
    text = f"GET /test/pets/8 HTTP/1.1\r\nHost: {rig.api}.execute-api.us-east-1.amazonaws.com\r\n"
    with socket.create_connection(("127.0.0.1", rig.port), timeout=LONGEST_S) as client:
        client.sendall(f"{text}User-Agent: for\rged\r\nX-Other: a\rb\r\n\r\n".encode())
        assert client.recv(15) == b"HTTP/1.1 200 OK"
    assert logged(rig, "forged")["path"] == "/test/pets/8"


def test_gateway_responses_of_a_stage(rig: Rig) -> None:
    """The stage `custom` answers in its user's words, also where a backend says x-amzn-errortype; a worker has one method of
    it, and says it in the user's words itself."""
    answer = rig.call("PUT", "/custom/none")
    assert (answer.status, answer.text) == (404, '{"no":"Missing Authentication Token","at":"custom"}')
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["x-amzn-errortype"] == "MissingAuthenticationTokenException"
    slow = rig.call("GET", "/custom/slow")
    assert (slow.status, slow.text) == (504, '{"message":"Endpoint request timed out"}')
    assert slow.headers["access-control-allow-origin"] == "5xx"
    assert rig.call("GET", "/custom/x").status == 200


def call_stage(rig: Rig, stage: str, method: str, path: str) -> Answer:
    """A request to the API that has the stage."""
    return ask(rig.port, method, path, {"host": f"{rig.apis[stage]}.execute-api.us-east-1.amazonaws.com"})


@pytest.mark.parametrize(
    ("stage", "method", "path", "ending"),
    [
        ("nopolicy", "GET", "/nopolicy/a/b?x=1", ""),
        ("narrow", "POST", "/narrow/a/b", ""),
        ("narrow", "GET", "/narrow/b", ""),
        ("denied", "GET", "/denied/a/b", " with an explicit deny"),
    ],
)
def test_policy_denials_in_awss_words(rig: Rig, stage: str, method: str, path: str, ending: str) -> None:
    answer = call_stage(rig, stage, method, path)
    assert (answer.status, answer.headers["x-amzn-errortype"]) == (403, "AccessDeniedException")
    resource = f"{rig.apis[stage]}/{stage}/{method}{path.partition('?')[0].removeprefix(f'/{stage}')}"
    assert answer.json == {
        "Message": "User: anonymous is not authorized to perform: execute-api:Invoke on resource: "
        f"arn:aws:execute-api:us-east-1:********2222:{resource}{ending}"
    }


def test_policy_admits_what_it_names(rig: Rig) -> None:
    assert call_stage(rig, "narrow", "GET", "/narrow/a/b").status == 200


def test_public_api_is_reached_by_the_public_listener_alone(rig: Rig) -> None:
    host = {"host": f"{rig.apis['open']}.execute-api.us-east-1.amazonaws.com"}
    assert ask(rig.public_port, "GET", "/open/x", host).status == 200
    assert ask(rig.port, "GET", "/open/x", host).status == 403
    private = {"host": f"{rig.api}.execute-api.us-east-1.amazonaws.com"}
    assert ask(rig.public_port, "GET", "/test/x", private).status == 403
    assert ask(rig.public_port, "GET", "/test/x", {**host, "x-apigw-api-id": rig.api}).status == 403
