"""A call that no method takes: what the deployment has instead, and whether it only has to be deployed."""

from typing import NamedTuple

import pytest

from innergate.observe.explain import simulate
from innergate.observe.explain_call import CallRequest
from innergate.observe.explanation import Explanation
from innergate.resources.rest_apis import ApiResource, MethodDefinition, RestApi
from innergate.testing.blog_scenarios import CrossAccount
from innergate.testing.scenario import Scenario, proxy_method


class Called(NamedTuple):
    """An API of some methods, which is called."""

    s: Scenario
    purple: CrossAccount
    api: RestApi

    def ask(self, path: str, method: str = "GET") -> Explanation:
        url = f"https://{self.api.id}.execute-api.us-east-1.amazonaws.com/test{path}"
        return simulate(self.s.state, CallRequest(url, self.purple.gateway_vpc.id, method))


def called(s: Scenario, purple: CrossAccount, *methods: tuple[str, str]) -> Called:
    by_place: dict[tuple[str, str], MethodDefinition] = {
        (path, verb): proxy_method("", "http://x.example/", verb) for path, verb in methods
    }
    api, _ = s.private_api(None, purple.api_endpoint, methods=by_place)
    return Called(s, purple, api)


def test_the_paths_that_there_are_are_named(s: Scenario, purple: CrossAccount) -> None:
    out = called(s, purple, ("/b", "GET"), ("/a", "GET"), ("/a", "PUT")).ask("/c")
    assert out.cause == "resource /c: no resource of the deployment matches /c; it has /a, /b"
    many = called(s, purple, *((f"/{n}", "GET") for n in range(11))).ask("/c")
    assert many.cause.endswith("it has /0, /1, /10, /2, /3, /4, /5, /6 and 3 more")


@pytest.mark.parametrize(
    ("greedy", "path", "is_told"),
    [("/{proxy+}", "/", True), ("/a/{rest+}", "/a", True), ("/a/{rest+}", "/b", False), ("/{one}", "/", False)],
)
def test_a_greedy_resource_does_not_take_what_is_above_it(
    s: Scenario, purple: CrossAccount, greedy: str, path: str, is_told: bool
) -> None:
    out = called(s, purple, (greedy, "ANY")).ask(path)
    assert out.cause.startswith(f"resource {path}: ")
    assert out.cause.endswith("; a {proxy+} does not take the path above it") is is_told


def test_any_is_told_where_the_verb_is_none(s: Scenario, purple: CrossAccount) -> None:
    out = called(s, purple, ("/", "ANY")).ask("/", "TRACE")
    assert out.cause.endswith("it has ANY, which is DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT")
    assert called(s, purple, ("/", "GET")).ask("/", "PUT").cause == "method PUT: / has no method PUT; it has GET"


@pytest.mark.parametrize(
    ("path", "url"),
    [
        ("/pets", "/test/pets"),
        ("/tset/pets", "/test/pets"),
        ("/prod/pets/1", ""),
        ("/", ""),
    ],
)
def test_a_forgotten_or_misspelt_stage_is_put_into_the_url(
    s: Scenario, purple: CrossAccount, path: str, url: str
) -> None:
    api = called(s, purple, ("/pets", "GET")).api
    host = f"https://{api.id}.execute-api.us-east-1.amazonaws.com"
    out = simulate(s.state, CallRequest(f"{host}{path}", purple.gateway_vpc.id))
    assert out.cause.endswith("; it has test")
    if url:
        assert out.fix == f"a path begins with the stage: {host}{url}"
    else:
        assert out.fix.startswith(f"aws apigateway create-deployment --rest-api-id {api.id} --stage-name ")


@pytest.mark.parametrize(("path", "verb"), [("/new", "GET"), ("/", "PUT")])
def test_what_is_saved_has_only_to_be_deployed(s: Scenario, purple: CrossAccount, path: str, verb: str) -> None:
    one = called(s, purple, ("/", "GET"))
    assert one.ask(path, verb).fix == ""
    assert not any("not deployed" in note for note in one.ask(path, verb).notes)
    s.put(
        ApiResource(
            id=f"{one.api.id}/new1",
            account=one.api.account,
            region=one.api.region,
            rest_api_id=one.api.id,
            resource_id="new1",
            path=path,
            methods={verb: proxy_method("", "http://x.example/", verb)},
        )
    )
    out = one.ask(path, verb)
    deploy = f"aws apigateway create-deployment --rest-api-id {one.api.id} --stage-name test"
    assert out.fix == f"{deploy} (the saved API has the method, the deployed one has not)"
    assert out.fix_by == one.api.account
    assert f"1 saved change is not deployed to test: innergate api diff {one.api.id} test" in out.notes
    assert one.ask("/other", verb).fix == ""
