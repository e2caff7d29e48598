"""Which interface a name leads to, seen from a VPC; and why a name does not exist there."""

import re
from shlex import quote
from typing import NamedTuple

from innergate.compile.emit.dns import endpoint_domain, execute_api_domain, interfaces_of, private_zones
from innergate.compile.resolve.path import Hop
from innergate.compile.resolve.security import interface_at
from innergate.compile.view import Reader
from innergate.primitives.cidr import parse_address
from innergate.resources.domain_names import DomainName
from innergate.resources.load_balancers import LoadBalancer
from innergate.resources.network_interfaces import NetworkInterface
from innergate.resources.rest_apis import RestApi
from innergate.resources.subnets import Subnet
from innergate.resources.vpc_endpoints import VpcEndpoint
from innergate.resources.vpcs import Vpc
from innergate.resources.workloads import Workload

_API_NAME = re.compile(r"([a-z0-9]+)(-vpce-[0-9a-z]+)?\.execute-api\.([a-z0-9-]+)\.amazonaws\.com")
_ALIAS = re.compile(r"([a-z0-9]+)-(vpce-[0-9a-z]+)\.execute-api\.([a-z0-9-]+)\.amazonaws\.com")
_OWN_NAME = re.compile(r"(vpce-[0-9a-z]+)-[0-9a-z]+(-[a-z0-9-]+)?\.([a-z0-9-]+)\.([a-z0-9-]+)\.vpce\.amazonaws\.com")


class Found(NamedTuple):
    """An interface that a name leads to, or None; the hop says how or why not."""

    interface: NetworkInterface | None
    hop: Hop


def look_up(reader: Reader, vpc: Vpc | None, host: str) -> Found:
    """What `host` leads to for a host of `vpc` (None: outside every VPC)."""
    if parse_address(host) is not None:
        interface = interface_at(reader, vpc.id, host) if vpc is not None else None
        if interface is None:
            return Found(None, _hop(host, vpc, "no interface of this VPC has the address", outward="time-out"))
        return Found(interface, _hop(host, vpc, ""))
    if vpc is not None and not vpc.enable_dns_support:
        fix = f"aws ec2 modify-vpc-attribute --vpc-id {vpc.id} --enable-dns-support"
        return Found(None, _hop(host, vpc, "DNS support is off in this VPC: nothing resolves", fix))
    private = _private(reader, vpc, host) if vpc is not None else None
    if private is not None:
        return Found(private, _hop(host, vpc, ""))
    public = _public(reader, host)
    if public is not None:
        return Found(public, _hop(host, vpc, ""))
    return Found(None, _why_no_name(reader, vpc, host))


def public_api(reader: Reader, host: str) -> RestApi | None:
    """The REGIONAL or EDGE API whose own name `host` is."""
    label, _, domain = host.partition(".")
    api = reader.get(RestApi, label)
    if api is None or domain != execute_api_domain(api.region) or "PRIVATE" in api.endpoint_configuration.types:
        return None
    return api


def _private(reader: Reader, vpc: Vpc, host: str) -> NetworkInterface | None:
    workloads = tuple(sorted(reader.find(Workload, "vpc", vpc.id), key=lambda w: w.id))
    zones, _ = private_zones(reader, vpc, _endpoints(reader, vpc), workloads)
    for zone in sorted(zones, key=lambda z: -len(z.name)):
        if host == zone.name or host.endswith(f".{zone.name}"):
            addresses = zone.records.get(host) or zone.records.get(f"*.{zone.name}") or ()
            return interface_at(reader, vpc.id, addresses[0]) if addresses else None
    return None


def _public(reader: Reader, host: str) -> NetworkInterface | None:
    alias = _ALIAS.fullmatch(host)
    if alias is not None:
        api = reader.get(RestApi, alias[1])
        listed = api is not None and alias[2] in api.endpoint_configuration.vpc_endpoint_ids and api.region == alias[3]
        return _first(reader, alias[2]) if listed else None
    node = _balancer_node(reader, host)
    if node is not None:
        return node
    own = _OWN_NAME.fullmatch(host)
    endpoint = reader.get(VpcEndpoint, own[1]) if own is not None else None
    if own is None or endpoint is None or endpoint.state == "deleted":
        return None
    stem, domain = f"{endpoint.id}-{endpoint.dns_label}", endpoint_domain(endpoint)
    names = {f"{stem}.{domain}": _first(reader, endpoint.id)}
    for eni in interfaces_of(reader, "vpc-endpoint", endpoint.id):
        names[f"{stem}-{eni.zone_name}.{domain}"] = eni
    return names.get(host)


def _balancer_node(reader: Reader, host: str) -> NetworkInterface | None:
    """The first node of the load balancer of that name, or the one of the zone that the name begins with."""
    zone, _, rest = host.partition(".")
    for name, zones in ((host, ()), (rest, (zone,))):
        for balancer in reader.find(LoadBalancer, "dns-name", name):
            nodes = interfaces_of(reader, "load-balancer", balancer.id)
            return next((node for node in nodes if not zones or node.zone_name in zones), None)
    return None


def _first(reader: Reader, endpoint_id: str) -> NetworkInterface | None:
    return next(iter(interfaces_of(reader, "vpc-endpoint", endpoint_id)), None)


