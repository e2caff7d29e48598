"""Stages: a deployment under a name, with settings that apply without a deployment."""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from innergate.primitives.json_value import JsonValue
from innergate.resources.deployments import Deployment
from innergate.resources.domain_names import BasePathMapping
from innergate.resources.rest_apis import RestApi
from innergate.resources.routing_rules import RoutingRule
from innergate.resources.stages import Stage
from innergate.services.apigateway.documents import show
from innergate.services.apigateway.domain_lookups import names_of_mappings
from innergate.services.apigateway.faults import bad_request, conflict, limit_exceeded, not_found
from innergate.services.apigateway.limits import (
    STAGE_NAME_MAX,
    STAGE_VARIABLE_KEY_MAX,
    STAGE_VARIABLE_VALUE_MAX,
    STAGE_VARIABLES_MAX,
    STAGES_PER_API,
)
from innergate.services.apigateway.lookups import api_of, find_api, part_of
from innergate.services.apigateway.method_settings import whole_settings
from innergate.services.apigateway.tag_rules import check_tags
from innergate.services.apigateway.usage_plan_stages import forget_stage
from innergate.services.context import Context, Params, Result

_NAME = re.compile(r"[A-Za-z0-9_-]+")
_VARIABLE_NAME = re.compile(r"[A-Za-z0-9_]+")
_VARIABLE_VALUE = re.compile(r"[A-Za-z0-9\-._~:/?#&=,]*")


def create(context: Context, params: Params) -> Result:
    """CreateStage. Raises Fault NotFoundException, ConflictException or BadRequestException."""
    api = api_of(context, params)
    if context.tx.get(Stage, f"{api.id}/{params['stageName']}") is not None:
        raise conflict("Stage already exists")
    deployment = context.tx.get(Deployment, f"{api.id}/{params['deploymentId']}")
    if deployment is None:
        raise bad_request("Deployment id does not exist")
    version = params.get("documentationVersion") or None
    if version is not None and part_of(context, api.id, "documentation-version", version) is None:
        raise not_found("Invalid Documentation version specified")
    stage = _new_stage(context, api, deployment, params, params.get("description"))
    stage = msgspec.structs.replace(
        stage,
        documentation_version=version,
        canary_settings=_read_canary(params.get("canarySettings"), api, context),
        tags=check_tags(params.get("tags") or {}),
    )
    context.tx.put(stage)
    return render_stage(stage)


def _new_stage(
    context: Context, api: RestApi, deployment: Deployment, params: Params, description: str | None
) -> Stage:
    """A stage that serves `deployment`, not written yet. Raises Fault BadRequestException."""
    name: str = params["stageName"]
    if not _NAME.fullmatch(name) or len(name) > STAGE_NAME_MAX:
        raise bad_request("Stage name only allows a-zA-Z0-9_-")
    if len(context.tx.find(Stage, "rest-api", api.id)) >= STAGES_PER_API:
        raise limit_exceeded("Maximum number of stages for the REST API has been reached.")
    now = context.clock.now().replace(microsecond=0)
    cached = bool(params.get("cacheClusterEnabled"))
    return Stage(
        id=f"{api.id}/{name}",
        account=context.account,
        region=context.region,
        rest_api_id=api.id,
        stage_name=name,
        deployment_id=deployment.deployment_id,
        created_date=now,
        last_updated_date=now,
        description=description or None,
        cache_cluster_enabled=cached,
        cache_cluster_size=(params.get("cacheClusterSize") or "0.5")
        if cached
        else params.get("cacheClusterSize") or None,
        cache_cluster_status="AVAILABLE" if cached else "NOT_AVAILABLE",
        variables=check_variables(params.get("variables") or {}) or None,
        tracing_enabled=bool(params.get("tracingEnabled")),
    )


def check_variables(variables: Mapping[str, str]) -> dict[str, str]:
    """`variables` itself. Raises Fault BadRequestException for too many, or one with a bad name or value."""
    if len(variables) > STAGE_VARIABLES_MAX:
        raise bad_request(f"The number of stage variables exceeds the limit of {STAGE_VARIABLES_MAX}")
    for name, value in variables.items():
        if not _VARIABLE_NAME.fullmatch(name) or len(name) > STAGE_VARIABLE_KEY_MAX:
            raise bad_request(f"Stage variable name {name} is invalid. Variable names can only contain a-zA-Z0-9_")
        if not _VARIABLE_VALUE.fullmatch(value) or len(value) > STAGE_VARIABLE_VALUE_MAX:
            raise bad_request(
                f"Stage variable value {value} for {name} is invalid. Please use values with alphanumeric characters "
                "and the symbols ' ', -', '.', '_', ':', '/', '?', '&', '=', and ','."
            )
    return dict(variables)


