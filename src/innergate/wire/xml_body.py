"""Results as XML, by shape: the answers of the query and ec2 protocols."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from botocore.model import ListShape, MapShape, Shape, StructureShape

from innergate.wire import scalars

_SPECIAL = re.compile("[&<>\r\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#xD;"}


class XmlStyle(NamedTuple):
    """What differs between the two protocols: the element of a list, and whether instants always carry milliseconds."""

    list_element: str
    always_millis: bool


def escape(text: str) -> str:
    """Text for an element; what XML 1.0 cannot hold becomes U+FFFD."""
    return _SPECIAL.sub(lambda match: _ENTITIES.get(match.group(), "\ufffd"), text)


def element(name: str, content: str) -> str:
    """One element around content that is XML already."""
    return f"<{name}>{content}</{name}>" if content else f"<{name}/>"


def render_members(style: XmlStyle, shape: StructureShape, value: Mapping[str, Any]) -> str:
    """The members of a structure as elements, in the model's order; None is absent.

    Raises ValueError for a member that the shape does not have: the operation's bug.
    """
    if unknown := value.keys() - shape.members.keys():
        raise ValueError(f"{shape.name} has no member {', '.join(sorted(unknown))}")
    return "".join(
        render_member(style, _element_name(member, name), member, value[name])
        for name, member in shape.members.items()
        if value.get(name) is not None
    )


def _element_name(shape: Shape, name: str) -> str:
    if isinstance(shape, ListShape) and shape.serialization.get("flattened"):
        inner = shape.member.serialization.get("name")
        if inner is not None:
            return str(inner)
    return str(shape.serialization.get("name", name))


def render_member(style: XmlStyle, name: str, shape: Shape, value: Any) -> str:
    """One member as its element, or as several where its list or map is flattened."""
    if isinstance(shape, StructureShape):
        return element(name, render_members(style, shape, value))
    if isinstance(shape, ListShape):
        if shape.serialization.get("flattened"):
            return "".join(render_member(style, name, shape.member, item) for item in value)
        inner = shape.member.serialization.get("name", style.list_element)
        return element(name, "".join(render_member(style, inner, shape.member, item) for item in value))
    if isinstance(shape, MapShape):
        return _render_map(style, name, shape, value)
    return element(name, escape(_scalar_text(style, shape, value)))


def _render_map(style: XmlStyle, name: str, shape: MapShape, value: Mapping[str, Any]) -> str:
    key_name = shape.key.serialization.get("name", "key")
    value_name = shape.value.serialization.get("name", "value")
    flattened = bool(shape.serialization.get("flattened"))
    entries = [
        element(
            name if flattened else "entry",
            render_member(style, key_name, shape.key, key) + render_member(style, value_name, shape.value, item),
        )
        for key, item in value.items()
        if item is not None
    ]
    return "".join(entries) if flattened else element(name, "".join(entries))


def _scalar_text(style: XmlStyle, shape: Shape, value: Any) -> str:
    match shape.type_name:
        case "boolean":
            return "true" if value else "false"
        case "timestamp":
            format_name = shape.serialization.get("timestampFormat", "iso8601")
            return str(scalars.render_timestamp(value, format_name, style.always_millis))
        case "blob":
            return scalars.render_blob(value)
        case "float" | "double":
            return str(scalars.render_float(value))
        case _:
            return str(value)
