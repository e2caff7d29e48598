"""The constraints that AWS's frameworks check before an operation runs: required, enum, length, range, pattern.

ec2 checks required top-level members and enumerations only; its services check the rest themselves. Texts: aws-semantics 1.1
(recorded) and 1.2.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache, partial
from typing import Any, NamedTuple

from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape

from innergate.primitives.bounded_patterns import is_known, matches_whole
from innergate.primitives.fault import Fault
from innergate.wire.catalogue import EC2, QUERY, REST_JSON
from innergate.wire.ec2 import wire_name
from innergate.wire.enum_orders import printed_order

_JSON_CODES = {
    "cloudwatch": "InvalidParameterValueException",
    "logs": "InvalidParameterException",
    "organizations": "InvalidInputException",
}
_EC2_OWN_WORDS = ("ResourceType", "VpcEndpointType")
"""Enumerations for which EC2 has texts of its own: its services check them."""
_MAX_PATTERN_INPUT = 20_000
_MAX_SHOWN = 1_024


class Violation(NamedTuple):
    """One broken constraint: where, the value as AWS prints it (None: do not show), and the constraint's text."""

    path: str
    shown: str | None
    constraint: str

    def __str__(self) -> str:
        value = "Value" if self.shown is None else f"Value {self.shown}"
        return f"{value} at '{self.path}' failed to satisfy constraint: {self.constraint}"


def validate(operation: OperationModel, protocol: str, params: Mapping[str, Any]) -> None:
    """Nothing, if the parameters keep the model's constraints.

    Raises Fault MissingParameter or InvalidParameterValue (ec2), or, naming every violation, ValidationError (query),
    ValidationException or the service's own code (json, rest-json).
    """
    shape = operation.input_shape
    if shape is None:
        return
    if protocol == EC2:
        _require_for_ec2(shape, params)
        _check_enums_for_ec2(shape, params, operation.name)
        return
    violations = list(_check_top(operation, protocol, shape, params))
    if not violations:
        return
    count = len(violations)
    noun = "error" if count == 1 else "errors"
    code = (
        "ValidationError"
        if protocol == QUERY
        else _JSON_CODES.get(operation.service_model.service_name, "ValidationException")
    )
    raise Fault(code, f"{count} validation {noun} detected: {'; '.join(map(str, violations))}")


def _require_for_ec2(shape: StructureShape, params: Mapping[str, Any]) -> None:
    for name in shape.required_members:
        member = shape.members[name]
        if name not in params or (isinstance(member, ListShape) and not params[name]):
            raise Fault("MissingParameter", f"The request must contain the parameter {wire_name(member, name)}")


def _check_enums_for_ec2(shape: Shape, value: Any, name: str) -> None:
    """One value that its enumeration lacks is EC2's whole answer, named by its own member wherever it lies."""
    if isinstance(shape, StructureShape):
        for member, inner in shape.members.items():
            if member in value:
                _check_enums_for_ec2(inner, value[member], member)
    elif isinstance(shape, ListShape):
        for item in value:
            _check_enums_for_ec2(shape.member, item, name)
    elif value and shape.name not in _EC2_OWN_WORDS and value not in (_enum_of(shape) or (value,)):
        raise Fault("InvalidParameterValue", f"Value ({value}) for parameter {_lower_first(name)} is invalid.")


def _check_top(
    operation: OperationModel, protocol: str, shape: StructureShape, params: Mapping[str, Any]
) -> Iterator[Violation]:
    root = _lower_first(operation.name) + "Input." if protocol == REST_JSON else ""
    for name, member in shape.members.items():
        prefix = "" if "location" in member.serialization else root
        yield from _check_member(shape, name, member, params, prefix + _lower_first(name))


def _check_member(
    shape: StructureShape, name: str, member: Shape, params: Mapping[str, Any], path: str
) -> Iterator[Violation]:
    if name in params:
        yield from _check(member, params[name], path)
    elif name in shape.required_members and not member.serialization.get("streaming"):
        yield Violation(path, "null", "Member must not be null")


