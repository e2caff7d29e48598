"""Values as a template sees them: the printed form and the methods that Java's String, List and Map have there.

Only what is listed exists; anything else is an unknown reference. A method never changes what belongs to somebody else: lists
and maps that come from a request are the template's own copies.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from innergate.primitives.bounded_patterns import matches_whole
from innergate.runtime.vtl.budget import Budget
from innergate.runtime.vtl.patterns import compile_search

Method: TypeAlias = Callable[[Any, tuple[Any, ...]], Any]


MAX_HASHED_CHARACTERS = 100_000


class Unknown(Exception):
    """There is no such property or method, or it does not take these arguments."""


def to_text(value: object, budget: Budget) -> str:
    """The printed form: maps as `{a=1, b=[1, 2]}`, booleans in small letters, whole doubles as `1.0`."""
    budget.step()
    match value:
        case str():
            return value
        case True:
            return "true"
        case False:
            return "false"
        case None:
            return "null"
        case float():
            return repr(value)
        case Mapping():
            inner = ", ".join(f"{to_text(key, budget)}={to_text(item, budget)}" for key, item in value.items())
            return _paid(f"{{{inner}}}", budget)
        case list() | tuple():
            return _paid(f"[{', '.join(to_text(item, budget) for item in value)}]", budget)
    return _paid(str(value), budget)


def _paid(text: str, budget: Budget) -> str:
    budget.characters(len(text))
    return text


def property_of(value: object, name: str) -> object:
    """`value.name`: a map's entry, or what a getter or a parameterless method gives. Raises Unknown."""
    if isinstance(value, Mapping):
        if name in value:
            return value[name]
        if name in ("size", "length") or name not in _MAP:
            raise Unknown(name)
    if isinstance(value, list) and name in ("size", "length"):
        raise Unknown(name)
    return call_method(value, name, ())


def is_map_method(name: str) -> bool:
    """Whether a map has a method of this name, which `value.name` may call."""
    return name in _MAP


def call_method(value: object, name: str, arguments: tuple[object, ...]) -> object:
    """`value.name(arguments)`. Raises Unknown, TemplateTooCostly."""
    table = _table_of(value)
    method = table.get(name)
    if method is None and name.startswith("get") and len(name) > 3 and isinstance(value, Mapping):
        return property_of(value, name[3].lower() + name[4:])
    if method is None:
        raise Unknown(name)
    try:
        return method(value, arguments)
    except (TypeError, ValueError, IndexError, KeyError, AttributeError, OverflowError, re.error):
        raise Unknown(name) from None


def element_of(value: object, key: object) -> object:
    """`value[key]`. Raises Unknown."""
    if isinstance(value, Mapping):
        if not isinstance(key, dict | list) and key in value:
            return value[key]
    elif isinstance(value, list) and isinstance(key, int) and not isinstance(key, bool) and 0 <= key < len(value):
        return value[key]
    raise Unknown("[]")


def are_equal(left: object, right: object) -> bool:
    """`==`: numbers by value, the same kind by content, else by printed form (Velocity 1.7 user guide, "Relational and logical
    operators")."""
    if (
        isinstance(left, bool) is isinstance(right, bool)
        and isinstance(left, int | float)
        and isinstance(right, int | float)
    ):
        return left == right
    if left is None or right is None:
        return left is right
    if type(left) is type(right):
        return left == right
    return to_text(left, Budget()) == to_text(right, Budget())


def _substitute(text: str, pattern: str, replacement: str, count: int) -> str:
    python_form = re.sub(r"\$(\d)", r"\\\1", replacement.replace("\\", "\\\\"))
    return compile_search(pattern, text).sub(python_form, text, count=count)


def _split(text: str, arguments: tuple[Any, ...]) -> list[str]:
    parts = compile_search(arguments[0], text).split(text)
    while len(parts) > 1 and parts[-1] == "":
        parts.pop()
    return parts


def _substring(text: str, arguments: tuple[Any, ...]) -> str:
    begin = arguments[0]
    end = arguments[1] if len(arguments) > 1 else len(text)
    if not 0 <= begin <= end <= len(text):
        raise IndexError
    return text[begin:end]


