"""Runs a template's nodes on a scope."""

from collections.abc import Iterable, Mapping
from typing import Any, final

from innergate.runtime.vtl.budget import MAX_LOOP_ITERATIONS, Budget, TemplateTooCostly
from innergate.runtime.vtl.java import Unknown, are_equal, call_method, element_of, property_of, to_text
from innergate.runtime.vtl.syntax import (
    Binary,
    Block,
    Break,
    Call,
    Expression,
    ForEach,
    If,
    Index,
    Interpolated,
    ListOf,
    Literal,
    MapOf,
    Node,
    Property,
    Range,
    Reference,
    Set,
    Step,
    Stop,
    Text,
    Unary,
)


class TemplateFailed(Exception):
    """The template cannot be rendered with these values; the message says why."""


class _Broken(Exception):
    """#break"""


class _Stopped(Exception):
    """#stop"""


def render(template: Block, scope: dict[str, Any], budget: Budget | None = None) -> str:
    """The text that the template gives. `scope` maps names (without $) to values; #set adds to it.

    Raises TemplateFailed, and TemplateTooCostly where the budget is spent.
    """
    run = _Run(scope, budget if budget is not None else Budget())
    try:
        run.block(template)
    except _Stopped:
        pass
    except _Broken:
        raise TemplateFailed("#break stands outside a #foreach") from None
    except RecursionError:
        raise TemplateTooCostly("the template's values are nested too deeply") from None
    return "".join(run.out)


