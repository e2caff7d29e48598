"""An API as it is being edited, for workers that try a method of it: nobody else can call it."""

import msgspec

from innergate.compile.emit.envoy.internet import demand_issuers
from innergate.compile.emit.envoy.runtime import demand_runtime
from innergate.compile.emit.envoy.stage_upstreams import stage_upstreams
from innergate.compile.emit.runtime.stages import runtime_plan, stage_document
from innergate.compile.family import Family, UnitOutput
from innergate.compile.resolve.api_blueprint import (
    TOKEN_AUTHORIZATIONS,
    Action,
    BrokenAction,
    MethodPlan,
    RuntimeAction,
    StageBlueprint,
)
from innergate.compile.resolve.api_values import Surroundings
from innergate.compile.resolve.methods import run_action
from innergate.compile.settings import CompileSettings
from innergate.compile.view import View
from innergate.plans.runtime import TEST_STAGE, tried_document_name
from innergate.resources.api_trials import ApiTrial
from innergate.resources.client_certificates import ClientCertificate
from innergate.resources.deployments import ApiDefinition
from innergate.resources.rest_apis import Integration, RestApi
from innergate.resources.stages import Stage


def emit_trial(view: View, id: str, settings: CompileSettings) -> UnitOutput:
    """The document with every method of the API, and what leads to its backends."""
    trial, api = view.get(ApiTrial, id), view.get(RestApi, id)
    if trial is None or api is None:
        return UnitOutput()
    stage = Stage(
        id=f"{id}/{TEST_STAGE}",
        account=api.account,
        region=api.region,
        rest_api_id=id,
        stage_name=TEST_STAGE,
        deployment_id="",
        created_date=api.created_date,
        last_updated_date=api.created_date,
        variables=trial.variables,
    )
    certificate = view.get(ClientCertificate, trial.client_certificate_id)
    blueprint = msgspec.structs.replace(
        _blueprint(api, trial.definition, trial.variables), client_certificate_id=certificate.id if certificate else ""
    )
    upstreams = stage_upstreams(view, blueprint, settings)
    plan = runtime_plan(view, api, stage, trial.definition, blueprint, upstreams, settings)
    demand_runtime(view)
    if any(body.get("type") in TOKEN_AUTHORIZATIONS for body in trial.definition.parts.get("authorizer", {}).values()):
        demand_issuers(view, settings)
    return UnitOutput(documents=stage_document(tried_document_name(id), plan))


def _blueprint(api: RestApi, definition: ApiDefinition, variables: dict[str, str]) -> StageBlueprint:
    methods = tuple(
        MethodPlan(
            resource_id=resource.resource_id,
            path=resource.path,
            verb=verb,
            action=_try_action(method.method_integration, variables),
        )
        for resource in definition.resources
        for verb, method in sorted(resource.methods.items())
        if method.method_integration is not None
    )
    return StageBlueprint(
        api_id=api.id,
        stage=TEST_STAGE,
        account=api.account,
        region=api.region,
        is_private="PRIVATE" in definition.endpoint_configuration.types,
        endpoint_ids=(),
        is_disabled=False,
        policy="",
        methods=methods,
    )


def _try_action(integration: Integration, variables: dict[str, str]) -> Action:
    """What is broken is tried, too: the log says what is wrong with it."""
    action = run_action(integration, "a test", Surroundings({}, variables))
    if isinstance(action, BrokenAction):
        return RuntimeAction(reason=action.reason, timeout_ms=integration.timeout_in_millis)
    return action


TRIAL_FAMILIES = (Family("api-trial", (ApiTrial,), emit_trial),)
