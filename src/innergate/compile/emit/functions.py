"""What the functions' supervisor of a node runs: one document a function."""

import msgspec

from innergate.compile.family import Family, UnitOutput
from innergate.compile.names import namespace_of
from innergate.compile.resolve.function_destinations import may_send
from innergate.compile.settings import CompileSettings
from innergate.compile.view import View
from innergate.plans.documents import FUNCTIONS, Document, DocumentName
from innergate.plans.functions import (
    AliasPlan,
    AsyncPlan,
    FunctionPlan,
    FunctionVersionPlan,
    RoleCredentials,
    document_of,
)
from innergate.resources.functions import (
    LATEST,
    EventInvoke,
    Function,
    FunctionAlias,
    FunctionConfig,
    FunctionVersion,
)
from innergate.resources.identities import Session

_ENCODER = msgspec.json.Encoder(order="deterministic")


def plan_function(view: View, id: str, settings: CompileSettings) -> UnitOutput:
    """One function's document."""
    function = view.get(Function, id)
    if function is None:
        return UnitOutput()
    versions = {LATEST: _version(view, settings, function, LATEST, function.config)}
    for version in view.find(FunctionVersion, "function", id):
        versions[version.number] = _version(view, settings, function, version.number, version.config)
    plan = FunctionPlan(
        arn=id,
        account=function.account,
        region=function.region,
        name=function.function_name,
        reserved_concurrency=function.reserved_concurrency,
        versions=versions,
        aliases={alias.name: _alias(alias) for alias in view.find(FunctionAlias, "function", id)},
        async_plans={
            qualifier: _async(view, function, qualifier, event) for qualifier, event in function.event_invokes.items()
        },
        may_loop=function.recursive_loop == "Allow",
    )
    name = DocumentName(FUNCTIONS, document_of(id))
    return UnitOutput(documents=(Document(name=name, body=_ENCODER.encode(plan)),))


def _version(
    view: View, settings: CompileSettings, function: Function, number: str, config: FunctionConfig
) -> FunctionVersionPlan:
    return FunctionVersionPlan(
        number=number,
        revision_id=config.revision_id,
        runtime=config.runtime,
        handler=config.handler,
        code_digest=config.code_digest,
        environment=config.environment or {},
        timeout_s=config.timeout_s,
        memory_mb=config.memory_mb,
        ephemeral_mb=config.ephemeral_mb,
        log_group=config.log_group or f"/aws/lambda/{function.function_name}",
        log_format=config.log_format,
        application_log_level=config.application_log_level,
        credentials=_credentials(view, config.session_id),
        namespace=namespace_of(settings, config.vpc.workload_id) if config.vpc is not None else "",
        layers=tuple(layer.code_digest for layer in config.layers),
    )


def _credentials(view: View, session_id: str) -> RoleCredentials | None:
    session = view.get(Session, session_id)
    if session is None:
        return None
    return RoleCredentials(
        access_key_id=session.id,
        secret_access_key=session.secret_access_key,
        session_token=session.session_token,
    )


def _alias(alias: FunctionAlias) -> AliasPlan:
    rest = 1.0 - sum(alias.weights.values())
    return AliasPlan(shares={alias.function_version: rest, **alias.weights}, revision_id=alias.revision_id)


def _async(view: View, function: Function, qualifier: str, event: EventInvoke) -> AsyncPlan:
    plain = AsyncPlan()
    retries, age_s = event.maximum_retry_attempts, event.maximum_event_age_in_seconds
    role = _config_of(view, function, qualifier).role
    told = {name: arn or "" for name, arn in (("success", event.on_success), ("failure", event.on_failure))}
    admitted = {
        name: arn if arn and may_send(view, role, function.function_name, arn) else "" for name, arn in told.items()
    }
    return AsyncPlan(
        retries=plain.retries if retries is None else retries,
        longest_age_s=plain.longest_age_s if age_s is None else age_s,
        on_success=admitted["success"],
        on_failure=admitted["failure"],
    )


def _config_of(view: View, function: Function, qualifier: str) -> FunctionConfig:
    """The configuration that a qualifier stands for; of an alias its first version's."""
    alias = view.get(FunctionAlias, f"{function.id}:{qualifier}") if qualifier and not qualifier.isdigit() else None
    number = alias.function_version if alias is not None else qualifier
    version = view.get(FunctionVersion, f"{function.id}:{number}") if number.isdigit() else None
    return version.config if version is not None else function.config


FUNCTION_FAMILIES = (Family("function", (Function,), plan_function),)
