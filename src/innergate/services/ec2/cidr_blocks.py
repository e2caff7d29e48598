"""The parameter CidrBlock, of VPCs and subnets alike."""

from ipaddress import IPv4Network

from innergate.primitives.cidr import parse_cidr
from innergate.primitives.fault import Fault


def read_cidr_block(text: str | None) -> IPv4Network:
    """The range that it names, of any size. Raises Fault MissingParameter or InvalidParameterValue."""
    if not text:
        raise Fault("MissingParameter", "The request must contain the parameter CidrBlock")
    network = parse_cidr(text) if "/" in text else None
    if network is None:
        raise Fault(
            "InvalidParameterValue",
            f"Value ({text}) for parameter cidrBlock is invalid. This is not a valid CIDR block.",
        )
    return network
