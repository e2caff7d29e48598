"""The canary of a stage in UpdateStage: its members, and its promotion by `copy`."""

import msgspec

from innergate.primitives.json_value import JsonValue
from innergate.resources.deployments import Deployment
from innergate.resources.stages import Stage
from innergate.services.apigateway.faults import bad_request
from innergate.services.apigateway.patches import Patch, invalid_path, read_bool, read_number, require_op
from innergate.services.apigateway.stages import check_variables
from innergate.services.context import Context

_TARGETS = "[/deploymentId, /variables]"
_SOURCES = "[/canarySettings/deploymentId, /canarySettings/stageVariableOverrides]"


def copy_from_canary(context: Context, stage: Stage, patch: Patch) -> Stage:
    """Promotes a part of the canary to the stage. Raises Fault BadRequestException."""
    pair = (patch.source, patch.path)
    if pair not in (
        ("/canarySettings/deploymentId", "/deploymentId"),
        ("/canarySettings/stageVariableOverrides", "/variables"),
    ):
        raise bad_request(
            f"Invalid copy operation with path: {patch.path} and from {patch.source}. "
            f"Valid copy:path are {_TARGETS} and valid copy:from are {_SOURCES}"
        )
    canary = stage.canary_settings
    if canary is None:
        raise bad_request("Promotion not available. Canary does not exist.")
    if patch.path == "/deploymentId":
        return msgspec.structs.replace(stage, deployment_id=str(canary["deploymentId"]))
    merged = {**(stage.variables or {}), **_overrides(canary)}
    return msgspec.structs.replace(stage, variables=check_variables(merged) or None)


def _overrides(canary: dict[str, JsonValue]) -> dict[str, str]:
    given = canary.get("stageVariableOverrides")
    return {name: str(value) for name, value in given.items()} if isinstance(given, dict) else {}


def patch_canary(context: Context, stage: Stage, patch: Patch) -> Stage:
    """The stage with its canary changed, or without it. Raises Fault BadRequestException."""
    if patch.segments == ("canarySettings",):
        require_op(patch, "remove")
        return msgspec.structs.replace(stage, canary_settings=None)
    canary: dict[str, JsonValue] = dict(
        stage.canary_settings or {"deploymentId": stage.deployment_id, "percentTraffic": 0.0, "useStageCache": False}
    )
    match patch.segments:
        case ("canarySettings", "percentTraffic"):
            require_op(patch, "replace")
            percent = read_number(patch.value, "Percent traffic must be between 0.0 and 100.0")
            if not 0 <= percent <= 100:
                raise bad_request("Percent traffic must be between 0.0 and 100.0")
            canary["percentTraffic"] = percent
        case ("canarySettings", "useStageCache"):
            require_op(patch, "replace")
            canary["useStageCache"] = read_bool(patch.value)
        case ("canarySettings", "deploymentId"):
            if patch.op != "replace":
                raise bad_request(f"Invalid {patch.op} operation with path: {patch.path}")
            if context.tx.get(Deployment, f"{stage.rest_api_id}/{patch.text}") is None:
                raise bad_request("Deployment id does not exist")
            canary["deploymentId"] = patch.text
        case ("canarySettings", "stageVariableOverrides", name):
            require_op(patch, "add", "replace", "remove")
            overrides = _overrides(canary)
            if patch.op == "remove":
                overrides.pop(name, None)
            else:
                overrides[name] = patch.text
            canary["stageVariableOverrides"] = check_variables(overrides)
        case _:
            raise invalid_path(patch)
    return msgspec.structs.replace(stage, canary_settings=canary)
