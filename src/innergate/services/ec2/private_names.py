"""Private DNS names of endpoint services: which are well formed, and which are somebody else's.

AWS lets a domain's owner prove it by a TXT record in public DNS. Without that proof the first account that verifies a name has
it, and names of AWS's own are nobody's to take.
"""

from innergate.primitives.fault import Fault
from innergate.resources.endpoint_services import EndpointService
from innergate.services.context import Context

AWS_DOMAINS = ("amazonaws.com", "amazonaws.com.cn", "api.aws", "aws.amazon.com")


def check_private_name(name: str) -> None:
    """Raises Fault InvalidParameter for what is no domain name (one leading `*.` is allowed) or is in a domain of AWS's."""
    bare = name.removeprefix("*.")
    if "." not in bare or len(name) > 255 or not all(bare.split(".")) or "*" in bare:
        raise Fault("InvalidParameter", f"The private DNS name '{name}' is not valid")
    if any(_covers(domain, bare.lower()) for domain in AWS_DOMAINS):
        raise Fault("InvalidParameter", f"The private DNS name '{name}' is in a domain of AWS")


def is_anothers(context: Context, name: str) -> bool:
    """Whether another account has verified this name, one that a wildcard covers, or a wildcard that covers it."""
    return any(
        service.account != context.account
        and service.private_dns_state == "verified"
        and _overlap(service.private_dns_name.lower(), name.lower())
        for service in context.tx.all(EndpointService)
    )


def _overlap(one: str, other: str) -> bool:
    if one == other:
        return True
    return any(
        wide.startswith("*.") and _covers(wide[2:], narrow.removeprefix("*."))
        for wide, narrow in ((one, other), (other, one))
    )


def _covers(domain: str, name: str) -> bool:
    return name == domain or name.endswith(f".{domain}")
