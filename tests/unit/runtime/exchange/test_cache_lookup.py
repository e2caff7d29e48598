"""The stage's cache inside an exchange."""

from typing import Any

import pytest
from tests.unit.runtime.exchange.exchange_scripts import RECEIVED_MS, make_call, make_method, make_stage, play

from innergate.runtime.exchange.call import Answer
from innergate.runtime.exchange.effects import HttpReply
from innergate.runtime.exchange.exchange_state import Circumstances
from innergate.runtime.exchange.pipeline import execute
from innergate.runtime.exchange.stage_cache import StageCache

SETTINGS = {"caching/enabled": True, "caching/ttlInSeconds": 60}
INTEGRATION: dict[str, Any] = {
    "type": "HTTP",
    "target": {"type": "http", "scheme": "http", "host": "b", "path": "/", "clusters": [{"name": "a"}]},
    "responses": [{"status": 200}, {"status": 404, "selection_pattern": "404"}],
    "cache_namespace": "res789",
    "cache_keys": ["method.request.querystring.q", "method.request.header.X-Key"],
}


class Shop:
    """A cached method; each backend call answers with another number."""

    def __init__(self, stage: dict[str, Any] | None = None, *, verb: str = "GET", **settings: Any) -> None:
        self.verb = verb
        self.cache = StageCache()
        self.stage = {"has_cache": True, **(stage or {})}
        self.settings = {**SETTINGS, **{f"caching/{name}": value for name, value in settings.items()}}
        self.calls = 0
        self.integration = INTEGRATION
        self.resource = "res789"
        self.is_canary = False

    def ask(self, status: int = 200, authorization: str = "NONE", **call: Any) -> Answer:
        method = make_method(
            {
                "responses": {200: [], 404: []},
                "settings": self.settings,
                "integration": self.integration,
                "authorization": authorization,
                "verb": self.verb,
                "resource_id": self.resource,
            }
        )
        around = Circumstances(cache=self.cache, is_canary=self.is_canary)
        exchange = execute(make_stage(self.stage), method, make_call(call), around)
        try:
            next(exchange)
            self.calls += 1
            exchange.send(HttpReply(status=status, body=str(self.calls).encode()))
        except StopIteration as stop:
            answer: Answer = stop.value
        return answer


def test_an_answer_is_given_again() -> None:
    shop = Shop()
    first, second = shop.ask(query="q=1"), shop.ask(query="q=1&other=2", request_id="another-request-id-0123")
    assert (first.body, second.body, shop.calls) == (b"1", b"1", 1)
    assert (first.facts["cache"], second.facts["cache"]) == ("miss", "hit")
    assert dict(second.headers)["x-amzn-RequestId"] == "another-request-id-0123"
    assert "another" not in dict(first.headers)["x-amzn-RequestId"]


@pytest.mark.parametrize("other", [{"query": "q=2"}, {"query": "q=1", "headers": {"X-Key": "k"}}, {}])
def test_keys_tell_answers_apart(other: dict[str, Any]) -> None:
    shop = Shop()
    shop.ask(query="q=1")
    assert shop.ask(**other).body == b"2"


def test_resources_with_one_namespace_share_their_answers() -> None:
    shop = Shop()
    shop.ask(query="q=1")
    shop.resource = "other1"
    assert shop.ask(query="q=1").body == b"1"
    shop.integration = {**INTEGRATION, "cache_namespace": ""}
    assert shop.ask(query="q=1").body == b"2"


@pytest.mark.parametrize(("shared", "body"), [("dep1", b"1"), ("", b"2")])
def test_a_canary_has_the_cache_of_its_stage_where_it_is_told_to(shared: str, body: bytes) -> None:
    shop = Shop({"deployment_id": "dep1"})
    shop.ask(query="q=1")
    shop.is_canary = True
    shop.stage |= {"deployment_id": "dep2", "shared_cache_of": shared}
    assert shop.ask(query="q=1").body == body


@pytest.mark.parametrize("keyed", ["method.request.querystring.q", "method.request.multivaluequerystring.q"])
def test_case_88_nobody_puts_an_answer_in_the_place_of_those_who_send_nothing(keyed: str) -> None:
    shop = Shop()
    shop.integration = {**INTEGRATION, "cache_keys": [keyed]}
    assert shop.ask(query="q=None").body == b"1"
    assert shop.ask(query="q=null").body == b"2"
    assert shop.ask().body == b"3"
    assert shop.ask(query="q=a&q=b").body == b"4"
    assert shop.ask(query="q=['a',+'b']").body == b"5"


