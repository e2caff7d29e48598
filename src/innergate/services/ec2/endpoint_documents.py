"""Endpoints as EC2 answers them: to the consumer as a VpcEndpoint, to the provider as a connection."""

from typing import Any

from innergate.compile.emit.dns import endpoint_domain
from innergate.primitives.digest import digest_text
from innergate.resources.endpoint_services import EndpointService
from innergate.resources.security_groups import SecurityGroup
from innergate.resources.vpc_endpoints import VpcEndpoint
from innergate.services.context import Context
from innergate.services.ec2.endpoint_directory import private_names, service_of
from innergate.services.ec2.endpoint_interfaces import interfaces_of
from innergate.services.ec2.filters import Document
from innergate.services.ec2.tag_sets import tag_list

_ENDPOINT_ZONES = {
    "us-east-1": "Z7HUB22UULQXV",
    "us-east-2": "ZC8PG0KIFKBRI",
    "us-west-2": "Z1YSA3EXCYUU9Z",
    "eu-west-1": "Z38GZ743OKFT7T",
    "eu-central-1": "Z273ZU8SZ5RJPC",
}


def _zone_id(seed: str) -> str:
    return "Z" + digest_text(seed, 20).upper()


def dns_entries(context: Context, endpoint: VpcEndpoint) -> list[Document]:
    """The endpoint's names: the regional one, one a zone, then the private ones."""
    region = endpoint.service_region or endpoint.region
    public = _ENDPOINT_ZONES.get(region) or _zone_id(f"endpoint/{region}")
    stem, domain = f"{endpoint.id}-{endpoint.dns_label}", endpoint_domain(endpoint)
    zonal = [f"{stem}-{interface.zone_name}.{domain}" for interface in interfaces_of(context, endpoint)]
    entries: list[Document] = [{"DnsName": name, "HostedZoneId": public} for name in (f"{stem}.{domain}", *zonal)]
    private = private_names(service_of(context.tx, endpoint)) if endpoint.private_dns_enabled else ()
    # One private zone serves a name and its wildcard, so both have the same zone id.
    entries += [
        {"DnsName": name, "HostedZoneId": _zone_id(f"{endpoint.vpc_id}/{name.removeprefix('*.')}")} for name in private
    ]
    return entries


def endpoint_document(context: Context, endpoint: VpcEndpoint) -> Document:
    """The endpoint as its owner sees it."""
    is_interface = endpoint.vpc_endpoint_type == "Interface"
    groups = [g for g in (context.tx.get(SecurityGroup, id) for id in endpoint.group_ids) if g is not None]
    document: Document = {
        "VpcEndpointId": endpoint.id,
        "VpcEndpointType": endpoint.vpc_endpoint_type,
        "VpcId": endpoint.vpc_id,
        "ServiceName": endpoint.service_name,
        "State": endpoint.state,
        "PolicyDocument": endpoint.policy_document,
        "RouteTableIds": list(endpoint.route_table_ids),
        "SubnetIds": list(endpoint.subnet_ids),
        "Groups": [{"GroupId": g.id, "GroupName": g.group_name} for g in groups],
        "IpAddressType": endpoint.ip_address_type,
        "PrivateDnsEnabled": endpoint.private_dns_enabled,
        "RequesterManaged": False,
        "NetworkInterfaceIds": [interface.id for interface in interfaces_of(context, endpoint)],
        "DnsEntries": dns_entries(context, endpoint) if is_interface else [],
        "CreationTimestamp": endpoint.created_at,
        "Tags": tag_list(endpoint.tags),
        "OwnerId": endpoint.account,
        "ServiceRegion": endpoint.service_region or endpoint.region,
    }
    if is_interface:
        document["DnsOptions"] = {"DnsRecordIpType": endpoint.dns_record_ip_type, **endpoint.dns_options}
    payer = payer_entries(endpoint)
    if payer:
        document["PayerResponsibilities"] = payer
    return document


def payer_entries(endpoint: VpcEndpoint) -> list[dict[str, Any]]:
    """Who pays for the endpoint, [] where nobody was named."""
    scope, _, who = endpoint.payer_responsibility.partition("/")
    return [{"Scope": scope, "PayerResponsibilityType": who}] if who else []


def connection_document(context: Context, service: EndpointService, endpoint: VpcEndpoint) -> Document:
    """The endpoint as the owner of the service sees it: a connection. Nothing of the consumer's network shows."""
    return {
        "ServiceId": service.id,
        "VpcEndpointId": endpoint.id,
        "VpcEndpointOwner": endpoint.account,
        "VpcEndpointState": endpoint.state,
        "CreationTimestamp": endpoint.created_at,
        "DnsEntries": [entry for entry in dns_entries(context, endpoint) if ".vpce." in str(entry["DnsName"])],
        "NetworkLoadBalancerArns": list(service.network_load_balancer_arns),
        "IpAddressType": endpoint.ip_address_type,
        "VpcEndpointConnectionId": endpoint.connection_id,
        "Tags": [],
        "VpcEndpointRegion": endpoint.region,
    }
