"""The errors of CloudWatch (the botocore model's error codes)."""

from innergate.primitives.fault import Fault


def invalid_value(message: str) -> Fault:
    """400 InvalidParameterValue."""
    return Fault("InvalidParameterValue", message)


def invalid_combination(message: str) -> Fault:
    """400 InvalidParameterCombination."""
    return Fault("InvalidParameterCombination", message)


def missing(message: str) -> Fault:
    """400 MissingParameter."""
    return Fault("MissingParameter", message)