def deploy_stage(context: Context, api: RestApi, deployment: Deployment, params: Params) -> None:
    """Makes the stage that CreateDeployment names, or moves it to `deployment`. Raises Fault BadRequestException."""
    known = context.tx.get(Stage, f"{api.id}/{params['stageName']}")
    if known is None:
        context.tx.put(_new_stage(context, api, deployment, params, params.get("stageDescription")))
        return
    variables = check_variables({**(known.variables or {}), **(params.get("variables") or {})})
    moved = msgspec.structs.replace(
        known,
        deployment_id=deployment.deployment_id,
        last_updated_date=context.clock.now().replace(microsecond=0),
        description=params.get("stageDescription") or known.description,
        variables=variables or None,
        canary_settings=None,
    )
    if params.get("tracingEnabled") is not None:
        moved = msgspec.structs.replace(moved, tracing_enabled=params["tracingEnabled"])
    context.tx.put(moved)


def deploy_canary(context: Context, api: RestApi, deployment: Deployment, params: Params) -> None:
    """Sets the stage's canary to `deployment`. Raises Fault BadRequestException without an existing stage."""
    name = params.get("stageName") or None
    prefix = "Invalid deployment content specified."
    if name is None:
        given = "null" if params.get("stageName") is None else ""
        raise bad_request(
            f"{prefix}Non null and non empty stageName must be provided for canary deployment. Provided value is {given}"
        )
    stage = context.tx.get(Stage, f"{api.id}/{name}")
    if stage is None:
        raise bad_request(f"{prefix}Stage {name} must already be created before making a canary release deployment")
    canary = _read_canary({**params["canarySettings"], "deploymentId": deployment.deployment_id}, api, context)
    now = context.clock.now().replace(microsecond=0)
    context.tx.put(msgspec.structs.replace(stage, canary_settings=canary, last_updated_date=now))


def _read_canary(given: Params | None, api: RestApi, context: Context) -> dict[str, JsonValue] | None:
    if given is None:
        return None
    deployment_id = given.get("deploymentId")
    if not deployment_id or context.tx.get(Deployment, f"{api.id}/{deployment_id}") is None:
        raise bad_request("Deployment id does not exist")
    percent = float(given.get("percentTraffic") or 0.0)
    if not 0 <= percent <= 100:
        raise bad_request("Percent traffic must be between 0.0 and 100.0")
    canary: dict[str, JsonValue] = {
        "deploymentId": deployment_id,
        "percentTraffic": percent,
        "useStageCache": bool(given.get("useStageCache")),
    }
    if given.get("stageVariableOverrides"):
        canary["stageVariableOverrides"] = check_variables(given["stageVariableOverrides"])
    return canary


def render_stage(stage: Stage) -> dict[str, Any]:
    """The stage as AWS answers it; method settings show all members once one is set."""
    shown = show(stage, frozenset({"restApiId", "authorizersFlushedAt", "cacheFlushedAt"}))
    shown["methodSettings"] = {path: whole_settings(given) for path, given in stage.method_settings.items()}
    if not stage.tags:
        del shown["tags"]
    return shown


def find_stage(context: Context, api_id: str, name: str) -> Stage | None:
    """A stage of the caller's API, or None."""
    return context.tx.get(Stage, f"{api_id}/{name}") if find_api(context, api_id) is not None else None


def stage_of(context: Context, params: Params) -> Stage:
    """The stage that restApiId and stageName name. Raises Fault NotFoundException."""
    found = find_stage(context, params["restApiId"], params["stageName"])
    if found is None:
        raise not_found("Invalid stage identifier specified")
    return found


def get(context: Context, params: Params) -> Result:
    """GetStage."""
    return render_stage(stage_of(context, params))


def list_all(context: Context, params: Params) -> Result:
    """GetStages, of one deployment where it is named; without pages, and under `item`."""
    api = api_of(context, params)
    wanted = params.get("deploymentId") or None
    found = context.tx.find(Stage, "rest-api", api.id)
    return {"item": [render_stage(stage) for stage in found if wanted in (None, stage.deployment_id)]}


def delete(context: Context, params: Params) -> Result:
    """DeleteStage; usage plans lose it. Raises Fault BadRequestException while a base path or a routing rule leads to
    it."""
    stage = stage_of(context, params)
    mappings = context.tx.find(BasePathMapping, "stage", stage.id)
    if mappings:
        raise bad_request(
            f"Deleting stage {stage.stage_name} failed. Please remove all base path mappings related to the stage in your "
            f"domains: {names_of_mappings(context, mappings, context.account)}."
        )
    if rules := context.tx.find(RoutingRule, "stage", stage.id):
        raise bad_request(
            f"Deleting stage {stage.stage_name} failed. Please remove all routing rules related to the stage in your domains: "
            f"{names_of_mappings(context, rules, context.account)}."
        )
    forget_stage(context, stage.rest_api_id, stage.stage_name)
    context.tx.delete(stage)
    return {}


def flush(context: Context, params: Params) -> Result:
    """FlushStageCache: workers ask backends anew."""
    stage = stage_of(context, params)
    context.tx.put(msgspec.structs.replace(stage, cache_flushed_at=context.clock.now()))
    return {}


def flush_authorizers(context: Context, params: Params) -> Result:
    """FlushStageAuthorizersCache: workers ask authorizers anew."""
    stage = stage_of(context, params)
    context.tx.put(msgspec.structs.replace(stage, authorizers_flushed_at=context.clock.now()))
    return {}
