"""Where an OpenAPI document's paths go in the API: its base path, by the mode that the caller chose."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from innergate.primitives.json_value import JsonObject
from innergate.services.apigateway.faults import bad_request
from innergate.services.apigateway.openapi_members import objects_of, text_of, values_of

OPERATION_WORDS = ("get", "put", "post", "delete", "options", "head", "patch", "x-amazon-apigateway-any-method")
"""The members of a path that are operations."""
MODES = ("ignore", "prepend", "split")


def base_path_of(document: JsonObject) -> str:
    """The document's base path without a slash at its end, "" where it has none. Raises Fault BadRequestException."""
    if "swagger" in document:
        return (text_of(document, "basePath") or "").rstrip("/")
    server = next(iter(values_of(document, "servers")), None)
    if not isinstance(server, Mapping):
        return ""
    variables = objects_of(server, "variables")
    if "basePath" in variables:
        default = text_of(variables["basePath"], "default")
        return "/" + default.strip("/") if default else ""
    try:
        return urlsplit(text_of(server, "url") or "").path.rstrip("/")
    except ValueError:
        raise bad_request(f"Invalid server URL specified: {text_of(server, 'url')}") from None


def prefix_for(document: JsonObject, mode: str) -> str:
    """What stands before every path: "" for ignore, the base path for prepend, all but its first segment for split.
    Raises Fault BadRequestException."""
    if mode not in MODES:
        raise bad_request(f"Invalid basepath mode specified. Must be one of: [{', '.join(MODES)}]")
    base = base_path_of(document)
    if mode == "ignore" or not base:
        return ""
    if mode == "prepend":
        return base
    rest = base.strip("/").partition("/")[2]
    return f"/{rest}" if rest else ""
