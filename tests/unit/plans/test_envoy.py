"""An Envoy resource gives its body back as it was made, each time anew."""

from innergate.plans.envoy import PACKED_FROM_BYTES, EnvoyResource
from innergate.primitives.json_value import JsonObject

SMALL: JsonObject = {"name": "é", "z": [1, 2.5, None, True], "a": {}}
LARGE: JsonObject = {**SMALL, "routes": ["x" * PACKED_FROM_BYTES, "y"]}


def test_the_body_comes_back_in_the_order_of_its_members() -> None:
    for body in (SMALL, LARGE, {}):
        made = EnvoyResource("n", "1", body)
        assert made.body == body
        assert list(made.body) == list(body)


def test_a_reader_cannot_change_it() -> None:
    made = EnvoyResource("n", "1", LARGE)
    read = dict(made.body)
    read.clear()
    assert made.body == LARGE


def test_the_version_says_what_is_in_it_and_not_in_which_order() -> None:
    turned = {name: LARGE[name] for name in sorted(LARGE, reverse=True)}
    assert EnvoyResource.versioned("n", LARGE).version == EnvoyResource.versioned("m", turned).version
    assert EnvoyResource.versioned("n", LARGE).version != EnvoyResource.versioned("n", SMALL).version


def test_equal_is_what_has_the_same_name_version_and_body() -> None:
    made = EnvoyResource("n", "1", SMALL)
    assert made == EnvoyResource("n", "1", SMALL)
    assert hash(made) == hash(EnvoyResource("n", "1", SMALL))
    others = [EnvoyResource("m", "1", SMALL), EnvoyResource("n", "2", SMALL), EnvoyResource("n", "1", LARGE), "n"]
    assert all(made != other for other in others)
