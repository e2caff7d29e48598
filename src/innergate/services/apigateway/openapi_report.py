"""What becomes of every construct of an OpenAPI document on its way into an API: kept, changed or dropped, with its line.

The import itself says nothing of what it leaves out, as AWS does. This looks at the document's text beside it: each key that
the import knows is gone into, every other key stands for all that is in it.
"""

import json
from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple, TypeAlias

import yaml

from innergate.services.apigateway.faults import bad_request
from innergate.services.apigateway.openapi_documents import INVALID, read_document
from innergate.services.apigateway.openapi_schemas import model_name

Fate: TypeAlias = Literal["kept", "changed", "dropped"]


class Entry(NamedTuple):
    """One construct. `line` counts from 1; `where` is its path in the document, as a JSON pointer."""

    line: int
    fate: Fate
    where: str
    note: str = ""


Walk: TypeAlias = Callable[[yaml.Node, str], Iterator[Entry]]


class Rule(NamedTuple):
    """What becomes of a key. `inside` looks at its value's own keys."""

    fate: Fate
    note: str = ""
    inside: Walk | None = None


KEPT = Rule("kept")
TEXT = Rule("kept", "a documentation part, unless the call says ignore=documentation")
UNKNOWN = Rule("dropped", "the import does not know it")
NOT_REST = Rule("dropped", "REST APIs have nothing like it")
WITH_PARAMETER = Rule("dropped", "of a parameter the place, the name, `required` and its description are kept")
REFERRED = Rule("kept", "where something refers to it")


def account_for(text: bytes) -> list[Entry]:
    """Every construct, in the order of lines. Raises Fault BadRequestException for what ImportRestApi cannot read."""
    read_document(text)
    try:
        root = yaml.compose(text.decode("utf-8-sig"), yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError):
        raise bad_request(INVALID) from None
    found = _object(_DOCUMENT)(root, "") if root is not None else ()
    return sorted(found, key=lambda entry: entry.line)


def syntax_error(text: bytes) -> str:
    """Where and why the text is neither JSON nor YAML; "" where it is, and something else is wrong with it."""
    try:
        decoded = text.decode("utf-8-sig")
        if decoded.lstrip().startswith("{"):
            json.loads(decoded)
        else:
            yaml.compose(decoded, yaml.SafeLoader)
    except UnicodeDecodeError as error:
        return f"it is no text in UTF-8: {error.reason} at byte {error.start}"
    except json.JSONDecodeError as error:
        return f"line {error.lineno}, column {error.colno}: {error.msg}"
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        at = f"line {mark.line + 1}, column {mark.column + 1}: " if mark is not None else ""
        return f"{at}{error.problem or error.context or 'no YAML'}"
    except (ValueError, RecursionError, yaml.YAMLError):
        return ""
    return ""


def _members(node: yaml.Node) -> list[tuple[str, int, yaml.Node]]:
    """Key, line and value of each member, those of YAML's merges too; none where it is no object."""
    if isinstance(node, yaml.SequenceNode):
        return [member for merged in node.value for member in _members(merged)]
    found = []
    for key, value in node.value if isinstance(node, yaml.MappingNode) else ():
        if key.tag == "tag:yaml.org,2002:merge":
            found += _members(value)
        else:
            found.append((str(key.value), key.start_mark.line + 1, value))
    return found


def _text(node: yaml.Node, name: str) -> str:
    """A member that is a text; "" where it is not there."""
    found = next((value for key, _, value in _members(node) if key == name), None)
    return str(found.value) if isinstance(found, yaml.ScalarNode) else ""


def _at(where: str, key: str) -> str:
    return f"{where}/{key.replace('~', '~0').replace('/', '~1')}"


def _apply(rule: Rule, line: int, where: str, value: yaml.Node) -> Iterator[Entry]:
    yield Entry(line, rule.fate, where, rule.note)
    if rule.inside is not None:
        yield from rule.inside(value, where)


def _object(rules: dict[str, Rule], other: Rule = UNKNOWN) -> Walk:
    """An object whose keys have rules by name."""

    def walk(node: yaml.Node, where: str) -> Iterator[Entry]:
        for key, line, value in _members(node):
            yield from _apply(rules.get(key, other), line, _at(where, key), value)

    return walk


def _each(rule_of: Callable[[str, yaml.Node], Rule]) -> Walk:
    """An object whose keys are names."""

    def walk(node: yaml.Node, where: str) -> Iterator[Entry]:
        for key, line, value in _members(node):
            yield from _apply(rule_of(key, value), line, _at(where, key), value)

    return walk


