"""A stage and its deployment -> the document that the runtime executes."""

from collections.abc import Mapping
from typing import NamedTuple

from innergate.compile.resolve.api_blueprint import MethodPlan, RuntimeAction, StageBlueprint
from innergate.compile.resolve.api_gateway_responses import gateway_status
from innergate.compile.resolve.api_throttles import named_settings
from innergate.compile.resolve.api_values import fill_stage_variables
from innergate.compile.resolve.runtime_functions import authorizer_asker, method_asker
from innergate.compile.resolve.runtime_issuers import pool_issuers, token_algorithms, token_issuers
from innergate.compile.resolve.runtime_services import ServiceAccess
from innergate.compile.resolve.runtime_targets import resolve_target
from innergate.compile.resolve.streaming import is_streamed, stream_idle_s
from innergate.compile.view import Reader
from innergate.plans.runtime import (
    TEST_STAGE,
    FunctionTarget,
    HttpTarget,
    RuntimeAuthorizer,
    RuntimeGatewayResponse,
    RuntimeIntegration,
    RuntimeIntegrationResponse,
    RuntimeKey,
    RuntimeMethod,
    RuntimeModel,
    RuntimeStage,
    Target,
    execution_log_group,
)
from innergate.primitives.json_value import JsonObject
from innergate.resources.api_accounts import ApiGatewayAccount
from innergate.resources.deployments import ApiDefinition
from innergate.resources.rest_apis import GatewayResponseDefinition, Integration, MethodDefinition, RestApi
from innergate.resources.stages import Stage


class ServedStage(NamedTuple):
    """A definition under a stage's settings, and the operator's choices: `issuers` of user pools that are not Amazon's, by the
    pool's id, and `access`, the way to services."""

    api: RestApi
    stage: Stage
    definition: ApiDefinition
    issuers: Mapping[str, str]
    access: ServiceAccess


def resolve_runtime_stage(
    reader: Reader, served: ServedStage, blueprint: StageBlueprint, backends: Mapping[int, HttpTarget]
) -> RuntimeStage | None:
    """The document with the methods that are for the runtime; None where there are none. `backends` has the HTTP backends by a
    method's place in the blueprint."""
    api, stage, definition = served.api, served.stage, served.definition
    definitions = {(r.resource_id, m.http_method): m for r in definition.resources for m in r.methods.values()}
    methods = {
        f"{plan.resource_id}/{plan.verb}": _resolve_method(
            reader, served, plan, definitions[plan.resource_id, plan.verb], backends.get(index)
        )
        for index, plan in enumerate(blueprint.methods)
        if isinstance(plan.action, RuntimeAction)
    }
    authorizers = definition.parts.get("authorizer", {})
    is_trial = stage.stage_name == TEST_STAGE and not stage.deployment_id
    if not methods and not is_trial:
        return None
    used = set(authorizers) if is_trial else {m.authorizer_id for m in methods.values()} & set(authorizers)
    return RuntimeStage(
        api_id=api.id,
        stage=stage.stage_name,
        account=api.account,
        region=api.region,
        deployment_id=stage.deployment_id,
        is_private=blueprint.is_private,
        variables=dict(stage.variables or {}),
        binary_media_types=definition.binary_media_types,
        minimum_compression_bytes=definition.minimum_compression_size,
        api_key_source=definition.api_key_source,
        policy=definition.policy,
        endpoint_policies=dict(blueprint.endpoint_policies),
        authorizers_flushed_at=stage.authorizers_flushed_at.isoformat() if stage.authorizers_flushed_at else "",
        has_cache=stage.cache_cluster_enabled,
        cache_flushed_at=stage.cache_flushed_at.isoformat() if stage.cache_flushed_at else "",
        models={name: _model(name, body) for name, body in sorted(definition.parts.get("model", {}).items())},
        gateway_responses={k: _gateway_response(r) for k, r in sorted(definition.gateway_responses.items())},
        authorizers={id: _resolve_authorizer(reader, served, id, authorizers[id]) for id in sorted(used)},
        keys=tuple(RuntimeKey(key_id=key.key_id, value=key.value) for key in blueprint.keys),
        methods=methods,
        logging_group=_logging_group(reader, api, stage),
    )


def _logging_group(reader: Reader, api: RestApi, stage: Stage) -> str:
    """Where execution logs go (aws-semantics.md, 9.2); "" while the account names no role for them."""
    account = reader.get(ApiGatewayAccount, f"{api.account}/{api.region}")
    if account is None or not account.cloudwatch_role_arn or not stage.method_settings:
        return ""
    return execution_log_group(api.id, stage.stage_name)


