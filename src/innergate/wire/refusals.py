"""The faults that AWS's frameworks make before an operation sees the call, in their words, by protocol.

Sources: aws-semantics 1.1-1.3 and 8.2. An operation's own faults live with the operation.
"""

from typing import Literal

from innergate.primitives.fault import Fault

AuthProblem = Literal["missing", "incomplete", "mismatch", "expired"]

_XML = ("query", "ec2")

_AUTH_CODES: dict[AuthProblem, tuple[tuple[str, int], tuple[str, int], tuple[str, int]]] = {
    # problem: (rest-json, json and cbor), query, ec2
    "missing": (
        ("MissingAuthenticationTokenException", 403),
        ("MissingAuthenticationToken", 403),
        ("AuthFailure", 401),
    ),
    "incomplete": (("IncompleteSignatureException", 403), ("IncompleteSignature", 400), ("AuthFailure", 401)),
    "mismatch": (("InvalidSignatureException", 403), ("SignatureDoesNotMatch", 403), ("AuthFailure", 401)),
    "expired": (("InvalidSignatureException", 403), ("SignatureDoesNotMatch", 403), ("RequestExpired", 400)),
}

_EC2_AUTH_TEXT = {
    "mismatch": "AWS was not able to validate the provided access credentials",
    "expired": "Request has expired.",
}

MISSING_TOKEN_TEXT = "Missing Authentication Token"


def auth_fault(protocol: str, problem: AuthProblem, message: str) -> Fault:
    """The refusal of a caller, with the code and status that `protocol` uses for this problem.

    ec2 says less than the others; its fixed texts replace `message`.
    """
    json_like, query, ec2 = _AUTH_CODES[problem]
    if protocol == "ec2":
        return Fault(ec2[0], _EC2_AUTH_TEXT.get(problem, message), ec2[1])
    code, status = query if protocol == "query" else json_like
    if protocol in ("json", "smithy-rpc-v2-cbor"):
        status = 400
    return Fault(code, message, status)


def missing_credentials(protocol: str) -> Fault:
    """A call without any signature where one is needed."""
    text = "Request must contain valid credentials." if protocol == "ec2" else MISSING_TOKEN_TEXT
    if protocol == "query":
        text = "Request is missing Authentication Token"
    return auth_fault(protocol, "missing", text)


def malformed(protocol: str, message: str) -> Fault:
    """A body or parameter that the protocol cannot read."""
    if protocol == "ec2":
        return Fault("InvalidParameterValue", message)
    return Fault("MalformedInput" if protocol == "query" else "SerializationException", message)


def unreadable_query(message: str) -> Fault:
    """A form body or query string that is no such thing."""
    return Fault("MalformedQueryString", message)


def unknown_operation(protocol: str, operation: str, version: str = "") -> Fault:
    """The service has no operation of that name."""
    if protocol == "ec2":
        return Fault("InvalidAction", f"The action {operation} is not valid for this web service.")
    if protocol == "query":
        return Fault("InvalidAction", f"Could not find operation {operation} for version {version}")
    if protocol == "rest-json":
        return Fault("MissingAuthenticationTokenException", MISSING_TOKEN_TEXT, 403)
    return Fault("UnknownOperationException", f"The operation {operation} is not known." if operation else "")


def unknown_service(protocol: str, name: str) -> Fault:
    """A service that Innergate does not speak at all."""
    code = "InvalidAction" if protocol in _XML else "UnknownOperationException"
    return Fault(code, f"Innergate does not offer the service '{name}'.", 400 if protocol in _XML else 404)


def not_offered(protocol: str, service: str, operation: str) -> Fault:
    """AWS has the operation, Innergate does not (yet): one clear sentence."""
    code = "InvalidAction" if protocol in _XML else "UnknownOperationException"
    return Fault(
        code, f"Innergate does not offer the operation {service}:{operation}.", 400 if protocol in _XML else 404
    )


def too_large(size_bytes: int, limit_bytes: int) -> Fault:
    """A body over the limit."""
    return Fault(
        "RequestEntityTooLargeException",
        f"Request size of {size_bytes} bytes exceeds the maximum of {limit_bytes} bytes.",
        413,
    )
