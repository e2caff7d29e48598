"""`$util`."""

import base64
import binascii
import json
import urllib.parse
from collections.abc import Mapping
from typing import Any, ClassVar, final

from innergate.runtime.vtl.java import Method

_JAVASCRIPT = {
    "'": "\\'",
    '"': '\\"',
    "\\": "\\\\",
    "/": "\\/",
    "\b": "\\b",
    "\n": "\\n",
    "\t": "\\t",
    "\f": "\\f",
    "\r": "\\r",
}


def escape_javascript(text: str) -> str:
    """As JavaScript's string rules want it; quotes, slashes and everything outside ASCII are escaped (Apache Commons Lang 2,
    StringEscapeUtils.escapeJavaScript)."""
    out = []
    for character in text:
        if character in _JAVASCRIPT:
            out.append(_JAVASCRIPT[character])
        elif " " <= character <= "~":
            out.append(character)
        else:
            out.extend(f"\\u{unit:04X}" for unit in _utf16(character))
    return "".join(out)


def _utf16(character: str) -> list[int]:
    raw = character.encode("utf-16-be", "surrogatepass")
    return [int.from_bytes(raw[i : i + 2], "big") for i in range(0, len(raw), 2)]


def _decode_base64(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode("utf-8", "replace")
    except binascii.Error as error:
        raise ValueError(str(error)) from None


@final
class UtilFunctions:
    """The object behind `$util`."""

    template_methods: ClassVar[Mapping[str, Method]] = {
        "escapeJavaScript": lambda v, a: escape_javascript(_text(a[0])),
        "parseJson": lambda v, a: json.loads(a[0]),
        "urlEncode": lambda v, a: urllib.parse.quote_plus(a[0], safe="*-._"),
        "urlDecode": lambda v, a: urllib.parse.unquote_plus(a[0]),
        "base64Encode": lambda v, a: base64.b64encode(_text(a[0]).encode("utf-8", "replace")).decode(),
        "base64Decode": lambda v, a: _decode_base64(a[0]),
    }


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("a text is wanted")
    return value
