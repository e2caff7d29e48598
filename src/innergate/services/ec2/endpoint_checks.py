"""What an endpoint may not be: policies, private DNS and address types that AWS refuses."""

import json

from innergate.policy.document import PolicyError
from innergate.policy.parse import parse_policy
from innergate.primitives.fault import Fault
from innergate.primitives.json_value import JsonValue
from innergate.resources.vpc_endpoints import FULL_ACCESS_POLICY, VpcEndpoint
from innergate.resources.vpcs import Vpc
from innergate.services.context import Context, Params
from innergate.services.ec2.endpoint_directory import Found, private_names, service_of
from innergate.store.transaction import Transaction

POLICY_MAX_CHARACTERS = 20_480
"""AWS PrivateLink quotas, "Characters per VPC endpoint policy"."""


def check_policy(text: str, found: Found) -> str:
    """The policy to keep. Raises Fault InvalidPolicyDocument, or InvalidParameter where the service takes no policy."""
    if len(text) > POLICY_MAX_CHARACTERS:
        raise Fault("InvalidPolicyDocument", f"The policy is longer than {POLICY_MAX_CHARACTERS} characters")
    try:
        parse_policy(text)
    except PolicyError as error:
        raise Fault("InvalidPolicyDocument", f"The policy document is not valid: {error}") from error
    if found.platform is None and _meaning(text) != _meaning(FULL_ACCESS_POLICY):
        raise Fault(
            "InvalidParameter", "Endpoint policies are not supported by this service: only full access is possible"
        )
    return text


def _meaning(text: str) -> JsonValue:
    document = json.loads(text)
    statements = document.get("Statement")
    statements = statements if isinstance(statements, list) else [statements]
    return [
        {
            name: value[0] if isinstance(value, list) and len(value) == 1 else value
            for name, value in s.items()
            if name != "Sid"
        }
        for s in statements
    ]


def check_private_dns(context: Context, vpc: Vpc, endpoint: VpcEndpoint, found: Found) -> None:
    """Raises Fault InvalidParameter where private DNS cannot be on for the endpoint."""
    reason = why_no_private_dns(context.tx, vpc, endpoint, found)
    if reason:
        raise Fault("InvalidParameter", reason)


def why_no_private_dns(tx: Transaction, vpc: Vpc, endpoint: VpcEndpoint, found: Found) -> str:
    """AWS's sentence where private DNS cannot be on, "" where it can."""
    if not (vpc.enable_dns_support and vpc.enable_dns_hostnames):
        return (
            "Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true "
            f"for {vpc.id}"
        )
    names = private_names(found)
    if not names:
        return f"Private DNS can't be enabled because the service {endpoint.service_name} does not provide a private DNS name."
    if found.provider is not None and endpoint.state != "available":
        return (
            "Private DNS can only be enabled after the endpoint connection is accepted by the owner of "
            f"{endpoint.service_name}."
        )
    for other in tx.find(VpcEndpoint, "vpc", vpc.id):
        if other.id == endpoint.id or not other.private_dns_enabled:
            continue
        if set(names) & set(private_names(service_of(tx, other))):
            return (
                "private-dns-enabled cannot be set because there is already a conflicting DNS domain for "
                f"{names[0]} in the VPC {vpc.id}"
            )
    return ""


def check_addressing(params: Params) -> None:
    """Raises Fault InvalidParameter on address types other than IPv4."""
    options = params.get("DnsOptions") or {}
    for wanted in (params.get("IpAddressType"), options.get("DnsRecordIpType")):
        if wanted not in (None, "ipv4"):
            # AWS differs: subnets have no IPv6 ranges here.
            raise Fault("InvalidParameter", f"The IP address type '{wanted}' is not supported by the subnets")
