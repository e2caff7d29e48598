"""API keys: secrets that callers show so that usage plans can count them."""

import csv
import io
from typing import Any

import msgspec

from innergate.primitives.fault import Fault
from innergate.primitives.ids import fresh_api_id, fresh_secret
from innergate.resources.api_keys import ApiKey, UsagePlan, UsagePlanKey
from innergate.resources.base import UniqueName
from innergate.services.apigateway.documents import show
from innergate.services.apigateway.faults import bad_request, conflict, not_found
from innergate.services.apigateway.limits import (
    API_KEY_DESCRIPTION_MAX,
    API_KEY_NAME_MAX,
    API_KEY_VALUE_MAX,
    API_KEY_VALUE_MIN,
)
from innergate.services.apigateway.paging import page_of
from innergate.services.apigateway.patches import read_bool, read_patches, require_listed
from innergate.services.apigateway.tag_rules import check_tags
from innergate.services.apigateway.usage_plan_keys import add_plan_key, forget_grants, plan_of
from innergate.services.context import Context, Params, Result

_PATCHABLE = ("/description", "/enabled", "/name", "/customerId")


def create(context: Context, params: Params) -> Result:
    """CreateApiKey: the answer shows the value. Raises Fault BadRequestException or ConflictException."""
    value = params.get("value") or fresh_secret(context.ids)
    _check_name(params.get("name"))
    _check_description(params.get("description"))
    _check_value(value)
    if _holder_of(context, value) is not None:
        raise conflict("API Key already exists")
    now = context.clock.now().replace(microsecond=0)
    key = ApiKey(
        id=_own_id(context, value, params.get("generateDistinctId")),
        account=context.account,
        region=context.region,
        value=value,
        created_date=now,
        last_updated_date=now,
        name=params.get("name") or None,
        customer_id=params.get("customerId") or None,
        description=params.get("description") or None,
        enabled=bool(params.get("enabled")),
        stage_keys=tuple(_stage_key(stage) for stage in params.get("stageKeys") or ()),
        tags=check_tags(params.get("tags") or {}),
    )
    context.tx.put(key)
    return render_key(key, with_value=True)


def _stage_key(stage: Params) -> str:
    if not stage.get("restApiId") or not stage.get("stageName"):
        raise bad_request("Invalid stage key specified")
    return f"{stage['restApiId']}/{stage['stageName']}"


def _own_id(context: Context, value: str, distinct: bool | None) -> str:
    if distinct is not False:
        return fresh_api_id(context.ids)
    if context.tx.get(ApiKey, value) is not None:
        raise conflict("API Key already exists")
    return value


def _check_name(name: str | None) -> None:
    if name is not None and len(name) > API_KEY_NAME_MAX:
        raise bad_request(f"Invalid API Key name, can be at most {API_KEY_NAME_MAX} characters.")


def _check_description(description: str | None) -> None:
    if description is not None and len(description) > API_KEY_DESCRIPTION_MAX:
        raise bad_request("Invalid API Key description specified.")


def _check_value(value: str) -> None:
    if len(value) < API_KEY_VALUE_MIN:
        raise bad_request(f"API Key value should be at least {API_KEY_VALUE_MIN} characters")
    if len(value) > API_KEY_VALUE_MAX:
        raise bad_request(f"API Key value exceeds maximum size of {API_KEY_VALUE_MAX} characters")


def _holder_of(context: Context, value: str) -> ApiKey | None:
    key = context.tx.holder_of_name(UniqueName(f"api-key-value/{context.account}/{context.region}", value))
    return context.tx.get(ApiKey, key.id) if key is not None else None


def render_key(key: ApiKey, with_value: bool) -> dict[str, Any]:
    """The key as AWS answers it; its value only where the caller asked for it."""
    shown = {"id": key.id, **show(key, frozenset() if with_value else frozenset({"value"}))}
    if not key.tags:
        del shown["tags"]
    return shown


def find_key(context: Context, key_id: str) -> ApiKey | None:
    """The caller's key, or None."""
    key = context.tx.get(ApiKey, key_id)
    return key if key is not None and (key.account, key.region) == (context.account, context.region) else None


