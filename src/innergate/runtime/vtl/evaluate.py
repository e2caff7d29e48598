"""Runs a template's nodes on a scope: each node becomes a function once, and a rendering calls those."""

from collections.abc import Sequence
from typing import Any, final

from innergate.runtime.vtl.budget import MAX_LOOP_ITERATIONS, Budget, TemplateTooCostly
from innergate.runtime.vtl.java import to_text
from innergate.runtime.vtl.operators import as_key, holds, items_of
from innergate.runtime.vtl.readings import (
    Follow,
    Read,
    Run,
    TemplateFailed,
    Write,
    along,
    binary,
    list_of,
    literal,
    map_of,
    range_of,
    to_element,
    to_property,
    to_result,
    unary,
)
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


class _Broken(Exception):
    """#break"""


class _Stopped(Exception):
    """#stop"""


@final
class Program:
    """A template that has been made ready to be rendered any number of times."""

    def __init__(self, template: Block) -> None:
        self._write = _block(template)

    def render(self, scope: dict[str, Any], budget: Budget | None = None) -> str:
        """The text that the template gives. `scope` maps names (without $) to values; #set adds to it.

        Raises TemplateFailed, and TemplateTooCostly where the budget is spent.
        """
        run = Run(scope, budget if budget is not None else Budget())
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

    def write_all(run: Run) -> None:
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


def _break(run: Run) -> None:
    raise _Broken


def _stop(run: Run) -> None:
    raise _Stopped


def _written(reference: Reference) -> Write:
    read = _value(reference)
    otherwise = None if reference.is_quiet else reference.source

    def write(run: Run) -> None:
        value = read(run)
        text = otherwise if value is None else value if type(value) is str else to_text(value, run.budget)
        if text is not None:
            run.budget.characters(len(text))
            run.out.append(text)

    return write


def _set(node: Set) -> Write:
    read, target = _value(node.value), node.target.name
    if not node.target.steps:

        def put(run: Run) -> None:
            value = read(run)
            if value is not None:
                run.scope[target] = value

        return put
    *way, last = node.target.steps
    follow, key = _way(tuple(way)), _set_key(last)

    def put_into(run: Run) -> None:
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

    def choose(run: Run) -> None:
        run.budget.spend(len(branches), 0)
        for condition, body in branches:
            if holds(condition(run)):
                body(run)
                return
        otherwise(run)

    return choose


def _foreach(node: ForEach) -> Write:
    read, body, name = _value(node.source), _block(node.body), node.name

    def loop(run: Run) -> None:
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
            return literal(value)
        case Reference():
            return _referred(expression)
        case Interpolated():
            return _interpolated(expression)
        case ListOf():
            return _counted(list_of(tuple(map(_value, expression.items))), expression.items)
        case Range():
            return _counted(
                range_of(_value(expression.first), _value(expression.last)), (expression.first, expression.last)
            )
        case MapOf():
            entries = tuple((_value(key), _value(value)) for key, value in expression.entries)
            return _counted(map_of(entries), [part for entry in expression.entries for part in entry])
        case Unary():
            return _counted(unary(expression.operator, _value(expression.operand)), (expression.operand,))
        case Binary():
            read = binary(expression.operator, _value(expression.left), _value(expression.right))
            return _counted(read, (expression.left, expression.right))


def _counted(read: Read, parts: Sequence[Expression]) -> Read:
    steps = 1 + _literals(parts)

    def read_counted(run: Run) -> Any:
        run.budget.spend(steps, 0)
        return read(run)

    return read_counted


def _literals(parts: Sequence[Expression]) -> int:
    """How many of them are literals: who reads these pays for them."""
    return sum(isinstance(part, Literal) for part in parts)


def _referred(reference: Reference) -> Read:
    name = reference.name
    if not reference.steps:

        def read(run: Run) -> Any:
            run.budget.step()
            return run.scope.get(name)

        return read
    follow = _way(reference.steps)

    def read_on(run: Run) -> Any:
        return follow(run, run.scope.get(name))

    return read_on


def _interpolated(expression: Interpolated) -> Read:
    write = _block(expression.block)

    def read(run: Run) -> str:
        run.budget.step()
        kept, run.out = run.out, []
        try:
            write(run)
            return "".join(run.out)
        finally:
            run.out = kept

    return read


def _literals_in(step: Step) -> int:
    match step:
        case Property():
            return 0
        case Index(key):
            return _literals((key,))
        case Call(_, arguments):
            return _literals(arguments)


def _way(steps: tuple[Step, ...]) -> Follow:
    return along(tuple(map(_step, steps)), 1 + len(steps) + sum(map(_literals_in, steps)))


def _step(step: Step) -> Follow:
    match step:
        case Property(name):
            return to_property(name)
        case Index(key):
            return to_element(_value(key))
        case Call(name, arguments):
            return to_result(name, tuple(map(_value, arguments)))