def _list(rule_of: Callable[[yaml.Node], Rule]) -> Walk:
    def walk(node: yaml.Node, where: str) -> Iterator[Entry]:
        for index, value in enumerate(node.value if isinstance(node, yaml.SequenceNode) else ()):
            yield from _apply(rule_of(value), value.start_mark.line + 1, f"{where}/{index}", value)

    return walk


# -- parameters, bodies, responses ------------------------------------------------------------------------------------

_PARAMETER = _object({"in": KEPT, "name": KEPT, "required": KEPT, "description": TEXT}, WITH_PARAMETER)
_BODY_PARAMETER = _object(
    {"in": KEPT, "name": NOT_REST, "schema": Rule("kept", "a model"), "description": TEXT}, WITH_PARAMETER
)


def _parameter(node: yaml.Node) -> Rule:
    if _text(node, "$ref"):
        return Rule("changed", "what it refers to is written in its place")
    place = _text(node, "in")
    if place in ("path", "query", "header"):
        return Rule("kept", "a request parameter of the method", _PARAMETER)
    if place == "body":
        return Rule("changed", "the body's model", _BODY_PARAMETER)
    return Rule("dropped", f"REST APIs have no parameters in {place or 'no place'}")


_MEDIA = _object({"schema": Rule("kept", "a model of this type; one written in place gets a name")}, NOT_REST)
_CONTENT = _each(lambda key, value: Rule("kept", inside=_MEDIA))
_REQUEST_BODY = _object({"content": Rule("kept", inside=_CONTENT), "$ref": REFERRED, "description": TEXT}, NOT_REST)
_HEADERS = _each(
    lambda key, value: Rule("changed", "the name is kept, as a header of the method response, and its description")
)
_RESPONSE = _object(
    {
        "content": Rule("kept", inside=_CONTENT),
        "schema": Rule("kept", "a model"),
        "headers": Rule("kept", inside=_HEADERS),
        "$ref": REFERRED,
        "description": TEXT,
    },
    NOT_REST,
)


def _response(key: str, value: yaml.Node) -> Rule:
    if key.isascii() and key.isdecimal() and len(key) == 3:
        return Rule("kept", "a method response", _RESPONSE)
    return Rule("dropped", "method responses have one status each")


# -- extensions -------------------------------------------------------------------------------------------------------

_INTEGRATION_RESPONSE = _object(
    dict.fromkeys(("statusCode", "responseParameters", "responseTemplates", "contentHandling"), KEPT)
)
_INTEGRATION_MEMBERS = (
    "uri",
    "connectionType",
    "connectionId",
    "credentials",
    "requestParameters",
    "requestTemplates",
    "passthroughBehavior",
    "contentHandling",
    "timeoutInMillis",
    "cacheNamespace",
    "cacheKeyParameters",
    "tlsConfig",
    "responseTransferMode",
    "integrationTarget",
)
_INTEGRATION = _object(
    {
        **dict.fromkeys(_INTEGRATION_MEMBERS, KEPT),
        "type": Rule("kept"),
        "httpMethod": Rule("kept"),
        "responses": Rule(
            "kept", inside=_each(lambda key, value: Rule("kept", "an integration response", _INTEGRATION_RESPONSE))
        ),
    }
)
_GATEWAY_RESPONSE = _object(dict.fromkeys(("statusCode", "responseParameters", "responseTemplates"), KEPT))
_VALIDATOR = _object(dict.fromkeys(("validateRequestBody", "validateRequestParameters"), KEPT))


def _named(note: str, inside: Walk | None = None) -> Walk:
    return _each(lambda key, value: Rule("kept", note, inside))


_ENDPOINTS = _object(
    {"vpcEndpointIds": Rule("kept", "where the API is PRIVATE"), "disableExecuteApiEndpoint": KEPT},
)
_SERVER = Rule(
    "changed",
    "of the first one the path alone, in the modes prepend and split",
    _object({"url": KEPT, "variables": KEPT, "x-amazon-apigateway-endpoint-configuration": KEPT}, NOT_REST),
)
_DOCUMENTATION = _object(
    {"documentationParts": Rule("kept", "unless the call says ignore=documentation")},
    Rule("dropped", "versions are made by CreateDocumentationVersion"),
)

# -- operations and paths ---------------------------------------------------------------------------------------------

