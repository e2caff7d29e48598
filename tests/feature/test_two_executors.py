"""One meaning, two executors: a method that Envoy serves by itself, and the same method executed by a worker, do the same.

Each request is sent to both. Status, header fields (but ids and dates), body, and what the backend was sent must be equal.
`INNERGATE_EXECUTOR_CALLS` asks for more drawn requests than the usual number.
"""

import os
import string
import time
from collections.abc import Iterator
from urllib.parse import unquote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.feature.executors_rig import Executors, Outcome, Pairs, Received, Request, Told, serve_twice
from tests.feature.stage_parts import KEY

from innergate.compile.resolve.api_blueprint import VERBS
from innergate.observe.access_records import read_record
from innergate.testing.waiting import LONGEST_S

CALLS = int(os.environ.get("INNERGATE_EXECUTOR_CALLS", "200"))

_NOT_COMPARED = frozenset({"x-amzn-requestid", "x-amz-apigw-id", "date", "connection"})
"""What every answer has of its own."""


@pytest.fixture(scope="module")
def executors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Executors]:
    with serve_twice(tmp_path_factory.mktemp("two")) as served:
        yield served


def fields_of(message: Received, api: str) -> dict[str, list[str]]:
    """Header fields by name, repeated ones in their order, the API's id made a word. A length of nothing says nothing."""
    fields: dict[str, list[str]] = {}
    for name, value in message.headers:
        if name not in _NOT_COMPARED and (name, value) != ("content-length", "0"):
            fields.setdefault(name, []).append(value.replace(api, "{api}"))
    return fields


def first_line(line: str) -> tuple[str, list[str]]:
    """A request's verb and path, and its parameters decoded: where one is mapped Envoy writes them in an order of its own."""
    start, _, query = line.partition("?")
    return start, sorted(unquote(pair) for pair in query.split("&") if pair)


def compare(executors: Executors, native: Received, worked: Received) -> Iterator[str]:
    """In what two messages differ."""
    if first_line(native.line) != first_line(worked.line):
        yield f"first line: {native.line} / {worked.line}"
    one, other = fields_of(native, executors.native), fields_of(worked, executors.worked)
    for name in sorted({*one, *other}):
        if one.get(name) != other.get(name):
            yield f"{name}: {one.get(name)} / {other.get(name)}"
    if native.body != worked.body:
        yield f"body: {native.body[:200]!r} / {worked.body[:200]!r}"


def differences(executors: Executors, native: Outcome, worked: Outcome) -> list[str]:
    """All differences, Envoy's side first."""
    found = [f"answer, {text}" for text in compare(executors, native.answer, worked.answer)]
    if len(native.at_origin) != len(worked.at_origin):
        return [*found, f"calls to the backend: {len(native.at_origin)} / {len(worked.at_origin)}"]
    for one, other in zip(native.at_origin, worked.at_origin, strict=True):
        found += [f"backend, {text}" for text in compare(executors, one, other)]
    return found


def same(executors: Executors, request: Request, told: Told | None = None) -> Outcome:
    """Asks both, and says where they differ; gives what Envoy made of the request."""
    native = executors.ask(executors.native, request, told)
    worked = executors.ask(executors.worked, request, told)
    found = differences(executors, native, worked)
    assert not found, "\n".join(found)
    return native


# -- requests one by one ----------------------------------------------------------------------------------------------

PATHS = [
    "",
    "/",
    "/?x=1",
    "/all/a",
    "/all/a/b/c/",
    "/all/caf%C3%A9;v=1",
    "/all/a%20b+c",
    "/all/%252f%25",
    "/all/a%3Fb%23c",
    "/all/%7Etilde~",
    "/all/!$&'()*+,=:@-._",
    '/all/"<>^`{|}',
    "/all//a/./b/../c",
    "/all/%e9",
    "/all/a%2Fb",
    "/all/a%5Cb",
    "/all/x?&&a=1&",
    "/all/x?a=1&a=2&b=&c&a=1",
    "/all/x?a+b=c+d&e=%2B%20%26",
    "/all/x?a;b=1;c=2",
    "/all/x?%61=%62&é=ü".replace("é", "%C3%A9").replace("ü", "%FC"),
    "/all/x?a=b=c&=d&=",
    "/all/x?q=a/b?c:d@e",
    "/all/x?a|b",
    "/pets",
    "/pets?max=5",
    "/pets?max=",
    "/pets?max",
    "/pets?Max=5&limit=7&fixed=2",
    "/pets?max=%C3%A9",
    "/pets/7",
    "/pets/7/",
    "/pets/caf%C3%A9%20x%2B",
    "/pets/a%25b?from=%41",
    "/files/a%20b/c%C3%A9/d",
    "/pets?max=1&max=2",
    "/pets?max=1&a=2&max=",
    "/pets?max&max=3",
    "/pets?xmax=1&max=2&maxx=3",
    "/pets?max=a+b&a=c+d",
    "/pets?max=1;a=2",
    "/pets?fixed=mine&limit=a&limit=b",
    "/pets/a+b;c=d",
    "/pets/7?pet=8&stage=x&from=y",
    "/files/a/b/c",
    "/over",
    "/mock",
    "/mock?x=1",
    "/nothing",
    "/mock/",
]


