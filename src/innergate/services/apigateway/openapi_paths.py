"""Where an OpenAPI document's paths go in the API: its base path, by the mode that the caller chose."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from innergate.primitives.json_value import JsonObject
from innergate.services.apigateway.faults import bad_request

MODES = ("ignore", "prepend", "split")


def base_path_of(document: JsonObject) -> str:
    """The document's base path without a slash at its end, "" where it has none."""
    if "swagger" in document:
        return str(document.get("basePath") or "").rstrip("/")
    servers = document.get("servers")
    server = servers[0] if isinstance(servers, list) and servers else {}
    if not isinstance(server, Mapping):
        return ""
    variables = server.get("variables")
    chosen = variables.get("basePath") if isinstance(variables, Mapping) else None
    if isinstance(chosen, Mapping):
        return "/" + str(chosen.get("default") or "").strip("/") if chosen.get("default") else ""
    return urlsplit(str(server.get("url") or "")).path.rstrip("/")


def prefix_for(document: JsonObject, mode: str) -> str:
    """What stands before every path: "" for ignore, the base path for prepend, all but its first segment for split."""
    if mode not in MODES:
        raise bad_request(f"Invalid basepath mode specified. Must be one of: [{', '.join(MODES)}]")
    base = base_path_of(document)
    if mode == "ignore" or not base:
        return ""
    if mode == "prepend":
        return base
    rest = base.strip("/").partition("/")[2]
    return f"/{rest}" if rest else ""
