"""The import's report names every construct, and says what the import does with it."""

import json
from pathlib import Path

import pytest

from innergate.primitives.fault import Fault
from innergate.services.apigateway.openapi_report import Entry, account_for, syntax_error

EXAMPLE = Path(__file__).resolve().parents[4] / "examples" / "openapi" / "petstore.yaml"


def by_place(text: bytes) -> dict[str, Entry]:
    return {entry.where: entry for entry in account_for(text)}


def test_lines_and_fates_of_the_example() -> None:
    text = EXAMPLE.read_bytes()
    lines = text.decode().splitlines()
    found = account_for(text)
    for entry in found:
        last = entry.where.rpartition("/")[2].replace("~1", "/").replace("~0", "~")
        assert last.isdigit() or last in lines[entry.line - 1], entry
    assert [entry.line for entry in found] == sorted(entry.line for entry in found)
    fates = {entry.where: entry.fate for entry in found}
    assert fates["/info/license"] == "kept"
    assert fates["/security"] == fates["/paths/~1pets/trace"] == "dropped"
    assert fates["/components/securitySchemes/login"] == "dropped"
    assert fates["/components/schemas/New-Pet"] == fates["/servers"] == "changed"
    assert fates["/paths/~1pets/post/x-amazon-apigateway-integration/uri"] == "kept"


def test_every_top_level_key_has_an_entry() -> None:
    document = {"swagger": "2.0", "info": {"title": "t"}, "host": "h", "x-mine": 1, "paths": {"/a": {"get": {}}}}
    found = by_place(json.dumps(document, indent=1).encode())
    assert {f"/{name}" for name in document} <= set(found)
    assert (found["/x-mine"].fate, found["/host"].fate, found["/paths/~1a/get"].fate) == ("dropped", "dropped", "kept")
    assert found["/paths/~1a/get"].line == 10


@pytest.mark.parametrize(
    ("parameter", "fate"),
    [
        ({"in": "query", "name": "q"}, "kept"),
        ({"in": "cookie", "name": "q"}, "dropped"),
        ({"in": "formData", "name": "q"}, "dropped"),
        ({"in": "body", "name": "q", "schema": {}}, "changed"),
        ({"$ref": "#/parameters/q"}, "changed"),
    ],
)
def test_parameters(parameter: dict[str, object], fate: str) -> None:
    document = {"swagger": "2.0", "info": {"title": "t"}, "paths": {"/": {"get": {"parameters": [parameter]}}}}
    assert by_place(json.dumps(document).encode())["/paths/~1/get/parameters/0"].fate == fate


def test_merged_members_of_yaml_are_named() -> None:
    text = (
        b"openapi: 3.0.0\ninfo: {title: t}\nx-base: &base\n  operationId: o\npaths:\n  /a:\n    get:\n      <<: *base\n"
    )
    assert by_place(text)["/paths/~1a/get/operationId"].line == 4


def test_what_cannot_be_imported_is_refused() -> None:
    with pytest.raises(Fault, match="Invalid OpenAPI input"):
        account_for(b"[1]")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b'{"a": 1,\n "b" 2}', "line 2, column 6: Expecting ':' delimiter"),
        (b"a: [1,\nb: }", "line 2, column 4: expected the node content, but found '}'"),
        (b"a: \xff", "it is no text in UTF-8: invalid start byte at byte 3"),
        (b"a: 1", ""),
        (b"{}", ""),
        (b"{" * 100_000, "line 1, column 2: Expecting property name enclosed in double quotes"),
    ],
)
def test_where_a_document_cannot_be_read(text: bytes, says: str) -> None:
    assert syntax_error(text) == says