def _endpoints(reader: Reader, vpc: Vpc) -> tuple[VpcEndpoint, ...]:
    return tuple(sorted(reader.find(VpcEndpoint, "vpc", vpc.id), key=lambda e: e.id))


def list_endpoint(api_id: str, endpoint_id: str, stage: str) -> str:
    """The commands by which an API gets an alias for an endpoint, whose id may be a caller's word."""
    operation = quote(f"op=add,path=/endpointConfiguration/vpcEndpointIds,value={endpoint_id}")
    return (
        f"aws apigateway update-rest-api --rest-api-id {api_id} --patch-operations {operation}"
        f" && aws apigateway create-deployment --rest-api-id {api_id} --stage-name {stage or 'STAGE'}"
    )


def _why_no_name(reader: Reader, vpc: Vpc | None, host: str) -> Hop:
    if vpc is None:
        return _why_not_outside(reader, host)
    domain = execute_api_domain(vpc.region)
    if (elsewhere := _API_NAME.fullmatch(host)) is not None and elsewhere[3] != vpc.region:
        reason = (
            f"this VPC is in {vpc.region}: its execute-api endpoints lead to APIs of that region, not of {elsewhere[3]}"
        )
        fix = f"call it through an endpoint in {elsewhere[3]}, by its own name and over a route to its VPC"
        return _hop(host, vpc, reason, fix)
    if not host.endswith(f".{domain}"):
        return _why_no_custom_name(reader, vpc, host)
    alias = _ALIAS.fullmatch(host)
    if alias is not None:
        reason = "the API does not list this endpoint (vpcEndpointIds), so the alias does not exist"
        is_api = reader.get(RestApi, alias[1]) is not None
        return _hop(host, vpc, reason, list_endpoint(alias[1], alias[2], "") if is_api else "")
    of_service = [
        e for e in _endpoints(reader, vpc) if e.service_name.endswith(".execute-api") and e.state != "deleted"
    ]
    names_on = f"aws ec2 modify-vpc-attribute --vpc-id {vpc.id} --enable-dns-hostnames"
    first = "" if vpc.enable_dns_hostnames else f"{names_on} && "
    if not of_service:
        subnets = sorted(subnet.id for subnet in reader.find(Subnet, "vpc", vpc.id))
        fix = (
            f"{first}aws ec2 create-vpc-endpoint --vpc-endpoint-type Interface --vpc-id {vpc.id} --service-name"
            f" com.amazonaws.{vpc.region}.execute-api --subnet-ids {subnets[0] if subnets else 'SUBNET'}"
            " --private-dns-enabled"
        )
        return _hop(host, vpc, "this VPC has no execute-api endpoint", fix)
    endpoint = of_service[0]
    if endpoint.private_dns_enabled and not vpc.enable_dns_hostnames:
        return _hop(host, vpc, "DNS host names are off in this VPC, so private DNS names do not resolve", names_on)
    if not endpoint.private_dns_enabled:
        fix = f"{first}aws ec2 modify-vpc-endpoint --vpc-endpoint-id {endpoint.id} --private-dns-enabled"
        reason = f"private DNS is off at {endpoint.id}: use its own name with a Host header, or turn it on"
        return _hop(host, vpc, reason, fix)
    return _hop(host, vpc, f"endpoint {endpoint.id} is {endpoint.state}")


def _why_no_custom_name(reader: Reader, vpc: Vpc, host: str) -> Hop:
    named = [d for d in reader.find(DomainName, "name", host) if d.is_private and d.region == vpc.region]
    if not named:
        return _hop(host, vpc, "no such name is known in this VPC")
    arn = f"arn:aws:apigateway:{vpc.region}:{named[0].account}:/domainnames/{named[0].id}"
    own = [e.id for e in _endpoints(reader, vpc) if e.service_name.endswith(".execute-api") and e.state != "deleted"]
    fix = (
        f"aws apigateway create-domain-name-access-association --domain-name-arn {arn}"
        f" --access-association-source-type VPCE --access-association-source {own[0] if own else 'VPCE'}"
    )
    return _hop(host, vpc, "no execute-api endpoint of this VPC is associated with the private name", fix)


def _why_not_outside(reader: Reader, host: str) -> Hop:
    named = _API_NAME.fullmatch(host)
    api = reader.get(RestApi, named[1]) if named is not None else None
    is_domain = any(d.is_private for d in reader.find(DomainName, "name", host))
    if api is None and not is_domain and _OWN_NAME.fullmatch(host) is None:
        return _hop(host, None, "no public API and no public custom domain name is called so")
    what = "private custom domain name does not exist" if is_domain else "private API has no name"
    reason = f"a {what} outside of the VPCs that have an endpoint for it"
    return _hop(host, None, reason, "say whose call it is: --from VPC")


def _hop(host: str, vpc: Vpc | None, reason: str, fix: str = "", outward: str = "no-such-name") -> Hop:
    where = f"{vpc.account}/{vpc.id}" if vpc is not None else "outside"
    if not reason:
        return Hop(kind="name", id=host, where=where)
    is_time_out = outward == "time-out"
    return Hop(
        kind="name",
        id=host,
        where=where,
        verdict="refused",
        reason=reason,
        fix=fix,
        outward="time-out" if is_time_out else "no-such-name",
    )
