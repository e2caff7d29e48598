"""Functions: made, shown, listed, changed, deleted."""

import msgspec

from innergate.primitives.arn import format_arn
from innergate.primitives.ids import fresh_uuid
from innergate.resources.functions import LATEST, Function, FunctionConfig
from innergate.services.context import Context, Params, Result
from innergate.services.lambdas import function_urls, vpc
from innergate.services.lambdas.checks import (
    MIN_EPHEMERAL_MB,
    MIN_MEMORY_MB,
    check_role,
    check_runtime,
    check_settings,
    check_tags,
)
from innergate.services.lambdas.code import keep_code
from innergate.services.lambdas.faults import conflict, invalid, not_found, stale_revision
from innergate.services.lambdas.layers import use_layers
from innergate.services.lambdas.lookups import aliases_of, find_function, find_qualified, require_own, versions_of
from innergate.services.lambdas.names import read_name
from innergate.services.lambdas.paging import page
from innergate.services.lambdas.sessions import close_session, open_role_session
from innergate.services.lambdas.shown import shown, shown_config
from innergate.services.lambdas.versions import publish_now


def create(context: Context, params: Params) -> Result:
    """CreateFunction."""
    named = read_name(context, params)
    require_own(context, named, "lambda:CreateFunction")
    if named.qualifier:
        raise invalid(f"{params['FunctionName']} is not a function's name: it has a qualifier")
    if params.get("PackageType", "Zip") == "Zip" and ("Runtime" not in params or not params.get("Handler")):
        raise invalid("Runtime and Handler are mandatory parameters for functions created with deployment packages.")
    check_settings(params)
    arn = format_arn("lambda", context.region, context.account, f"function:{named.name}")
    if context.tx.get(Function, arn) is not None:
        raise conflict(f"Function already exist: {named.name}")
    role = check_role(context, params["Role"])
    code = keep_code(context, params["Code"])
    runtime = check_runtime(params["Runtime"])
    config = FunctionConfig(
        runtime=runtime,
        role=role.id,
        handler=params["Handler"],
        code_digest=code.digest,
        code_size=code.size,
        last_modified=context.clock.now(),
        revision_id=fresh_uuid(context.ids),
        session_id=open_role_session(context, role, named.name).id,
        vpc=vpc.attach(context, named.name, params.get("VpcConfig", {})),
        layers=use_layers(context, params.get("Layers", ())),
    )
    function = Function(
        id=arn,
        account=context.account,
        region=context.region,
        function_name=named.name,
        config=_with_settings(config, params),
        tags=check_tags(params.get("Tags", {})),
    )
    context.tx.put(function)
    if params.get("Publish"):
        return shown(publish_now(context, function, params.get("Description")))
    return shown_config(function, function.config, LATEST, function.id)


def get(context: Context, params: Params) -> Result:
    """GetFunction. The package itself cannot be downloaded."""
    found = find_qualified(context, params, "lambda:GetFunction")
    # AWS differs: Code.Location is absent; a package cannot be downloaded again.
    result: dict[str, object] = {"Configuration": shown(found), "Code": {"RepositoryType": "S3"}}
    if found.function.tags:
        result["Tags"] = dict(found.function.tags)
    if found.function.reserved_concurrency is not None and not found.qualifier:
        result["Concurrency"] = {"ReservedConcurrentExecutions": found.function.reserved_concurrency}
    return result


def get_configuration(context: Context, params: Params) -> Result:
    """GetFunctionConfiguration."""
    return shown(find_qualified(context, params, "lambda:GetFunctionConfiguration"))


def list_all(context: Context, params: Params) -> Result:
    """ListFunctions: $LATEST of each, or every version too."""
    functions = sorted(
        context.tx.in_account(Function, context.account, context.region), key=lambda function: function.function_name
    )
    rows: list[object] = []
    for function in functions:
        if params.get("FunctionVersion") != "ALL":
            rows.append(shown_config(function, function.config, LATEST, function.id))
            continue
        rows.append(shown_config(function, function.config, LATEST, f"{function.id}:{LATEST}"))
        rows += [shown_config(function, v.config, v.number, v.id) for v in versions_of(context.tx, function)]
    return page("Functions", rows, params)


def update_code(context: Context, params: Params) -> Result:
    """UpdateFunctionCode. A dry run only checks."""
    function = find_function(context, params, "lambda:UpdateFunctionCode")
    _check_revision(function, params)
    code = keep_code(context, params)
    architectures = params.get("Architectures") or [function.config.architecture]
    config = msgspec.structs.replace(
        function.config,
        code_digest=code.digest,
        code_size=code.size,
        architecture=architectures[0],
        last_modified=context.clock.now(),
        revision_id=fresh_uuid(context.ids),
    )
    changed = msgspec.structs.replace(function, config=config)
    if params.get("DryRun"):
        return shown_config(changed, config, LATEST, function.id)
    context.tx.put(changed)
    if params.get("Publish"):
        return shown(publish_now(context, changed, None))
    return shown_config(changed, config, LATEST, function.id)


