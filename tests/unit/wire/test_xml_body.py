from xml.etree import ElementTree

from innergate.wire.xml_body import escape


def test_any_text_survives_or_becomes_the_replacement_character() -> None:
    text = "a&<>\"'\r\n\t é😹"
    assert ElementTree.fromstring(f"<a>{escape(text)}</a>").text == text
    assert ElementTree.fromstring(f"<a>{escape(chr(0) + chr(0xD800) + chr(0xFFFE))}</a>").text == "\ufffd" * 3
