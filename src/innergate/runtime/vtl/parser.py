"""Text -> nodes."""

import re
from typing import final

from innergate.runtime.vtl import budget
from innergate.runtime.vtl.expressions import ExpressionParser
from innergate.runtime.vtl.syntax import (
    Block,
    Break,
    Expression,
    ForEach,
    If,
    Node,
    Set,
    Stop,
    Text,
)

MAX_TEMPLATE_CHARACTERS = 300 * 1024
"""API Gateway quotas, "mapping template size"."""

_DIRECTIVE = re.compile(r"#(?P<brace>\{)?(?P<name>set|if|elseif|else|end|foreach|break|stop)\b(?(brace)\})")
_END_OF_LINE = re.compile(r"[ \t]*(?:\r\n|\n|\r)")
_REFERENCE = re.compile(r"\$!?\{?[A-Za-z_]")


class TemplateSyntaxError(Exception):
    """The text is no template; the message says what was expected and on which line."""


@final
class _Parser:
    """Reads nodes up to the directive that ends their block."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._depth = 0

    def block(self, ends: tuple[str, ...]) -> tuple[Block, str]:
        """Nodes, and the directive among `ends` that came after them ("" for the end of the text)."""
        self._depth += 1
        if self._depth > budget.MAX_DEPTH:
            raise self._error("blocks are nested too deeply")
        nodes: list[Node] = []
        while self._at < len(self._text):
            found = self._next_special()
            if found > self._at:
                nodes.append(Text(self._text[self._at : found]))
                self._at = found
                continue
            if self._text[self._at] == "$":
                nodes.append(self._reference())
                continue
            if self._skip_comment() or self._literal_block(nodes):
                continue
            match = _DIRECTIVE.match(self._text, self._at)
            if match is None:
                nodes.append(Text("#"))
                self._at += 1
                continue
            if match["name"] in ends:
                self._at = match.end()
                self._depth -= 1
                return tuple(nodes), match["name"]
            if match["name"] in ("else", "elseif", "end"):
                raise self._error(f"#{match['name']} has no beginning")
            self._at = match.end()
            nodes.append(self._directive(match["name"]))
        self._depth -= 1
        if ends and "" not in ends:
            raise self._error("#end is missing")
        return tuple(nodes), ""

    def _next_special(self) -> int:
        at = self._at
        while at < len(self._text):
            if self._text[at] == "#" or (self._text[at] == "$" and _REFERENCE.match(self._text, at)):
                return at
            at += 1
        return at

    def _skip_comment(self) -> bool:
        if self._text.startswith("##", self._at):
            end = self._text.find("\n", self._at)
            self._at = len(self._text) if end < 0 else end + 1
            return True
        if self._text.startswith("#*", self._at):
            end = self._text.find("*#", self._at)
            self._at = len(self._text) if end < 0 else end + 2
            return True
        return False

    def _literal_block(self, nodes: list[Node]) -> bool:
        if not self._text.startswith("#[[", self._at):
            return False
        end = self._text.find("]]#", self._at)
        end = len(self._text) if end < 0 else end
        nodes.append(Text(self._text[self._at + 3 : end]))
        self._at = min(len(self._text), end + 3)
        return True

    def _reference(self) -> Node:
        parser = self._expressions()
        node = parser.reference()
        self._at = parser.at
        return node

    def _directive(self, name: str) -> Node:
        match name:
            case "set":
                return self._set()
            case "if":
                return self._if()
            case "foreach":
                return self._foreach()
            case "break":
                return Break()
            case _:
                return Stop()

    def _set(self) -> Set:
        parser = self._expressions()
        parser.expect("(")
        target = parser.reference_after_spaces()
        parser.expect("=")
        value = parser.expression()
        parser.expect(")")
        self._at = parser.at
        self._skip_end_of_line()
        return Set(target, value)

    def _if(self) -> If:
        branches: list[tuple[Expression, Block]] = []
        condition = self._condition()
        while True:
            body, end = self.block(("elseif", "else", "end"))
            branches.append((condition, body))
            if end == "elseif":
                condition = self._condition()
                continue
            self._skip_end_of_line()
            if end == "end":
                return If(tuple(branches), ())
            otherwise, _ = self.block(("end",))
            self._skip_end_of_line()
            return If(tuple(branches), otherwise)

    def _condition(self) -> Expression:
        parser = self._expressions()
        parser.expect("(")
        condition = parser.expression()
        parser.expect(")")
        self._at = parser.at
        self._skip_end_of_line()
        return condition

    def _foreach(self) -> ForEach:
        parser = self._expressions()
        parser.expect("(")
        item = parser.reference_after_spaces()
        if item.steps:
            raise self._error("#foreach wants a plain name, as in $item")
        parser.expect("in")
        source = parser.expression()
        parser.expect(")")
        self._at = parser.at
        self._skip_end_of_line()
        body, _ = self.block(("end",))
        self._skip_end_of_line()
        return ForEach(item.name, source, body)

    def _expressions(self) -> ExpressionParser:
        return ExpressionParser(self._text, self._at, self._error, _parse_inner)

    def _skip_end_of_line(self) -> None:
        """A directive takes the rest of its line along if nothing but spaces is there."""
        match = _END_OF_LINE.match(self._text, self._at)
        if match is not None:
            self._at = match.end()

    def _error(self, what: str, at: int | None = None) -> TemplateSyntaxError:
        line = self._text.count("\n", 0, self._at if at is None else at) + 1
        return TemplateSyntaxError(f"line {line}: {what}")


def parse_template(text: str) -> Block:
    """The nodes of a template. Raises TemplateSyntaxError."""
    if len(text) > MAX_TEMPLATE_CHARACTERS:
        raise TemplateSyntaxError(f"line 1: a template has at most {MAX_TEMPLATE_CHARACTERS} characters")
    try:
        return _parse_inner(text)
    except RecursionError:
        raise TemplateSyntaxError("line 1: the template is nested too deeply") from None


def _parse_inner(text: str) -> Block:
    nodes, _ = _Parser(text).block(())
    return nodes
