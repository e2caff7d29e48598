"""What documentation parts say, written into an exported OpenAPI document.

Source: developer guide, "Representation of API documentation in API Gateway": what OpenAPI knows of a part's properties goes to
the entity that its location names, or to those below it that have no part of their own.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from innergate.primitives.json_value import JsonObject
from innergate.services.apigateway.openapi_documentation import PARAMETER_TYPES

_OF_DOCUMENT = ("tags", "externalDocs")
_OF_OPERATION = ("tags", "summary", "description", "externalDocs", "deprecated")
_OF_SCHEMA = ("title", "description", "externalDocs", "example")
_DESCRIPTION = ("description",)
_ANY = "*"
"""What a location says that names no method, or no status."""


class Place(NamedTuple):
    """An entity; "" for what its type of location does not have."""

    type: str
    path: str = ""
    method: str = ""
    status: str = ""
    name: str = ""


class Documentation:
    """The parts of a documentation version, each found by its location."""

    def __init__(self, parts: Sequence[tuple[Mapping[str, str], JsonObject]]) -> None:
        self._said: dict[Place, JsonObject] = {}
        for at, properties in parts:
            path = at.get("path", "").rstrip("/") or "/"
            method, status = at.get("method", _ANY), at.get("statusCode", _ANY)
            self._said.setdefault(Place(at.get("type", ""), path, method, status, at.get("name", "")), properties)

    def of(self, place: Place, known: tuple[str, ...]) -> dict[str, Any]:
        """What the closest part says of the entity in words that OpenAPI has there: `known` and extensions, but for those that
        say what an API does."""
        said = next((self._said[at] for at in _locations(place) if at in self._said), {})
        return {name: value for name, value in said.items() if name in known or _is_of_people(name)}

    def information(self) -> dict[str, Any]:
        """What is said of the API in `info`."""
        said = self._said.get(Place("API", "/", _ANY, _ANY), {}).get("info")
        return dict(said) if isinstance(said, Mapping) else {}


def _is_of_people(name: str) -> bool:
    return name.startswith("x-") and not name.startswith("x-amazon-apigateway-")


def _locations(place: Place) -> Iterator[Place]:
    """Where a part may stand that speaks of the entity, the closest first: the path counts most, then the status. A resource's
    part speaks of it alone, other parts of all below their path."""
    path = place.path.rstrip("/")
    while True:
        for status in dict.fromkeys((place.status or _ANY, _ANY)):
            for method in dict.fromkeys((place.method or _ANY, _ANY)):
                yield Place(place.type, path or "/", method, status, place.name)
        if not path or place.type == "RESOURCE":
            return
        path = path.rpartition("/")[0]


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