def _resolve_method(
    reader: Reader, served: ServedStage, plan: MethodPlan, method: MethodDefinition, backend: HttpTarget | None
) -> RuntimeMethod:
    api, stage = served.api, served.stage
    validator = served.definition.parts.get("request-validator", {}).get(method.request_validator_id or "", {})
    is_missing = bool(method.request_validator_id) and not validator
    assert method.method_integration is not None
    asker = method_asker(api.region, api.account, api.id, stage.stage_name, plan.verb, plan.path)
    variables = dict(stage.variables or {})
    target = resolve_target(reader, method.method_integration, variables, asker, backend, served.access)
    return RuntimeMethod(
        resource_id=plan.resource_id,
        path=plan.path,
        verb=plan.verb,
        integration=_integration(api, method.method_integration, target),
        authorization=method.authorization_type,
        authorizer_id=method.authorizer_id or "",
        scopes=tuple(method.authorization_scopes or ()),
        requires_key=method.api_key_required,
        operation_name=method.operation_name or "",
        request_parameters=dict(method.request_parameters or {}),
        models=dict(method.request_models or {}),
        validates_body=is_missing or bool(validator.get("validateRequestBody")),
        validates_parameters=is_missing or bool(validator.get("validateRequestParameters")),
        responses={
            int(status): tuple(
                name.removeprefix("method.response.header.") for name in sorted(response.response_parameters or {})
            )
            for status, response in sorted(method.method_responses.items())
            if status.isdigit()
        },
        response_models={
            int(status): dict(response.response_models or {})
            for status, response in sorted(method.method_responses.items())
            if status.isdigit()
        },
        settings=named_settings(stage, plan.path, plan.verb),
    )


def _integration(api: RestApi, integration: Integration, target: Target | None) -> RuntimeIntegration:
    responses = sorted(
        integration.integration_responses.values(), key=lambda r: (not r.selection_pattern, r.status_code)
    )
    return RuntimeIntegration(
        type=integration.type,
        verb=integration.http_method or "",
        target=target,
        parameters=dict(sorted((integration.request_parameters or {}).items())),
        templates=dict(integration.request_templates or {}),
        passthrough=integration.passthrough_behavior,
        content_handling=integration.content_handling or "",
        timeout_ms=integration.timeout_in_millis,
        responses=tuple(
            RuntimeIntegrationResponse(
                status=int(response.status_code),
                selection_pattern=response.selection_pattern or "",
                parameters=dict(sorted((response.response_parameters or {}).items())),
                templates=dict(response.response_templates or {}),
                content_handling=response.content_handling or "",
            )
            for response in responses
            if response.status_code.isdigit()
        ),
        cache_namespace=integration.cache_namespace,
        cache_keys=integration.cache_key_parameters,
        streams=is_streamed(integration),
        idle_s=stream_idle_s(api),
    )


def _model(name: str, body: JsonObject) -> RuntimeModel:
    return RuntimeModel(
        name=name, content_type=str(body.get("contentType") or ""), schema=str(body.get("schema") or "{}")
    )


def _gateway_response(definition: GatewayResponseDefinition) -> RuntimeGatewayResponse:
    return RuntimeGatewayResponse(
        status=gateway_status(definition.status_code),
        parameters=dict(sorted(definition.response_parameters.items())),
        templates=dict(sorted(definition.response_templates.items())),
    )


def _resolve_authorizer(reader: Reader, served: ServedStage, id: str, body: JsonObject) -> RuntimeAuthorizer:
    """An authorizer from its document."""
    variables = dict(served.stage.variables or {})
    ttl = body.get("authorizerResultTtlInSeconds")
    uri = fill_stage_variables(str(body.get("authorizerUri") or ""), variables)
    function = None
    if uri:
        asker = authorizer_asker(served.api.region, served.api.account, served.api.id, id)
        named = Integration(type="AWS", uri=uri, credentials=_text(body, "authorizerCredentials"))
        target = resolve_target(reader, named, {}, asker, None)
        function = target if isinstance(target, FunctionTarget) else None
    return RuntimeAuthorizer(
        authorizer_id=id,
        name=str(body.get("name") or ""),
        type=str(body.get("type") or ""),
        function=function,
        identity_sources=tuple(s.strip() for s in str(body.get("identitySource") or "").split(",") if s.strip()),
        validation=str(body.get("identityValidationExpression") or ""),
        ttl_s=ttl if isinstance(ttl, int) else 300,
        issuers=pool_issuers(body, served.issuers),
        token_issuers=token_issuers(body),
        algorithms=token_algorithms(body),
    )


def _text(body: JsonObject, name: str) -> str | None:
    value = body.get(name)
    return value if isinstance(value, str) else None
