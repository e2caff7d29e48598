"""Integrations' URIs taken apart."""

import pytest

from innergate.compile.resolve.api_blueprint import (
    Value,
)
from innergate.compile.resolve.api_uris import parse_uri


def test_uri_in_pieces() -> None:
    uri = parse_uri("https://h.example:8443/a/{id}/b{x}?q=1", {"id": Value(source="path", text="pet")})
    assert uri is not None
    assert (uri.scheme, uri.host, uri.port, uri.query) == ("https", "h.example:8443", 8443, "q=1")
    assert uri.path == ("/a/", Value(source="path", text="pet"), "/b%7Bx%7D")


@pytest.mark.parametrize("text", ["ftp://h/", "h/x", "http://{h}/", "http://h:99999/", "http:///x", ""])
def test_what_is_no_uri(text: str) -> None:
    assert parse_uri(text, {}) is None


def test_default_ports_and_static_path_values() -> None:
    uri = parse_uri("http://h/{a}", {"a": Value(source="static", text="x y/z")})
    assert uri is not None
    assert (uri.port, uri.path) == (80, ("/x%20y/z",))
    secure = parse_uri("https://h", {})
    assert secure is not None
    assert (secure.port, secure.path) == (443, ("/",))
