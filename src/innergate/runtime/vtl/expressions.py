"""The expressions inside directives and references: a recursive descent over the characters."""

import re
from collections.abc import Callable
from typing import TypeVar, final

from innergate.runtime.vtl import budget
from innergate.runtime.vtl.syntax import (
    Binary,
    Block,
    Call,
    Expression,
    Index,
    Interpolated,
    ListOf,
    Literal,
    MapOf,
    Property,
    Range,
    Reference,
    Step,
    Unary,
)

Found = TypeVar("Found")

_SPACES = re.compile(r"\s+")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_NUMBER = re.compile(r"\d+(?:\.(?!\.)\d*)?(?:[eE][+-]?\d+)?")
_WORDS = {"true": True, "false": False, "null": None}

_OPERATORS: tuple[tuple[tuple[str, str], ...], ...] = (
    (("||", "||"), ("or", "||")),
    (("&&", "&&"), ("and", "&&")),
    (("==", "=="), ("!=", "!="), ("eq", "=="), ("ne", "!=")),
    (("<=", "<="), (">=", ">="), ("<", "<"), (">", ">"), ("lt", "<"), ("le", "<="), ("gt", ">"), ("ge", ">=")),
    (("+", "+"), ("-", "-")),
    (("*", "*"), ("/", "/"), ("%", "%")),
)
"""Levels from the loosest to the tightest: (as written, as meant)."""


