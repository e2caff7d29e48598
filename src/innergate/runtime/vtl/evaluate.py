"""Runs a template's nodes on a scope: each node becomes a function once, and a rendering calls those."""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias, final

from innergate.runtime.vtl.budget import MAX_LOOP_ITERATIONS, Budget, TemplateTooCostly
from innergate.runtime.vtl.java import Unknown, are_equal, call_method, element_of, property_of, to_text
from innergate.runtime.vtl.operators import as_key, compute, holds, is_number, items_of, size_of
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


@final
class _Run:
    """One rendering."""

    __slots__ = ("budget", "out", "scope")

    def __init__(self, scope: dict[str, Any], budget: Budget) -> None:
        self.scope = scope
        self.budget = budget
        self.out: list[str] = []


Write: TypeAlias = Callable[[_Run], None]
"""Puts out what a node gives."""
Read: TypeAlias = Callable[[_Run], Any]
"""The value of an expression."""
Follow: TypeAlias = Callable[[_Run, Any], Any]
"""What a step leads to from a value. Raises Unknown."""


@final
class Program:
    """A template that has been made ready to be rendered any number of times."""

    def __init__(self, template: Block) -> None:
        self._write = _block(template)

    def render(self, scope: dict[str, Any], budget: Budget | None = None) -> str:
        """The text that the template gives. `scope` maps names (without $) to values; #set adds to it.

        Raises TemplateFailed, and TemplateTooCostly where the budget is spent.
        """
        run = _Run(scope, budget if budget is not None else Budget())
        try:
            self._write(run)
        except _Stopped:
            pass
        except _Broken:
            raise TemplateFailed("#break stands outside a #foreach") from None
        except RecursionError:
            raise TemplateTooCostly("the template's values are nested too deeply") from None
        return "".join(run.out)


def render(template: Block, scope: dict[str, Any], budget: Budget | None = None) -> str:
    """The text of a template that is rendered once; see `Program.render`."""
    return Program(template).render(scope, budget)


# -- nodes ------------------------------------------------------------------------------------------------------------


def _block(nodes: Block) -> Write:
    parts = tuple(map(_node, nodes))
    steps, characters = len(nodes), sum(len(node.text) for node in nodes if isinstance(node, Text))

    def write_all(run: _Run) -> None:
        run.budget.spend(steps, characters)
        out = run.out
        for part in parts:
            if isinstance(part, str):
                out.append(part)
            else:
                part(run)

    return write_all


def _node(node: Node) -> Write | str:
    """How it is written; a text as it is."""
    match node:
        case Text():
            return node.text
        case Reference():
            return _written(node)
        case Set():
            return _set(node)
        case If():
            return _if(node)
        case ForEach():
            return _foreach(node)
        case Break():
            return _break
        case Stop():
            return _stop


def _break(run: _Run) -> None:
    raise _Broken


def _stop(run: _Run) -> None:
    raise _Stopped


def _written(reference: Reference) -> Write:
    read = _value(reference)
    otherwise = None if reference.is_quiet else reference.source

    def write(run: _Run) -> None:
        value = read(run)
        text = otherwise if value is None else value if type(value) is str else to_text(value, run.budget)
        if text is not None:
            run.budget.characters(len(text))
            run.out.append(text)

    return write


def _set(node: Set) -> Write:
    read, target = _value(node.value), node.target.name
    if not node.target.steps:

        def put(run: _Run) -> None:
            value = read(run)
            if value is not None:
                run.scope[target] = value

        return put
    *way, last = node.target.steps
    follow, key = _way(tuple(way)), _set_key(last)

    def put_into(run: _Run) -> None:
        value = read(run)
        if value is None:
            return
        holder = follow(run, run.scope.get(target))
        if key is None:
            return
        at = key(run)
        if isinstance(holder, dict) or (isinstance(holder, list) and isinstance(at, int) and 0 <= at < len(holder)):
            holder[at] = value

    return put_into


def _set_key(step: Step) -> Read | None:
    """Under what the last step of a target puts; None where it is a call, which takes nothing."""
    match step:
        case Property(name):
            return lambda run: name
        case Index(expression):
            read = _value(expression)
            return lambda run: as_key(read(run))
        case Call():
            return None


def _if(node: If) -> Write:
    branches = tuple((_value(condition), _block(body)) for condition, body in node.branches)
    otherwise = _block(node.otherwise)

    def choose(run: _Run) -> None:
        run.budget.spend(len(branches), 0)
        for condition, body in branches:
            if holds(condition(run)):
                body(run)
                return
        otherwise(run)

    return choose


def _foreach(node: ForEach) -> Write:
    read, body, name = _value(node.source), _block(node.body), node.name

    def loop(run: _Run) -> None:
        items = items_of(read(run))
        scope = run.scope
        before = {known: scope.get(known) for known in (name, "foreach", "velocityCount")}
        for index, item in enumerate(items):
            if index >= MAX_LOOP_ITERATIONS:
                raise TemplateTooCostly(f"a #foreach runs over more than {MAX_LOOP_ITERATIONS} items")
            scope[name] = item
            scope["velocityCount"] = index + 1
            scope["foreach"] = {
                "index": index,
                "count": index + 1,
                "hasNext": index + 1 < len(items),
                "first": index == 0,
                "last": index + 1 == len(items),
                "parent": before["foreach"],
            }
            try:
                body(run)
            except _Broken:
                break
        for known, value in before.items():
            if value is None:
                scope.pop(known, None)
            else:
                scope[known] = value

    return loop


