"""The schema that we keep is the one inside the Envoy that we ship."""

import zlib

import pytest

from innergate.xds.descriptors import KEPT, extract, find_envoy
from innergate.xds.encode import BodyRefused, encode_body


def test_the_kept_schema_is_the_binarys_own() -> None:
    assert zlib.decompress(KEPT.read_bytes()) == extract(find_envoy())


def test_a_body_with_an_unknown_field_is_refused_by_name() -> None:
    assert encode_body("clusters", {"name": "c", "type": "EDS"})
    with pytest.raises(BodyRefused, match="no_such_field"):
        encode_body("clusters", {"name": "c", "no_such_field": 1})
