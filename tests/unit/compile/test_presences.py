"""Which routes a method needs so that query parameters mapped from nothing are not sent."""

from innergate.compile.emit.envoy.parameters import parameter_mutations, presences
from innergate.compile.resolve.api_blueprint import Mapping, MethodPlan, ProxyAction, Value, ValueSource


def method(*queries: tuple[str, ValueSource, str]) -> tuple[MethodPlan, ProxyAction]:
    """A method that maps (name, source, text)."""
    mapped = tuple(Mapping(name=name, value=Value(source=source, text=text)) for name, source, text in queries)
    action = ProxyAction(scheme="http", host="h", port=80, path=(), link_id="l", querystrings=mapped)
    return MethodPlan(path="/", verb="GET", resource_id="r", action=action), action


def sets(*queries: tuple[str, ValueSource, str]) -> list[tuple[list[str], list[str]]]:
    """(sources that must be there, names not sent) of each route."""
    _, action = method(*queries)
    return [([str(m["name"]) for m in (*p.headers, *p.queries)], sorted(p.absent)) for p in presences(action)]


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
    with_both, with_one = (str(parameter_mutations(plan, action, "/s", p.absent)) for p in presences(action))
    assert ("'z'" in with_both, "'z'" in with_one, "'s'" in with_one) == (True, False, True)