def _check(shape: Shape, value: Any, path: str) -> Iterator[Violation]:
    if isinstance(shape, StructureShape):
        if not getattr(shape, "is_document_type", False):
            for name, member in shape.members.items():
                yield from _check_member(shape, name, member, value, f"{path}.{_lower_first(name)}")
        return
    if isinstance(shape, ListShape):
        yield from _check_list(shape, value, path)
        return
    if isinstance(shape, MapShape):
        yield from _check_length(shape, len(value), _show_map(value), path)
        for key, item in value.items():
            yield from _check(shape.value, item, f"{path}.{key}.member")
        return
    yield from _check_scalar(shape, value, path)


def _check_list(shape: ListShape, value: list[Any], path: str) -> Iterator[Violation]:
    yield from _check_length(shape, len(value), _show_list(value), path)
    allowed = _enum_of(shape.member)
    if allowed and any(item not in allowed for item in value):
        inner = f"Member must satisfy enum value set: [{', '.join(printed_order(allowed))}]"
        yield Violation(path, _show_list(value), f"Member must satisfy constraint: [{inner}]")
        return
    for index, item in enumerate(value, 1):
        yield from _check(shape.member, item, f"{path}.{index}.member")


def _check_scalar(shape: Shape, value: Any, path: str) -> Iterator[Violation]:
    shown = None if shape.metadata.get("sensitive") else _show(value)
    if isinstance(value, str):
        allowed = _enum_of(shape)
        if allowed and value not in allowed:
            yield Violation(path, shown, f"Member must satisfy enum value set: [{', '.join(printed_order(allowed))}]")
            return
        yield from _check_length(shape, len(value), shown, path)
        yield from _check_pattern(shape, value, shown, path)
    elif isinstance(value, bytes):
        yield from _check_length(shape, len(value), None, path)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        low, high = shape.metadata.get("min"), shape.metadata.get("max")
        if low is not None and value < low:
            yield Violation(path, shown, f"Member must have value greater than or equal to {low}")
        elif high is not None and value > high:
            yield Violation(path, shown, f"Member must have value less than or equal to {high}")


def _enum_of(shape: Shape) -> list[str]:
    return list(getattr(shape, "enum", None) or [])


def _check_length(shape: Shape, length: int, shown: str | None, path: str) -> Iterator[Violation]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and length < low:
        yield Violation(path, shown, f"Member must have length greater than or equal to {low}")
    elif high is not None and length > high:
        yield Violation(path, shown, f"Member must have length less than or equal to {high}")


def _check_pattern(shape: Shape, value: str, shown: str | None, path: str) -> Iterator[Violation]:
    pattern = shape.metadata.get("pattern")
    high = shape.metadata.get("max")
    if pattern is None or len(value) > _MAX_PATTERN_INPUT or (high is not None and len(value) > high):
        return
    matches = _matcher(pattern)
    if matches is not None and not matches(value):
        yield Violation(path, shown, f"Member must satisfy regular expression pattern: {pattern}")


@lru_cache(maxsize=2048)
def _matcher(pattern: str) -> Callable[[str], object] | None:
    r"""A full match by AWS's (Java's) pattern; None where Python has no such construct (`\p{L}`). What repeats a repeat may
    take Python for ever (`([ \t]+[ -~]+)*` on spaces): another engine tries that."""
    if _NESTED_REPEAT.search(pattern) and is_known(pattern):
        return partial(matches_whole, pattern)
    try:
        return re.compile(pattern).fullmatch
    except re.error:
        return None


_NESTED_REPEAT = re.compile(r"[+*}]\)[+*{]")


def _lower_first(name: str) -> str:
    return name[:1].lower() + name[1:]


def _show(value: Any) -> str:
    text = str(value)
    return f"'{text if len(text) <= _MAX_SHOWN else text[:_MAX_SHOWN] + '...'}'"


def _show_list(value: list[Any]) -> str:
    return _show("[" + ", ".join(str(item) for item in value[:50]) + "]")


def _show_map(value: Mapping[str, Any]) -> str:
    return _show("{" + ", ".join(f"{key}={item}" for key, item in list(value.items())[:50]) + "}")
