"""Values of a line go by their names; what is no line, or no word of a worker's, says nothing."""

import pytest

from innergate.compile.emit.envoy.access_logs import logged_route_name
from innergate.observe.log_lines import read_fields, read_told
from innergate.observe.route_names import NamedRoute, read_logged_route, read_route_name


def test_values_go_by_their_names() -> None:
    assert read_fields(b"a\r-\r\r--", ("one", "two", "three", "four")) == {
        "one": "a",
        "two": None,
        "three": "",
        "four": "--",
    }
    assert read_fields(b"\xff", ("one",)) == {"one": "\ufffd"}


@pytest.mark.parametrize("line", [b"", b"a", b"a\rb\rc"])
def test_a_line_of_another_length_is_none(line: bytes) -> None:
    assert read_fields(line, ("one", "two")) is None


@pytest.mark.parametrize("text", ["", "{", "[1]", '{"a":1}', "[" * 10_000])
def test_what_no_worker_told_is_nothing(text: str) -> None:
    assert read_told(text) == {}


def test_names_of_routes() -> None:
    assert read_route_name("abc/dev") == NamedRoute("abc", "dev")
    assert read_route_name("lambda-url/abc") == NamedRoute("", "", url_id="abc")
    assert read_route_name('["g","abc","dev","r","/x"]') == NamedRoute("abc", "dev", "/x")
    assert [read_route_name(name) for name in ("", "x", "a/b/c", "[", '["g","abc"]')] == [None] * 5
    told = read_logged_route('["g","abc","dev","r","/x","orders","rule1"]')
    assert told is not None
    assert (told["mount"], told["customDomain.basePathMatched"]) == ("orders", None)
    assert told["customDomain.routingRuleIdMatched"] == "rule1"
    assert told["isCanaryRequest"] is None


def test_the_name_of_a_canarys_route_is_its_stages() -> None:
    name = logged_route_name("g", "abc", "dev", "r", "/x", is_canary=True)
    assert read_route_name(name) == NamedRoute("abc", "dev", "/x")
    told = read_logged_route(name)
    assert told is not None
    assert (told["stage"], told["isCanaryRequest"]) == ("dev", "true")
