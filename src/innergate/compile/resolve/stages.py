"""A stage and its deployment -> a blueprint: no dangling reference, every choice made."""

from typing import NamedTuple

import msgspec

from innergate.compile.diagnostics import Diagnostic
from innergate.compile.resolve.api_blueprint import (
    BrokenAction,
    Canary,
    MethodPlan,
    MockAction,
    ProxyAction,
    RuntimeAction,
    StageBlueprint,
)
from innergate.compile.resolve.api_gateway_responses import resolve_gateway_responses
from innergate.compile.resolve.api_key_plans import client_throttles, stage_keys
from innergate.compile.resolve.api_path_order import rank_path
from innergate.compile.resolve.api_restrictions import MAX_OPTIONAL_SOURCES, optional_sources, restrict
from innergate.compile.resolve.api_throttles import caches_answers, logs_everything, method_throttle
from innergate.compile.resolve.api_values import Surroundings
from innergate.compile.resolve.entry_policies import endpoint_policies
from innergate.compile.resolve.methods import resolve_action, run_action
from innergate.compile.resolve.streaming import stream_idle_s
from innergate.compile.view import Reader
from innergate.policy.execute_api import asks_for_time
from innergate.resources.deployments import ApiDefinition, DeployedResource, Deployment
from innergate.resources.rest_apis import Integration, MethodDefinition, RestApi
from innergate.resources.stages import Stage


class ResolvedStage(NamedTuple):
    """A blueprint, and what had to be left out of it."""

    blueprint: StageBlueprint
    diagnostics: tuple[Diagnostic, ...]


def resolve_stage(reader: Reader, stage_id: str, domain_name: str = "") -> ResolvedStage | None:
    """The blueprint of `<api>/<stage>`, called by its own name or by a custom domain name; None where the stage, its API or its
    deployment does not exist."""
    stage = reader.get(Stage, stage_id)
    api = reader.get(RestApi, stage.rest_api_id) if stage else None
    deployment = reader.get(Deployment, f"{stage.rest_api_id}/{stage.deployment_id}") if stage else None
    if stage is None or api is None or deployment is None:
        return None
    notes: list[Diagnostic] = []
    blueprint = _blueprint(reader, api, stage, deployment.definition, domain_name, notes)
    canary = _canary(reader, api, stage, blueprint, domain_name, notes)
    if canary is not None:
        blueprint = msgspec.structs.replace(
            blueprint,
            canary=canary,
            keys=canary.blueprint.keys,
            other_side_has_late_keys=canary.blueprint.has_late_keys,
        )
    return ResolvedStage(blueprint, tuple(notes))


def _canary(
    reader: Reader, api: RestApi, stage: Stage, main: StageBlueprint, domain_name: str, notes: list[Diagnostic]
) -> Canary | None:
    settings = stage.canary_settings or {}
    percent = settings.get("percentTraffic")
    deployment = reader.get(Deployment, f"{api.id}/{settings.get('deploymentId')}") if settings else None
    if deployment is None or not isinstance(percent, int | float) or percent <= 0:
        return None
    if deployment.definition.policy != main.policy:
        # AWS differs: a canary whose deployment has another resource policy than the stage's is not served.
        notes.append(_unsupported(stage, "the canary is not served: its deployment has another resource policy"))
        return None
    blueprint = _blueprint(reader, api, canary_stage(stage), deployment.definition, domain_name, notes)
    shared = msgspec.structs.replace(
        blueprint,
        is_canary=True,
        keys=main.keys or blueprint.keys,
        other_side_has_late_keys=main.has_late_keys,
    )
    return Canary(percent=min(float(percent), 100.0), blueprint=shared)


def canary_stage(stage: Stage) -> Stage:
    """The stage as its canary's requests see it: another deployment, and variables of its own over the stage's."""
    settings = stage.canary_settings or {}
    overrides = settings.get("stageVariableOverrides")
    changed = {name: str(value) for name, value in overrides.items()} if isinstance(overrides, dict) else {}
    return msgspec.structs.replace(
        stage,
        deployment_id=str(settings.get("deploymentId")),
        variables={**(stage.variables or {}), **changed},
        canary_settings=None,
    )


def _blueprint(
    reader: Reader,
    api: RestApi,
    stage: Stage,
    definition: ApiDefinition,
    domain_name: str,
    notes: list[Diagnostic],
) -> StageBlueprint:
    methods = tuple(
        plan
        for resource in sorted(definition.resources, key=lambda r: (rank_path(r.path), r.path))
        for method in sorted(resource.methods.values(), key=lambda m: (m.http_method == "ANY", m.http_method))
        for plan in _plan_method(
            reader,
            stage,
            api,
            definition,
            resource,
            method,
            _around(stage, api, resource, method.http_method, domain_name),
            notes,
        )
    )
    responses, missing = resolve_gateway_responses(
        definition.gateway_responses, _around(stage, api, None, "", domain_name)
    )
    notes += [_unsupported(stage, f"gateway response {text} is left out") for text in missing]
    log = stage.access_log_settings
    is_private = "PRIVATE" in definition.endpoint_configuration.types
    return StageBlueprint(
        api_id=api.id,
        stage=stage.stage_name,
        account=api.account,
        region=api.region,
        is_private=is_private,
        endpoint_ids=tuple(sorted(definition.endpoint_configuration.vpc_endpoint_ids)),
        is_disabled=definition.disable_execute_api_endpoint,
        policy=definition.policy,
        methods=methods,
        endpoint_policies=endpoint_policies(reader, api, stage.stage_name, definition.policy, methods)
        if is_private
        else (),
        keys=stage_keys(reader, api.id, stage.stage_name) if any(m.requires_key for m in methods) else (),
        gateway_responses=responses,
        log_destination=(log.destination_arn or "").removesuffix(":*") if log else "",
        logs_failures=any(settings.get("loggingLevel", "OFF") != "OFF" for settings in stage.method_settings.values()),
        has_detailed_metrics=any(settings.get("metricsEnabled") for settings in stage.method_settings.values()),
        log_format=(log.format or "") if log else "",
        deployment_id=stage.deployment_id,
        client_certificate_id=stage.client_certificate_id or "",
    )


