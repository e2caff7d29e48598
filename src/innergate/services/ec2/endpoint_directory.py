"""The services that a consumer may reach: the platform's own, and those of providers that let the consumer see them."""

from typing import NamedTuple

from innergate.primitives.fault import Fault
from innergate.resources.endpoint_services import EndpointService
from innergate.resources.vpc_endpoints import VpcEndpoint
from innergate.services.context import Context, Params, Result
from innergate.services.ec2.endpoint_catalogue import PlatformService, platform_service, platform_services
from innergate.services.ec2.endpoint_permissions import may_see
from innergate.services.ec2.endpoint_services import base_dns_name, zones_served
from innergate.services.ec2.filters import TAGS, Document, select
from innergate.services.ec2.listing import cut_page
from innergate.services.ec2.tag_sets import tag_list
from innergate.services.ec2.zones import zones_of
from innergate.store.transaction import Transaction

_FILTERS = {
    "owner": "Owner",
    "service-name": "ServiceName",
    "service-region": "ServiceRegion",
    "service-type": "ServiceType.ServiceType",
    "supported-ip-address-types": "SupportedIpAddressTypes",
    **TAGS,
}


def no_service(name: str) -> Fault:
    """What AWS says of a service that is not there, or not for the caller."""
    return Fault("InvalidServiceName", f"The Vpc Endpoint Service '{name}' does not exist")


class Found(NamedTuple):
    """A service that the caller may use: the platform's, or a provider's."""

    platform: PlatformService | None
    provider: EndpointService | None


def service_of(tx: Transaction, endpoint: VpcEndpoint) -> Found:
    """The endpoint's service, whether or not the consumer may still see it: connections outlive permissions."""
    if endpoint.service_id:
        return Found(None, tx.get(EndpointService, endpoint.service_id))
    return Found(platform_service(endpoint.region, endpoint.service_name), None)


def private_names(found: Found) -> tuple[str, ...]:
    """The names that private DNS answers for; () where the service has none that is verified."""
    if found.platform is not None:
        return found.platform.private_names
    service = found.provider
    if service is None or not service.private_dns_name or service.private_dns_state != "verified":
        return ()
    return (service.private_dns_name,)


def find_service(context: Context, name: str, service_region: str) -> Found:
    """The service of that name in a region, for endpoints in the region of the call. Raises Fault InvalidServiceName."""
    if service_region == context.region:
        platform = platform_service(context.region, name)
        if platform is not None:
            return Found(platform, None)
    for service in context.tx.find(EndpointService, "service-name", name):
        if may_see(context.caller, service) and _reaches(service, service_region, context.region):
            return Found(None, service)
    raise no_service(name)


def _reaches(service: EndpointService, service_region: str, consumer_region: str) -> bool:
    return service.region == service_region and consumer_region in (service.region, *service.supported_regions)


def describe(context: Context, params: Params) -> Result:
    """DescribeVpcEndpointServices. Raises Fault InvalidServiceName where a name asked for is none that the caller may see."""
    regions = params.get("ServiceRegions") or [context.region]
    documents: list[Document] = []
    if context.region in regions:
        documents += [_platform_detail(service) for service in platform_services(context.region)]
    for service in context.tx.all(EndpointService):
        region = service.region
        if region in regions and may_see(context.caller, service) and _reaches(service, region, context.region):
            documents.append(_provider_detail(context, service))
    names = params.get("ServiceNames") or ()
    known = {document["ServiceName"] for document in documents}
    for name in names:
        if name not in known:
            raise no_service(name)
    chosen = [document for document in documents if not names or document["ServiceName"] in names]
    page, token = cut_page(select(chosen, params.get("Filters") or (), _FILTERS), params)
    return {
        "ServiceNames": [document["ServiceName"] for document in page],
        "ServiceDetails": page,
        "NextToken": token,
    }


def _platform_detail(service: PlatformService) -> Document:
    zones = zones_of(service.region)
    document: Document = {
        "ServiceName": service.name,
        "ServiceId": service.id,
        "ServiceType": [{"ServiceType": service.endpoint_type}],
        "ServiceRegion": service.region,
        "AvailabilityZones": [zone.name for zone in zones],
        "AvailabilityZoneIds": [zone.id for zone in zones],
        "Owner": "amazon",
        "BaseEndpointDnsNames": [service.base_dns_name],
        "VpcEndpointPolicySupported": True,
        "AcceptanceRequired": False,
        "ManagesVpcEndpoints": False,
        "Tags": [],
        "SupportedIpAddressTypes": ["ipv4"],
    }
    if service.private_names:
        document["PrivateDnsName"] = service.private_names[0]
        document["PrivateDnsNames"] = [{"PrivateDnsName": name} for name in service.private_names]
        document["PrivateDnsNameVerificationState"] = "verified"
    return document


def _provider_detail(context: Context, service: EndpointService) -> Document:
    zones = zones_served(context.tx, service)
    document: Document = {
        "ServiceName": service.service_name,
        "ServiceId": service.id,
        "ServiceType": [{"ServiceType": "Interface"}],
        "ServiceRegion": service.region,
        "AvailabilityZones": [zone.name for zone in zones],
        "AvailabilityZoneIds": [zone.id for zone in zones],
        "Owner": service.account,
        "BaseEndpointDnsNames": [base_dns_name(service)],
        "VpcEndpointPolicySupported": False,
        "AcceptanceRequired": service.acceptance_required,
        "ManagesVpcEndpoints": False,
        "Tags": tag_list(service.tags) if service.account == context.account else [],
        "SupportedIpAddressTypes": list(service.supported_ip_address_types),
    }
    if service.private_dns_name:
        document["PrivateDnsName"] = service.private_dns_name
        document["PrivateDnsNames"] = [{"PrivateDnsName": service.private_dns_name}]
        document["PrivateDnsNameVerificationState"] = service.private_dns_state
    return document
