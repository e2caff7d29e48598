"""Names: the private zones of a VPC, and the names that everybody may resolve."""

from innergate.compile.diagnostics import Diagnostic
from innergate.compile.family import Family, PublicName, UnitOutput
from innergate.compile.settings import CompileSettings
from innergate.compile.view import Reader, View
from innergate.plans.network import DnsZone
from innergate.resources.domain_names import DomainAccess, DomainName
from innergate.resources.endpoint_services import EndpointService
from innergate.resources.function_urls import FunctionUrl
from innergate.resources.load_balancers import LoadBalancer
from innergate.resources.network_interfaces import NetworkInterface
from innergate.resources.rest_apis import RestApi
from innergate.resources.vpc_endpoints import VpcEndpoint
from innergate.resources.vpcs import Vpc
from innergate.resources.workloads import Workload

INTERNAL_ZONE = "internal"
"""`<workload name>.internal` and `ip-10-0-1-21.ec2.internal` (or `.<region>.compute.internal`), in the workload's VPC alone."""


def execute_api_domain(region: str) -> str:
    """The domain of the region's API names."""
    return f"execute-api.{region}.amazonaws.com"


def endpoint_domain(endpoint: VpcEndpoint) -> str:
    """What follows `<id>-<label>` in an endpoint's own names."""
    region = endpoint.service_region or endpoint.region
    label = endpoint.service_id or endpoint.service_name.rsplit(".", 1)[-1]
    return f"{label}.{region}.vpce.amazonaws.com"


def interfaces_of(reader: Reader, kind: str, id: str) -> tuple[NetworkInterface, ...]:
    """The ENIs that a resource holds, in the order of their addresses' zones."""
    found = reader.find(NetworkInterface, "holder", f"{kind}/{id}")
    return tuple(sorted(found, key=lambda eni: (eni.zone_name, eni.id)))


def private_zones(
    reader: Reader, vpc: Vpc, endpoints: tuple[VpcEndpoint, ...], workloads: tuple[Workload, ...]
) -> tuple[tuple[DnsZone, ...], tuple[Diagnostic, ...]]:
    """The zones of one VPC. A zone of an endpoint needs both DNS attributes; others need DNS support."""
    if not vpc.enable_dns_support:
        return (), ()
    zones: dict[str, DnsZone] = {}
    diagnostics = []
    for endpoint in endpoints if vpc.enable_dns_hostnames else ():
        if not endpoint.private_dns_enabled or endpoint.state != "available":
            continue
        names = private_names(reader, endpoint)
        if not names:
            message = (
                f"private DNS of {endpoint.service_name} is recorded; nothing serves that service inside a VPC here"
            )
            subject = f"vpc-endpoint/{endpoint.id}"
            diagnostics.append(Diagnostic(subject=subject, code="Unsupported", message=message, severity="warning"))
            continue
        addresses = tuple(eni.private_ip_address for eni in interfaces_of(reader, "vpc-endpoint", endpoint.id))
        apex = names[0].removeprefix("*.")
        zones.setdefault(apex, DnsZone(name=apex, records=dict.fromkeys(names, addresses)))
    zones |= _custom_domains(reader, endpoints)
    records: dict[str, tuple[str, ...]] = {}
    suffix = "ec2.internal" if vpc.region == "us-east-1" else f"{vpc.region}.compute.internal"
    for workload in workloads:
        records[f"ip-{workload.address.replace('.', '-')}.{suffix}"] = (workload.address,)
        if workload.name:
            records[f"{workload.name.lower()}.{INTERNAL_ZONE}"] = (workload.address,)
    zones[INTERNAL_ZONE] = DnsZone(name=INTERNAL_ZONE, records=dict(sorted(records.items())))
    return tuple(zones[name] for name in sorted(zones)), tuple(diagnostics)


def _custom_domains(reader: Reader, endpoints: tuple[VpcEndpoint, ...]) -> dict[str, DnsZone]:
    """The private custom domain names that an endpoint of the VPC is associated with, whether its private DNS is on or not.

    # AWS differs: consumers make a Route 53 private zone for a private custom domain name; here the access association does.
    """
    found: dict[str, DnsZone] = {}
    for endpoint in endpoints:
        addresses = tuple(eni.private_ip_address for eni in interfaces_of(reader, "vpc-endpoint", endpoint.id))
        for access in reader.find(DomainAccess, "source", endpoint.id) if endpoint.state == "available" else ():
            name = access.domain_name
            found.setdefault(name, DnsZone(name=name, records={name: addresses}))
    return found


