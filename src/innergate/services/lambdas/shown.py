"""A function as Lambda shows it."""

from datetime import datetime

from innergate.resources.functions import Function, FunctionAlias, FunctionConfig
from innergate.services.lambdas.code import sha256_text
from innergate.services.lambdas.lookups import Found


def shown_instant(at: datetime) -> str:
    """`2026-01-01T00:00:00.000+0000`."""
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}+0000"


def shown(found: Found) -> dict[str, object]:
    """FunctionConfiguration of what a call named."""
    return shown_config(found.function, found.config, found.number, found.arn)


def shown_config(function: Function, config: FunctionConfig, number: str, arn: str) -> dict[str, object]:
    """FunctionConfiguration of one version under one ARN."""
    result: dict[str, object] = {
        "FunctionName": function.function_name,
        "FunctionArn": arn,
        "Runtime": config.runtime,
        "Role": config.role,
        "Handler": config.handler,
        "CodeSize": config.code_size,
        "CodeSha256": sha256_text(config.code_digest),
        "Description": config.description,
        "Timeout": config.timeout_s,
        "MemorySize": config.memory_mb,
        "LastModified": shown_instant(config.last_modified),
        "Version": number,
        "KMSKeyArn": config.kms_key_arn or None,
        "TracingConfig": {"Mode": config.tracing_mode},
        "RevisionId": config.revision_id,
        "State": "Active",
        "LastUpdateStatus": "Successful",
        "PackageType": "Zip",
        "Architectures": [config.architecture],
        "EphemeralStorage": {"Size": config.ephemeral_mb},
        "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
        "LoggingConfig": _logging(function, config),
    }
    if config.environment is not None:
        result["Environment"] = {"Variables": dict(config.environment)}
    if config.layers:
        result["Layers"] = [{"Arn": layer.arn, "CodeSize": layer.code_size} for layer in config.layers]
    if config.dead_letter_arn:
        result["DeadLetterConfig"] = {"TargetArn": config.dead_letter_arn}
    if config.vpc is not None:
        result["VpcConfig"] = {
            "SubnetIds": list(config.vpc.subnet_ids),
            "SecurityGroupIds": list(config.vpc.group_ids),
            "VpcId": config.vpc.vpc_id,
            "Ipv6AllowedForDualStack": False,
        }
    return result


def _logging(function: Function, config: FunctionConfig) -> dict[str, object]:
    return {
        "LogFormat": config.log_format,
        "LogGroup": log_group_of(function, config),
        "ApplicationLogLevel": config.application_log_level or None,
        "SystemLogLevel": config.system_log_level or None,
    }


def log_group_of(function: Function, config: FunctionConfig) -> str:
    """The name of the log group that a version writes to."""
    return config.log_group or f"/aws/lambda/{function.function_name}"


def shown_alias(alias: FunctionAlias) -> dict[str, object]:
    """AliasConfiguration."""
    result: dict[str, object] = {
        "AliasArn": alias.id,
        "Name": alias.name,
        "FunctionVersion": alias.function_version,
        "Description": alias.description,
        "RevisionId": alias.revision_id,
    }
    if alias.weights:
        result["RoutingConfig"] = {"AdditionalVersionWeights": dict(alias.weights)}
    return result