_TEXT: dict[str, Method] = {
    "length": lambda s, a: len(s),
    "isEmpty": lambda s, a: not s,
    "substring": _substring,
    "indexOf": lambda s, a: s.find(*a),
    "lastIndexOf": lambda s, a: s.rfind(*a),
    "contains": lambda s, a: a[0] in s,
    "startsWith": lambda s, a: s.startswith(a[0]),
    "endsWith": lambda s, a: s.endswith(a[0]),
    "equals": lambda s, a: s == a[0],
    "equalsIgnoreCase": lambda s, a: isinstance(a[0], str) and s.lower() == a[0].lower(),
    "concat": lambda s, a: s + a[0],
    "replace": lambda s, a: s.replace(a[0], a[1]),
    "replaceAll": lambda s, a: _substitute(s, a[0], a[1], 0),
    "replaceFirst": lambda s, a: _substitute(s, a[0], a[1], 1),
    "matches": lambda s, a: matches_whole(a[0], s),
    "split": _split,
    "trim": lambda s, a: s.strip(),
    "toLowerCase": lambda s, a: s.lower(),
    "toUpperCase": lambda s, a: s.upper(),
    "charAt": lambda s, a: _substring(s, (a[0], a[0] + 1)),
    "toString": lambda s, a: s,
    "hashCode": lambda s, a: _hash_code(s),
}

_LIST: dict[str, Method] = {
    "size": lambda v, a: len(v),
    "isEmpty": lambda v, a: not v,
    "get": lambda v, a: element_of(v, a[0]),
    "contains": lambda v, a: a[0] in v,
    "indexOf": lambda v, a: v.index(a[0]) if a[0] in v else -1,
    "add": lambda v, a: _add(v, a),
    "addAll": lambda v, a: v.extend(a[0]) or True,
    "set": lambda v, a: _exchange(v, a[0], a[1]),
    "remove": lambda v, a: v.pop(a[0]) if isinstance(a[0], int) else _remove_value(v, a[0]),
    "clear": lambda v, a: v.clear(),
    "subList": lambda v, a: v[a[0] : a[1]],
    "toString": lambda v, a: to_text(v, Budget()),
}

_MAP: dict[str, Method] = {
    "size": lambda v, a: len(v),
    "isEmpty": lambda v, a: not v,
    "get": lambda v, a: v.get(a[0]),
    "getOrDefault": lambda v, a: v.get(a[0], a[1]),
    "containsKey": lambda v, a: a[0] in v,
    "containsValue": lambda v, a: a[0] in v.values(),
    "keySet": lambda v, a: list(v),
    "values": lambda v, a: list(v.values()),
    "entrySet": lambda v, a: [{"key": key, "value": item} for key, item in v.items()],
    "put": lambda v, a: _exchange(v, a[0], a[1]),
    "putAll": lambda v, a: v.update(a[0]),
    "remove": lambda v, a: v.pop(a[0], None),
    "clear": lambda v, a: v.clear(),
    "toString": lambda v, a: to_text(v, Budget()),
}

_NUMBER: dict[str, Method] = {
    "intValue": lambda v, a: int(v),
    "longValue": lambda v, a: int(v),
    "doubleValue": lambda v, a: float(v),
    "toString": lambda v, a: to_text(v, Budget()),
    "equals": lambda v, a: are_equal(v, a[0]),
}

_STATIC: dict[str, Method] = {"parseInt": lambda v, a: int(a[0]), "valueOf": lambda v, a: int(a[0])}
"""What a number reached through `$x.parseInt("1")` gives; templates use it to convert texts."""

_NUMBERS = {**_NUMBER, **_STATIC}
_BOOLEAN: dict[str, Method] = {
    "toString": lambda v, a: to_text(v, Budget()),
    "equals": lambda v, a: are_equal(v, a[0]),
}


_TABLES: Mapping[type, Mapping[str, Method]] = {
    bool: _BOOLEAN,
    str: _TEXT,
    list: _LIST,
    dict: _MAP,
    int: _NUMBERS,
    float: _NUMBERS,
}


def _table_of(value: object) -> Mapping[str, Method]:
    known = _TABLES.get(type(value))
    if known is not None:
        return known
    if isinstance(value, Mapping):
        return _MAP
    methods = getattr(value, "template_methods", None)
    return methods if isinstance(methods, Mapping) else {}


def _add(values: list[Any], arguments: tuple[Any, ...]) -> bool:
    if len(arguments) == 2:
        values.insert(arguments[0], arguments[1])
    else:
        values.append(arguments[0])
    return True


def _exchange(holder: Any, key: Any, value: Any) -> Any:
    before = holder.get(key) if isinstance(holder, dict) else holder[key]
    holder[key] = value
    return before


def _remove_value(values: list[Any], value: Any) -> bool:
    if value in values:
        values.remove(value)
        return True
    return False


def _hash_code(text: str) -> int:
    """String.hashCode of the Java platform, for texts of a length that is hashed soon."""
    if len(text) > MAX_HASHED_CHARACTERS:
        raise ValueError
    code = 0
    for character in text:
        code = (31 * code + ord(character)) & 0xFFFFFFFF
    return code - (1 << 32) if code >= 1 << 31 else code
