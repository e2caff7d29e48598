"""CloudWatch Logs' filter patterns: terms, and conditions on JSON events (user guide, "Filter pattern syntax").

Terms: `ERROR "not found"` wants all, `?A ?B` any, `-C` none, `%regex%` a match.
JSON: `{ $.status = 403 && $.path = "/a*" }` with = != < <= > >=, IS NULL, IS TRUE, IS FALSE, NOT EXISTS, EXISTS, &&, ||,
parentheses, `$.a.b[0]`.
Fields: `[ip, user, status = 4*]` (field_patterns.py).
"""

import fnmatch
import json
import re
from collections.abc import Callable
from typing import TypeAlias, final

from innergate.primitives.bounded_patterns import is_known, occurs_in
from innergate.primitives.fault import Fault
from innergate.primitives.json_value import JsonValue
from innergate.services.logs.field_patterns import compile_fields

Matches: TypeAlias = Callable[[str], bool]
_Condition: TypeAlias = Callable[[JsonValue], bool]

MAX_LENGTH = 1024
_TERM = re.compile(r'([?-]?)("(?:[^"\\]|\\.)*"|%[^%]*%|[^\s"]+)')
_TOKEN = re.compile(
    r"""\s*(?:(?P<sign>&&|\|\||!=|<=|>=|=|<|>|\(|\))|(?P<path>\$(?:\.[A-Za-z0-9_\-]+|\[\d+\]|\["[^"]+"\])+)"""
    r"""|(?P<text>"(?:[^"\\]|\\.)*")|(?P<word>[^\s"()&|=<>!]+))"""
)
_STEP = re.compile(r'\.([A-Za-z0-9_\-]+)|\[(\d+)\]|\["([^"]+)"\]')
MAX_OPEN = 32
"""Parentheses in parentheses."""
_MISSING = object()


def compile_pattern(text: str) -> Matches:
    """Whether a message matches. Raises Fault InvalidParameterException for what is no pattern."""
    text = text.strip()
    if len(text) > MAX_LENGTH:
        raise _invalid()
    if text.startswith("{"):
        if not text.endswith("}"):
            raise _invalid()
        return _json_pattern(text[1:-1])
    if text.startswith("["):
        if not text.endswith("]"):
            raise _invalid()
        return compile_fields(text[1:-1])
    return _term_pattern(text)


def _invalid() -> Fault:
    return Fault("InvalidParameterException", "Invalid filter pattern")


def _term_pattern(text: str) -> Matches:
    wanted: list[Matches] = []
    optional: list[Matches] = []
    unwanted: list[Matches] = []
    at = 0
    while at < len(text):
        found = _TERM.match(text, at)
        if found is None:
            raise _invalid()
        {"?": optional, "-": unwanted}.get(found[1], wanted).append(_holds(found[2]))
        at = found.end()
        while at < len(text) and text[at].isspace():
            at += 1
    return lambda message: (
        all(term(message) for term in wanted)
        and not any(term(message) for term in unwanted)
        and (not optional or bool(wanted) or any(term(message) for term in optional))
    )


def _holds(term: str) -> Matches:
    if term.startswith("%"):
        pattern = term.strip("%")
        if not is_known(pattern):
            raise _invalid()
        return lambda message: occurs_in(pattern, message)
    literal = _unquoted(term) if term.startswith('"') else term
    return lambda message: literal in message


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1])


def _json_pattern(text: str) -> Matches:
    condition = _Parser(text).parse()

    def matches(message: str) -> bool:
        try:
            document = json.loads(message)
        except (ValueError, RecursionError):
            return False
        return isinstance(document, (dict, list)) and condition(document)

    return matches


@final
class _Parser:
    """Conditions by recursive descent: `or` of `and` of comparisons or parentheses."""

    def __init__(self, text: str) -> None:
        self._tokens: list[tuple[str, str]] = []
        self._at = 0
        self._open = 0
        at, text = 0, text.strip()
        while at < len(text):
            found = _TOKEN.match(text, at)
            if found is None or found.lastgroup is None:
                raise _invalid()
            self._tokens.append((found.lastgroup, found[found.lastgroup]))
            at = found.end()

    def parse(self) -> _Condition:
        condition = self._either()
        if self._at != len(self._tokens):
            raise _invalid()
        return condition

    def _next(self) -> tuple[str, str]:
        if self._at == len(self._tokens):
            raise _invalid()
        self._at += 1
        return self._tokens[self._at - 1]

    def _takes(self, sign: str) -> bool:
        if self._at < len(self._tokens) and self._tokens[self._at] == ("sign", sign):
            self._at += 1
            return True
        return False

    def _either(self) -> _Condition:
        parts = [self._all()]
        while self._takes("||"):
            parts.append(self._all())
        return lambda document: any(part(document) for part in parts)

    def _all(self) -> _Condition:
        parts = [self._one()]
        while self._takes("&&"):
            parts.append(self._one())
        return lambda document: all(part(document) for part in parts)

    def _one(self) -> _Condition:
        if self._takes("("):
            self._open += 1
            if self._open > MAX_OPEN:
                raise _invalid()
            inner = self._either()
            if not self._takes(")"):
                raise _invalid()
            self._open -= 1
            return inner
        kind, path = self._next()
        if kind != "path":
            raise _invalid()
        kind, operator = self._next()
        if kind == "word":
            return self._about(path, operator)
        if kind != "sign" or operator not in ("=", "!=", "<", "<=", ">", ">="):
            raise _invalid()
        kind, operand = self._next()
        if kind not in ("text", "word"):
            raise _invalid()
        return _comparison(path, operator, _unquoted(operand) if kind == "text" else operand, kind == "text")

    def _about(self, path: str, word: str) -> _Condition:
        """EXISTS, NOT EXISTS, IS NULL, IS TRUE, IS FALSE."""
        if word.upper() == "EXISTS":
            return lambda document: _look_up(document, path) is not _MISSING
        _, what = self._next()
        match word.upper(), what.upper():
            case "NOT", "EXISTS":
                return lambda document: _look_up(document, path) is _MISSING
            case "IS", "NULL":
                return lambda document: _look_up(document, path) is None
            case "IS", "TRUE":
                return lambda document: _look_up(document, path) is True
            case "IS", "FALSE":
                return lambda document: _look_up(document, path) is False
            case _:
                raise _invalid()


def _comparison(path: str, operator: str, operand: str, is_text: bool) -> _Condition:
    number = None if is_text else _number(operand)
    if operator in ("=", "!="):
        pattern = re.compile(fnmatch.translate(operand.replace("[", "[[]").replace("?", "[?]")))

        def equal(document: JsonValue) -> bool:
            value = _look_up(document, path)
            if value is _MISSING:
                return False
            if number is not None and _number(value) is not None:
                is_equal = _number(value) == number
            else:
                is_equal = pattern.match(_text(value)) is not None
            return is_equal == (operator == "=")

        return equal
    if number is None:
        raise _invalid()

    def ordered(document: JsonValue) -> bool:
        value = _number(_look_up(document, path))
        if value is None:
            return False
        return {"<": value < number, "<=": value <= number, ">": value > number, ">=": value >= number}[operator]

    return ordered


def _look_up(document: JsonValue, path: str) -> object:
    value: object = document
    for name, index, quoted in _STEP.findall(path):
        if index:
            value = value[int(index)] if isinstance(value, list) and int(index) < len(value) else _MISSING
        else:
            value = value.get(name or quoted, _MISSING) if isinstance(value, dict) else _MISSING
    return value


def _number(value: object) -> float | None:
    """A number, or a text that is one (access logs quote most of theirs)."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
