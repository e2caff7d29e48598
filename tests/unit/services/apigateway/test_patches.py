"""One entry of a map, patched: the same for parameters, templates and models."""

import pytest

from innergate.primitives.fault import Fault
from innergate.services.apigateway.patches import NO_PARAMETER, Patch, patch_entry, read_patches


def patched(entries: dict[str, str] | None, op: str, name: str = "a", value: str | None = "new") -> dict[str, str]:
    (patch,) = read_patches({"patchOperations": [{"op": op, "path": f"/map/{name}", "value": value}]})
    return patch_entry(entries, patch, patch.segments[1], NO_PARAMETER, lambda given: given.text.upper())


@pytest.mark.parametrize(
    ("entries", "op", "wanted"),
    [
        (None, "add", {"a": "NEW"}),
        ({"a": "old", "b": "1"}, "add", {"a": "NEW", "b": "1"}),
        ({"a": "old", "b": "1"}, "replace", {"a": "NEW", "b": "1"}),
        ({"a": "old", "b": "1"}, "remove", {"b": "1"}),
    ],
)
def test_an_entry_is_added_replaced_removed(entries: dict[str, str] | None, op: str, wanted: dict[str, str]) -> None:
    before = dict(entries) if entries is not None else None
    assert patched(entries, op) == wanted
    assert entries == before, "what was stored stays as it is"


@pytest.mark.parametrize("op", ["replace", "remove"])
def test_only_what_is_there_is_replaced_or_removed(op: str) -> None:
    for entries in (None, {"b": "1"}):
        with pytest.raises(Fault) as caught:
            patched(entries, op)
        assert (caught.value.code, caught.value.message) == ("NotFoundException", NO_PARAMETER)


def test_no_other_operation_is_known() -> None:
    with pytest.raises(Fault, match=r"Must be one of: \[add, remove, replace\]"):
        patched({"a": "old"}, "copy")


def test_what_is_removed_is_not_read() -> None:
    def refuse(patch: Patch) -> str:
        raise AssertionError("read")

    (patch,) = read_patches({"patchOperations": [{"op": "remove", "path": "/map/a~1b"}]})
    assert patch_entry({"a/b": "x"}, patch, patch.segments[1], NO_PARAMETER, refuse) == {}
