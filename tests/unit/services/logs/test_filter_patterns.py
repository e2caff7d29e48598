"""Filter patterns find what CloudWatch Logs' own would."""

import pytest

from innergate.primitives.fault import Fault
from innergate.services.logs.filter_patterns import compile_pattern

LINE = '{"status":"403","latency":12,"path":"/test/foo","user":null,"ok":true,"tags":["a","b"],"deep":{"er":-1.5}}'
TEXT = '10.0.1.9 - - "GET /foo HTTP/1.1" 403 17'


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("", True),
        ("403", True),
        ("GET 403", True),
        ("GET 200", False),
        ('"GET /foo"', True),
        ('"/foo GET"', False),
        ("?200 ?403", True),
        ("?200 ?500", False),
        ("403 -foo", False),
        ("403 -bar", True),
        (r"%HTTP/1\.[01]% 403", True),
        ("%HTTP/2%", False),
        ("get", False),
    ],
)
def test_terms(pattern: str, found: bool) -> None:
    assert compile_pattern(pattern)(TEXT) is found


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("{ $.status = 403 }", True),
        ('{ $.status = "403" }', True),
        ("{ $.status != 403 }", False),
        ("{ $.status != 200 }", True),
        ("{$.status=403}", True),
        ("{ $.status = 4* }", True),
        ('{ $.path = "/test/*" }', True),
        ('{ $.path = "/prod/*" }', False),
        ("{ $.latency > 10 }", True),
        ("{ $.latency >= 12.5 }", False),
        ("{ $.latency < 20 && $.status = 403 }", True),
        ("{ $.latency < 20 && $.status = 200 }", False),
        ("{ $.status = 200 || ($.latency = 12 && $.ok IS TRUE) }", True),
        ("{ $.user IS NULL }", True),
        ("{ $.status IS NULL }", False),
        ("{ $.ok IS FALSE }", False),
        ("{ $.none NOT EXISTS }", True),
        ("{ $.user NOT EXISTS }", False),
        ("{ $.none = 1 }", False),
        ("{ $.none != 1 }", False),
        ('{ $.tags[1] = "b" }', True),
        ("{ $.tags[7] = b }", False),
        ("{ $.deep.er = -1.5 }", True),
        ('{ $["status"] = 403 }', True),
    ],
)
def test_json(pattern: str, found: bool) -> None:
    assert compile_pattern(pattern)(LINE) is found
    assert compile_pattern(pattern)(TEXT) is False


@pytest.mark.parametrize("pattern", ["{ $.a > 1 }", "{ $.a = 1 }"])
def test_case_86_a_number_beyond_all_floats_is_none(pattern: str) -> None:
    """One event with it, and nothing could be searched for in its group."""
    assert compile_pattern(pattern)('{"a":1' + "0" * 400 + "}") is False
    assert compile_pattern(pattern)('{"a":"1' + "0" * 5_000 + '"}') is (pattern == "{ $.a > 1 }")


@pytest.mark.parametrize(
    "pattern",
    [
        "{ $.a = }",
        "{ $.a }",
        "{ a = 1 }",
        "{ $.a = 1",
        "{ ($.a = 1 }",
        "{ $.a = 1 } x",
        "{ $.a IS GREEN }",
        "{ $.a < b }",
        '"open',
        "%(%",
        "[ip, user",
        "x" * 1025,
    ],
)
def test_what_is_no_pattern(pattern: str) -> None:
    with pytest.raises(Fault) as caught:
        compile_pattern(pattern)
    assert caught.value.code == "InvalidParameterException"


def test_conditions_stand_in_parentheses_but_not_without_end() -> None:
    assert compile_pattern("{ " + "(" * 32 + "$.a = 1" + ")" * 32 + " }")('{"a": 1}')
    assert compile_pattern("{ " + " || ".join(["($.a = 1)"] * 50) + " }")('{"a": 1}')
    with pytest.raises(Fault, match="Invalid filter pattern"):
        compile_pattern("{ " + "(" * 400 + "$.a = 1" + ")" * 400 + " }")


def test_a_message_deeper_than_anybody_reads_does_not_match() -> None:
    assert not compile_pattern("{ $.a = 1 }")('{"a": 1, "b": ' + "[" * 30_000 + "]" * 30_000 + "}")
