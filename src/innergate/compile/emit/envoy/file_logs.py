"""Logs that Envoy writes into files: a line a request, its fields parted by carriage returns, which no header, path or name
can hold. JSON would cost as much again as the fields."""

from collections.abc import Mapping

from innergate.compile.emit.envoy.packed import text_format
from innergate.compile.settings import CompileSettings
from innergate.primitives.json_value import JsonObject, JsonValue

SEPARATOR = "\r"
NOTHING = "-"
"""What Envoy writes where a field has no value."""


def file_log(
    settings: CompileSettings, file: str, fields: Mapping[str, str], condition: JsonObject | None = None
) -> JsonValue:
    """An entry of a connection manager's `access_log`: `fields` are Envoy's operators by our names, in the order of the line;
    `condition` is Envoy's AccessLogFilter, None for every request."""
    return {
        "name": "envoy.access_loggers.file",
        **({"filter": condition} if condition is not None else {}),
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog",
            "path": f"{settings.log_folder}/{file}",
            "log_format": text_format(SEPARATOR.join(fields.values()) + "\n"),
        },
    }