@final
class _Run:
    """One rendering."""

    __slots__ = ("_budget", "_scope", "out")

    def __init__(self, scope: dict[str, Any], budget: Budget) -> None:
        self._scope = scope
        self._budget = budget
        self.out: list[str] = []

    def block(self, nodes: Block) -> None:
        for node in nodes:
            self._budget.step()
            self._node(node)

    def _node(self, node: Node) -> None:
        match node:
            case Text():
                self._write(node.text)
            case Reference():
                self._write_reference(node)
            case Set():
                self._set(node)
            case If():
                self._if(node)
            case ForEach():
                self._foreach(node)
            case Break():
                raise _Broken
            case Stop():
                raise _Stopped

    def _write(self, text: str) -> None:
        self._budget.characters(len(text))
        self.out.append(text)

    def _write_reference(self, reference: Reference) -> None:
        value = self._value(reference)
        if value is not None:
            self._write(to_text(value, self._budget))
        elif not reference.is_quiet:
            self._write(reference.source)

    def _set(self, node: Set) -> None:
        value = self._value(node.value)
        if value is None:
            return
        if not node.target.steps:
            self._scope[node.target.name] = value
            return
        *way, last = node.target.steps
        holder = self._follow(self._scope.get(node.target.name), way)
        match last:
            case Property(name):
                key: Any = name
            case Index(expression):
                key = _key(self._value(expression))
            case Call():
                return
        if isinstance(holder, dict) or (isinstance(holder, list) and isinstance(key, int) and 0 <= key < len(holder)):
            holder[key] = value

    def _if(self, node: If) -> None:
        for condition, body in node.branches:
            if _holds(self._value(condition)):
                self.block(body)
                return
        self.block(node.otherwise)

    def _foreach(self, node: ForEach) -> None:
        items = _items_of(self._value(node.source))
        before = {name: self._scope.get(name) for name in (node.name, "foreach", "velocityCount")}
        for index, item in enumerate(items):
            if index >= MAX_LOOP_ITERATIONS:
                raise TemplateTooCostly(f"a #foreach runs over more than {MAX_LOOP_ITERATIONS} items")
            self._scope[node.name] = item
            self._scope["velocityCount"] = index + 1
            self._scope["foreach"] = {
                "index": index,
                "count": index + 1,
                "hasNext": index + 1 < len(items),
                "first": index == 0,
                "last": index + 1 == len(items),
                "parent": before["foreach"],
            }
            try:
                self.block(node.body)
            except _Broken:
                break
        for name, value in before.items():
            if value is None:
                self._scope.pop(name, None)
            else:
                self._scope[name] = value

    def _value(self, expression: Expression) -> Any:
        self._budget.step()
        match expression:
            case Literal():
                return expression.value
            case Reference():
                return self._follow(self._scope.get(expression.name), expression.steps)
            case Interpolated():
                return self._interpolate(expression)
            case ListOf():
                return [self._value(item) for item in expression.items]
            case Range():
                return self._range(expression)
            case MapOf():
                return {_key(self._value(key)): self._value(value) for key, value in expression.entries}
            case Unary():
                value = self._value(expression.operand)
                if expression.operator == "!":
                    return not _holds(value)
                return -value if _is_number(value) else None
            case Binary():
                return self._binary(expression)

    def _interpolate(self, expression: Interpolated) -> str:
        kept, self.out = self.out, []
        try:
            self.block(expression.block)
            return "".join(self.out)
        finally:
            self.out = kept

    def _range(self, expression: Range) -> list[int]:
        first, last = self._value(expression.first), self._value(expression.last)
        if not (isinstance(first, int) and isinstance(last, int)):
            raise TemplateFailed("a range wants two whole numbers")
        if abs(last - first) >= MAX_LOOP_ITERATIONS * 10:
            raise TemplateTooCostly("a range is too long")
        return list(range(first, last + 1)) if first <= last else list(range(first, last - 1, -1))

    def _binary(self, expression: Binary) -> Any:
        operator = expression.operator
        left = self._value(expression.left)
        if operator == "||":
            return _holds(left) or _holds(self._value(expression.right))
        if operator == "&&":
            return _holds(left) and _holds(self._value(expression.right))
        right = self._value(expression.right)
        if operator in ("==", "!="):
            return are_equal(left, right) is (operator == "==")
        if operator == "+" and (isinstance(left, str) or isinstance(right, str)) and None not in (left, right):
            joined = to_text(left, self._budget) + to_text(right, self._budget)
            self._budget.characters(len(joined))
            return joined
        if not (_is_number(left) and _is_number(right)):
            return False if operator in ("<", "<=", ">", ">=") else None
        return _compute(operator, left, right)

    def _follow(self, value: Any, steps: Iterable[Step]) -> Any:
        """The value at the end of the steps; None where one of them leads nowhere."""
        for step in steps:
            if value is None:
                return None
            self._budget.step()
            try:
                match step:
                    case Property():
                        value = property_of(value, step.name)
                    case Index():
                        value = element_of(value, self._value(step.key))
                    case Call():
                        arguments = tuple(self._value(argument) for argument in step.arguments)
                        self._budget.characters(sum(map(_size, arguments), _size(value)) // 4)
                        value = call_method(value, step.name, arguments)
            except Unknown:
                return None
            if isinstance(value, str):
                self._budget.characters(len(value) // 16)
        return value


def _size(value: object) -> int:
    """How much a method may have to look at."""
    return len(value) if isinstance(value, str | list | dict) else 0


def _holds(value: object) -> bool:
    """Everything but null and false holds (Velocity 1.7)."""
    return value is not None and value is not False


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _key(value: object) -> Any:
    return value if isinstance(value, str | int | float) else str(value)


def _items_of(value: object) -> list[Any]:
    if isinstance(value, Mapping):
        return list(value.values())
    if isinstance(value, list | tuple):
        return list(value)
    return []


def _compute(operator: str, left: Any, right: Any) -> Any:
    """Arithmetic and comparison as Java does: whole numbers stay whole, division cuts towards zero, by zero gives null."""
    match operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return _bounded(left * right)
        case "<":
            return left < right
        case "<=":
            return left <= right
        case ">":
            return left > right
        case ">=":
            return left >= right
    if right == 0:
        return None
    if isinstance(left, float) or isinstance(right, float):
        return left / right if operator == "/" else left % right
    quotient = abs(left) // abs(right) * (1 if (left < 0) == (right < 0) else -1)
    return quotient if operator == "/" else left - quotient * right


def _bounded(number: Any) -> Any:
    if isinstance(number, int) and number.bit_length() > 256:
        raise TemplateTooCostly("a number grows too large")
    return number
