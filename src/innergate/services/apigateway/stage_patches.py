"""The paths of UpdateStage: members, method settings, access logs, variables, canary."""

import msgspec

from innergate.primitives.arn import parse_arn
from innergate.resources.api_accounts import ApiGatewayAccount
from innergate.resources.deployments import Deployment
from innergate.resources.stages import AccessLogSettings, Stage
from innergate.services.apigateway.canary_patches import copy_from_canary, patch_canary
from innergate.services.apigateway.client_certificates import find_certificate
from innergate.services.apigateway.faults import bad_request, not_found
from innergate.services.apigateway.limits import ACCESS_LOG_FORMAT_MAX_BYTES
from innergate.services.apigateway.lookups import part_of
from innergate.services.apigateway.method_settings import SETTINGS
from innergate.services.apigateway.methods import VERBS
from innergate.services.apigateway.patches import Patch, read_bool, read_patches, require_op
from innergate.services.apigateway.stages import check_variables, render_stage, stage_of
from innergate.services.context import Context, Params, Result

_NO_ROLE = "CloudWatch Logs role ARN must be set in account settings to enable logging"
_CACHE_SIZES = ("0.5", "1.6", "6.1", "13.5", "28.4", "58.2", "118", "237")
_OF_METHOD = "/{resourcePath}/{httpMethod}/"
_PATHS = (
    "/deploymentId, /description, /cacheClusterEnabled, /cacheClusterSize, /clientCertificateId, /accessLogSettings, "
    "/accessLogSettings/destinationArn, /accessLogSettings/format, "
    f"{_OF_METHOD}metrics/enabled, {_OF_METHOD}logging/dataTrace, {_OF_METHOD}logging/loglevel, "
    f"{_OF_METHOD}throttling/burstLimit{_OF_METHOD}throttling/rateLimit{_OF_METHOD}caching/ttlInSeconds, "
    f"{_OF_METHOD}caching/enabled, {_OF_METHOD}caching/dataEncrypted, "
    f"{_OF_METHOD}caching/requireAuthorizationForCacheControl, "
    f"{_OF_METHOD}caching/unauthorizedCacheControlHeaderStrategy, "
    "/*/*/metrics/enabled, /*/*/logging/dataTrace, /*/*/logging/loglevel, /*/*/throttling/burstLimit, "
    "/*/*/throttling/rateLimit, /*/*/caching/ttlInSeconds, /*/*/caching/enabled, /*/*/caching/dataEncrypted, "
    "/*/*/caching/requireAuthorizationForCacheControl, /*/*/caching/unauthorizedCacheControlHeaderStrategy, "
    "/variables/{variable_name}, /tracingEnabled"
)
"""AWS's own list, with its missing commas."""


def update(context: Context, params: Params) -> Result:
    """UpdateStage. Raises Fault."""
    stage = stage_of(context, params)
    for patch in read_patches(params):
        stage = _apply(context, stage, patch)
    stage = msgspec.structs.replace(stage, last_updated_date=context.clock.now().replace(microsecond=0))
    context.tx.put(stage)
    return render_stage(stage)


def _apply(context: Context, stage: Stage, patch: Patch) -> Stage:
    if patch.op == "copy":
        return copy_from_canary(context, stage, patch)
    match patch.segments:
        case ("variables", name):
            return _variable(stage, patch, name)
        case ("accessLogSettings",) | ("accessLogSettings", _):
            return _access_log(context, stage, patch)
        case ("canarySettings", *_):
            return patch_canary(context, stage, patch)
        case (name,):
            return _member(context, stage, patch, name)
        case _:
            return _method_setting(context, stage, patch)


def _member(context: Context, stage: Stage, patch: Patch, name: str) -> Stage:
    value = (patch.value or None) if patch.op != "remove" else None
    match name:
        case "deploymentId":
            require_op(patch, "replace")
            if context.tx.get(Deployment, f"{stage.rest_api_id}/{patch.text}") is None:
                raise bad_request("Deployment id does not exist")
            return msgspec.structs.replace(stage, deployment_id=patch.text)
        case "description":
            require_op(patch, "replace", "remove")
            return msgspec.structs.replace(stage, description=value)
        case "tracingEnabled":
            require_op(patch, "replace")
            return msgspec.structs.replace(stage, tracing_enabled=read_bool(patch.value))
        case "cacheClusterEnabled":
            require_op(patch, "replace")
            return _cache(stage, read_bool(patch.value), stage.cache_cluster_size)
        case "cacheClusterSize":
            require_op(patch, "replace")
            if patch.value not in _CACHE_SIZES:
                raise bad_request(f"Invalid cache cluster size. Must be one of: [{', '.join(_CACHE_SIZES)}]")
            return _cache(stage, stage.cache_cluster_enabled, patch.value)
        case "documentationVersion":
            require_op(patch, "replace", "remove")
            if value and part_of(context, stage.rest_api_id, "documentation-version", value) is None:
                raise not_found("Invalid Documentation version specified")
            return msgspec.structs.replace(stage, documentation_version=value)
        case "clientCertificateId":
            require_op(patch, "replace", "remove")
            if value and find_certificate(context, value) is None:
                raise not_found("Invalid Client Certificate identifier specified")
            return msgspec.structs.replace(stage, client_certificate_id=value)
        case _:
            raise _unknown(patch)


