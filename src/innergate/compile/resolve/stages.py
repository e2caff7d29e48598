"""A stage and its deployment -> a blueprint: no dangling reference, every choice made."""

from typing import NamedTuple

from innergate.compile.diagnostics import Diagnostic
from innergate.compile.resolve.api_blueprint import BrokenAction, MethodPlan, MockAction, ProxyAction, StageBlueprint
from innergate.compile.resolve.api_gateway_responses import resolve_gateway_responses
from innergate.compile.resolve.api_key_plans import client_throttles, stage_keys
from innergate.compile.resolve.api_path_order import rank_path
from innergate.compile.resolve.api_throttles import caches_answers, logs_everything, method_throttle
from innergate.compile.resolve.api_values import Surroundings
from innergate.compile.resolve.methods import resolve_action, run_action
from innergate.compile.view import Reader
from innergate.resources.deployments import ApiDefinition, DeployedResource, Deployment
from innergate.resources.rest_apis import MethodDefinition, RestApi
from innergate.resources.stages import Stage
from innergate.resources.vpc_endpoints import VpcEndpoint


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
    definition = deployment.definition
    notes: list[Diagnostic] = []
    methods = tuple(
        _plan_method(
            reader,
            stage,
            api,
            definition,
            resource,
            method,
            _around(stage, api, resource, method.http_method, domain_name),
            notes,
        )
        for resource in sorted(definition.resources, key=lambda r: (rank_path(r.path), r.path))
        for method in sorted(resource.methods.values(), key=lambda m: (m.http_method == "ANY", m.http_method))
    )
    responses, missing = resolve_gateway_responses(
        definition.gateway_responses, _around(stage, api, None, "", domain_name)
    )
    notes += [_unsupported(stage, f"gateway response {text} is left out") for text in missing]
    if stage.canary_settings:
        notes.append(_unsupported(stage, "the canary is not served; all requests take the stage's deployment"))
    log = stage.access_log_settings
    is_private = "PRIVATE" in definition.endpoint_configuration.types
    blueprint = StageBlueprint(
        api_id=api.id,
        stage=stage.stage_name,
        account=api.account,
        region=api.region,
        is_private=is_private,
        endpoint_ids=tuple(sorted(definition.endpoint_configuration.vpc_endpoint_ids)),
        is_disabled=definition.disable_execute_api_endpoint,
        policy=definition.policy,
        methods=methods,
        endpoint_policies=_endpoint_policies(reader, api.region) if is_private else (),
        keys=stage_keys(reader, api.id, stage.stage_name) if any(m.requires_key for m in methods) else (),
        gateway_responses=responses,
        log_destination=(log.destination_arn or "").removesuffix(":*") if log else "",
        log_format=(log.format or "") if log else "",
        deployment_id=stage.deployment_id,
    )
    return ResolvedStage(blueprint, tuple(notes))


def _plan_method(
    reader: Reader,
    stage: Stage,
    api: RestApi,
    definition: ApiDefinition,
    resource: DeployedResource,
    method: MethodDefinition,
    around: Surroundings,
    notes: list[Diagnostic],
) -> MethodPlan:
    action = resolve_action(method, resource.path, around, _validates(definition, method))
    if method.api_key_required and definition.api_key_source != "HEADER" and method.method_integration is not None:
        action = run_action(method.method_integration, f"API keys from {definition.api_key_source}", around)
    if isinstance(action, ProxyAction | MockAction):
        reason = _beyond_envoy(stage, definition, resource.path, method.http_method)
        assert method.method_integration is not None
        action = run_action(method.method_integration, reason, around) if reason else action
    if isinstance(action, BrokenAction):
        notes.append(_unsupported(stage, f"{method.http_method} {resource.path} answers 500: {action.reason}"))
    buckets = (
        client_throttles(reader, api.id, stage.stage_name, resource.path, method.http_method)
        if method.api_key_required
        else ()
    )
    return MethodPlan(
        resource_id=resource.resource_id,
        path=resource.path,
        verb=method.http_method,
        action=action,
        requires_key=method.api_key_required,
        throttle=method_throttle(stage, resource.path, method.http_method),
        client_throttles=buckets,
        authorization=method.authorization_type,
        key_source=definition.api_key_source,
    )


def _beyond_envoy(stage: Stage, definition: ApiDefinition, path: str, verb: str) -> str:
    """Why a method that Envoy could serve goes to a worker all the same; "" where it does not."""
    if logs_everything(stage, path, verb):
        return "execution logs of every call"
    if caches_answers(stage, path, verb):
        return "the stage's cache"
    if definition.minimum_compression_size is not None:
        return "payload compression"
    return ""


def _endpoint_policies(reader: Reader, region: str) -> tuple[tuple[str, str], ...]:
    """Any endpoint of the region may lead to the API, whosever it is."""
    restricted = reader.find(VpcEndpoint, "restricted", f"com.amazonaws.{region}.execute-api")
    return tuple(sorted((endpoint.id, endpoint.policy_document) for endpoint in restricted))


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
    return Surroundings(context, dict(stage.variables or {}))


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
