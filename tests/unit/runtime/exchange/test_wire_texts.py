"""What tenants and clients write cannot break the wire."""

import pytest

from innergate.runtime.exchange.wire_texts import header_text, header_value, is_header_name, path_text, query_text, utf8


def test_a_header_stays_on_its_line() -> None:
    assert header_value("a\r\nSet-Cookie: x\0") == "a Set-Cookie: x"
    assert header_value("tab\tand ü") == "tab\tand ü"
    assert header_value("日本") == "日本".encode().decode("latin-1")
    assert header_value("\ud800 half") == "half"


@pytest.mark.parametrize("name", ["", "a b", "a:b", "a\n", "ü", "a/b"])
def test_no_header_has_such_a_name(name: str) -> None:
    assert not is_header_name(name)


def test_half_characters_are_replaced() -> None:
    assert utf8("a\ud800") == b"a?"
    assert query_text("\ud800 &") == "%3F%20%26"
    assert path_text("a b/\ud800?") == "a%20b/%3F%3F"


def test_octets_that_are_utf8_are_read_as_such() -> None:
    assert [header_text(text) for text in ("caf\xc3\xa9", "caf\xe9", "plain", "日")] == ["café", "café", "plain", "日"]