@pytest.mark.parametrize("target", PATHS)
def test_paths_and_queries(executors: Executors, target: str) -> None:
    same(executors, Request("GET", target))


@pytest.mark.parametrize("verb", [*VERBS, "TRACE", "PROPFIND"])
@pytest.mark.parametrize("target", ["/all/x", "/pets/7", "/mock", "/keyed"])
def test_verbs(executors: Executors, verb: str, target: str) -> None:
    body = b'{"a": 1}' if verb in ("POST", "PUT", "PATCH", "DELETE") else None
    same(executors, Request(verb, target, body=body), Told(200, (("x-of", "origin"),), b"said"))


HEADERS: list[Pairs] = [
    (),
    (("accept", "text/html, */*;q=0.1"), ("accept-encoding", "gzip, br")),
    (("user-agent", "ua/1"), ("x-agent", "mapped")),
    (("x-twice", "a"), ("x-twice", "b, c"), ("X-Twice", "")),
    (("cookie", "a=1; b=2"), ("cookie", "c=3")),
    (("content-type", "Text/Plain; charset=x"), ("x-accept", "image/png")),
    (("authorization", "Bearer abc"),),
    (("te", "trailers"), ("via", "1.1 x"), ("connection", "x-hop"), ("x-hop", "1"), ("keep-alive", "5")),
    (("upgrade", "websocket"), ("connection", "upgrade"), ("proxy-connection", "keep-alive")),
    (
        ("content-md5", "x"),
        ("max-forwards", "3"),
        ("proxy-authenticate", "x"),
        ("server", "s"),
        ("www-authenticate", "b"),
    ),
    (("x-http-method-override", "DELETE"), ("trailer", "x-t"), ("content-encoding", "identity")),
    (
        ("x-forwarded-for", "1.2.3.4"),
        ("x-forwarded-proto", "ftp"),
        ("x-forwarded-port", "1"),
        ("x-forwarded-host", "h"),
    ),
    (("x-amzn-trace-id", "Root=1-abc"), ("x-request-id", "mine"), ("x-amzn-apigateway-api-id", "other")),
    (("x-innergate-cluster", "zz"), ("x-envoy-upstream-rq-timeout-ms", "1"), ("x-innergate-call", "zz")),
    (("x-original", "o"), ("x-sender", "f & g"), ("referer", "http://a/"), ("origin", "https://x")),
    (("x-original", ""), ("x-sender", "")),
    (("x-latin", "caf\xc3\xa9"), ("x-original", "\xc3\xa9"), ("x-sender", "\xc3\xa9")),
    (("x-copy", "the client's"), ("x-static", "s"), ("x-verb", "v")),
    (("x-original", "first"), ("x-original", "last"), ("x-sender", "a"), ("x-sender", "b, c")),
    (("x-accept", "text/html"), ("x-accept", "image/png"), ("X-Agent", "one"), ("x-agent", "two")),
    (("range", "bytes=0-1"), ("if-none-match", '"e"'), ("date", "Tue, 15 Nov 1994 08:12:31 GMT"), ("from", "a@b")),
    (("x-api-key", KEY),),
    (("x-api-key", "wrong"),),
]


@pytest.mark.parametrize("headers", HEADERS, ids=lambda headers: "+".join(name for name, _ in headers) or "none")
@pytest.mark.parametrize("target", ["/all/x", "/pets/7", "/over", "/keyed"])
def test_headers_of_requests(executors: Executors, headers: Pairs, target: str) -> None:
    same(executors, Request("GET", target, headers))


