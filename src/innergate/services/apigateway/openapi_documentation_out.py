"""What documentation parts say, written into an exported OpenAPI document.

Source: developer guide, "Representation of API documentation in API Gateway": what OpenAPI knows of a part's properties goes to
the entity that its location names, or to those below it that have no part of their own.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from innergate.primitives.json_value import JsonObject
from innergate.services.apigateway.openapi_documentation import PARAMETER_TYPES

_OF_DOCUMENT = ("tags", "externalDocs")
_OF_OPERATION = ("tags", "summary", "description", "externalDocs", "deprecated")
_OF_SCHEMA = ("title", "description", "externalDocs", "example")
_DESCRIPTION = ("description",)


class Place(NamedTuple):
    """An entity; "" for what its type of location does not have."""

    type: str
    path: str = ""
    method: str = ""
    status: str = ""
    name: str = ""


class _Part(NamedTuple):
    location: Mapping[str, str]
    properties: JsonObject

    def fits(self, place: Place) -> bool:
        """Whether the part speaks of the entity: of itself, or of all that its location has a pattern for."""
        location = self.location
        return (
            location.get("type") == place.type
            and location.get("name", "") == place.name
            and self._path_fits(place)
            and location.get("method", "*") in ("*", place.method or "*")
            and location.get("statusCode", "*") in ("*", place.status or "*")
        )

    def _path_fits(self, place: Place) -> bool:
        own = self.location.get("path", "/")
        if not place.path or place.type == "RESOURCE":
            return own == (place.path or "/")
        return place.path == own or place.path.startswith(f"{own.rstrip('/')}/")

    @property
    def closeness(self) -> tuple[int, bool, bool]:
        """The path counts first, then the status."""
        location = self.location
        return (
            len(location.get("path", "/").rstrip("/")),
            location.get("statusCode", "*") != "*",
            location.get("method", "*") != "*",
        )


class Documentation:
    """The parts of a documentation version, by type."""

    def __init__(self, parts: Sequence[tuple[Mapping[str, str], JsonObject]]) -> None:
        self._by_type: dict[str, list[_Part]] = {}
        for location, properties in parts:
            self._by_type.setdefault(location.get("type", ""), []).append(_Part(location, properties))

    def of(self, place: Place, known: tuple[str, ...]) -> dict[str, Any]:
        """What the closest part says of the entity in words that OpenAPI has there: `known` and extensions."""
        found = [part for part in self._by_type.get(place.type, ()) if part.fits(place)]
        if not found:
            return {}
        said = max(found, key=lambda part: part.closeness).properties
        return {name: value for name, value in said.items() if name in known or name.startswith("x-")}

    def information(self) -> dict[str, Any]:
        """What is said of the API in `info`."""
        said = next((part.properties.get("info") for part in self._by_type.get("API", ())), None)
        return dict(said) if isinstance(said, Mapping) else {}


def write_documentation(document: dict[str, Any], documentation: Documentation) -> None:
    """Adds the texts to an exported document (2.0 or 3.0)."""
    old = "swagger" in document
    document["info"] |= documentation.information()
    document |= documentation.of(Place("API"), _OF_DOCUMENT)
    for path, item in document["paths"].items():
        for word, operation in item.items():
            _write_operation(operation, path, "ANY" if word.startswith("x-") else word.upper(), documentation)
        item |= documentation.of(Place("RESOURCE", path), () if old else ("summary", "description"))
    schemas = document.get("definitions") if old else document["components"].get("schemas")
    for name, schema in (schemas or {}).items():
        schema |= documentation.of(Place("MODEL", name=name), _OF_SCHEMA)
    schemes = document.get("securityDefinitions") if old else document["components"].get("securitySchemes")
    for name, scheme in (schemes or {}).items():
        scheme |= documentation.of(Place("AUTHORIZER", name=name), _DESCRIPTION)


def _write_operation(operation: dict[str, Any], path: str, method: str, documentation: Documentation) -> None:
    operation |= documentation.of(Place("METHOD", path, method), _OF_OPERATION)
    for parameter in operation.get("parameters") or ():
        if parameter["in"] == "body":
            parameter |= documentation.of(Place("REQUEST_BODY", path, method), _DESCRIPTION)
        else:
            place = Place(PARAMETER_TYPES[parameter["in"]], path, method, name=parameter["name"])
            parameter |= documentation.of(place, _DESCRIPTION)
    if "requestBody" in operation:
        operation["requestBody"] |= documentation.of(Place("REQUEST_BODY", path, method), _DESCRIPTION)
    for code, response in (operation.get("responses") or {}).items():
        response |= documentation.of(Place("RESPONSE", path, method, code), _DESCRIPTION)
        for name in response.get("headers") or {}:
            said = documentation.of(Place("RESPONSE_HEADER", path, method, code, name), _DESCRIPTION)
            response["headers"][name] = response["headers"][name] | said
