"""The three errors of API Gateway's control plane (the botocore model's error shapes)."""

from innergate.primitives.fault import Fault


def bad_request(message: str) -> Fault:
    """400 BadRequestException."""
    return Fault("BadRequestException", message, 400)


def not_found(message: str) -> Fault:
    """404 NotFoundException."""
    return Fault("NotFoundException", message, 404)


def conflict(message: str) -> Fault:
    """409 ConflictException."""
    return Fault("ConflictException", message, 409)


def limit_exceeded(message: str) -> Fault:
    """429 LimitExceededException."""
    return Fault("LimitExceededException", message, 429)
