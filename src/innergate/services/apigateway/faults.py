"""The three errors of API Gateway's control plane (the botocore model's error shapes)."""

from innergate.primitives.fault import Fault


def bad_request(message: str) -> Fault:
    """400 BadRequestException."""
    return Fault("BadRequestException", message, 400)


def invalid_mapping(expression: str) -> Fault:
    """400 for a mapping expression that is none."""
    return bad_request(
        "Invalid mapping expression specified: Validation Result: warnings : [], errors : "
        f"[Invalid mapping expression specified: {expression}]"
    )


def not_found(message: str) -> Fault:
    """404 NotFoundException."""
    return Fault("NotFoundException", message, 404)


def conflict(message: str) -> Fault:
    """409 ConflictException."""
    return Fault("ConflictException", message, 409)


def limit_exceeded(message: str) -> Fault:
    """429 LimitExceededException."""
    return Fault("LimitExceededException", message, 429)
