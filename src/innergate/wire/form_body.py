"""Form bodies of the query and ec2 protocols: `A.member.1.B=x` pairs into a tree, and the tree into parameters by shape."""

from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import unquote_to_bytes

from botocore.model import ListShape, MapShape, Shape, StructureShape

from innergate.wire import refusals, scalars
from innergate.wire.http import HttpRequest

MAX_PAIRS = 20_000
MAX_DEPTH = 64

_UNPRINTABLE = frozenset(chr(code) for code in range(32)) - frozenset("\t\n\r") | frozenset("\ufffe\uffff")


class Node:
    """One name in the form: its own value, if any, and what follows it after a dot."""

    __slots__ = ("children", "value")

    def __init__(self) -> None:
        self.value: str | None = None
        self.children: dict[str, Node] = {}


class Dialect(NamedTuple):
    """What differs between the two protocols: a member's wire names, the usual first; whether lists lack `member`."""

    protocol: str
    names_of: Callable[[Shape, str], tuple[str, ...]]
    flat_lists: bool


def read_pairs(request: HttpRequest) -> dict[str, str]:
    """The call's names and values from the query string and the body, decoded; the body wins, a later pair wins. A body of JSON
    is no form (API Gateway's integrations send one beside an action in the query).

    Credentials of a presigned call are left out. Raises Fault MalformedQueryString.
    """
    raw = "" if is_json(request) else request.body.decode("latin-1")
    if request.raw_query.count("&") + raw.count("&") >= MAX_PAIRS:
        raise refusals.unreadable_query(f"A request holds at most {MAX_PAIRS} parameters.")
    pairs: dict[str, str] = {}
    for source in (request.raw_query, raw):
        for piece in source.split("&"):
            if not piece:
                continue
            name, _, value = piece.partition("=")
            pairs[decode(name)] = decode(value)
    return {name: value for name, value in pairs.items() if not name.startswith("X-Amz-")}


def is_json(request: HttpRequest) -> bool:
    """Whether the request says that its body is JSON."""
    return (request.header("content-type") or "").startswith("application/json")


def decode(text: str) -> str:
    """A form-encoded text (`+` is a space). Raises Fault MalformedQueryString where it is no UTF-8."""
    if "%" not in text and text.isascii():
        return text.replace("+", " ")
    try:
        return unquote_to_bytes(text.replace("+", " ").encode("latin-1")).decode("utf-8")
    except UnicodeDecodeError:
        raise refusals.unreadable_query("The query string contains bytes that are not UTF-8.") from None


def build_tree(pairs: dict[str, str]) -> Node:
    """The pairs as a tree along the dots of their names. Raises Fault MalformedQueryString beyond `MAX_DEPTH`."""
    root = Node()
    for name, value in pairs.items():
        parts = name.split(".")
        if len(parts) > MAX_DEPTH:
            raise refusals.unreadable_query(f"A parameter name has at most {MAX_DEPTH} parts.")
        node = root
        for part in parts:
            child = node.children.get(part)
            if child is None:
                child = node.children[part] = Node()
            node = child
        node.value = value
    return root


def parse_members(dialect: Dialect, shape: StructureShape, node: Node, path: str = "") -> dict[str, Any]:
    """The members of `shape` that the form names; unknown names are ignored."""
    found: dict[str, Any] = {}
    for name, member in shape.members.items():
        wire_name = next((given for given in dialect.names_of(member, name) if given in node.children), None)
        if wire_name is not None:
            child = node.children[wire_name]
            value = _parse(dialect, member, child, f"{path}.{wire_name}" if path else wire_name)
            if value is not None:
                found[name] = value
    return found


def _parse(dialect: Dialect, shape: Shape, node: Node, path: str) -> Any:
    if isinstance(shape, StructureShape):
        return parse_members(dialect, shape, node, path)
    if isinstance(shape, ListShape):
        return _parse_list(dialect, shape, node, path)
    if isinstance(shape, MapShape):
        return _parse_map(dialect, shape, node, path)
    if node.value is None:
        raise refusals.malformed(dialect.protocol, f"Start of structure or map found where not expected: {path}")
    return _parse_scalar(dialect, shape, node.value, path)


def _parse_list(dialect: Dialect, shape: ListShape, node: Node, path: str) -> list[Any] | None:
    holder = node
    if not dialect.flat_lists and not shape.serialization.get("flattened"):
        inner = node.children.get(shape.member.serialization.get("name", "member"))
        if inner is None:
            return [] if not node.children and not node.value else None
        holder = inner
    elements = (
        _parse(dialect, shape.member, child, f"{path}.{index}") for index, child in _in_order(dialect, holder, path)
    )
    return [element for element in elements if element is not None]


def _parse_map(dialect: Dialect, shape: MapShape, node: Node, path: str) -> dict[str, Any] | None:
    holder = node if shape.serialization.get("flattened") else node.children.get("entry")
    if holder is None:
        return {} if not node.children and not node.value else None
    key_name = shape.key.serialization.get("name", "key")
    value_name = shape.value.serialization.get("name", "value")
    found: dict[str, Any] = {}
    for index, entry in _in_order(dialect, holder, path):
        key, value = entry.children.get(key_name), entry.children.get(value_name)
        if key is None or key.value is None:
            raise refusals.malformed(dialect.protocol, f"Map entry without a key: {path}.{index}")
        parsed = _parse(dialect, shape.value, value, f"{path}.{index}") if value is not None else None
        if parsed is not None:
            found[_parse_scalar(dialect, shape.key, key.value, path)] = parsed
    return found


def _in_order(dialect: Dialect, node: Node, path: str) -> list[tuple[int, Node]]:
    entries: list[tuple[int, Node]] = []
    for key, child in node.children.items():
        if not (key.isascii() and key.isdigit() and len(key) < 10):
            raise refusals.malformed(dialect.protocol, f"Unexpected list element: {path}.{key[:64]}")
        entries.append((int(key), child))
    return sorted(entries, key=lambda entry: entry[0])


def _parse_scalar(dialect: Dialect, shape: Shape, text: str, path: str) -> Any:
    try:
        return _PARSERS.get(shape.type_name, _parse_string)(text, shape.type_name)
    except ValueError as problem:
        if dialect.protocol == "ec2":
            raise refusals.malformed(
                "ec2", f"Value ({text[:256]}) for parameter {path} is invalid: {problem}."
            ) from None
        raise refusals.malformed(dialect.protocol, f"Invalid value for {path}: {problem}.") from None


def _parse_string(text: str, _kind: str) -> str:
    if not _UNPRINTABLE.isdisjoint(text):
        raise ValueError("it contains control characters")
    return text


_PARSERS: dict[str, Callable[[str, str], Any]] = {
    "boolean": lambda text, _: scalars.parse_boolean(text),
    "integer": scalars.parse_integer,
    "long": scalars.parse_integer,
    "float": lambda text, _: scalars.parse_float(text),
    "double": lambda text, _: scalars.parse_float(text),
    "timestamp": lambda text, _: scalars.parse_timestamp(text),
    "blob": lambda text, _: scalars.parse_blob(text),
}