def update_configuration(context: Context, params: Params) -> Result:
    """UpdateFunctionConfiguration: what is absent stays."""
    function = find_function(context, params, "lambda:UpdateFunctionConfiguration")
    _check_revision(function, params)
    check_settings(params)
    before = function.config
    config = msgspec.structs.replace(before, last_modified=context.clock.now(), revision_id=fresh_uuid(context.ids))
    if "Runtime" in params:
        config = msgspec.structs.replace(config, runtime=check_runtime(params["Runtime"]))
    if "Handler" in params:
        config = msgspec.structs.replace(config, handler=params["Handler"])
    if "Role" in params and params["Role"] != before.role:
        role = check_role(context, params["Role"])
        session = open_role_session(context, role, function.function_name)
        config = msgspec.structs.replace(config, role=role.id, session_id=session.id)
    if "VpcConfig" in params and not vpc.says_the_same(before.vpc, params["VpcConfig"]):
        config = msgspec.structs.replace(config, vpc=vpc.attach(context, function.function_name, params["VpcConfig"]))
    if "Layers" in params:
        config = msgspec.structs.replace(config, layers=use_layers(context, params["Layers"]))
    changed = msgspec.structs.replace(function, config=_with_settings(config, params))
    context.tx.put(changed)
    release_unused(context, changed, before)
    return shown_config(changed, changed.config, LATEST, function.id)


def delete(context: Context, params: Params) -> Result:
    """DeleteFunction: all of it, or one version."""
    named = read_name(context, params)
    function = find_function(context, params, "lambda:DeleteFunction")
    if named.qualifier:
        return _delete_version(context, function, named.qualifier)
    configs = [function.config]
    for alias in aliases_of(context.tx, function):
        context.tx.delete(alias)
    for version in versions_of(context.tx, function):
        configs.append(version.config)
        context.tx.delete(version)
    function_urls.delete_of(context, function.id)
    context.tx.delete(function)
    for config in configs:
        _release(context, config)
    return {"StatusCode": 204}


def _delete_version(context: Context, function: Function, qualifier: str) -> Result:
    if qualifier == LATEST:
        raise invalid("$LATEST version cannot be deleted without deleting the function.")
    version = next((v for v in versions_of(context.tx, function) if v.number == qualifier), None)
    if version is None:
        raise not_found(f"Function not found: {function.id}:{qualifier}")
    holders = [
        alias.name
        for alias in aliases_of(context.tx, function)
        if alias.function_version == qualifier or qualifier in alias.weights
    ]
    if holders:
        raise conflict(f"Unable to delete version because the following aliases reference it: [{', '.join(holders)}]")
    context.tx.delete(version)
    kept = {name: value for name, value in function.policies.items() if name != qualifier}
    kept_events = {name: value for name, value in function.event_invokes.items() if name != qualifier}
    changed = msgspec.structs.replace(function, policies=kept, event_invokes=kept_events)
    context.tx.put(changed)
    release_unused(context, changed, version.config)
    return {"StatusCode": 204}


def release_unused(context: Context, function: Function, old: FunctionConfig) -> None:
    """Takes away the credentials and the host of `old` where no version of the function has them any more."""
    configs = [function.config, *(version.config for version in versions_of(context.tx, function))]
    if old.session_id not in {config.session_id for config in configs}:
        close_session(context, old.session_id)
    hosts = {config.vpc.workload_id for config in configs if config.vpc is not None}
    if old.vpc is not None and old.vpc.workload_id not in hosts:
        vpc.detach(context, old.vpc)


def _release(context: Context, config: FunctionConfig) -> None:
    close_session(context, config.session_id)
    if config.vpc is not None:
        vpc.detach(context, config.vpc)


def _check_revision(function: Function, params: Params) -> None:
    if params.get("RevisionId") not in (None, function.config.revision_id):
        raise stale_revision()


def _with_settings(config: FunctionConfig, params: Params) -> FunctionConfig:
    """The plain settings that a call gives; those that it does not give stay."""
    logging = params.get("LoggingConfig", {})
    environment = config.environment
    if "Environment" in params:
        environment = dict(params["Environment"].get("Variables", {})) or None
    architectures = params.get("Architectures") or [config.architecture]
    log_format = str(logging.get("LogFormat", config.log_format))
    return msgspec.structs.replace(
        config,
        description=str(params.get("Description", config.description)),
        timeout_s=int(params.get("Timeout", config.timeout_s)),
        memory_mb=max(int(params.get("MemorySize", config.memory_mb)), MIN_MEMORY_MB),
        ephemeral_mb=max(int(params.get("EphemeralStorage", {}).get("Size", config.ephemeral_mb)), MIN_EPHEMERAL_MB),
        environment=environment,
        kms_key_arn=str(params.get("KMSKeyArn", config.kms_key_arn)),
        architecture=str(architectures[0]),
        tracing_mode=str(params.get("TracingConfig", {}).get("Mode", config.tracing_mode)),
        dead_letter_arn=str(params.get("DeadLetterConfig", {}).get("TargetArn", config.dead_letter_arn) or ""),
        log_format=log_format,
        application_log_level=_level(logging, "ApplicationLogLevel", log_format, config.application_log_level),
        system_log_level=_level(logging, "SystemLogLevel", log_format, config.system_log_level),
        log_group=str(logging.get("LogGroup", config.log_group)),
    )


def _level(logging: Params, member: str, log_format: str, before: str) -> str:
    """Levels are there for JSON logs only; INFO by default."""
    if log_format != "JSON":
        if logging.get(member):
            raise invalid("Log levels can only be set when LogFormat is JSON.")
        return ""
    return str(logging.get(member) or before or "INFO")
