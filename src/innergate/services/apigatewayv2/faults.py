"""The errors of API Gateway's second control plane (the botocore model's error shapes)."""

from innergate.primitives.fault import Fault


def bad_request(message: str) -> Fault:
    """400 BadRequestException."""
    return Fault("BadRequestException", message, 400)


def conflict(message: str) -> Fault:
    """409 ConflictException."""
    return Fault("ConflictException", message, 409)


def too_many(message: str) -> Fault:
    """429 TooManyRequestsException, which this plane's model has for limits, too."""
    return Fault("TooManyRequestsException", message, 429)


def not_found(message: str) -> Fault:
    """404 NotFoundException."""
    return Fault("NotFoundException", message, 404)
