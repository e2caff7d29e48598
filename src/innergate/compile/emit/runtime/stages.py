"""A stage's document for the runtime's workers."""

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from innergate.compile.diagnostics import Diagnostic
from innergate.compile.emit.envoy.upstreams import Upstream
from innergate.compile.resolve.api_blueprint import RuntimeAction, StageBlueprint
from innergate.compile.resolve.backend_uris import backend_uri
from innergate.compile.resolve.runtime_services import service_access
from innergate.compile.resolve.runtime_stages import ServedStage, resolve_runtime_stage
from innergate.compile.resolve.runtime_targets import http_target
from innergate.compile.resolve.runtime_throttles import share_throttles
from innergate.compile.resolve.stages import canary_stage
from innergate.compile.settings import CompileSettings
from innergate.compile.view import View
from innergate.plans.documents import STAGES, Document, DocumentName
from innergate.plans.runtime import HttpTarget, RuntimeStage, ServiceTarget, stage_document_name, version_name
from innergate.primitives.digest import digest_bytes
from innergate.resources.deployments import ApiDefinition, Deployment
from innergate.resources.rest_apis import RestApi
from innergate.resources.stages import Stage

_ENCODER = msgspec.json.Encoder()


class StageDocuments(NamedTuple):
    """A stage's document, if it has one, and which of its methods reach no service."""

    documents: tuple[Document, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()

    def named_in(self, blueprint: StageBlueprint) -> StageBlueprint:
        """The blueprint with the document's name, which its routes tell workers."""
        return msgspec.structs.replace(blueprint, document=self.documents[0].name.name if self.documents else "")


def stage_documents(
    view: View, blueprint: StageBlueprint, upstreams: Mapping[int, Upstream], settings: CompileSettings
) -> StageDocuments:
    """The stage's document, if a method of it is for the runtime. `upstreams` are those of HTTP backends."""
    if not any(isinstance(method.action, RuntimeAction) for method in blueprint.methods):
        return StageDocuments()
    api = view.get(RestApi, blueprint.api_id)
    stage = view.get(Stage, f"{blueprint.api_id}/{blueprint.stage}")
    deployment = view.get(Deployment, f"{blueprint.api_id}/{blueprint.deployment_id}")
    if api is None or stage is None or deployment is None:
        return StageDocuments()
    seen = canary_stage(stage) if blueprint.is_canary else stage
    plan = runtime_plan(view, api, seen, deployment.definition, blueprint, upstreams, settings)
    if plan is None:
        return StageDocuments()
    if blueprint.is_canary:
        is_shared = (stage.canary_settings or {}).get("useStageCache") is True
        plan = msgspec.structs.replace(plan, is_canary=True, shared_cache_of=stage.deployment_id if is_shared else "")
    body = _ENCODER.encode(plan)
    name = version_name(stage_document_name(api.id, stage.stage_name, blueprint.is_canary), digest_bytes(body))
    return StageDocuments((Document(name=DocumentName(STAGES, name), body=body),), _unreachable(stage.id, plan))


def _unreachable(stage_id: str, plan: RuntimeStage) -> tuple[Diagnostic, ...]:
    return tuple(
        Diagnostic(
            subject=f"stage/{stage_id}",
            code="Unreachable",
            message=f"{method.verb} {method.path} answers 500: {method.integration.target.reason}",
        )
        for method in plan.methods.values()
        if isinstance(method.integration.target, ServiceTarget) and method.integration.target.reason
    )


def runtime_plan(
    view: View,
    api: RestApi,
    stage: Stage,
    definition: ApiDefinition,
    blueprint: StageBlueprint,
    upstreams: Mapping[int, Upstream],
    settings: CompileSettings,
) -> RuntimeStage | None:
    """What workers are told of a definition under a stage's name; None where nothing of it is for them."""
    variables = dict(stage.variables or {})
    uris = {
        (resource.resource_id, verb): backend_uri(method.method_integration, variables, stage.stage_name)
        for resource in definition.resources
        for verb, method in resource.methods.items()
        if method.method_integration is not None
    }
    backends = {
        index: _backend(uris[method.resource_id, method.verb], method.action.backend.host, upstreams[index])
        for index, method in enumerate(blueprint.methods)
        if isinstance(method.action, RuntimeAction) and method.action.backend is not None
    }
    served = ServedStage(api, stage, definition, settings.token_issuers, service_access(settings))
    plan = resolve_runtime_stage(view, served, blueprint, backends)
    if plan is None:
        return None
    plan = share_throttles(plan, blueprint, max(len(settings.worker_sockets), 1))
    return msgspec.structs.replace(plan, reaches_loopback=settings.allows_loopback_backends)


def stage_document(name: str, plan: RuntimeStage | None) -> tuple[Document, ...]:
    """The document under its name; none for None."""
    return (Document(name=DocumentName(STAGES, name), body=_ENCODER.encode(plan)),) if plan is not None else ()


def _backend(uri: str, host: str, upstream: Upstream) -> HttpTarget:
    if upstream.answer is not None:
        return http_target(uri, host, (), upstream.answer.response_type, upstream.reason)
    return http_target(uri, host, tuple(upstream.clusters))
