"""Function URLs: made, shown, changed, deleted (Lambda Developer Guide, "Creating and managing Lambda function URLs")."""

from datetime import datetime

import msgspec

from innergate.primitives.ids import IdSource
from innergate.resources.base import document
from innergate.resources.function_urls import Cors, FunctionUrl
from innergate.resources.functions import LATEST
from innergate.services.context import Context, Params, Result
from innergate.services.lambdas.faults import conflict, invalid, not_found
from innergate.services.lambdas.lookups import Found, find_function, find_qualified
from innergate.services.lambdas.paging import page

_ID_LENGTH = 32
_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"


def create(context: Context, params: Params) -> Result:
    """CreateFunctionUrlConfig."""
    found = _find(context, params, "lambda:CreateFunctionUrlConfig")
    if _url_of(context, found) is not None:
        raise conflict(
            f"Failed to create function url config for [functionArn = {found.arn}]. "
            "Error message:  FunctionUrlConfig exists for this Lambda function"
        )
    now = context.clock.now()
    url = FunctionUrl(
        id=_fresh_id(context.ids),
        account=context.account,
        region=context.region,
        function_arn=found.function.id,
        qualifier=found.qualifier,
        auth_type=params["AuthType"],
        invoke_mode=params.get("InvokeMode", "BUFFERED"),
        cors=_cors(params),
        created_at=now,
        modified_at=now,
    )
    context.tx.put(url)
    shown = _shown(url)
    del shown["LastModifiedTime"]
    return shown


def get(context: Context, params: Params) -> Result:
    """GetFunctionUrlConfig."""
    return _shown(_existing(context, _find(context, params, "lambda:GetFunctionUrlConfig")))


def update(context: Context, params: Params) -> Result:
    """UpdateFunctionUrlConfig: what is absent stays."""
    url = _existing(context, _find(context, params, "lambda:UpdateFunctionUrlConfig"))
    changed = msgspec.structs.replace(
        url,
        auth_type=params.get("AuthType", url.auth_type),
        invoke_mode=params.get("InvokeMode", url.invoke_mode),
        cors=_cors(params) if "Cors" in params else url.cors,
        modified_at=context.clock.now(),
    )
    context.tx.put(changed)
    return _shown(changed)


def delete(context: Context, params: Params) -> Result:
    """DeleteFunctionUrlConfig."""
    context.tx.delete(_existing(context, _find(context, params, "lambda:DeleteFunctionUrlConfig")))
    return {}


def list_of(context: Context, params: Params) -> Result:
    """ListFunctionUrlConfigs."""
    function = find_function(context, params, "lambda:ListFunctionUrlConfigs")
    urls = sorted(context.tx.find(FunctionUrl, "function", function.id), key=lambda url: url.target_arn)
    return page("FunctionUrlConfigs", [_shown(url) for url in urls], params)


def delete_of(context: Context, function_arn: str, qualifier: str | None = None) -> None:
    """Deletes the URLs of a function that goes, or the one of an alias that does."""
    for url in context.tx.find(FunctionUrl, "function", function_arn):
        if qualifier is None or url.qualifier == qualifier:
            context.tx.delete(url)


def _find(context: Context, params: Params, action: str) -> Found:
    """The function or alias that a call names. Raises Fault ResourceNotFoundException, InvalidParameterValueException."""
    found = find_qualified(context, params, action)
    if found.qualifier == LATEST or (found.qualifier and found.alias is None):
        raise invalid("Function URL can only be configured for $LATEST or an alias, which is named without a version.")
    return found


def _url_of(context: Context, found: Found) -> FunctionUrl | None:
    urls = context.tx.find(FunctionUrl, "function", found.function.id)
    return next((url for url in urls if url.qualifier == found.qualifier), None)


def _existing(context: Context, found: Found) -> FunctionUrl:
    url = _url_of(context, found)
    if url is None:
        raise not_found("The resource you requested does not exist.")
    return url


def _cors(params: Params) -> Cors | None:
    given = params.get("Cors")
    return msgspec.convert(given, Cors) if given else None


def _shown(url: FunctionUrl) -> dict[str, object]:
    shown: dict[str, object] = {
        "FunctionUrl": f"https://{url.host}/",
        "FunctionArn": url.target_arn,
        "AuthType": url.auth_type,
        "CreationTime": _instant(url.created_at),
        "LastModifiedTime": _instant(url.modified_at),
        "InvokeMode": url.invoke_mode,
    }
    if url.cors is not None:
        shown["Cors"] = document(url.cors)
    return shown


def _fresh_id(ids: IdSource) -> str:
    return ids.pick(_LETTERS, _ID_LENGTH)


def _instant(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S.%f}Z"
