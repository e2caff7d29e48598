"""The fast way from JSON to protobuf gives what the slow and exact one gives, and leaves to it what it does not know."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from google.protobuf import json_format

from innergate.plans.envoy import ENVOY_KINDS
from innergate.xds.descriptors import message_class, pool
from innergate.xds.encode import TYPE_OF_KIND, BodyRefused, encode_body
from innergate.xds.fill import Unsure, fill

GOLDEN = Path(__file__).parents[2] / "golden" / "envoy"
FILES = sorted(path for path in GOLDEN.rglob("*.yaml") if path.stem in ENVOY_KINDS)


def meaning(kind: str, encoded: bytes) -> dict[str, Any]:
    """What the bytes say; the order inside maps does not matter."""
    message = message_class(TYPE_OF_KIND[kind].partition("/")[2]).FromString(encoded)
    return dict(json_format.MessageToDict(message, preserving_proto_field_name=True, descriptor_pool=pool()))


def exact(kind: str, body: dict[str, Any]) -> bytes:
    message = message_class(TYPE_OF_KIND[kind].partition("/")[2])()
    json_format.ParseDict(body, message, descriptor_pool=pool())
    return bytes(message.SerializeToString(deterministic=True))


def fast(kind: str, body: dict[str, Any]) -> bytes:
    message = message_class(TYPE_OF_KIND[kind].partition("/")[2])()
    fill(message, body)
    return bytes(message.SerializeToString(deterministic=True))


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_golden_body_is_sure_and_the_same(path: Path) -> None:
    loaded = yaml.safe_load(path.read_text())
    bodies = list(loaded.values()) if isinstance(loaded, dict) else loaded
    for body in bodies:
        encoded = fast(path.stem, body)
        assert meaning(path.stem, encoded) == meaning(path.stem, exact(path.stem, body))
        assert encoded == fast(path.stem, body)


@pytest.mark.parametrize(
    "body",
    [
        {"name": "a", "no_such_field": 1},
        {"name": 5},
        {"name": "a", "type": "NO_SUCH_TYPE"},
        {"name": "a", "connect_timeout": "soon"},
        {"name": "a", "load_assignment": []},
        {"name": "a", "lb_subset_config": {"subset_selectors": {}}},
        {"name": "a", "per_connection_buffer_limit_bytes": True},
    ],
)
def test_what_it_does_not_know_is_left_to_the_exact_way(body: dict[str, Any]) -> None:
    with pytest.raises(Unsure):
        fast("clusters", body)


def test_a_wrong_body_is_refused_with_the_name_of_the_field() -> None:
    with pytest.raises(BodyRefused, match="no_such_field"):
        encode_body("clusters", {"name": "a", "no_such_field": 1})


def test_unusual_but_right_forms_are_taken() -> None:
    assert encode_body("clusters", {"name": "a", "type": 3, "connectTimeout": "1s"}) == exact(
        "clusters", {"name": "a", "type": "EDS", "connect_timeout": "1s"}
    )


def test_an_empty_message_is_present() -> None:
    body = {"name": "a", "eds_cluster_config": {"eds_config": {"ads": {}}}}
    assert fast("clusters", body) == exact("clusters", body)