_OPERATION = _object(
    {
        "operationId": KEPT,
        "parameters": Rule("kept", inside=_list(_parameter)),
        "requestBody": Rule("kept", inside=_REQUEST_BODY),
        "responses": Rule("kept", inside=_each(_response)),
        "consumes": Rule("changed", "content types of the request's model"),
        "produces": Rule("changed", "content types of responses' models"),
        "security": Rule("kept", "schemes that the import knows"),
        "summary": TEXT,
        "description": TEXT,
        "tags": TEXT,
        "externalDocs": TEXT,
        "x-amazon-apigateway-integration": Rule("kept", inside=_INTEGRATION),
        "x-amazon-apigateway-request-validator": KEPT,
        "x-amazon-apigateway-auth": KEPT,
    },
    NOT_REST,
)
_VERB = Rule("kept", "a method", _OPERATION)
_PATH_ITEM = _object(
    {
        **dict.fromkeys(("get", "put", "post", "delete", "options", "head", "patch"), _VERB),
        "x-amazon-apigateway-any-method": Rule("changed", "the method ANY", _OPERATION),
        "parameters": Rule("kept", "of every method here", _list(_parameter)),
        "summary": TEXT,
        "description": TEXT,
    },
    NOT_REST,
)


def _path(key: str, value: yaml.Node) -> Rule:
    if key.startswith("/"):
        return Rule("kept", "a resource", _PATH_ITEM)
    return Rule("dropped", "a path begins with a slash")


# -- schemas, schemes, the document -----------------------------------------------------------------------------------


def _schema(key: str, value: yaml.Node) -> Rule:
    name = model_name(key)
    return Rule("kept", "a model") if name == key else Rule("changed", f"the model {name}")


def _scheme(key: str, value: yaml.Node) -> Rule:
    members = {name for name, _, _ in _members(value)}
    if "x-amazon-apigateway-authorizer" in members:
        return Rule("kept", "an authorizer")
    if _text(value, "x-amazon-apigateway-authtype").lower() == "awssigv4":
        return Rule("changed", "authorization by AWS_IAM")
    if _text(value, "type") == "apiKey" and _text(value, "name").lower() == "x-api-key":
        return Rule("changed", "an API key is required")
    return Rule("dropped", "no authorizer, no API key, no signature: methods that ask for it are open")


_SCHEMES = Rule("kept", inside=_each(_scheme))
_SCHEMAS = Rule("kept", inside=_each(_schema))
_INFO_TEXTS = dict.fromkeys(("termsOfService", "contact", "license"), TEXT)
_INFO = _object(
    {"title": Rule("kept", "the API's name"), "description": KEPT, "version": KEPT, **_INFO_TEXTS}, NOT_REST
)
_REFERRED = dict.fromkeys(("parameters", "responses", "requestBodies", "headers"), REFERRED)
_COMPONENTS = _object({"schemas": _SCHEMAS, "securitySchemes": _SCHEMES, **_REFERRED}, NOT_REST)
_DOCUMENT: dict[str, Rule] = {
    "openapi": KEPT,
    "swagger": KEPT,
    "info": Rule("kept", inside=_INFO),
    "servers": Rule("changed", "the base path", _list(lambda node: _SERVER)),
    "basePath": Rule("changed", "before each path in the modes prepend and split"),
    "paths": Rule("kept", inside=_each(_path)),
    "components": Rule("kept", inside=_COMPONENTS),
    "definitions": _SCHEMAS,
    "securityDefinitions": _SCHEMES,
    "parameters": REFERRED,
    "responses": REFERRED,
    "consumes": Rule("changed", "content types of models"),
    "produces": Rule("changed", "content types of models"),
    "host": Rule("dropped", "an API's names are its own"),
    "schemes": Rule("dropped", "APIs are called by HTTPS"),
    "security": Rule("dropped", "each operation says who may call it"),
    "tags": TEXT,
    "externalDocs": TEXT,
    "x-amazon-apigateway-policy": KEPT,
    "x-amazon-apigateway-binary-media-types": KEPT,
    "x-amazon-apigateway-minimum-compression-size": KEPT,
    "x-amazon-apigateway-api-key-source": KEPT,
    "x-amazon-apigateway-request-validator": KEPT,
    "x-amazon-apigateway-request-validators": Rule("kept", inside=_named("a validator", _VALIDATOR)),
    "x-amazon-apigateway-gateway-responses": Rule("kept", inside=_named("a gateway response", _GATEWAY_RESPONSE)),
    "x-amazon-apigateway-endpoint-configuration": Rule("kept", inside=_ENDPOINTS),
    "x-amazon-apigateway-security-policy": KEPT,
    "x-amazon-apigateway-endpoint-access-mode": KEPT,
    "x-amazon-apigateway-documentation": Rule("kept", inside=_DOCUMENTATION),
}