def key_of(context: Context, key_id: str) -> ApiKey:
    """The caller's key. Raises Fault NotFoundException."""
    key = find_key(context, key_id)
    if key is None:
        raise not_found("Invalid API Key identifier specified")
    return key


def get(context: Context, params: Params) -> Result:
    """GetApiKey."""
    return render_key(key_of(context, params["apiKey"]), bool(params.get("includeValue")))


def list_all(context: Context, params: Params) -> Result:
    """GetApiKeys, newest first (recorded); `nameQuery` is the beginning of a name."""
    query, customer = params.get("nameQuery") or "", params.get("customerId") or None
    found = [
        key
        for key in reversed(context.tx.in_account(ApiKey, context.account, context.region))
        if (key.name or "").startswith(query) and customer in (None, key.customer_id)
    ]
    return page_of(params, found, lambda key: render_key(key, bool(params.get("includeValues"))))


def update(context: Context, params: Params) -> Result:
    """UpdateApiKey. Raises Fault."""
    key = key_of(context, params["apiKey"])
    for patch in read_patches(params):
        require_listed(patch, _PATCHABLE)
        match patch.path:
            case "/enabled":
                key = msgspec.structs.replace(key, enabled=read_bool(patch.value))
            case "/name":
                _check_name(patch.value)
                key = msgspec.structs.replace(key, name=patch.value or None)
            case "/description":
                _check_description(patch.value)
                key = msgspec.structs.replace(key, description=patch.value or None)
            case _:
                key = msgspec.structs.replace(key, customer_id=patch.value or None)
    key = msgspec.structs.replace(key, last_updated_date=context.clock.now().replace(microsecond=0))
    context.tx.put(key)
    return render_key(key, with_value=False) | {"tags": key.tags}


def delete(context: Context, params: Params) -> Result:
    """DeleteApiKey: it leaves its usage plans too."""
    key = key_of(context, params["apiKey"])
    for membership in context.tx.find(UsagePlanKey, "key", key.id):
        forget_grants(context, plan_of(context, membership.usage_plan_id), key.id)
        context.tx.delete(membership)
    context.tx.delete(key)
    return {}


def import_keys(context: Context, params: Params) -> Result:
    """ImportApiKeys: a CSV with the columns name, key, description, enabled, usageplanIds. Raises Fault."""
    body: bytes = params["body"]
    try:
        rows = list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"))))
    except (UnicodeDecodeError, csv.Error):
        raise bad_request("The API key file could not be read as CSV") from None
    ids: list[str] = []
    warnings: list[str] = []
    for number, row in enumerate(rows, start=1):
        cells = {
            (name or "").strip().lower(): (cell or "").strip() for name, cell in row.items() if isinstance(cell, str)
        }
        if not cells.get("name") or not cells.get("key"):
            raise bad_request(f"Row {number}: the columns name and key are required")
        ids.append(_import_row(context, cells, warnings))
    if warnings and params.get("failOnWarnings"):
        raise bad_request(f"Import failed with warnings: {'; '.join(warnings)}")
    return {"ids": ids, "warnings": warnings}


def _import_row(context: Context, cells: dict[str, str], warnings: list[str]) -> str:
    _check_name(cells["name"])
    _check_value(cells["key"])
    now = context.clock.now().replace(microsecond=0)
    known = _holder_of(context, cells["key"])
    key = ApiKey(
        id=known.id if known is not None else fresh_api_id(context.ids),
        account=context.account,
        region=context.region,
        value=cells["key"],
        created_date=known.created_date if known is not None else now,
        last_updated_date=now,
        name=cells["name"],
        customer_id=known.customer_id if known is not None else None,
        description=cells.get("description") or None,
        enabled=read_bool(cells.get("enabled", "true") or "true"),
        stage_keys=known.stage_keys if known is not None else (),
        tags=known.tags if known is not None else {},
    )
    context.tx.put(key)
    for plan_id in filter(None, (part.strip() for part in cells.get("usageplanids", "").split(","))):
        plan = context.tx.get(UsagePlan, plan_id)
        if plan is None or (plan.account, plan.region) != (context.account, context.region):
            warnings.append(f"Usage plan {plan_id} of key {key.name} does not exist")
            continue
        try:
            add_plan_key(context, plan, key)
        except Fault as fault:
            warnings.append(fault.message)
    return key.id
