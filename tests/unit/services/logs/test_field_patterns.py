"""Patterns of fields between spaces, against lines of access logs in the common log format."""

import pytest

from innergate.primitives.fault import Fault
from innergate.services.logs.field_patterns import fields_of
from innergate.services.logs.filter_patterns import compile_pattern
from innergate.testing.cpu_time import cpu_seconds

LINE = '10.0.1.9 - frank [23/Nov/2026:03:40:00 +0000] "GET /pets/index.html HTTP/1.1" 404 1534'


def test_quotes_and_brackets_hold_a_field_together() -> None:
    assert fields_of(LINE) == [
        "10.0.1.9",
        "-",
        "frank",
        "23/Nov/2026:03:40:00 +0000",
        "GET /pets/index.html HTTP/1.1",
        "404",
        "1534",
    ]


def test_what_nothing_closes_is_a_field_as_it_stands() -> None:
    assert fields_of('a [b "c d" ]e "f') == ["a", 'b "c d" ', "e", '"f']
    assert fields_of('x [y "z') == ["x", "[y", '"z']
    assert fields_of("") == fields_of("  ") == []


def test_a_line_is_read_once_however_much_it_opens() -> None:
    line = "[ " * 100_000
    found: list[list[str]] = []
    assert cpu_seconds(lambda: found.append(fields_of(line)), 5) < 5
    assert len(found[0]) == 100_000


@pytest.mark.parametrize(
    ("pattern", "fits"),
    [
        ("[ip, id, user, timestamp, request, status, bytes]", True),
        ("[ip, id, user, timestamp, request, status]", False),
        ("[ip, id, user, timestamp, request, status = 4*, bytes]", True),
        ("[ip, id, user, timestamp, request, status = 5*, bytes]", False),
        ("[ip, id, user, timestamp, request = *html*, status = 4*, bytes > 1000]", True),
        ("[..., bytes > 2000]", False),
        ("[..., bytes >= 1534]", True),
        ("[ip, ...]", True),
        ("[ip = 10.0.*, ..., status, bytes < 1535]", True),
        ("[ip, ..., status = 403 || status = 404, bytes]", True),
        ("[ip, ..., status != 404, bytes]", False),
        ("[..., status >= 400 && status < 500, bytes]", True),
        ("[..., status >= 400 && status < 404 || status = 404, bytes]", True),
        ("[ip, id, user = frank, ...]", True),
        ("[ip, id, user < 5, ...]", False),
        ('[ip, id, user, timestamp, request = "GET /pets/*, no", ...]', False),
        ('[ip, id, user, timestamp, request = "GET /pets/* HTTP/1.1", ...]', True),
        (r'[ip, id, user, timestamp, request = "*\"a, b*" || request = "GET *", ...]', True),
        (r'[ip, id, user = "\\", timestamp, request = "GET *", ...]', False),
        (r'[ip, id, user != "\\", timestamp, request = "GET *", ...]', True),
        ("[a, b, c, d, e, f, g, ..., h]", False),
    ],
)
def test_fields(pattern: str, fits: bool) -> None:
    assert compile_pattern(pattern)(LINE) is fits


@pytest.mark.parametrize(
    "pattern",
    [
        "[]",
        "[ip",
        "[ip, , id]",
        "[..., a, ...]",
        "[a = ]",
        "[a = 1 || b = 2]",
        "[a < x]",
        "[a = 1 &&]",
        "[a b]",
        "[=]",
        '[a, b = "]',
    ],
)
def test_what_is_no_pattern(pattern: str) -> None:
    with pytest.raises(Fault, match="Invalid filter pattern"):
        compile_pattern(pattern)


@pytest.mark.parametrize(
    ("glob", "field", "fits"),
    [
        ("a*b*c", "aXbYc", True),
        ("a*b*c", "aXcYb", False),
        ("a*a", "a", False),
        ("a*a", "aa", True),
        ("*", "x", True),
        ("**x", "yx", True),
        ("a", "ab", False),
    ],
)
def test_wildcards(glob: str, field: str, fits: bool) -> None:
    assert compile_pattern(f"[w = {glob}]")(field) is fits