@final
class ExpressionParser:
    """Reads one expression from `at` on; `at` stands behind it afterwards."""

    def __init__(
        self, text: str, at: int, error: Callable[[str, int], Exception], parse_block: Callable[[str], Block]
    ) -> None:
        self._text = text
        self.at = at
        self._error = error
        self._parse_block = parse_block
        self._depth = 0

    def expect(self, word: str) -> None:
        """Takes `word` after spaces. Raises the syntax error."""
        self._skip_spaces()
        if not self._text.startswith(word, self.at):
            found = self._text[self.at : self.at + 10].split("\n")[0] or "the end"
            raise self._error(f"expected {word!r}, found {found!r}", self.at)
        self.at += len(word)

    def expression(self, level: int = 0) -> Expression:
        """An expression whose operators are at least as tight as `level`."""
        if level == len(_OPERATORS):
            return self._unary()
        left = self.expression(level + 1)
        while (operator := self._operator(level)) is not None:
            left = Binary(operator, left, self.expression(level + 1))
        return left

    def reference_after_spaces(self) -> Reference:
        """A reference. Raises the syntax error where there is none."""
        self._skip_spaces()
        if not self._text.startswith("$", self.at):
            raise self._error("expected a reference such as $name", self.at)
        return self.reference()

    def reference(self) -> Reference:
        """The reference that begins at `at`."""
        begin = self.at
        self.at += 1
        is_quiet = self._take("!")
        is_formal = self._take("{")
        name = _NAME.match(self._text, self.at)
        if name is None:
            raise self._error("expected a name after $", self.at)
        self.at = name.end()
        steps = self._steps()
        if is_formal:
            self.expect("}")
        return Reference(name[0], steps, is_quiet, self._text[begin : self.at])

    def _steps(self) -> tuple[Step, ...]:
        steps: list[Step] = []
        while True:
            if self._text.startswith("[", self.at):
                self.at += 1
                key = self._nested()
                self.expect("]")
                steps.append(Index(key))
                continue
            name = _NAME.match(self._text, self.at + 1) if self._text.startswith(".", self.at) else None
            if name is None:
                return tuple(steps)
            self.at = name.end()
            if self._text.startswith("(", self.at):
                self.at += 1
                steps.append(Call(name[0], self._items(")")))
            else:
                steps.append(Property(name[0]))

    def _unary(self) -> Expression:
        self._skip_spaces()
        if self._text.startswith("!", self.at) and not self._text.startswith("!=", self.at):
            self.at += 1
            return Unary("!", self._deeper(self._unary))
        if self._take_word("not"):
            return Unary("!", self._deeper(self._unary))
        if self._text.startswith("-", self.at):
            self.at += 1
            return Unary("-", self._deeper(self._unary))
        return self._primary()

    def _primary(self) -> Expression:
        character = self._text[self.at : self.at + 1]
        match character:
            case "$":
                return self.reference()
            case "(":
                self.at += 1
                inner = self._nested()
                self.expect(")")
                return inner
            case "'" | '"':
                return self._quoted(character)
            case "[":
                return self._list()
            case "{":
                return self._map()
        number = _NUMBER.match(self._text, self.at)
        if number is not None:
            self.at = number.end()
            is_whole = number[0].isdigit()
            return Literal(int(number[0]) if is_whole else float(number[0]))
        word = _NAME.match(self._text, self.at)
        if word is not None and word[0] in _WORDS:
            self.at = word.end()
            return Literal(_WORDS[word[0]])
        found = self._text[self.at : self.at + 10].split("\n")[0] or "the end"
        raise self._error(f"expected a value, found {found!r}", self.at)

    def _quoted(self, quote: str) -> Expression:
        begin = self.at + 1
        end = begin
        while True:
            end = self._text.find(quote, end)
            if end < 0:
                raise self._error("a quoted text does not end", begin)
            if not self._text.startswith(quote * 2, end):
                break
            end += 2
        self.at = end + 1
        inner = self._text[begin:end].replace(quote * 2, quote)
        if quote == "'" or ("$" not in inner and "#" not in inner):
            return Literal(inner)
        return Interpolated(self._deeper(lambda: self._parse_block(inner)))

    def _list(self) -> Expression:
        self.at += 1
        self._skip_spaces()
        if self._take("]"):
            return ListOf(())
        first = self._nested()
        self._skip_spaces()
        if self._text.startswith("..", self.at):
            self.at += 2
            last = self._nested()
            self.expect("]")
            return Range(first, last)
        items = [first]
        while self._take_after_spaces(","):
            items.append(self._nested())
        self.expect("]")
        return ListOf(tuple(items))

    def _map(self) -> Expression:
        self.at += 1
        entries: list[tuple[Expression, Expression]] = []
        if self._take_after_spaces("}"):
            return MapOf(())
        while True:
            key = self._nested()
            self.expect(":")
            entries.append((key, self._nested()))
            if not self._take_after_spaces(","):
                break
        self.expect("}")
        return MapOf(tuple(entries))

    def _items(self, end: str) -> tuple[Expression, ...]:
        if self._take_after_spaces(end):
            return ()
        items = [self._nested()]
        while self._take_after_spaces(","):
            items.append(self._nested())
        self.expect(end)
        return tuple(items)

    def _operator(self, level: int) -> str | None:
        self._skip_spaces()
        for written, meant in _OPERATORS[level]:
            if written.isalpha():
                if self._take_word(written):
                    return meant
            elif self._text.startswith(written, self.at):
                self.at += len(written)
                return meant
        return None

    def _nested(self) -> Expression:
        return self._deeper(self.expression)

    def _deeper(self, read: Callable[[], Found]) -> Found:
        self._depth += 1
        if self._depth > budget.MAX_DEPTH:
            raise self._error("expressions are nested too deeply", self.at)
        result = read()
        self._depth -= 1
        return result

    def _take(self, word: str) -> bool:
        if self._text.startswith(word, self.at):
            self.at += len(word)
            return True
        return False

    def _take_after_spaces(self, word: str) -> bool:
        self._skip_spaces()
        return self._take(word)

    def _take_word(self, word: str) -> bool:
        found = _NAME.match(self._text, self.at)
        if found is not None and found[0] == word:
            self.at = found.end()
            return True
        return False

    def _skip_spaces(self) -> None:
        spaces = _SPACES.match(self._text, self.at)
        if spaces is not None:
            self.at = spaces.end()
