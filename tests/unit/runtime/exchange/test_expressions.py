"""Mapping expressions."""

import pytest
from tests.unit.runtime.exchange.exchange_scripts import make_call, make_method, make_stage

from innergate.runtime.exchange.exchange_state import Circumstances, Exchange
from innergate.runtime.exchange.expressions import BodyIsNoJson, Expression, body_value, parse_expression, request_value


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("'a.b'", Expression("static", "a.b")),
        ("''", Expression("static", "")),
        ("context.identity.sourceIp", Expression("context", "identity.sourceIp")),
        ("stageVariables.a", Expression("stageVariables", "a")),
        ("method.request.header.X.Y", Expression("method.request.header", "X.Y")),
        ("method.request.body", Expression("method.request.body", "")),
        ("integration.response.body.a[0].b", Expression("integration.response.body", "a[0].b")),
        ("something.else", Expression("", "something.else")),
        ("method.request", Expression("", "method.request")),
    ],
)
def test_parse(text: str, wanted: Expression) -> None:
    assert parse_expression(text) == wanted


@pytest.mark.parametrize(
    ("body", "path", "wanted"),
    [
        ('{"a": {"b": 1}}', "a.b", "1"),
        ('{"a": {"b": "x"}}', "a", '{"b":"x"}'),
        ('{"a": true}', "a", "true"),
        ('{"a": null}', "a", None),
        ('{"a": 1}', "b", None),
        ("[1, 2]", "[1]", "2"),
        ("text", "", "text"),
        ("text", "a", None),
        ("", "a", None),
        ('{"a": 1}', "a[?", None),
        ('{"a": 1}', "a" * 2000, None),
    ],
)
def test_a_path_into_a_body(body: str, path: str, wanted: str | None) -> None:
    assert body_value(body, path) == wanted


@pytest.mark.parametrize(("body", "path"), [("{", "a"), ("'a'", "a"), ("[" * 100_000, "a")])
def test_what_only_looks_like_json(body: str, path: str) -> None:
    with pytest.raises(BodyIsNoJson):
        body_value(body, path)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("method.request.path.id", "a b"),
        ("method.request.querystring.q", "2"),
        ("method.request.multivaluequerystring.q", ["1", "2"]),
        ("method.request.header.x-one", "b"),
        ("method.request.multivalueheader.X-One", "a,b"),
        ("method.request.header.Connection", None),
        ("method.request.header.Authorization", None),
        ("method.request.cookie.a", None),
        ("context.protocol", "HTTP/1.1"),
        ("context.nothing.at.all", None),
        ("integration.response.header.x", None),
        ("unknown", None),
    ],
)
def test_values_of_a_request(text: str, wanted: object) -> None:
    headers = {"X-One": ["a", "b"], "Connection": "close", "Authorization": "AWS4-HMAC-SHA256 Credential=x"}
    call = make_call({"path": "/dev/pets/a%20b", "query": "q=1&q=2", "headers": headers})
    method = make_method({"integration": {"type": "MOCK"}})
    assert request_value(Exchange(make_stage(), method, call, Circumstances()), text) == wanted


def test_a_path_parameter_may_be_asked_for_as_it_was_sent() -> None:
    exchange = Exchange(
        make_stage(),
        make_method({"integration": {"type": "MOCK"}}),
        make_call({"path": "/dev/pets/a%2Fb"}),
        Circumstances(),
    )
    assert request_value(exchange, "method.request.path.id", raw_path=True) == "a%2Fb"
    assert request_value(exchange, "method.request.path.id") == "a/b"