def _plan_method(
    reader: Reader,
    stage: Stage,
    api: RestApi,
    definition: ApiDefinition,
    resource: DeployedResource,
    method: MethodDefinition,
    around: Surroundings,
    notes: list[Diagnostic],
) -> tuple[MethodPlan, ...]:
    """The method; twice where its native form is for some requests alone."""
    action = resolve_action(method, resource.path, around, _validates(definition, method))
    if method.api_key_required and definition.api_key_source != "HEADER" and method.method_integration is not None:
        action = run_action(method.method_integration, f"API keys from {definition.api_key_source}", around)
    if isinstance(action, ProxyAction | MockAction):
        reason = _beyond_envoy(stage, definition, resource.path, method.http_method)
        assert method.method_integration is not None
        if isinstance(action, ProxyAction) and not reason and _converts_bodies(definition, method.method_integration):
            reason = f"contentHandling {method.method_integration.content_handling}"
        action = run_action(method.method_integration, reason, around) if reason else action
    if isinstance(action, RuntimeAction) and caches_answers(stage, resource.path, method.http_method):
        action = msgspec.structs.replace(action, asks_cache=True)
    if isinstance(action, BrokenAction):
        notes.append(_unsupported(stage, f"{method.http_method} {resource.path} answers 500: {action.reason}"))
    buckets = (
        client_throttles(reader, api.id, stage.stage_name, resource.path, method.http_method)
        if method.api_key_required
        else ()
    )
    plan = MethodPlan(
        resource_id=resource.resource_id,
        path=resource.path,
        verb=method.http_method,
        action=action,
        requires_key=method.api_key_required,
        throttle=method_throttle(stage, resource.path, method.http_method),
        client_throttles=buckets,
        authorization=method.authorization_type,
        key_source=definition.api_key_source,
        policy_asks_time=asks_for_time(definition.policy),
    )
    restriction = restrict(action) if isinstance(action, ProxyAction) else None
    if restriction is None or not isinstance(action, ProxyAction) or method.method_integration is None:
        return (plan,)
    worked = run_action(method.method_integration, "requests that Envoy would map otherwise than AWS", around)
    others = msgspec.structs.replace(plan, action=worked)
    has_buckets = plan.throttle is not None or bool(buckets)
    if has_buckets or optional_sources(action) > MAX_OPTIONAL_SOURCES:
        return (others,)
    return (msgspec.structs.replace(plan, restriction=restriction), others)


def _beyond_envoy(stage: Stage, definition: ApiDefinition, path: str, verb: str) -> str:
    """Why a method that Envoy could serve goes to a worker all the same; "" where it does not."""
    if asks_for_time(definition.policy):
        return "a resource policy that asks for the time"
    if logs_everything(stage, path, verb):
        return "execution logs of every call"
    if caches_answers(stage, path, verb):
        return "the stage's cache"
    if definition.minimum_compression_size is not None:
        return "payload compression"
    return ""


def _converts_bodies(definition: ApiDefinition, integration: Integration) -> bool:
    """Whether bodies may reach the backend as others than they came: no body becomes text where none counts as binary."""
    handling = integration.content_handling
    return handling == "CONVERT_TO_BINARY" or (handling == "CONVERT_TO_TEXT" and bool(definition.binary_media_types))


def _around(stage: Stage, api: RestApi, resource: DeployedResource | None, verb: str, domain_name: str) -> Surroundings:
    context = {
        "accountId": api.account,
        "apiId": api.id,
        "deploymentId": stage.deployment_id,
        "domainName": domain_name or f"{api.id}.execute-api.{api.region}.amazonaws.com",
        "domainPrefix": domain_name.partition(".")[0] or api.id,
        "stage": stage.stage_name,
    }
    if resource is not None:
        context |= {"resourceId": resource.resource_id, "resourcePath": resource.path}
        if verb != "ANY":
            context["httpMethod"] = verb
    return Surroundings(context, dict(stage.variables or {}), stream_idle_s(api))


def _validates(definition: ApiDefinition, method: MethodDefinition) -> bool:
    """Whether the method's validator checks anything. A validator that is not there checks (nothing may pass unseen)."""
    if not method.request_validator_id:
        return False
    validator = definition.parts.get("request-validator", {}).get(method.request_validator_id)
    if validator is None:
        return True
    return bool(validator.get("validateRequestBody") or validator.get("validateRequestParameters"))


def _unsupported(stage: Stage, message: str) -> Diagnostic:
    return Diagnostic(subject=f"stage/{stage.id}", code="Unsupported", message=message, severity="warning")
