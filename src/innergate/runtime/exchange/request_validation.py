"""Request validators: required parameters, and bodies against models (developer guide, "Request validation for REST APIs")."""

import json
from typing import Any

from innergate.plans.runtime import RuntimeStage
from innergate.runtime.exchange.compiled_models import CompiledModel, CompiledModels
from innergate.runtime.exchange.exchange_state import Exchange
from innergate.runtime.exchange.gateway_failures import GatewayFailure, configuration_error
from innergate.runtime.exchange.method_request import MethodRequest
from innergate.runtime.exchange.template_choice import ANY_TYPE
from innergate.runtime.exchange.validation_messages import validation_text

_PREFIX = "method.request."
_PLACES = ("header", "path", "querystring")
"""The order in which AWS names what is missing."""

MAX_BACKTRACKED_BYTES = 64 * 1024
"""Of bodies whose model has patterns that only a backtracking engine knows (lookarounds, references back)."""
MAX_EXPLAINED_BYTES = 16 * 1024
"""Of bodies that are refused with all that is wrong: of larger ones the first mistake is told."""


_models = CompiledModels()


def validate_request(exchange: Exchange) -> None:
    """Raises GatewayFailure where the method's validator refuses the call."""
    if exchange.method.validates_parameters:
        _require_parameters(exchange)
    if exchange.method.validates_body:
        _validate_body(exchange)


def _require_parameters(exchange: Exchange) -> None:
    missing = [
        name
        for place in _PLACES
        for name, is_required in _parameters(exchange, place)
        if is_required and not (_value(exchange.request, place, name) or "").strip()
    ]
    if missing:
        raise GatewayFailure(
            "BAD_REQUEST_PARAMETERS",
            message=f"Missing required request parameters: [{', '.join(missing)}]",
            log=f"Missing required request parameters: [{', '.join(missing)}]",
        )


def _parameters(exchange: Exchange, place: str) -> list[tuple[str, bool]]:
    prefix = f"{_PREFIX}{place}."
    declared = exchange.method.request_parameters
    return sorted((name[len(prefix) :], required) for name, required in declared.items() if name.startswith(prefix))


def _value(request: MethodRequest, place: str, name: str) -> str | None:
    match place:
        case "header":
            return request.header(name)
        case "path":
            return request.path.get(name)
    return request.query.get(name)


def _validate_body(exchange: Exchange) -> None:
    """A body whose content type has no model is not looked at; an empty one counts as an empty object."""
    models = exchange.method.models
    name = models.get(exchange.request.media_type) or models.get(ANY_TYPE)
    if name is None:
        return
    model = _model_of(exchange.stage, name)
    text = exchange.call.body.strip() or b"{}"
    try:
        document: Any = json.loads(text)
    except (ValueError, RecursionError):
        raise _invalid("[Unable to parse the request body]") from None
    if not model.weight.allows(document) or (model.may_backtrack and len(text) > MAX_BACKTRACKED_BYTES):
        raise _invalid("[the document is too large or too deep for its model]")
    if not model.validator.is_valid(document):
        raise _invalid(validation_text(model.validator, document, is_large=len(text) > MAX_EXPLAINED_BYTES))


def _invalid(details: str) -> GatewayFailure:
    line = f"Request body does not match model schema for content type application/json: {details}"
    return GatewayFailure("BAD_REQUEST_BODY", details=details, log=line)


def _model_of(stage: RuntimeStage, name: str) -> CompiledModel:
    model = stage.models.get(name)
    if model is None:
        raise configuration_error(f"Invalid model name specified: {name}")
    schemas = tuple((key, each.schema) for key, each in stage.models.items())
    compiled = _models.find(name, schemas)
    if compiled is None:
        raise configuration_error(f"Unable to parse the schema of model {name}")
    return compiled
