"""VPC endpoints, the consumer's side of PrivateLink: created, listed, deleted. Changes are in `endpoint_changes`."""

import string

import msgspec

from innergate.primitives.fault import Fault
from innergate.primitives.ids import fresh_ec2_id
from innergate.resources.endpoint_services import EndpointNotification
from innergate.resources.vpc_endpoints import FULL_ACCESS_POLICY, VpcEndpoint
from innergate.resources.vpcs import Vpc
from innergate.services.context import Context, Params, Result
from innergate.services.ec2.endpoint_checks import (
    check_addressing,
    check_policy,
    check_private_dns,
    why_no_private_dns,
)
from innergate.services.ec2.endpoint_connections import MISSING
from innergate.services.ec2.endpoint_directory import Found, find_service
from innergate.services.ec2.endpoint_documents import endpoint_document
from innergate.services.ec2.endpoint_interfaces import (
    add_interfaces,
    addresses_wanted,
    remove_interfaces,
    subnets_from,
)
from innergate.services.ec2.endpoint_routes import add_routes, remove_routes
from innergate.services.ec2.endpoint_services import unsuccessful, zones_served
from innergate.services.ec2.filters import TAGS
from innergate.services.ec2.idempotency import made_before, token_mark
from innergate.services.ec2.identifiers import VPC, IdKind, all_own, is_own, own
from innergate.services.ec2.listing import Listing, answer, cut_page
from innergate.services.ec2.security_groups import groups_for
from innergate.services.ec2.tag_sets import tags_on_create
from innergate.services.ec2.zones import Zone, zones_of

ENDPOINTS_PER_VPC = 50
"""AWS PrivateLink quotas, "Interface and Gateway Load Balancer endpoints per VPC"."""

VPC_ENDPOINT = IdKind("vpce", "InvalidVpcEndpointId", MISSING)

LISTING = Listing(
    "VpcEndpoints",
    "VpcEndpointIds",
    "VpcEndpointId",
    VPC_ENDPOINT,
    {
        "ip-address-type": "IpAddressType",
        "service-name": "ServiceName",
        "service-region": "ServiceRegion",
        "vpc-id": "VpcId",
        "vpc-endpoint-id": "VpcEndpointId",
        "vpc-endpoint-state": "State",
        "vpc-endpoint-type": "VpcEndpointType",
        **TAGS,
    },
)


def create(context: Context, params: Params) -> Result:
    """CreateVpcEndpoint: `pendingAcceptance` where the service's owner wants to be asked, else `available` at once.

    Interfaces, addresses and names are there in either state. Raises Fault InvalidVpcID.NotFound, InvalidServiceName,
    InvalidParameter, DuplicateSubnetsInSameZone, InvalidPolicyDocument, VpcEndpointLimitExceeded, and what subnets and groups
    raise.
    """
    existing = made_before(context, VpcEndpoint, params)
    if existing is not None:
        return {"VpcEndpoint": endpoint_document(context, existing), "ClientToken": params.get("ClientToken")}
    tags = tags_on_create(params, "vpc-endpoint")
    vpc = own(context, Vpc, VPC, params["VpcId"])
    if not params.get("ServiceName"):
        raise Fault("MissingParameter", "The request must contain the parameter ServiceName")
    service_region = params.get("ServiceRegion") or context.region
    found = find_service(context, params["ServiceName"], service_region)
    kind = _endpoint_type(params, found)
    check_addressing(params)
    waits = found.provider is not None and found.provider.acceptance_required
    endpoint = VpcEndpoint(
        id=fresh_ec2_id(context.ids, "vpce"),
        account=context.account,
        region=context.region,
        vpc_id=vpc.id,
        service_name=params["ServiceName"],
        created_at=context.clock.now(),
        vpc_endpoint_type=kind,
        service_id=found.provider.id if found.provider is not None else "",
        service_region=service_region,
        state="pendingAcceptance" if waits else "available",
        connection_id=fresh_ec2_id(context.ids, "vpce-con") if found.provider is not None else "",
        dns_label=context.ids.pick(string.ascii_lowercase + string.digits, 8),
        policy_document=check_policy(params.get("PolicyDocument") or FULL_ACCESS_POLICY, found),
        tags=tags,
        client_token=token_mark(params),
    )
    if kind == "Gateway":
        endpoint = _as_gateway(context, params, endpoint, found)
    else:
        endpoint = _as_interface(context, params, endpoint, found, vpc)
    return {"VpcEndpoint": endpoint_document(context, endpoint), "ClientToken": params.get("ClientToken")}


