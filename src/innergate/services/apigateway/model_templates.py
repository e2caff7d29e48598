"""A mapping template from a JSON schema (GetModelTemplate)."""

from collections.abc import Mapping

from innergate.primitives.json_value import JsonValue


def example_of(schema: JsonValue) -> str:
    """A template that reads the schema's properties from `$inputRoot` and writes them as JSON."""
    return f"#set($inputRoot = $input.path('$'))\n{_write(schema, '$inputRoot', '')}"


def _write(schema: JsonValue, at: str, indent: str) -> str:
    if not isinstance(schema, Mapping):
        return '""'
    properties, items = schema.get("properties"), schema.get("items")
    inner = f"{indent}  "
    if isinstance(properties, Mapping):
        lines = [f'{inner}"{name}" : {_write(member, f"{at}.{name}", inner)}' for name, member in properties.items()]
        return "{\n" + ",\n".join(lines) + f"\n{indent}}}"
    if schema.get("type") == "array" or items is not None:
        element = _write(items, "$elem", inner)
        return f"[\n#foreach($elem in {at})\n{inner}{element}#if($foreach.hasNext),#end\n\n#end\n{indent}]"
    match schema.get("type"):
        case "number":
            return "3.14"
        case "integer":
            return "42"
        case "boolean":
            return "true"
        case "string":
            return '"foo"'
        case _:
            return "{ }"
