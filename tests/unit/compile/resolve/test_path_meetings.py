"""Which path templates some request could fit at once: a property against all requests of a small alphabet."""

import itertools
import re

import pytest

from innergate.compile.resolve.api_path_order import may_meet, parent_path, split_path

PARTS = ("a", "b", "{x}")
TEMPLATES = [
    "/",
    *(
        "/" + "/".join((*parts, *end))
        for length in (0, 1, 2)
        for parts in itertools.product(PARTS, repeat=length)
        for end in ((), ("{p+}",))
        if parts or end
    ),
]
REQUESTS = [
    "/" + "/".join(parts) for length in (0, 1, 2, 3, 4) for parts in itertools.product(("a", "b", "c"), repeat=length)
]


def fits(template: str, request: str) -> bool:
    wild = {"variable": "[^/]+", "greedy": ".+"}
    pattern = "".join(f"/{wild.get(s.kind) or re.escape(s.text)}" for s in split_path(template))
    return re.fullmatch(f"{pattern}/?", request) is not None


@pytest.mark.parametrize("one", TEMPLATES)
def test_templates_that_share_a_request_may_meet(one: str) -> None:
    for other in TEMPLATES:
        if any(fits(one, request) and fits(other, request) for request in REQUESTS):
            assert may_meet(one, other), (one, other)


@pytest.mark.parametrize(
    ("one", "other"), [("/a", "/b"), ("/a", "/a/b"), ("/a/{x}", "/b/{x}"), ("/a/{p+}", "/b"), ("/{x}", "/a/b")]
)
def test_what_cannot_meet(one: str, other: str) -> None:
    assert not may_meet(one, other)
    assert not may_meet(other, one)


@pytest.mark.parametrize(
    ("path", "parent"), [("/{proxy+}", "/"), ("/pets/{proxy+}", "/pets"), ("/a/{x}/{p+}", "/a/{x}"), ("/", "/")]
)
def test_a_path_has_its_parent(path: str, parent: str) -> None:
    assert parent_path(path) == parent
