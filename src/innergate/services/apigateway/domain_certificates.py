"""The certificates that custom domain names may show: ACM's, of the same account, in the Region of their endpoints."""

from innergate.primitives.arn import parse_arn
from innergate.resources.certificates import Certificate
from innergate.services.apigateway.faults import bad_request
from innergate.services.context import Context
from innergate.services.x509_import import read_certificate

EDGE_REGION = "us-east-1"
"""Where certificates of edge-optimised names must be (developer guide, "Edge-optimized custom domain names")."""


def check_certificate(context: Context, arn: str, name: str, region: str) -> None:
    """Raises Fault BadRequestException unless the certificate is there, the account's own, in `region`, and for `name`."""
    parsed = parse_arn(arn)
    if parsed is None or parsed.service not in ("acm", "iam"):
        raise bad_request(f"Invalid certificate ARN: {arn}.")
    if parsed.service == "acm" and parsed.region != region:
        raise bad_request(f"Invalid certificate ARN: {arn}. Certificate must be in '{region}'.")
    if parsed.account != context.account:
        raise bad_request("The certificate provided must be owned by the account creating the domain.")
    found = context.tx.get(Certificate, arn)
    if found is None or found.account != context.account:
        raise bad_request(f"Invalid certificate ARN: {arn}. Certificate was not found.")
    names = read_certificate(found.certificate_body).names
    if not any(covers(pattern, name) for pattern in names):
        raise bad_request(f"The certificate {arn} does not cover the domain name {name}; it is for {', '.join(names)}.")


def covers(pattern: str, name: str) -> bool:
    """Whether a certificate's name is for `name` (RFC 6125: a wildcard stands for one whole label, the first)."""
    pattern, name = pattern.lower(), name.lower()
    if pattern == name:
        return True
    if not pattern.startswith("*."):
        return False
    first, dot, rest = name.partition(".")
    return bool(dot) and bool(first) and rest == pattern[2:]