def _endpoint_type(params: Params, found: Found) -> str:
    wanted = str(params.get("VpcEndpointType") or "Gateway")
    offered = found.platform.endpoint_type if found.platform is not None else "Interface"
    if wanted != offered:
        raise Fault(
            "InvalidParameter", f"Endpoint type ({wanted}) does not match available service types ([{offered}])."
        )
    return wanted


def _as_gateway(context: Context, params: Params, endpoint: VpcEndpoint, found: Found) -> VpcEndpoint:
    for name in ("SubnetIds", "SecurityGroupIds", "PrivateDnsEnabled"):
        if params.get(name):
            raise Fault("InvalidParameter", f"The parameter {name} is not supported for endpoints of type Gateway")
    tables = tuple(dict.fromkeys(params.get("RouteTableIds") or ()))
    endpoint = msgspec.structs.replace(endpoint, route_table_ids=tables)
    context.tx.put(endpoint)
    if found.platform is not None:
        add_routes(context, endpoint, tables, found.platform.prefix_list_id)
    return endpoint


def _as_interface(context: Context, params: Params, endpoint: VpcEndpoint, found: Found, vpc: Vpc) -> VpcEndpoint:
    if params.get("RouteTableIds"):
        raise Fault("InvalidParameter", "The parameter RouteTableIds is not supported for endpoints of type Interface")
    others = [e for e in context.tx.find(VpcEndpoint, "vpc", vpc.id) if e.vpc_endpoint_type == "Interface"]
    if len(others) >= ENDPOINTS_PER_VPC:
        raise Fault("VpcEndpointLimitExceeded", f"The maximum number of VPC endpoints of {vpc.id} has been reached.")
    wanted = addresses_wanted(params.get("SubnetConfigurations"))
    ids = tuple(dict.fromkeys((*(params.get("SubnetIds") or ()), *wanted)))
    subnets = subnets_from(context, ids, endpoint, zones_offered(context, found))
    endpoint = msgspec.structs.replace(
        endpoint,
        subnet_ids=ids,
        group_ids=groups_for(context, vpc.id, params.get("SecurityGroupIds") or ()),
        dns_options={k: v for k, v in (params.get("DnsOptions") or {}).items() if k != "DnsRecordIpType"},
    )
    asked = params.get("PrivateDnsEnabled")
    if asked:
        check_private_dns(context, vpc, endpoint, found)
    # AWS turns private DNS on for its own services where the caller says nothing. Where the VPC or another endpoint forbids
    # that, it stays off here, so that a plain call works in a plain VPC.
    unasked = asked is None and found.platform is not None and not why_no_private_dns(context.tx, vpc, endpoint, found)
    if asked or unasked:
        endpoint = msgspec.structs.replace(endpoint, private_dns_enabled=True)
    context.tx.put(endpoint)
    add_interfaces(context, endpoint, subnets, wanted)
    return endpoint


def zones_offered(context: Context, found: Found) -> tuple[Zone, ...] | None:
    """The zones in which the service can be had; None (any) where it lies in another region."""
    if found.provider is None:
        return zones_of(context.region)
    return zones_served(context.tx, found.provider) if found.provider.region == context.region else None


def describe(context: Context, params: Params) -> Result:
    """DescribeVpcEndpoints: the caller's own."""
    return answer(LISTING, params, [endpoint_document(context, e) for e in all_own(context, VpcEndpoint)])


def delete(context: Context, params: Params) -> Result:
    """DeleteVpcEndpoints: each by itself, with its interfaces and routes, gone at once; unknown ones are `Unsuccessful`."""
    failed = []
    for id in params["VpcEndpointIds"]:
        endpoint = context.tx.get(VpcEndpoint, id)
        if endpoint is None or not is_own(context, endpoint):
            failed.append(unsuccessful(id, "InvalidVpcEndpoint.NotFound", MISSING.format(id)))
            continue
        remove_interfaces(context, endpoint)
        remove_routes(context, endpoint)
        for notification in context.tx.find(EndpointNotification, "subject", id):
            context.tx.delete(notification)
        context.tx.delete(endpoint)
    return {"Unsuccessful": failed}


def describe_associations(context: Context, params: Params) -> Result:
    """DescribeVpcEndpointAssociations: there are none, since no endpoint is of type Resource or ServiceNetwork."""
    for id in params.get("VpcEndpointIds") or ():
        own(context, VpcEndpoint, VPC_ENDPOINT, id)
    page, token = cut_page([], params)
    return {"VpcEndpointAssociations": page, "NextToken": token}