def private_names(reader: Reader, endpoint: VpcEndpoint) -> tuple[str, ...]:
    """The names that private DNS gives to the endpoint, the zone's own first; empty where there are none here."""
    if endpoint.service_name == f"com.amazonaws.{endpoint.region}.execute-api":
        domain = execute_api_domain(endpoint.region)
        return (domain, f"*.{domain}")
    service = reader.get(EndpointService, endpoint.service_id) if endpoint.service_id else None
    if service is not None and service.private_dns_name and service.private_dns_state == "verified":
        return (service.private_dns_name.lower(),)
    return ()


def name_load_balancer(view: View, id: str, settings: CompileSettings) -> UnitOutput:
    """A load balancer's name, and one for each of its zones."""
    balancer = view.get(LoadBalancer, id)
    if balancer is None:
        return UnitOutput()
    name = balancer.dns_name.lower()
    interfaces = interfaces_of(view, "load-balancer", id)
    return UnitOutput(
        names=_regional_and_zonal(name, {eni.id: f"{eni.zone_name}.{name}" for eni in interfaces}, interfaces)
    )


def name_endpoint(view: View, id: str, settings: CompileSettings) -> UnitOutput:
    """An endpoint's own names: regional and zonal. They exist before the connection is accepted."""
    endpoint = view.get(VpcEndpoint, id)
    if endpoint is None or endpoint.state == "deleted" or endpoint.vpc_endpoint_type != "Interface":
        return UnitOutput()
    stem = f"{endpoint.id}-{endpoint.dns_label}"
    domain = endpoint_domain(endpoint)
    interfaces = interfaces_of(view, "vpc-endpoint", id)
    zonal = {eni.id: f"{stem}-{eni.zone_name}.{domain}" for eni in interfaces}
    return UnitOutput(names=_regional_and_zonal(f"{stem}.{domain}", zonal, interfaces))


def name_api(view: View, id: str, settings: CompileSettings) -> UnitOutput:
    """`{api}-{vpce}` for each endpoint that a private API lists; a public API's name where there is a public entry."""
    api = view.get(RestApi, id)
    if api is None:
        return UnitOutput()
    domain = execute_api_domain(api.region)
    if "PRIVATE" not in api.endpoint_configuration.types:
        public = _public_addresses(settings)
        return UnitOutput(names=(PublicName(f"{id}.{domain}", public),) if public else ())
    names = []
    for endpoint_id in api.endpoint_configuration.vpc_endpoint_ids:
        endpoint = view.get(VpcEndpoint, endpoint_id)
        if endpoint is None or endpoint.state == "deleted":
            continue
        interfaces = interfaces_of(view, "vpc-endpoint", endpoint_id)
        addresses = tuple(eni.private_ip_address for eni in interfaces)
        if addresses:
            names.append(PublicName(f"{id}-{endpoint_id}.{domain}", addresses))
    return UnitOutput(names=tuple(names))


def name_domain(view: View, id: str, settings: CompileSettings) -> UnitOutput:
    """The regional name that a public custom domain name's DNS record leads to, where there is a public entry."""
    domain = view.get(DomainName, id)
    addresses = _public_addresses(settings)
    if domain is None or not domain.regional_domain_name or not addresses:
        return UnitOutput()
    return UnitOutput(names=(PublicName(domain.regional_domain_name, addresses),))


def name_function_url(view: View, id: str, settings: CompileSettings) -> UnitOutput:
    """A function URL's name, where there is a public entry."""
    url = view.get(FunctionUrl, id)
    addresses = _public_addresses(settings)
    if url is None or not addresses:
        return UnitOutput()
    return UnitOutput(names=(PublicName(url.host, addresses),))


def _public_addresses(settings: CompileSettings) -> tuple[str, ...]:
    """Those that a host of a VPC could mean."""
    return tuple(a for a in settings.public_addresses if not a.startswith(("127.", "0.")) and ":" not in a)


def _regional_and_zonal(
    regional: str, zonal: dict[str, str], interfaces: tuple[NetworkInterface, ...]
) -> tuple[PublicName, ...]:
    # AWS differs: it takes a zone without a healthy target out of the regional name. Here the zone stays in it; its node
    # refuses connections at once, so a client goes on to the next address.
    names: dict[str, tuple[str, ...]] = {}
    for eni in interfaces:
        for name in (regional, zonal[eni.id]):
            names[name] = (*names.get(name, ()), eni.private_ip_address)
    return tuple(PublicName(name, addresses) for name, addresses in names.items())


NAME_FAMILIES = (
    Family("load-balancer-names", (LoadBalancer,), name_load_balancer),
    Family("endpoint-names", (VpcEndpoint,), name_endpoint),
    Family("api-names", (RestApi,), name_api),
    Family("domain-names", (DomainName,), name_domain),
    Family("function-url-names", (FunctionUrl,), name_function_url),
)
