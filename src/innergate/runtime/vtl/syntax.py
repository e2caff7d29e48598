"""The nodes of a template."""

from typing import NamedTuple, TypeAlias


class Text(NamedTuple):
    """Goes out as it is."""

    text: str


class Property(NamedTuple):
    """`.name`"""

    name: str


class Call(NamedTuple):
    """`.name(arguments)`"""

    name: str
    arguments: "tuple[Expression, ...]"


class Index(NamedTuple):
    """`[expression]`"""

    key: "Expression"


Step: TypeAlias = Property | Call | Index


class Reference(NamedTuple):
    """`$name`, `${name}`, `$!name` and what follows. `source` is its own text, which goes out where it has no value."""

    name: str
    steps: tuple[Step, ...]
    is_quiet: bool
    source: str


class Literal(NamedTuple):
    """A number, text, boolean or null."""

    value: bool | int | float | str | None


class Interpolated(NamedTuple):
    """A text in double quotes with references in it."""

    block: "Block"


class ListOf(NamedTuple):
    """`[a, b]`"""

    items: "tuple[Expression, ...]"


class Range(NamedTuple):
    """`[a..b]`, both ends included."""

    first: "Expression"
    last: "Expression"


class MapOf(NamedTuple):
    """`{"a": b}`"""

    entries: "tuple[tuple[Expression, Expression], ...]"


class Unary(NamedTuple):
    """`!a`, `-a`"""

    operator: str
    operand: "Expression"


class Binary(NamedTuple):
    """`a + b` and its kind; operators in their sign form."""

    operator: str
    left: "Expression"
    right: "Expression"


Expression: TypeAlias = "Reference | Literal | Interpolated | ListOf | Range | MapOf | Unary | Binary"


class Set(NamedTuple):
    """`#set($a.b = expression)`"""

    target: Reference
    value: Expression


class If(NamedTuple):
    """`#if … #elseif … #else … #end`: the first branch whose condition holds."""

    branches: "tuple[tuple[Expression, Block], ...]"
    otherwise: "Block"


class ForEach(NamedTuple):
    """`#foreach($item in expression) … #end`"""

    name: str
    source: Expression
    body: "Block"


class Break(NamedTuple):
    """`#break`: ends the innermost loop."""


class Stop(NamedTuple):
    """`#stop`: ends the template."""


Node: TypeAlias = "Text | Reference | Set | If | ForEach | Break | Stop"
Block: TypeAlias = "tuple[Node, ...]"
