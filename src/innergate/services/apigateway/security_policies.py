"""Security policies and endpoint access modes, of APIs and of custom domain names (developer guide, "Security policies for REST
APIs in API Gateway").

# AWS differs: an API's security policy and endpoint access mode are records: its own names ask for TLS 1.2 or newer. Those of a
# custom domain name before it are kept: TLS 1.3 alone where the policy says so, and always one name in SNI and Host.
"""

from collections.abc import Iterable

from innergate.services.apigateway.faults import bad_request

_NEWER_POLICIES = (
    "TLS13_1_3_2025_09",
    "TLS13_1_3_FIPS_2025_09",
    "TLS13_1_2_PFS_PQ_2025_09",
    "TLS13_1_2_FIPS_PQ_2025_09",
    "TLS13_1_2_FIPS_PFS_PQ_2025_09",
    "TLS13_1_2_Ext2_PQ_2025_09",
    "TLS13_1_2_Ext2_FIPS_PQ_2025_09",
    "TLS13_1_2_PQ_2025_09",
    "TLS13_1_2_2021_06",
    "TLS13_2025_EDGE",
    "TLS12_PFS_2025_EDGE",
    "TLS12_2018_EDGE",
)
SECURITY_POLICIES = ("TLS_1_0", "TLS_1_2", *(f"SecurityPolicy_{name}" for name in _NEWER_POLICIES))
ACCESS_MODES = ("BASIC", "STRICT")


def check_choice(name: str, value: str, known: tuple[str, ...]) -> None:
    """Raises Fault BadRequestException for a value that the enumeration does not have."""
    if value not in known:
        raise bad_request(f"Invalid {name} specified. Valid options are {','.join(known)}")


def is_enhanced(policy: str | None) -> bool:
    """Whether the policy is one of those that want an access mode."""
    return (policy or "").startswith("SecurityPolicy_")


def check_security(policy: str | None, mode: str | None, types: Iterable[str]) -> None:
    """Raises Fault BadRequestException where policy, access mode and endpoint types do not fit."""
    enhanced, kinds = is_enhanced(policy), set(types)
    if enhanced and (policy or "").endswith("_EDGE") is not (kinds == {"EDGE"}):
        named = ", ".join(sorted(kinds))
        raise bad_request(f"The security policy {policy} does not fit the endpoint type {named}.")
    if enhanced and mode is None:
        raise bad_request(f"The security policy {policy} requires an endpointAccessMode.")
    if mode and not enhanced:
        raise bad_request("An endpointAccessMode requires a security policy that begins with SecurityPolicy_.")
