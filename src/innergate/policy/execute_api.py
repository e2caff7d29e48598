"""What policies of APIs have of their own: short resource names, and the ARN of a call (API Gateway Developer Guide)."""

import msgspec

from innergate.policy.document import Policy

INVOKE = "execute-api:Invoke"
_SHORT = "execute-api:/"


def expand_resource(resource: str, api_arn_prefix: str) -> str:
    """`execute-api:/stage/METHOD/path` written in full; anything else as it is. `api_arn_prefix` is
    `arn:aws:execute-api:<region>:<account>:<api>`."""
    return f"{api_arn_prefix}/{resource[len(_SHORT) :]}" if resource.startswith(_SHORT) else resource


def expand_policy(policy: Policy, api_arn_prefix: str) -> Policy:
    """The policy with every short resource name written in full."""
    return msgspec.structs.replace(
        policy,
        statements=tuple(
            msgspec.structs.replace(
                statement,
                resources=_expand_all(statement.resources, api_arn_prefix),
                not_resources=_expand_all(statement.not_resources, api_arn_prefix),
            )
            for statement in policy.statements
        ),
    )


def _expand_all(resources: tuple[str, ...] | None, api_arn_prefix: str) -> tuple[str, ...] | None:
    return None if resources is None else tuple(expand_resource(resource, api_arn_prefix) for resource in resources)


def call_arn(api_arn_prefix: str, stage: str, method: str, path: str) -> str:
    """The ARN that a call is authorised on. `path` is the canonical one inside the stage, with its leading slash."""
    return f"{api_arn_prefix}/{stage}/{method}{path if path.startswith('/') else '/' + path}"
