"""What policies of APIs have of their own: short resource names, and the ARN of a call (API Gateway Developer Guide)."""

from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

import msgspec

from innergate.policy.document import Policy
from innergate.policy.evaluate import request_context
from innergate.policy.parse import read_stored_policy

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


_TIMES = ("aws:currenttime", "aws:epochtime")


@lru_cache(maxsize=1024)
def asks_for_time(text: str) -> bool:
    """Whether the answer of a stored policy ("" for none) may change with nothing but the time, by a condition or variable."""
    if not text:
        return False
    policy = read_stored_policy(text)
    for statement in policy.statements:
        if any(condition.key.lower() in _TIMES for condition in statement.conditions):
            return True
        values = [value for condition in statement.conditions for value in condition.values]
        texts = [text.lower() for text in (*values, *(statement.resources or ()), *(statement.not_resources or ()))]
        if policy.has_variables and any("${" in text and key in text for text in texts for key in _TIMES):
            return True
    return False


def call_arn(api_arn_prefix: str, stage: str, method: str, path: str) -> str:
    """The ARN that a call is authorised on. `path` is the canonical one inside the stage, with its leading slash."""
    return f"{api_arn_prefix}/{stage}/{method}{path if path.startswith('/') else '/' + path}"


class CallFacts(NamedTuple):
    """What is known of a call to an API without a caller's identity. Texts are None where the call has no such thing."""

    is_private: bool
    client_address: str
    is_tls: bool = True
    vpce: str | None = None
    vpc: str | None = None
    vpce_account: str | None = None
    user_agent: str | None = None
    referer: str | None = None
    now: datetime | None = None


def call_context(facts: CallFacts) -> dict[str, tuple[str, ...]]:
    """The condition keys of the call; every other key is missing (API Gateway Developer Guide, "AWS condition keys that can be
    used in API Gateway resource policies"). A private API sees the client as aws:VpcSourceIp, a public one as aws:SourceIp."""
    return request_context(
        {
            "aws:SourceVpce": facts.vpce,
            "aws:SourceVpc": facts.vpc,
            "aws:VpceAccount": facts.vpce_account,
            "aws:VpcSourceIp" if facts.is_private else "aws:SourceIp": facts.client_address,
            "aws:SecureTransport": "true" if facts.is_tls else "false",
            "aws:UserAgent": facts.user_agent,
            "aws:Referer": facts.referer,
            "aws:CurrentTime": facts.now.isoformat() if facts.now is not None else None,
            "aws:EpochTime": str(int(facts.now.timestamp())) if facts.now is not None else None,
        }
    )
