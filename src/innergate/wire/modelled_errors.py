"""A fault against a service's modelled error shapes: its wire code, its status, its members."""

from functools import cache
from typing import Any, NamedTuple

from botocore.model import ServiceModel, StructureShape

from innergate.primitives.fault import Fault


class ModelledError(NamedTuple):
    """How a service's model says that this fault goes over the wire."""

    shape_name: str
    code: str
    status: int
    shape: StructureShape | None


@cache
def _by_name(service: ServiceModel) -> dict[str, ModelledError]:
    table: dict[str, ModelledError] = {}
    for shape in service.error_shapes:
        if not isinstance(shape, StructureShape):
            continue
        error = shape.metadata.get("error", {})
        code = str(error.get("code", shape.name))
        status = int(error.get("httpStatusCode", 500 if _is_server_fault(shape) else 400))
        entry = ModelledError(shape.name, code, status, shape)
        table[shape.name] = entry
        table.setdefault(code, entry)
    return table


def _is_server_fault(shape: StructureShape) -> bool:
    """Whether the model calls the error the server's; botocore keeps the trait but does not list it in `metadata`."""
    return bool(getattr(shape, "_shape_model", {}).get("fault"))


def describe(service: ServiceModel | None, fault: Fault) -> ModelledError:
    """The model's view of `fault`, which may use the shape's name or its code; the fault's own where nothing is modelled.

    The fault's status wins unless it is the default 400 and the model says another.
    """
    known = _by_name(service).get(fault.code) if service is not None else None
    if known is None:
        return ModelledError(fault.code, fault.code, fault.status, None)
    return known._replace(status=known.status if fault.status == 400 else fault.status)


def members_of(error: ModelledError, fault: Fault) -> tuple[str, dict[str, Any]]:
    """The wire name of the message and the fault's further members that the shape has."""
    if error.shape is None:
        return ("Message" if fault.code == "AccessDeniedException" else "message"), {}
    name = next((member for member in error.shape.members if member.lower() == "message"), "message")
    extra = {key: value for key, value in fault.fields.items() if key in error.shape.members and key != name}
    shape = error.shape.members.get(name)
    return (str(shape.serialization.get("name", name)) if shape is not None else name), extra