def test_an_answer_lasts_as_long_as_its_method_says() -> None:
    shop = Shop()
    shop.ask()
    assert shop.ask(received_ms=RECEIVED_MS + 59_999).body == b"1"
    assert shop.ask(received_ms=RECEIVED_MS + 60_000).body == b"2"


@pytest.mark.parametrize(
    ("stage", "settings", "verb"),
    [
        ({"has_cache": False}, {}, "GET"),
        ({}, {"enabled": False}, "GET"),
        ({}, {"ttlInSeconds": 0}, "GET"),
        ({}, {}, "POST"),
    ],
)
def test_nothing_is_kept(stage: dict[str, Any], settings: dict[str, Any], verb: str) -> None:
    shop = Shop(stage, **settings)
    assert (shop.ask(verb=verb).body, shop.ask(verb=verb).body) == (b"1", b"2")
    assert "cache" not in shop.ask(verb=verb).facts


def test_a_method_of_another_verb_has_a_cache_by_its_own_settings() -> None:
    shop = Shop(verb="POST")
    assert (shop.ask(verb="POST").body, shop.ask(verb="POST", body=b"other").body) == (b"1", b"1")


@pytest.mark.parametrize(("asked", "is_kept"), [("GET", True), ("POST", False)])
def test_of_any_the_answers_to_get_are_kept(asked: str, is_kept: bool) -> None:
    shop = Shop(verb="ANY")
    assert shop.ask(verb=asked).body == b"1"
    assert (shop.ask(verb=asked).body == b"1") == is_kept


def test_failures_are_not_kept() -> None:
    shop = Shop()
    assert (shop.ask(404).status, shop.ask(404).body) == (404, b"2")


@pytest.mark.parametrize("change", [{"cache_flushed_at": "t2"}, {"deployment_id": "d2"}])
def test_a_flush_or_a_deployment_forgets(change: dict[str, Any]) -> None:
    shop = Shop()
    shop.ask()
    shop.stage |= change
    assert shop.ask().body == b"2"


ANEW = {"Cache-Control": "no-cache, max-age=0"}


def test_whoever_wants_it_anew_gets_it_where_nobody_has_to_be_authorized() -> None:
    shop = Shop(requireAuthorizationForCacheControl=False)
    shop.ask()
    assert shop.ask(headers=ANEW).body == b"2"
    assert shop.ask().body == b"2"


@pytest.mark.parametrize(
    ("strategy", "status", "warns"),
    [
        ("SUCCEED_WITH_RESPONSE_HEADER", 200, True),
        ("SUCCEED_WITHOUT_RESPONSE_HEADER", 200, False),
        ("FAIL_WITH_403", 403, False),
    ],
)
def test_whoever_may_not_is_answered_as_the_owner_says(strategy: str, status: int, warns: bool) -> None:
    shop = Shop(unauthorizedCacheControlHeaderStrategy=strategy)
    shop.ask()
    answer = shop.ask(headers=ANEW)
    assert (answer.status, "Warning" in dict(answer.headers)) == (status, warns)
    assert answer.body == b"1" if status == 200 else b"InvalidateCache" in answer.body
    assert "Warning" not in dict(shop.ask().headers)


def test_what_is_tried_is_not_kept() -> None:
    shop = Shop()
    method = make_method({"responses": {200: []}, "settings": SETTINGS, "integration": INTEGRATION})
    around = Circumstances(cache=shop.cache, is_test=True)
    for _ in range(2):
        played = play(execute(make_stage(shop.stage), method, make_call(), around), [HttpReply(status=200)])
        assert len(played.effects) == 1


def test_case_88_what_is_kept_is_nobody_elses() -> None:
    shop = Shop()
    shop.ask(query="q=1")
    refused = shop.ask(query="q=1", authorization="AWS_IAM")
    assert (refused.status, shop.calls) == (403, 1)
    neighbour = Shop(stage={"api_id": "other00001"})
    neighbour.cache = shop.cache
    assert neighbour.ask(query="q=1").facts["cache"] == "miss"
    assert shop.ask(query="q=1").facts["cache"] == "hit"


def test_case_88_a_part_that_one_asked_for_is_not_the_answer_to_all() -> None:
    shop = Shop()
    shop.integration = {**INTEGRATION, "type": "HTTP_PROXY"}
    assert shop.ask(206, headers={"Range": "bytes=0-0"}).status == 206
    assert (shop.ask(200).status, shop.ask(200).body) == (200, b"2")


def test_case_88_refusals_of_a_backend_are_not_kept() -> None:
    shop = Shop()
    assert shop.ask(query="q=1", status=404).status == 404
    assert shop.ask(query="q=1").status == 200
