"""Models that would keep the validator busy are told from those that do not."""

from typing import Any

import pytest

from innergate.runtime.exchange.schema_weight import MAX_EXPANSION, TooHeavy, depth_of, weigh

REF = {"$ref": "#"}


def chain(length: int, copies: int) -> dict[str, Any]:
    """Each schema asks for the next one `copies` times."""
    parts: dict[str, Any] = {f"s{n}": {"allOf": [{"$ref": f"#/d/s{n + 1}"}] * copies} for n in range(length)}
    return {"$ref": "#/d/s0", "d": {**parts, f"s{length}": {"type": "integer"}}}


def nested(depth: int) -> Any:
    document: Any = 1
    for _ in range(depth):
        document = {"a": document}
    return document


def test_what_expands_without_bounds_is_too_heavy() -> None:
    assert weigh(chain(10, 2)).expansion < MAX_EXPANSION
    assert weigh(chain(1000 // 4, 1)).expansion < 1000
    with pytest.raises(TooHeavy):
        weigh(chain(40, 2))


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {"allOf": [{"$ref": "#"}], "$ref": "#/x", "x": {"anyOf": [{"$ref": "#/y"}]}, "y": {"not": {"$ref": "#/x"}}},
    ],
)
def test_what_refers_to_itself_without_moving_on_is_too_heavy(schema: dict[str, Any]) -> None:
    with pytest.raises(TooHeavy):
        weigh(schema)


def test_trees_may_be_deep() -> None:
    tree = {
        "$ref": "#/t",
        "t": {"properties": {"l": {"$ref": "#/t"}, "r": {"$ref": "#/t"}, "c": {"items": {"$ref": "#/t"}}}},
    }
    weight = weigh(tree)
    assert weight.branching == 1
    assert weight.allows(nested(500))


def test_what_asks_twice_for_the_same_part_may_not_be_deep() -> None:
    twice = {"$ref": "#/t", "t": {"properties": {"a": {"allOf": [{"$ref": "#/t"}, {"$ref": "#/t"}]}}}}
    weight = weigh(twice)
    assert weight.branching == 2
    assert weight.allows(nested(10))
    assert not weight.allows(nested(50))


def test_depth() -> None:
    assert (depth_of(1), depth_of({"a": []}), depth_of(nested(9))) == (1, 2, 10)