# -- expressions ------------------------------------------------------------------------------------------------------


def _value(expression: Expression) -> Read:
    match expression:
        case Literal(value):
            return _literal(value)
        case Reference():
            return _referred(expression)
        case Interpolated():
            return _interpolated(expression)
        case ListOf():
            return _counted(_list(expression), expression.items)
        case Range():
            return _counted(_range(expression), (expression.first, expression.last))
        case MapOf():
            return _counted(_map(expression), [part for entry in expression.entries for part in entry])
        case Unary():
            return _counted(_unary(expression), (expression.operand,))
        case Binary():
            return _counted(_binary(expression), (expression.left, expression.right))


def _counted(read: Read, parts: Sequence[Expression]) -> Read:
    steps = 1 + _literals(parts)

    def read_counted(run: _Run) -> Any:
        run.budget.spend(steps, 0)
        return read(run)

    return read_counted


def _literals(parts: Sequence[Expression]) -> int:
    """How many of them are literals: who reads these pays for them."""
    return sum(isinstance(part, Literal) for part in parts)


def _literal(value: object) -> Read:
    def read(run: _Run) -> Any:
        return value

    return read


def _referred(reference: Reference) -> Read:
    name = reference.name
    if not reference.steps:

        def read(run: _Run) -> Any:
            run.budget.step()
            return run.scope.get(name)

        return read
    follow = _way(reference.steps)

    def read_on(run: _Run) -> Any:
        return follow(run, run.scope.get(name))

    return read_on


def _interpolated(expression: Interpolated) -> Read:
    write = _block(expression.block)

    def read(run: _Run) -> str:
        run.budget.step()
        kept, run.out = run.out, []
        try:
            write(run)
            return "".join(run.out)
        finally:
            run.out = kept

    return read


def _list(expression: ListOf) -> Read:
    reads = tuple(map(_value, expression.items))
    return lambda run: [read(run) for read in reads]


def _map(expression: MapOf) -> Read:
    reads = tuple((_value(key), _value(value)) for key, value in expression.entries)
    return lambda run: {as_key(key(run)): value(run) for key, value in reads}


def _range(expression: Range) -> Read:
    ends = _value(expression.first), _value(expression.last)

    def read(run: _Run) -> list[int]:
        first, last = ends[0](run), ends[1](run)
        if not (isinstance(first, int) and isinstance(last, int)):
            raise TemplateFailed("a range wants two whole numbers")
        if abs(last - first) >= MAX_LOOP_ITERATIONS * 10:
            raise TemplateTooCostly("a range is too long")
        return list(range(first, last + 1)) if first <= last else list(range(first, last - 1, -1))

    return read


def _unary(expression: Unary) -> Read:
    operand = _value(expression.operand)
    if expression.operator == "!":
        return lambda run: not holds(operand(run))

    def negate(run: _Run) -> Any:
        value = operand(run)
        return -value if is_number(value) else None

    return negate


def _binary(expression: Binary) -> Read:
    operator, left, right = expression.operator, _value(expression.left), _value(expression.right)
    match operator:
        case "||":
            return lambda run: holds(left(run)) or holds(right(run))
        case "&&":
            return lambda run: holds(left(run)) and holds(right(run))
        case "==":
            return lambda run: are_equal(left(run), right(run))
        case "!=":
            return lambda run: not are_equal(left(run), right(run))
        case _:
            return lambda run: _calculate(run, operator, left(run), right(run))


def _calculate(run: _Run, operator: str, left: Any, right: Any) -> Any:
    if operator == "+" and (isinstance(left, str) or isinstance(right, str)) and None not in (left, right):
        joined = to_text(left, run.budget) + to_text(right, run.budget)
        run.budget.characters(len(joined))
        return joined
    if not (is_number(left) and is_number(right)):
        return False if operator in ("<", "<=", ">", ">=") else None
    return compute(operator, left, right)


# -- steps ------------------------------------------------------------------------------------------------------------


def _way(steps: tuple[Step, ...]) -> Follow:
    """The value at the end of the steps; None where one of them leads nowhere."""
    follows = tuple(map(_step, steps))
    cost = 1 + len(steps) + sum(map(_literals_in, steps))

    def follow_all(run: _Run, value: Any) -> Any:
        budget = run.budget
        budget.spend(cost, 0)
        for follow in follows:
            if value is None:
                return None
            try:
                value = follow(run, value)
            except Unknown:
                return None
            if type(value) is str and len(value) > 15:
                budget.characters(len(value) // 16)
        return value

    return follow_all


def _literals_in(step: Step) -> int:
    match step:
        case Property():
            return 0
        case Index(key):
            return _literals((key,))
        case Call(_, arguments):
            return _literals(arguments)


def _step(step: Step) -> Follow:
    match step:
        case Property(name):
            return lambda run, value: value[name] if type(value) is dict and name in value else property_of(value, name)
        case Index(key):
            read = _value(key)
            return lambda run, value: element_of(value, read(run))
        case Call(name, arguments):
            return _call(name, tuple(map(_value, arguments)))


def _call(name: str, reads: tuple[Read, ...]) -> Follow:
    def call(run: _Run, value: Any) -> Any:
        arguments = tuple([read(run) for read in reads])
        run.budget.characters((sum(map(size_of, arguments)) + size_of(value)) // 4)
        return call_method(value, name, arguments)

    return call
