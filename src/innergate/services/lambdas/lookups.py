"""Finds functions, and what a qualifier of one stands for. Another account's function is refused as one that is not there."""

from typing import NamedTuple

from innergate.compile.view import Reader
from innergate.resources.functions import LATEST, Function, FunctionAlias, FunctionConfig, FunctionVersion
from innergate.services.context import Context, Params
from innergate.services.lambdas.faults import denied, not_found
from innergate.services.lambdas.names import Named, read_name


class Found(NamedTuple):
    """A function, and what a qualifier of it stands for: `number` is the version ("$LATEST" or a number)."""

    function: Function
    qualifier: str
    number: str
    config: FunctionConfig
    alias: FunctionAlias | None

    @property
    def arn(self) -> str:
        """The ARN with its qualifier, if it was named with one."""
        return f"{self.function.id}:{self.qualifier}" if self.qualifier else self.function.id


def require_own(context: Context, named: Named, action: str) -> None:
    """Raises Fault AccessDeniedException for another account's function, whether it is there or not."""
    if named.account != context.account:
        why = f"because no resource-based policy allows the {action} action"
        raise denied(context.caller.arn, action, named.qualified_arn, why)


def find_function(context: Context, params: Params, action: str) -> Function:
    """The caller's own function. Raises Fault ResourceNotFoundException, AccessDeniedException."""
    named = read_name(context, params)
    require_own(context, named, action)
    function = context.tx.get(Function, named.arn)
    if function is None:
        raise not_found(f"Function not found: {named.arn}")
    return function


def find_qualified(context: Context, params: Params, action: str) -> Found:
    """The caller's own function and what its qualifier stands for. Raises Fault ResourceNotFoundException."""
    named = read_name(context, params)
    require_own(context, named, action)
    found = look_up(context.tx, named)
    if found is None:
        raise not_found(f"Function not found: {named.qualified_arn}")
    return found


def look_up(reader: Reader, named: Named) -> Found | None:
    """The function and what the qualifier stands for; None where either is not there."""
    function = reader.get(Function, named.arn)
    if function is None:
        return None
    qualifier = named.qualifier
    if qualifier in ("", LATEST):
        return Found(function, qualifier, LATEST, function.config, None)
    alias = None if qualifier.isdigit() else reader.get(FunctionAlias, named.qualified_arn)
    number = alias.function_version if alias is not None else qualifier
    if number == LATEST:
        return Found(function, qualifier, LATEST, function.config, alias)
    version = reader.get(FunctionVersion, f"{function.id}:{number}")
    return Found(function, qualifier, number, version.config, alias) if version is not None else None


def versions_of(reader: Reader, function: Function) -> tuple[FunctionVersion, ...]:
    """The published versions, the oldest first."""
    found = reader.find(FunctionVersion, "function", function.id)
    return tuple(sorted(found, key=lambda version: int(version.number)))


def aliases_of(reader: Reader, function: Function) -> tuple[FunctionAlias, ...]:
    """The aliases by name."""
    found = reader.find(FunctionAlias, "function", function.id)
    return tuple(sorted(found, key=lambda alias: alias.name))
