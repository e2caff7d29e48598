"""Client tokens: the same token with the same parameters gives the same resource, not a second one.

The token is kept on the resource that it made, so it is forgotten with it.
"""

from typing import Any, TypeVar

from innergate.primitives.digest import digest_value
from innergate.primitives.fault import Fault
from innergate.resources.base import Resource
from innergate.services.context import Context, Params

R = TypeVar("R", bound=Resource)


def token_mark(params: Params) -> str:
    """What a resource keeps of the token: "<token> <digest of the other parameters>", "" without a token."""
    token = params.get("ClientToken") or ""
    return f"{token} {_digest(params)}" if token else ""


def made_before(context: Context, cls: type[R], params: Params) -> R | None:
    """The resource that an earlier call with this token made, or None. Raises Fault IdempotentParameterMismatch."""
    token = params.get("ClientToken")
    if not token:
        return None
    found = context.tx.find(cls, "client-token", f"{context.account}/{context.region}/{token}")
    if not found:
        return None
    made: Any = found[0]
    if made.client_token.rpartition(" ")[2] != _digest(params):
        raise Fault(
            "IdempotentParameterMismatch",
            "The client token you have provided has already been used with different request parameters.",
        )
    return found[0]


def _digest(params: Params) -> str:
    return digest_value({k: v for k, v in params.items() if k not in ("ClientToken", "DryRun")})
