"""Aliases: names for versions, with shares where one leads to two."""

from collections.abc import Mapping

import msgspec

from innergate.primitives.ids import fresh_uuid
from innergate.resources.functions import LATEST, Function, FunctionAlias, FunctionVersion
from innergate.services.context import Context, Params, Result
from innergate.services.lambdas import function_urls
from innergate.services.lambdas.faults import conflict, invalid, not_found, stale_revision
from innergate.services.lambdas.lookups import aliases_of, find_function
from innergate.services.lambdas.paging import page
from innergate.services.lambdas.shown import shown_alias


def create(context: Context, params: Params) -> Result:
    """CreateAlias."""
    function = find_function(context, params, "lambda:CreateAlias")
    arn = f"{function.id}:{params['Name']}"
    if context.tx.get(FunctionAlias, arn) is not None:
        raise conflict(f"Alias already exists: {arn}")
    version = _version(context, function, params["FunctionVersion"])
    alias = FunctionAlias(
        id=arn,
        account=function.account,
        region=function.region,
        function_arn=function.id,
        name=params["Name"],
        function_version=version,
        description=params.get("Description", ""),
        weights=_weights(context, function, version, params.get("RoutingConfig", {})),
        revision_id=fresh_uuid(context.ids),
    )
    context.tx.put(alias)
    return shown_alias(alias)


def get(context: Context, params: Params) -> Result:
    """GetAlias."""
    return shown_alias(_find(context, params, "lambda:GetAlias")[1])


def list_of(context: Context, params: Params) -> Result:
    """ListAliases, those of one version if it is named."""
    function = find_function(context, params, "lambda:ListAliases")
    wanted = params.get("FunctionVersion")
    aliases = [a for a in aliases_of(context.tx, function) if wanted in (None, a.function_version)]
    return page("Aliases", [shown_alias(alias) for alias in aliases], params)


def update(context: Context, params: Params) -> Result:
    """UpdateAlias: what is absent stays."""
    function, alias = _find(context, params, "lambda:UpdateAlias")
    if params.get("RevisionId") not in (None, alias.revision_id):
        raise stale_revision()
    version = _version(context, function, params.get("FunctionVersion", alias.function_version))
    routing = params.get("RoutingConfig", {"AdditionalVersionWeights": alias.weights})
    changed = msgspec.structs.replace(
        alias,
        function_version=version,
        description=params.get("Description", alias.description),
        weights=_weights(context, function, version, routing),
        revision_id=fresh_uuid(context.ids),
    )
    context.tx.put(changed)
    return shown_alias(changed)


def delete(context: Context, params: Params) -> Result:
    """DeleteAlias; one that is not there is gone already."""
    function = find_function(context, params, "lambda:DeleteAlias")
    name = params["Name"]
    alias = context.tx.get(FunctionAlias, f"{function.id}:{name}")
    if alias is not None:
        context.tx.delete(alias)
        function_urls.delete_of(context, function.id, name)
        policies = {key: value for key, value in function.policies.items() if key != name}
        events = {key: value for key, value in function.event_invokes.items() if key != name}
        context.tx.put(msgspec.structs.replace(function, policies=policies, event_invokes=events))
    return {}


def _find(context: Context, params: Params, action: str) -> tuple[Function, FunctionAlias]:
    function = find_function(context, params, action)
    arn = f"{function.id}:{params['Name']}"
    alias = context.tx.get(FunctionAlias, arn)
    if alias is None:
        raise not_found(f"Cannot find alias arn: {arn}")
    return function, alias


def _version(context: Context, function: Function, number: str) -> str:
    if number != LATEST and context.tx.get(FunctionVersion, f"{function.id}:{number}") is None:
        raise not_found(f"Function not found: {function.id}:{number}")
    return number


def _weights(context: Context, function: Function, version: str, routing: Params) -> dict[str, float]:
    weights: Mapping[str, float] = routing.get("AdditionalVersionWeights") or {}
    if not weights:
        return {}
    if len(weights) > 1:
        raise invalid("Number of items in AdditionalVersionWeights cannot be greater than 1")
    for number, weight in weights.items():
        if LATEST in (version, number):
            raise invalid("$LATEST is not supported for an alias pointing to more than 1 version")
        if number == version:
            raise invalid(
                f"Invalid function version {number}. Function version {number} is already included in routing configuration."
            )
        _version(context, function, number)
        if not 0 <= weight <= 1:
            raise invalid("Invalid weight: must be between 0.0 and 1.0")
    return dict(weights)
