"""Texts of tenants and clients on their way to the wire: nothing in them may break it."""

import re
from urllib.parse import quote

_UNFIT = re.compile(r"[\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]+")
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_PATH_SAFE = "/-._~:@!$&'()*+,;="


def utf8(text: str) -> bytes:
    """The bytes; halves of surrogate pairs become question marks, as Java has it."""
    return text.encode("utf-8", "replace")


def header_value(text: str) -> str:
    """The value on one line. What is outside Latin-1 goes as UTF-8: headers are octets, shown here one a character."""
    clean = _UNFIT.sub(" ", text).strip()
    if clean.isascii() or max(clean) <= "\xff":
        return clean
    return clean.encode().decode("latin-1")


def header_text(value: str) -> str:
    """A header's octets, shown one a character, as the text that they are in UTF-8; what is none stays."""
    if value.isascii():
        return value
    try:
        return value.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return value


def is_header_name(text: str) -> bool:
    """Whether it is a token (RFC 9110, section 5.6.2)."""
    return _NAME.fullmatch(text) is not None


def path_text(text: str) -> str:
    """Percent-encoded for a path, slashes left as they are."""
    return quote(text, safe=_PATH_SAFE, errors="replace")


def query_text(text: str) -> str:
    """Percent-encoded for a query string, a space too: Envoy does so where it maps."""
    return quote(text, safe="", errors="replace")
