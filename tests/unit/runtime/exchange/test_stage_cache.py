"""What a worker keeps of answers."""

from innergate.runtime.exchange.integration_reply import MethodAnswer
from innergate.runtime.exchange.stage_cache import MAX_ANSWER_BYTES, StageCache

ANSWER = MethodAnswer(200, (("X-A", "1"),), b"body")


def test_an_answer_is_kept_until_its_end() -> None:
    cache = StageCache()
    cache.keep(("a",), ANSWER, 1000)
    assert cache.find(("a",), 999) == ANSWER
    assert cache.find(("b",), 999) is None
    assert cache.find(("a",), 1000) is None
    assert cache.find(("a",), 999) is None


def test_a_newer_answer_takes_the_place() -> None:
    cache = StageCache()
    cache.keep(("a",), ANSWER, 1000)
    cache.keep(("a",), ANSWER._replace(body=b"new"), 2000)
    found = cache.find(("a",), 1500)
    assert found is not None
    assert found.body == b"new"


def test_the_one_not_asked_for_longest_goes_first() -> None:
    cache = StageCache(max_bytes=700)
    for name in ("a", "b", "c"):
        cache.keep((name,), ANSWER, 1000)
    cache.find(("a",), 0)
    cache.keep(("d",), ANSWER, 1000)
    assert [name for name in "abcd" if cache.find((name,), 0) is not None] == ["a", "c", "d"]


def test_what_is_too_large_is_not_kept() -> None:
    cache = StageCache()
    cache.keep(("a",), ANSWER, 1000)
    cache.keep(("a",), ANSWER._replace(body=b"x" * (MAX_ANSWER_BYTES + 1)), 1000)
    assert cache.find(("a",), 0) is None
