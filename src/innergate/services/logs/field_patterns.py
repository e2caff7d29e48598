"""Filter patterns of fields between spaces: `[ip, user, request = "*html*", status = 4* || status = 5*, ..., bytes > 1000]`.

User guide, "Filter pattern syntax", "space-delimited log events": fields stand in the order of the event, which parts them by
spaces but for what is in double quotes or square brackets; `...` stands for any number of them.
"""

import operator
import re
from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias

from innergate.primitives.fault import Fault

FieldTest: TypeAlias = Callable[[str], bool]

MAX_FIELDS = 64
_PLAIN_FIELD = re.compile(r"\s*(\S+)")
_CLOSED_BY = {'"': '"', "[": "]"}
_TOKEN = re.compile(
    r'\s*(?:(?P<sign>&&|\|\||!=|<=|>=|=|<|>)|"(?P<text>(?:[^"\\]|\\.)*)"|(?P<word>[^\s"&|=<>!,%()]+))\s*'
)
_QUOTED_OR_COMMA = re.compile(r'"(?:[^"\\]|\\.)*"|,')
_ELLIPSIS = "..."


class _Token(NamedTuple):
    kind: str
    text: str


def compile_fields(text: str) -> Callable[[str], bool]:
    """Whether a message has such fields. `text` is what stands between the square brackets. Raises Fault
    InvalidParameterException."""
    specs = [spec.strip() for spec in _split(text)]
    if not 0 < len(specs) <= MAX_FIELDS or specs.count(_ELLIPSIS) > 1 or "" in specs:
        raise _invalid()
    at = specs.index(_ELLIPSIS) if _ELLIPSIS in specs else None
    first = [_field_test(spec) for spec in (specs if at is None else specs[:at])]
    last = [_field_test(spec) for spec in (() if at is None else specs[at + 1 :])]

    def matches(message: str) -> bool:
        fields = fields_of(message)
        known = len(first) + len(last)
        if len(fields) < known or (at is None and len(fields) != known):
            return False
        tail = fields[len(fields) - len(last) :]
        return all(test(field) for test, field in zip(first, fields, strict=False)) and all(
            test(field) for test, field in zip(last, tail, strict=True)
        )

    return matches


def _split(text: str) -> list[str]:
    """The parts between commas; what is in double quotes, in which `\\"` is no end, stays together."""
    commas = [hit.start() for hit in _QUOTED_OR_COMMA.finditer(text) if hit[0] == ","]
    return [text[begin + 1 : end] for begin, end in zip([-1, *commas], [*commas, len(text)], strict=True)]


def fields_of(message: str) -> list[str]:
    """The fields of an event, without their quotes and brackets. One that nothing closes is looked for but once."""
    fields, at = [], 0
    last = {opening: message.rfind(closing) for opening, closing in _CLOSED_BY.items()}
    while hit := _PLAIN_FIELD.match(message, at):
        begin = hit.start(1)
        opening = message[begin]
        if last.get(opening, -1) > begin:
            end = message.index(_CLOSED_BY[opening], begin + 1)
            fields.append(message[begin + 1 : end])
            at = end + 1
        else:
            fields.append(hit[1])
            at = hit.end()
    return fields


def _invalid() -> Fault:
    return Fault("InvalidParameterException", "Invalid filter pattern")


def _field_test(spec: str) -> FieldTest:
    """A name alone fits anything; else conditions on the name, `&&` before `||`."""
    tokens = _tokens(spec)
    if len(tokens) == 1 and tokens[0].kind == "word":
        return lambda field: True
    name = tokens[0].text
    either: list[list[FieldTest]] = [[]]
    while tokens:
        if len(tokens) < 3 or tokens[0] != ("word", name) or tokens[2].kind == "sign":
            raise _invalid()
        either[-1].append(_comparison(tokens[1], tokens[2]))
        joint, tokens = tokens[3:4], tokens[4:]
        if joint and (joint[0] not in (("sign", "&&"), ("sign", "||")) or not tokens):
            raise _invalid()
        if joint and joint[0].text == "||":
            either.append([])
    return lambda field: any(all(test(field) for test in tests) for tests in either)


def _tokens(spec: str) -> list[_Token]:
    found, at = [], 0
    while at < len(spec):
        hit = _TOKEN.match(spec, at)
        if hit is None or hit.lastgroup is None:
            raise _invalid()
        found.append(_Token(hit.lastgroup, hit[hit.lastgroup]))
        at = hit.end()
    return found


def _comparison(between: _Token, operand: _Token) -> FieldTest:
    sign = between.text if between.kind == "sign" else ""
    if sign in ("=", "!="):
        pieces = operand.text.split("*")
        return lambda field: _fits(field, pieces) == (sign == "=")
    number = _number(operand.text)
    stands = _ORDERS.get(sign)
    if stands is None or number is None or operand.kind == "text":
        raise _invalid()
    return lambda field: (value := _number(field)) is not None and stands(value, number)


_ORDERS: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def _fits(field: str, pieces: list[str]) -> bool:
    """Whether the pieces stand in the field in their order, the first at its beginning and the last at its end; each is taken
    where it comes first, so this takes no longer than reading the field once for each."""
    first, *rest = pieces
    if not rest:
        return field == first
    if not field.startswith(first):
        return False
    at, end = len(first), len(field) - len(rest[-1])
    for piece in rest[:-1]:
        found = field.find(piece, at)
        if found < 0:
            return False
        at = found + len(piece)
    return at <= end and field.endswith(rest[-1])


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
