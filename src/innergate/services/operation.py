"""What a service's table says of an operation: how to run it, whether it writes, and what IAM asks about it."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from innergate.services.context import Context, Params, Result
from innergate.services.node_calls import NodeCall

Run: TypeAlias = Callable[[Context, Params], Result | NodeCall | None]
"""What an operation does; a `NodeCall` is what its result waits for."""
ResourceOf: TypeAlias = Callable[[Context, Params], str | Sequence[str]]
"""The ARN (or ARNs) that IAM checks the action on; "*" where the action has no resource level."""


def any_resource(context: Context, params: Params) -> str:
    """The resource of an action that has no resource level."""
    return "*"


KeysOf: TypeAlias = Callable[[Context, str], Mapping[str, str | Sequence[str]]]
"""The condition keys that describe the resource of an ARN, such as its tags."""


def no_keys(context: Context, arn: str) -> Mapping[str, str | Sequence[str]]:
    """Of resources that conditions cannot ask about."""
    return {}


RequestKeysOf: TypeAlias = Callable[[Context, Params], Mapping[str, str | Sequence[str]]]
"""The condition keys that describe what a call asks for."""


def no_request_keys(context: Context, params: Params) -> Mapping[str, str | Sequence[str]]:
    """Of calls of which conditions can ask nothing but tags."""
    return {}


class FurtherCheck(NamedTuple):
    """An action that a call needs besides its own, and the ARN that IAM checks it on."""

    action: str
    resource: str


FurtherChecksOf: TypeAlias = Callable[[Context, Params], Sequence[FurtherCheck]]
"""What else a call needs."""


def nothing_further(context: Context, params: Params) -> Sequence[FurtherCheck]:
    """Of calls that need one action."""
    return ()


class Operation(NamedTuple):
    """One operation. `action` is the IAM action ("ec2:CreateVpc"); "" takes `<service>:<operation>`. `unchecked` marks the
    few that IAM never refuses (GetCallerIdentity). `resource_keys` describes what `resource` gives, `request_keys` what the
    call asks for; `further` is what IAM checks besides."""

    run: Run
    writes: bool
    action: str = ""
    resource: ResourceOf = any_resource
    unchecked: bool = False
    resource_keys: KeysOf = no_keys
    request_keys: RequestKeysOf = no_request_keys
    further: FurtherChecksOf = nothing_further


Operations: TypeAlias = Mapping[str, Operation]


def read(run: Run, action: str = "", resource: ResourceOf = any_resource) -> Operation:
    """An operation that only reads: it gets a read-only transaction and never waits for a writer."""
    return Operation(run, False, action, resource)


def write(run: Run, action: str = "", resource: ResourceOf = any_resource) -> Operation:
    """An operation that may write: its transaction commits when it returns and is dropped when it raises."""
    return Operation(run, True, action, resource)