ANSWERS = [
    *(Told(status, (("content-type", "text/plain"),), b"said") for status in (200, 201, 301, 400, 401, 403, 404, 429)),
    *(Told(status, (), b"") for status in (200, 204, 304, 413, 500, 502, 503, 504, 599)),
    Told(200, (("set-cookie", "a=1"), ("set-cookie", "b=2, c"), ("x-twice", "1"), ("x-twice", "2"))),
    Told(200, (("date", "Tue, 15 Nov 1994 08:12:31 GMT"), ("server", "s/1"), ("via", "1.1 v"), ("x-powered-by", "p"))),
    Told(200, (("x-amzn-requestid", "theirs"), ("x-amz-apigw-id", "theirs"), ("x-amzn-errortype", "Theirs"))),
    Told(200, (("x-amzn-trace-id", "Root=theirs"), ("x-amzn-remapped-date", "d"))),
    Told(
        200, (("content-encoding", "gzip"), ("content-type", "text/html"), ("vary", "accept-encoding")), b"\x1f\x8b\x00"
    ),
    Told(
        401, (("www-authenticate", "Basic"), ("proxy-authenticate", "x"), ("authorization", "a"), ("user-agent", "u"))
    ),
    Told(302, (("location", "http://backend.internal/next?x=1"), ("cache-control", "no-store")), b"moved"),
    Told(200, (("connection", "x-hop"), ("x-hop", "1"), ("upgrade", "h2c"), ("keep-alive", "timeout=3"), ("te", "x"))),
    Told(200, (("x-empty", ""), ("x-latin", "caf\xe9"), ("content-md5", "m"), ("expect", "e"), ("max-forwards", "1"))),
    Told(200, (("alt-svc", "h3"), ("trailer", "x")), b"b"),
    Told(200, (), bytes(range(256)) * 300),
]


@pytest.mark.parametrize(
    "told", ANSWERS, ids=lambda told: f"{told.status}-{'+'.join(name for name, _ in told.headers)}"
)
@pytest.mark.parametrize("verb", ["GET", "HEAD", "POST"])
def test_answers_of_backends(executors: Executors, told: Told, verb: str) -> None:
    same(executors, Request(verb, "/all/x", body=b"sent" if verb == "POST" else None), told)


@pytest.mark.parametrize("verb", ["GET", "HEAD", "POST", "DELETE"])
@pytest.mark.parametrize(
    ("target", "told", "status"),
    [
        ("/slow", Told(after_s=5), "504"),
        ("/refused", None, "500"),
        ("/nowhere", None, "500"),
        ("/all/x", Told(hangs_up=True), "500"),
        ("/keyed", None, "403"),
    ],
)
def test_failures(executors: Executors, verb: str, target: str, told: Told | None, status: str) -> None:
    request = Request(verb, target, body=b"b" if verb == "POST" else None)
    assert same(executors, request, told).answer.line == status


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "Application/JSON; charset=utf-8",
        "",
        " ; charset=x",
        "text/plain",
        "application/jsonp",
        "a/json",
    ],
)
def test_content_types_of_static_mocks(executors: Executors, content_type: str) -> None:
    for path in ("/mock", "/strict"):
        for body in (None, b"no template"):
            same(executors, Request("GET", path, (("content-type", content_type),), body))


@pytest.mark.parametrize(
    ("path", "status", "location"),
    [
        ("/made", "201", ""),
        ("/moved", "302", ""),
        ("/sent", "303", "https://other.example/"),
        ("/unsaid", "204", ""),
        ("/same", "304", ""),
        ("/styled", "200", ""),
        ("/renamed", "401", ""),
    ],
)
def test_answers_of_static_mocks(executors: Executors, path: str, status: str, location: str) -> None:
    answer = same(executors, Request("GET", path)).answer
    assert (answer.line, dict(answer.headers).get("location", "")) == (status, location)


@pytest.mark.parametrize(
    ("verb", "headers"),
    [
        ("OPTIONS", (("origin", "https://x"), ("access-control-request-method", "GET"))),
        ("OPTIONS", ()),
        ("OPTIONS", (("accept", "text/html"), ("content-type", "application/json; charset=utf-8"))),
    ],
)
def test_preflights(executors: Executors, verb: str, headers: Pairs) -> None:
    answer = same(executors, Request(verb, "/pets", headers)).answer
    assert (answer.line, dict(answer.headers)["access-control-allow-origin"], answer.body) == ("200", "*", b"")


@pytest.mark.parametrize("size", [0, 1, 65_536, 3_000_000, 10 * 1024 * 1024])
@pytest.mark.parametrize("verb", ["POST", "GET", "DELETE"])
def test_bodies(executors: Executors, size: int, verb: str) -> None:
    body = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    outcome = same(executors, Request(verb, "/all/x", body=body))
    assert outcome.at_origin[0].body == body


def test_bodies_that_are_too_large(executors: Executors) -> None:
    refused = same(executors, Request("POST", "/all/x", (("content-length", str(10 * 1024 * 1024 + 1)),)))
    assert refused.answer.line == "413"


# -- requests drawn ---------------------------------------------------------------------------------------------------

_TEXT = string.ascii_letters + string.digits + "-._~!$'()*,:@"
_OCTETS = st.integers(0x21, 0xFF).filter(lambda code: code not in (0x2F, 0x5C, 0x7F)).map(lambda code: f"%{code:02X}")
_SEGMENTS = st.lists(st.one_of(st.text(_TEXT, min_size=1, max_size=4), _OCTETS), min_size=1, max_size=3).map("".join)
_PLAIN = st.text(string.ascii_letters + string.digits + "-._~", min_size=1, max_size=6)
_NAMED = st.sampled_from(["a", "b", "x.y", "max", "fixed"])
_QUERIES = st.lists(
    st.tuples(st.one_of(_NAMED, _OCTETS), st.one_of(_PLAIN, _OCTETS, st.just(""), st.just("a+b;c=d|e"))), max_size=4
).map(lambda pairs: _query(pairs))


