"""Lambda's refusals in its own words."""

from innergate.primitives.fault import Fault

_USER = {"Type": "User"}


def invalid(message: str) -> Fault:
    """InvalidParameterValueException."""
    return Fault("InvalidParameterValueException", message, 400, _USER)


def out_of_range(value: object, member: str, constraint: str) -> Fault:
    """ValidationException for a member that AWS limits tighter than the model does."""
    message = f"1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: {constraint}"
    return Fault("ValidationException", message, 400)


def not_found(message: str) -> Fault:
    """ResourceNotFoundException."""
    return Fault("ResourceNotFoundException", message, 404, _USER)


def conflict(message: str) -> Fault:
    """ResourceConflictException."""
    return Fault("ResourceConflictException", message, 409, _USER)


def stale_revision() -> Fault:
    """PreconditionFailedException: the caller saw an older revision."""
    return Fault(
        "PreconditionFailedException",
        "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the "
        "latest Revision Id",
        412,
        _USER,
    )


def denied(caller_arn: str, action: str, resource: str, why: str) -> Fault:
    """AccessDeniedException. `why` is the clause after "because"."""
    text = f"User: {caller_arn} is not authorized to perform: {action} on resource: {resource} {why}"
    return Fault("AccessDeniedException", text, 403, _USER)
