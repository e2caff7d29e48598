"""The services of the platform itself that an endpoint can lead to, by AWS's names.

# AWS differs: only `execute-api` carries traffic inside a VPC; endpoints of the other services are records, so that a
# configuration which names them can be applied.
"""

from typing import NamedTuple

from innergate.primitives.digest import digest_text
from innergate.services.ec2.prefix_lists import GATEWAY_SERVICES, service_list_id


class PlatformService(NamedTuple):
    """`label` is the last part of the service's name; `endpoint_type` Interface or Gateway; `private_names` what private DNS
    answers for in a VPC, the first one being the service's own."""

    name: str
    label: str
    region: str
    endpoint_type: str
    private_names: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """The service's id: the same on every platform."""
        return "vpce-svc-" + digest_text(self.name, 17)

    @property
    def base_dns_name(self) -> str:
        """The name that its endpoints' names end with."""
        return f"{self.label}.{self.region}.{'vpce.' if self.endpoint_type == 'Interface' else ''}amazonaws.com"

    @property
    def prefix_list_id(self) -> str:
        """The prefix list that routes to a gateway endpoint name."""
        return service_list_id(self.region, self.label)


_INTERFACE_LABELS = (
    "apigateway",
    "ec2",
    "elasticloadbalancing",
    "execute-api",
    "lambda",
    "logs",
    "monitoring",
    "sts",
)


def platform_services(region: str) -> tuple[PlatformService, ...]:
    """Every service of the platform in a region, by name."""
    found = [_interface_service(region, label) for label in _INTERFACE_LABELS]
    found += [
        PlatformService(f"com.amazonaws.{region}.{label}", label, region, "Gateway") for label in GATEWAY_SERVICES
    ]
    return tuple(sorted(found, key=lambda service: service.name))


def _interface_service(region: str, label: str) -> PlatformService:
    own = f"{label}.{region}.amazonaws.com"
    names = (own, f"*.{own}") if label == "execute-api" else (own,)
    return PlatformService(f"com.amazonaws.{region}.{label}", label, region, "Interface", names)


def platform_service(region: str, name: str) -> PlatformService | None:
    """The service of that name, or None."""
    return next((service for service in platform_services(region) if service.name == name), None)