def _query(pairs: list[tuple[str, str]]) -> str:
    return "?" + "&".join(f"{name}={value}" for name, value in pairs) if pairs else ""


_NAMES = ["x-one", "x-two", "accept", "accept-language", "cookie", "user-agent", "authorization", "x-original", "etag"]
_VALUES = st.text(string.ascii_letters + string.digits + " !#$%&'()*+,-./:;<=>?@[]^_`{|}~", max_size=20).map(str.strip)
_HEADERS = st.lists(st.tuples(st.sampled_from(_NAMES), _VALUES), max_size=5, unique_by=lambda pair: pair[0]).map(tuple)
_AGAIN = ["x-again", "set-cookie", "vary", "x-original", "x-sender", "content-type"]
_REPEATED = st.lists(st.tuples(st.sampled_from(_AGAIN[:3]), _VALUES), max_size=3).map(tuple)
_SENT_AGAIN = st.lists(st.tuples(st.sampled_from(_AGAIN[:5]), _VALUES), max_size=3).map(tuple)
_TARGETS = st.one_of(
    st.lists(_SEGMENTS, min_size=1, max_size=4).map(lambda parts: "/all/" + "/".join(parts)),
    _SEGMENTS.map(lambda text: f"/pets/{text}"),
    st.tuples(_SEGMENTS, _SEGMENTS, _SEGMENTS).map(lambda parts: "/files/" + "/".join(parts)),
    st.sampled_from(["/", "/pets", "/over", "/mock", "/keyed", "/none", "/refused"]),
)
_STATUSES = st.sampled_from([200, 200, 200, 201, 204, 206, 301, 304, 400, 403, 404, 418, 429, 500, 502, 503, 504])


@st.composite
def _requests(draw: st.DrawFn) -> Request:
    verb = draw(st.sampled_from(VERBS))
    target = draw(_TARGETS)
    target += draw(_QUERIES)
    headers = (*draw(_HEADERS), *draw(_SENT_AGAIN))
    return Request(verb, target, headers, draw(st.one_of(st.none(), st.binary(max_size=200))))


_ANSWERS = st.tuples(_STATUSES, _HEADERS, _REPEATED, st.binary(max_size=200)).map(
    lambda drawn: Told(drawn[0], (*drawn[1], *drawn[2]), drawn[3])
)


@settings(max_examples=CALLS, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None)
@given(request=_requests(), told=_ANSWERS)
def test_whatever_is_sent(executors: Executors, request: Request, told: Told) -> None:
    same(executors, request, told)


# -- the access log ---------------------------------------------------------------------------------------------------

_OF_EACH_LINE = ("time", "Time", "atency", "Id", "integration", "route", "details")


def line_of(executors: Executors, api: str, agent: str) -> dict[str, object]:
    """What the log says of the API's request with this User-Agent, but for ids, times and what only a worker knows."""
    deadline = time.monotonic() + LONGEST_S
    while time.monotonic() < deadline:
        records = [read_record(text) for text in (executors.folder / "access.log").read_bytes().split(b"\n")]
        for record in records:
            if record and (record["identity.userAgent"], record["apiId"]) == (agent, api):
                return {
                    key: str(value).replace(api, "{api}")
                    for key, value in record.items()
                    if not any(word in key for word in _OF_EACH_LINE)
                }
        time.sleep(0.05)
    raise AssertionError(f"no line of {agent}")


@pytest.mark.parametrize(
    ("verb", "target", "headers"),
    [
        ("GET", "/pets/9?x=1", ()),
        ("POST", "/all/a%20b", ()),
        ("HEAD", "/all/x", ()),
        ("GET", "/mock", ()),
        ("GET", "/refused", ()),
        ("GET", "/nowhere", ()),
        ("GET", "/keyed", ()),
        ("GET", "/keyed", (("x-api-key", KEY),)),
        ("GET", "/none", ()),
    ],
)
def test_lines_of_the_access_log(executors: Executors, verb: str, target: str, headers: Pairs) -> None:
    agent = f"agent {verb} {target} {len(headers)}"
    request = Request(verb, target, (*headers, ("user-agent", agent)), b"sent" if verb == "POST" else None)
    same(executors, request, Told(203, (), b"said"))
    lines = [line_of(executors, api, agent) for api in (executors.native, executors.worked)]
    assert lines[0] == lines[1]
    assert lines[0]["httpMethod"] == verb
