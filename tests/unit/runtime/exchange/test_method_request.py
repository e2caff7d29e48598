"""A call as its method sees it."""

import pytest
from tests.unit.runtime.exchange.exchange_scripts import make_call, make_method, make_stage

from innergate.runtime.exchange.method_request import MethodRequest, media_type_of


def request(template: str, **call: object) -> MethodRequest:
    return MethodRequest(
        make_stage(), make_method({"path": template, "integration": {"type": "MOCK"}}), make_call(call)
    )


@pytest.mark.parametrize(
    ("template", "path", "wanted"),
    [
        ("/", "/dev", {}),
        ("/", "/dev/", {}),
        ("/pets/{id}", "/dev/pets/7", {"id": "7"}),
        ("/pets/{id}", "/dev/pets/a%20b%2Fc/", {"id": "a b/c"}),
        ("/{proxy+}", "/dev/a/b//c/", {"proxy": "a/b//c"}),
        ("/{a}/x/{rest+}", "/dev/1/x/2/3", {"a": "1", "rest": "2/3"}),
        ("/pets.v1/{id}", "/dev/petsXv1/7", {}),
        ("/pets/{id}", "/dev/other", {}),
    ],
)
def test_path_parameters(template: str, path: str, wanted: dict[str, str]) -> None:
    assert request(template, path=path).path == wanted


def test_raw_path_parameters_stay_encoded() -> None:
    assert request("/{proxy+}", path="/dev/a%2Fb/c%20d/").raw_path == {"proxy": "a%2Fb/c%20d/"}


def test_the_last_of_a_repeated_query_parameter_counts() -> None:
    seen = request("/", path="/dev", query="a=1&a=2+3&b&c=%26;d=4&&=e")
    assert seen.multi_query == {"a": ["1", "2 3"], "b": [""], "c": ["&"], "d": ["4"], "": ["e"]}
    assert seen.query["a"] == "2 3"


def test_headers_are_found_by_any_spelling_and_shown_by_their_own() -> None:
    seen = request("/", headers={"X-One": ["1", "2"], "accept": "Text/HTML;q=1, */*"})
    assert seen.header("x-ONE") == "2"
    assert seen.header_values("x-one") == ["1", "2"]
    assert seen.headers == {"X-One": "2", "accept": "Text/HTML;q=1, */*"}
    assert seen.accepted_type == "text/html"
    assert seen.header("absent") is None


def test_the_media_type_is_json_where_none_is_said() -> None:
    assert media_type_of(None) == "application/json"
    assert media_type_of("Text/Plain; charset=utf-8") == "text/plain"
