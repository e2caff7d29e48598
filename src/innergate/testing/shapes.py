"""Checks an operation's result against botocore's output shape: every member must exist and have the shape's type."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

from botocore.session import Session

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "character": (str,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "boolean": (bool,),
    "timestamp": (datetime,),
    "blob": (bytes,),
}


@cache
def _model(service: str) -> Any:
    return Session().get_service_model(service)


def shape_errors(service: str, operation: str, result: Mapping[str, Any] | None) -> list[str]:
    """What is wrong with `result`, one sentence each, empty where all is well. `service` is botocore's name ("ec2")."""
    shape = _model(service).operation_model(operation).output_shape
    if shape is None:
        return [f"{operation} answers nothing, but members are there: {sorted(result)}"] if result else []
    return _errors(shape, result or {}, operation)


def check_result(service: str, operation: str, result: Mapping[str, Any] | None) -> None:
    """Raises AssertionError naming every member that the model does not have, or has with another type."""
    found = shape_errors(service, operation, result)
    assert not found, "\n".join(found)


def _errors(shape: Any, value: Any, where: str) -> list[str]:
    if value is None:
        return []
    match shape.type_name:
        case "structure":
            if getattr(shape, "is_document_type", False):
                return []
            if not isinstance(value, Mapping):
                return [f"{where}: {type(value).__name__} instead of a structure"]
            found = []
            for name, member in value.items():
                if name not in shape.members:
                    found.append(f"{where}.{name}: no such member in {shape.name}")
                else:
                    found += _errors(shape.members[name], member, f"{where}.{name}")
            return found
        case "list":
            if not isinstance(value, list | tuple):
                return [f"{where}: {type(value).__name__} instead of a list"]
            return [e for i, member in enumerate(value) for e in _errors(shape.member, member, f"{where}[{i}]")]
        case "map":
            if not isinstance(value, Mapping):
                return [f"{where}: {type(value).__name__} instead of a map"]
            return [e for k, member in value.items() for e in _errors(shape.value, member, f"{where}[{k!r}]")]
    return _leaf_errors(shape, value, where)


def _leaf_errors(shape: Any, value: Any, where: str) -> list[str]:
    wanted = _TYPES[shape.type_name]
    if not isinstance(value, wanted) or (isinstance(value, bool) and bool not in wanted):
        return [f"{where}: {type(value).__name__} instead of {shape.type_name}"]
    return []
