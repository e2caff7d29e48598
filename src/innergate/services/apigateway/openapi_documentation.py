"""The texts for people in an OpenAPI document, as documentation parts: what a part says of which entity.

Source: developer guide, "Representation of API documentation in API Gateway".
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from innergate.primitives.json_value import JsonObject, JsonValue
from innergate.services.apigateway.openapi_documents import resolve
from innergate.services.apigateway.openapi_members import object_of, objects_of, text_of, values_of
from innergate.services.apigateway.openapi_paths import OPERATION_WORDS
from innergate.services.apigateway.openapi_schemas import model_name, schemas_of
from innergate.services.apigateway.openapi_security import schemes_of

PARAMETER_TYPES = {"path": "PATH_PARAMETER", "query": "QUERY_PARAMETER", "header": "REQUEST_HEADER"}
"""Where a parameter is -> the type of its part's location."""
_INFO = ("description", "termsOfService", "contact", "license")
_API = ("tags", "externalDocs")
_RESOURCE = ("summary", "description")
_METHOD = ("tags", "summary", "description", "externalDocs")
_MODEL = ("title", "description")


class Text(NamedTuple):
    """A part that a document's own members make."""

    location: dict[str, str]
    properties: dict[str, JsonValue]


def texts_of_document(document: JsonObject, prefix: str) -> Iterator[Text]:
    """Every text, those of paths below `prefix`. Raises Fault BadRequestException for members of another type."""
    info = _kept(object_of(document, "info"), _INFO)
    api = _kept(document, _API) | ({"info": info} if info else {})
    if api:
        yield Text({"type": "API"}, api)
    for path, item in objects_of(document, "paths").items():
        if path.startswith("/"):
            yield from _of_path(document, f"{prefix}{path}".rstrip("/") or "/", item)
    for name, schema in schemas_of(document).items():
        yield from _text({"type": "MODEL", "name": model_name(name)}, schema, _MODEL)
    for name, scheme in schemes_of(document).items():
        if object_of(scheme, "x-amazon-apigateway-authorizer"):
            yield from _text({"type": "AUTHORIZER", "name": name}, scheme)


def _kept(given: JsonObject, names: tuple[str, ...]) -> dict[str, JsonValue]:
    return {name: given[name] for name in names if given.get(name)}


def _text(location: dict[str, str], given: JsonObject, names: tuple[str, ...] = ("description",)) -> Iterator[Text]:
    properties = _kept(given, names)
    if properties:
        yield Text(location, properties)


def _of_path(document: JsonObject, path: str, item: JsonObject) -> Iterator[Text]:
    yield from _text({"type": "RESOURCE", "path": path}, item, _RESOURCE)
    for word in OPERATION_WORDS:
        if item.get(word) is not None:
            at = {"path": path, "method": "ANY" if word.startswith("x-") else word.upper()}
            yield from _of_operation(document, at, item, object_of(item, word))


def _of_operation(document: JsonObject, at: dict[str, str], item: JsonObject, operation: JsonObject) -> Iterator[Text]:
    yield from _text({"type": "METHOD", **at}, operation, _METHOD)
    for raw in (*values_of(item, "parameters"), *values_of(operation, "parameters")):
        parameter = resolve(document, raw)
        place = text_of(parameter, "in") or ""
        if place in PARAMETER_TYPES:
            name = text_of(parameter, "name") or ""
            yield from _text({"type": PARAMETER_TYPES[place], **at, "name": name}, parameter)
        elif place == "body":
            yield from _text({"type": "REQUEST_BODY", **at}, parameter)
    yield from _text({"type": "REQUEST_BODY", **at}, resolve(document, operation.get("requestBody")))
    for code, raw in object_of(operation, "responses").items():
        if code.isascii() and code.isdecimal() and len(code) == 3:
            response, there = resolve(document, raw), {**at, "statusCode": code}
            yield from _text({"type": "RESPONSE", **there}, response)
            for name, header in object_of(response, "headers").items():
                if isinstance(header, Mapping):
                    yield from _text({"type": "RESPONSE_HEADER", **there, "name": name}, resolve(document, header))
