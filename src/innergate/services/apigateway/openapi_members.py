"""Members of an OpenAPI document, read by the type that they must have. A member of another type is refused with its name, what
was expected and what was found; one that is not there, or null, is none."""

from collections.abc import Mapping, Sequence

from innergate.primitives.fault import Fault
from innergate.primitives.json_value import JsonObject, JsonValue
from innergate.services.apigateway.faults import bad_request


def malformed(name: str, expected: str, value: JsonValue) -> Fault:
    """BadRequestException for a member of another type."""
    return bad_request(
        f"Unable to parse API definition because of a malformed {name}: expected {expected}, found {_kind_of(value)}"
    )


def text_of(members: JsonObject, name: str) -> str | None:
    """A text; a number or a truth value stands for its own. Raises Fault BadRequestException, as the others do."""
    return _text(name, members.get(name))


def texts_of(members: JsonObject, name: str) -> dict[str, str]:
    """An object of texts; null in it is ""."""
    return {member: _text(name, value) or "" for member, value in object_of(members, name).items()}


def list_of(members: JsonObject, name: str) -> list[str]:
    """A list of texts; null in it is ""."""
    return [_text(name, value) or "" for value in values_of(members, name)]


def values_of(members: JsonObject, name: str) -> Sequence[JsonValue]:
    """A list of anything."""
    value = members.get(name)
    if value is None:
        return ()
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise malformed(name, "a list", value)
    return value


def object_of(members: JsonObject, name: str) -> JsonObject:
    """An object of anything."""
    value = members.get(name)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise malformed(name, "an object", value)
    return value


def objects_of(members: JsonObject, name: str) -> dict[str, JsonObject]:
    """An object of objects; null in it is {}."""
    held = object_of(members, name)
    return {member: object_of(held, member) for member in held}


def object_list_of(members: JsonObject, name: str) -> list[JsonObject]:
    """A list of objects."""
    found = []
    for value in values_of(members, name):
        if not isinstance(value, Mapping):
            raise malformed(f"entry of {name}", "an object", value)
        found.append(value)
    return found


def integer_of(members: JsonObject, name: str) -> int | None:
    """A whole number, or the digits of one."""
    value = members.get(name)
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 10:
        return int(value)
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise malformed(name, "a whole number", value)


def flag_of(members: JsonObject, name: str) -> bool:
    """A truth value, or its text; False where it is not there."""
    value = members.get(name)
    if value is None or isinstance(value, bool):
        return bool(value)
    if value in ("true", "false"):
        return value == "true"
    raise malformed(name, "true or false", value)


def _text(name: str, value: JsonValue) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    raise malformed(name, "a text", value)


def _kind_of(value: JsonValue) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return "a number"
        case str():
            return "a text"
        case Mapping():
            return "an object"
        case _:
            return "a list"