def _cache(stage: Stage, enabled: bool, size: str | None) -> Stage:
    return msgspec.structs.replace(
        stage,
        cache_cluster_enabled=enabled,
        cache_cluster_size=(size or "0.5") if enabled else size,
        cache_cluster_status="AVAILABLE" if enabled else "NOT_AVAILABLE",
    )


def _unknown(patch: Patch) -> Exception:
    return bad_request(f"Invalid method setting path: {patch.path}. Must be one of: [{_PATHS}]")


def _variable(stage: Stage, patch: Patch, name: str) -> Stage:
    require_op(patch, "add", "replace", "remove")
    variables = dict(stage.variables or {})
    if patch.op == "remove":
        variables.pop(name, None)
    else:
        variables[name] = patch.text
    return msgspec.structs.replace(stage, variables=check_variables(variables) or None)


def _require_role(context: Context) -> None:
    account = context.tx.get(ApiGatewayAccount, f"{context.account}/{context.region}")
    if account is None or not account.cloudwatch_role_arn:
        raise bad_request(_NO_ROLE)


def _access_log(context: Context, stage: Stage, patch: Patch) -> Stage:
    match patch.op, patch.segments:
        case "remove", ("accessLogSettings",):
            return msgspec.structs.replace(stage, access_log_settings=None)
        case _, ("accessLogSettings", ("destinationArn" | "format") as name):
            require_op(patch, "add", "replace")
        case _:
            raise bad_request(
                "Invalid accessLogSettings path. Must be one of : "
                "[/accessLogSettings/destinationArn, /accessLogSettings/format]"
            )
    if not patch.value:
        raise bad_request("Access Log value must not be empty")
    _require_role(context)
    settings = stage.access_log_settings or AccessLogSettings()
    if name == "destinationArn":
        arn = patch.value.removesuffix(":*")
        parsed = parse_arn(arn)
        if parsed is None or parsed.service not in ("logs", "firehose"):
            raise bad_request("Invalid ARN specified in the request")
        settings = msgspec.structs.replace(settings, destination_arn=arn)
    else:
        _check_format(patch.value)
        settings = msgspec.structs.replace(settings, format=patch.value)
    return msgspec.structs.replace(stage, access_log_settings=settings)


def _check_format(text: str) -> None:
    if len(text.encode()) > ACCESS_LOG_FORMAT_MAX_BYTES:
        raise bad_request(f"Access Log format exceeds the limit of {ACCESS_LOG_FORMAT_MAX_BYTES} bytes")
    if "$context.requestId" not in text and "$context.extendedRequestId" not in text:
        raise bad_request("Access Log format must contain $context.requestId or $context.extendedRequestId")


def _method_setting(context: Context, stage: Stage, patch: Patch) -> Stage:
    raw = patch.path.split("/")[1:]
    settings: dict[str, dict[str, bool | int | float | str]] = dict(stage.method_settings)
    if raw[-1] in (*VERBS, "*"):
        require_op(patch, "remove")
        key = "/".join(raw)
        if settings.pop(key, None) is None:
            raise bad_request(f"Cannot remove method setting {key} because there is no method setting for this method ")
        return msgspec.structs.replace(stage, method_settings=settings)
    setting = SETTINGS.get((raw[-2], raw[-1])) if len(raw) >= 4 else None
    if setting is None or raw[-3] not in (*VERBS, "*"):
        raise _unknown(patch)
    require_op(patch, "add", "replace", "remove")
    key = "/".join(raw[:-2])
    given = dict(settings.get(key, {}))
    if patch.op == "remove":
        given.pop(setting.member, None)
    else:
        given[setting.member] = setting.read(patch.value)
        if setting.member == "loggingLevel" and patch.value != "OFF":
            _require_role(context)
    return msgspec.structs.replace(stage, method_settings={**settings, key: given})
