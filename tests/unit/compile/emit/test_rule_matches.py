"""Wildcards become regular expressions that mean no more than AWS says."""

import re
from typing import Any

import msgspec
import pytest

from innergate.compile.emit.envoy.balancer_facts import url_text
from innergate.compile.emit.envoy.rule_matches import match_conditions, wildcard_regex
from innergate.compile.resolve.balancer_rules import Condition


@pytest.mark.parametrize(
    ("text", "fits", "fails"),
    [
        ("/img/*", ["/img/", "/img/a/b"], ["/img", "/imgs/a"]),
        ("/a?c", ["/abc", "/a/c"], ["/ac", "/abbc"]),
        ("/a.b+(c", ["/a.b+(c"], ["/axb+(c", "/a.bb(c"]),
        (r"/\*\?x", ["/*?x"], ["/aax"]),
        ("x\\", ["x\\"], ["x"]),
    ],
)
def test_wildcards(text: str, fits: list[str], fails: list[str]) -> None:
    regex = re.compile(wildcard_regex(text, "."))
    assert all(regex.fullmatch(one) for one in fits)
    assert not any(regex.fullmatch(one) for one in fails)


def test_a_rule_without_conditions_takes_everything() -> None:
    assert match_conditions(()) == {"prefix": "/"}


def test_all_conditions_must_hold() -> None:
    match = match_conditions(
        (
            Condition("source-ip", ("10.0.0.0/8", "2001:db8::/32")),
            Condition("http-request-method", ("GET", "M-SEARCH")),
            Condition("http-header", ("a",), "X-Kind"),
        )
    )
    headers = msgspec.convert(match["headers"], list[dict[str, Any]])
    assert [header["name"] for header in headers] == [":method", "x-kind"]
    assert match["filter_state"] == [
        {
            "key": "innergate.source",
            "address_match": {
                "ranges": [
                    {"address_prefix": "10.0.0.0", "prefix_len": 8},
                    {"address_prefix": "2001:db8::", "prefix_len": 32},
                ]
            },
        }
    ]


def test_redirects_escape_what_is_not_theirs() -> None:
    own = {"protocol": "http", "port": "80"}
    assert url_text("100%#{port}#{nobody}", own) == "100%%80"
    assert url_text("#{host}", own) == "%FILTER_STATE(innergate.host:PLAIN)%"
