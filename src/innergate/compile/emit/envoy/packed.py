"""Values of google.protobuf.Any in their JSON form."""

from innergate.primitives.json_value import JsonObject, JsonValue


def packed(type_name: str, fields: JsonObject | None = None) -> JsonObject:
    """An Any of `type_name` (without "type.googleapis.com/")."""
    return {"@type": f"type.googleapis.com/{type_name}", **(fields or {})}


def extension(name: str, type_name: str, fields: JsonObject | None = None) -> dict[str, JsonValue]:
    """A named extension with its configuration: filters, transport sockets, matchers."""
    return {"name": name, "typed_config": packed(type_name, fields)}


def text_format(text: str, content_type: str = "", formatters: tuple[JsonObject, ...] = ()) -> dict[str, JsonValue]:
    """A SubstitutionFormatString of plain text with command operators in it."""
    result: dict[str, JsonValue] = {"text_format_source": {"inline_string": text}}
    if content_type:
        result["content_type"] = content_type
    if formatters:
        result["formatters"] = list(formatters)
    return result


ADS: JsonObject = {"ads": {}, "resource_api_version": "V3"}
"""From where every dynamic resource comes."""

CEL_FORMATTER: JsonObject = extension(
    "envoy.formatter.cel", "envoy.extensions.formatter.cel.v3.Cel", {"cel_config": {"enable_string_functions": True}}
)
"""Makes %CEL(...)% known where a format is used."""


def overwrite(name: str, value: str) -> JsonObject:
    """A HeaderValueOption that sets a header whatever was there; an empty value leaves it out."""
    return {"header": {"key": name, "value": value}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}


def escape_operators(text: str) -> str:
    """`text` as a literal in a format string."""
    return text.replace("%", "%%")
