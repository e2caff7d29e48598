"""Which routes a method needs so that query parameters mapped from nothing are not sent."""

import pytest

from innergate.compile.emit.envoy.parameters import parameter_mutations, presences
from innergate.compile.resolve.api_blueprint import Bucket, Mapping, MethodPlan, ProxyAction, Value, ValueSource


def method(*queries: tuple[str, ValueSource, str], throttle: Bucket | None = None) -> tuple[MethodPlan, ProxyAction]:
    """A method that maps (name, source, text)."""
    mapped = tuple(Mapping(name=name, value=Value(source=source, text=text)) for name, source, text in queries)
    action = ProxyAction(scheme="http", host="h", port=80, path=(), link_id="l", querystrings=mapped)
    return MethodPlan(path="/", verb="GET", resource_id="r", action=action, throttle=throttle), action


def sets(*queries: tuple[str, ValueSource, str]) -> list[tuple[list[str], list[str]]]:
    """(sources that must be there, names not sent) of each route."""
    plan, action = method(*queries)
    return [([str(m["name"]) for m in (*p.headers, *p.queries)], sorted(p.absent)) for p in presences(plan, action)]


def test_what_is_always_there_needs_one_route() -> None:
    always: list[tuple[str, ValueSource, str]] = [("a", "static", "1"), ("b", "path", "id"), ("c", "context", "path")]
    assert sets() == sets(*always) == [([], [])]


def test_a_parameter_under_its_own_name_passes_by_itself() -> None:
    assert sets(("q", "querystring", "q")) == [([], [])]
    mutations = str(parameter_mutations(*method(("q", "querystring", "q")), mount="/s"))
    assert "OVERWRITE_IF_EXISTS'" in mutations


def test_each_set_of_sources_has_a_route_the_largest_first() -> None:
    assert sets(("z", "querystring", "q"), ("h", "header", "X-In"), ("y", "querystring", "q")) == [
        (["x-in", "q"], []),
        (["q"], ["h"]),
        (["x-in"], ["y", "z"]),
        ([], ["h", "y", "z"]),
    ]


def test_absent_ones_are_not_sent() -> None:
    plan, action = method(("z", "querystring", "q"), ("s", "static", "1"))
    with_both, with_one = (str(parameter_mutations(plan, action, "/s", p.absent)) for p in presences(plan, action))
    assert ("'z'" in with_both, "'z'" in with_one, "'s'" in with_one) == (True, False, True)


@pytest.mark.parametrize("count", [3, 4])
def test_many_sources_are_not_told_apart(count: int) -> None:
    queries: list[tuple[str, ValueSource, str]] = [(f"to{n}", "header", f"from{n}") for n in range(count)]
    assert len(sets(*queries)) == (8 if count == 3 else 1)


def test_a_throttled_method_has_one_route_since_each_would_have_a_bucket() -> None:
    plan, action = method(("z", "querystring", "q"), throttle=Bucket(burst=1, rate_per_s=1))
    (only,) = presences(plan, action)
    assert only.absent == frozenset()
