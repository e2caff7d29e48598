"""Endpoint services: what a provider publishes, as its owner makes, changes, sees and deletes it."""

from collections.abc import Sequence

import msgspec

from innergate.primitives.fault import Fault
from innergate.primitives.ids import fresh_ec2_id
from innergate.resources.endpoint_services import EndpointNotification, EndpointService
from innergate.resources.load_balancers import LoadBalancer
from innergate.resources.subnets import Subnet
from innergate.resources.vpc_endpoints import VpcEndpoint
from innergate.resources.vpc_links import VpcLink
from innergate.services.context import Context, Params, Result
from innergate.services.ec2.filters import TAGS, Document
from innergate.services.ec2.idempotency import made_before, token_mark
from innergate.services.ec2.identifiers import IdKind, all_own, is_own, own
from innergate.services.ec2.listing import Listing, answer
from innergate.services.ec2.private_names import check_private_name, is_anothers
from innergate.services.ec2.tag_sets import tag_list, tags_on_create
from innergate.services.ec2.zones import REGIONS, Zone
from innergate.store.transaction import Transaction

ENDPOINT_SERVICE = IdKind("vpce-svc", "InvalidVpcEndpointServiceId", "The VpcEndpointService Id '{}' does not exist")

LISTING = Listing(
    "ServiceConfigurations",
    "ServiceIds",
    "ServiceId",
    ENDPOINT_SERVICE,
    {
        "service-name": "ServiceName",
        "service-id": "ServiceId",
        "service-state": "ServiceState",
        "supported-ip-address-types": "SupportedIpAddressTypes",
        **TAGS,
    },
)

ATTACHED_STATES = ("pendingAcceptance", "available")
"""Endpoints in these states keep a service from being deleted and its load balancers from being taken away."""


def own_service(context: Context, id: str) -> EndpointService:
    """The caller's endpoint service. Raises Fault InvalidVpcEndpointServiceId.NotFound or .Malformed."""
    return own(context, EndpointService, ENDPOINT_SERVICE, id)


def zones_served(tx: Transaction, service: EndpointService) -> tuple[Zone, ...]:
    """The zones in which one of the service's load balancers has a node, by name."""
    balancers = (tx.get(LoadBalancer, arn) for arn in service.network_load_balancer_arns)
    subnets = (tx.get(Subnet, id) for balancer in balancers if balancer is not None for id in balancer.subnet_ids)
    return tuple(sorted({Zone(subnet.zone_name, subnet.zone_id) for subnet in subnets if subnet is not None}))


def has_attached_endpoints(tx: Transaction, service: EndpointService) -> bool:
    """Whether an endpoint waits for the service or is connected to it."""
    return any(endpoint.state in ATTACHED_STATES for endpoint in tx.find(VpcEndpoint, "service", service.id))


def create(context: Context, params: Params) -> Result:
    """CreateVpcEndpointServiceConfiguration: available at once. Acceptance is required unless the caller says no."""
    existing = made_before(context, EndpointService, params)
    if existing is not None:
        return {"ServiceConfiguration": configuration(context.tx, existing), "ClientToken": params.get("ClientToken")}
    tags = tags_on_create(params, "vpc-endpoint-service")
    _refuse_gateway_load_balancers(params.get("GatewayLoadBalancerArns"))
    arns = _usable_balancers(context, params.get("NetworkLoadBalancerArns") or ())
    if not arns:
        raise Fault("MissingParameter", "The request must contain the parameter NetworkLoadBalancerArns")
    id = fresh_ec2_id(context.ids, "vpce-svc")
    required = params.get("AcceptanceRequired")
    service = EndpointService(
        id=id,
        account=context.account,
        region=context.region,
        service_name=f"com.amazonaws.vpce.{context.region}.{id}",
        created_at=context.clock.now(),
        acceptance_required=True if required is None else bool(required),
        network_load_balancer_arns=arns,
        supported_ip_address_types=_address_types(params.get("SupportedIpAddressTypes") or ("ipv4",)),
        supported_regions=_regions(params.get("SupportedRegions") or ()),
        tags=tags,
        client_token=token_mark(params),
    )
    if params.get("PrivateDnsName"):
        service = _with_private_name(context, service, params["PrivateDnsName"])
    context.tx.put(service)
    return {"ServiceConfiguration": configuration(context.tx, service), "ClientToken": params.get("ClientToken")}


def _refuse_gateway_load_balancers(arns: Sequence[str] | None) -> None:
    if arns:
        # AWS differs: gateway load balancers are not served here.
        raise Fault("InvalidParameter", f"Gateway Load Balancers are not supported: {', '.join(arns)}")


def _usable_balancers(context: Context, arns: Sequence[str], of_service: str = "") -> tuple[str, ...]:
    """The ARNs, each of a network load balancer of the caller that no other service and no VPC link has."""
    for arn in arns:
        balancer = context.tx.get(LoadBalancer, arn)
        if balancer is None or not is_own(context, balancer):
            raise Fault("InvalidParameter", f"The Load Balancer {arn} does not exist")
        if balancer.type != "network":
            raise Fault("InvalidParameter", f"The Load Balancer {arn} must be of type network")
        others = [s for s in context.tx.find(EndpointService, "load-balancer", arn) if s.id != of_service]
        if others or context.tx.find(VpcLink, "load-balancer", arn):
            raise Fault(
                "InvalidParameter", f"The Load Balancer {arn} is already associated with another endpoint service"
            )
    return tuple(dict.fromkeys(arns))


def _address_types(wanted: Sequence[str]) -> tuple[str, ...]:
    if tuple(wanted) != ("ipv4",):
        # AWS differs: load balancers have IPv4 addresses only, so a service cannot offer more.
        raise Fault("InvalidParameter", f"The load balancers do not support the IP address types: {', '.join(wanted)}")
    return ("ipv4",)


def _regions(wanted: Sequence[str]) -> tuple[str, ...]:
    for region in wanted:
        if region not in REGIONS:
            raise Fault("InvalidParameter", f"The region '{region}' is not supported")
    return tuple(dict.fromkeys(wanted))


def _with_private_name(context: Context, service: EndpointService, name: str) -> EndpointService:
    check_private_name(name)
    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    return msgspec.structs.replace(
        service,
        private_dns_name=name,
        private_dns_state="pendingVerification",
        private_dns_token_name="_" + context.ids.pick(letters, 20),
        private_dns_token_value="vpce:" + context.ids.pick(letters + letters[:26].upper(), 20),
    )


def modify(context: Context, params: Params) -> Result:
    """ModifyVpcEndpointServiceConfiguration.

    Raises Fault ExistingVpcEndpointConnections where a load balancer is taken away under attached endpoints.
    """
    service = own_service(context, params["ServiceId"])
    _refuse_gateway_load_balancers(params.get("AddGatewayLoadBalancerArns"))
    added = _usable_balancers(context, params.get("AddNetworkLoadBalancerArns") or (), service.id)
    removed = set(params.get("RemoveNetworkLoadBalancerArns") or ())
    if removed and has_attached_endpoints(context.tx, service):
        raise Fault("ExistingVpcEndpointConnections", "Service has existing active VPC Endpoint connections!")
    arns = tuple(dict.fromkeys(a for a in (*service.network_load_balancer_arns, *added) if a not in removed))
    if not arns:
        raise Fault("InvalidParameter", "An endpoint service must have at least one load balancer")
    types = [
        t for t in service.supported_ip_address_types if t not in (params.get("RemoveSupportedIpAddressTypes") or ())
    ]
    types += [t for t in params.get("AddSupportedIpAddressTypes") or () if t not in types]
    regions = [r for r in service.supported_regions if r not in (params.get("RemoveSupportedRegions") or ())]
    regions += _regions(params.get("AddSupportedRegions") or ())
    required = params.get("AcceptanceRequired")
    service = msgspec.structs.replace(
        service,
        network_load_balancer_arns=arns,
        acceptance_required=service.acceptance_required if required is None else bool(required),
        supported_ip_address_types=_address_types(types),
        supported_regions=tuple(dict.fromkeys(regions)),
    )
    if params.get("RemovePrivateDnsName"):
        service = msgspec.structs.replace(
            service, private_dns_name="", private_dns_state="", private_dns_token_name="", private_dns_token_value=""
        )
    elif params.get("PrivateDnsName") and params["PrivateDnsName"] != service.private_dns_name:
        service = _with_private_name(context, service, params["PrivateDnsName"])
    context.tx.put(service)
    return {"Return": True}


def delete(context: Context, params: Params) -> Result:
    """DeleteVpcEndpointServiceConfigurations: each by itself; those that cannot go are listed in `Unsuccessful`."""
    failed = []
    for id in params["ServiceIds"]:
        service = context.tx.get(EndpointService, id)
        if service is None or not is_own(context, service):
            failed.append(unsuccessful(id, "InvalidVpcEndpointService.NotFound", ENDPOINT_SERVICE.text.format(id)))
        elif has_attached_endpoints(context.tx, service):
            text = "Service has existing active VPC Endpoint connections!"
            failed.append(unsuccessful(id, "ExistingVpcEndpointConnections", text))
        else:
            for notification in context.tx.find(EndpointNotification, "subject", id):
                context.tx.delete(notification)
            context.tx.delete(service)
    return {"Unsuccessful": failed}


def unsuccessful(id: str, code: str, message: str) -> Document:
    """An item of a bulk operation that did not work, while the others did."""
    return {"ResourceId": id, "Error": {"Code": code, "Message": message}}


def describe(context: Context, params: Params) -> Result:
    """DescribeVpcEndpointServiceConfigurations: the caller's own."""
    return answer(LISTING, params, [configuration(context.tx, s) for s in all_own(context, EndpointService)])


def configuration(tx: Transaction, service: EndpointService) -> Document:
    """The service as its owner sees it."""
    zones = zones_served(tx, service)
    document: Document = {
        "ServiceType": [{"ServiceType": "Interface"}],
        "ServiceId": service.id,
        "ServiceName": service.service_name,
        "ServiceState": "Available",
        "AvailabilityZones": [zone.name for zone in zones],
        "AvailabilityZoneIds": [zone.id for zone in zones],
        "AcceptanceRequired": service.acceptance_required,
        "ManagesVpcEndpoints": False,
        "NetworkLoadBalancerArns": list(service.network_load_balancer_arns),
        "SupportedIpAddressTypes": list(service.supported_ip_address_types),
        "BaseEndpointDnsNames": [base_dns_name(service)],
        "Tags": tag_list(service.tags),
        "SupportedRegions": [
            {"Region": region, "ServiceState": "Available"}
            for region in dict.fromkeys((str(service.region), *service.supported_regions))
        ],
        "RemoteAccessEnabled": False,
    }
    if service.payer_responsibility:
        document["PayerResponsibility"] = service.payer_responsibility
    if service.private_dns_name:
        document["PrivateDnsName"] = service.private_dns_name
        document["PrivateDnsNameConfiguration"] = {
            "State": service.private_dns_state,
            "Type": "TXT",
            "Value": service.private_dns_token_value,
            "Name": service.private_dns_token_name,
        }
    return document


def base_dns_name(service: EndpointService) -> str:
    """What the names of the service's endpoints end with."""
    return f"{service.id}.{service.region}.vpce.amazonaws.com"


def start_private_dns_verification(context: Context, params: Params) -> Result:
    """StartVpcEndpointServicePrivateDnsVerification: verified at once, or failed where another account has the name.

    Raises Fault InvalidParameter where the service has no private DNS name.
    """
    service = own_service(context, params["ServiceId"])
    if not service.private_dns_name:
        raise Fault("InvalidParameter", f"The service {service.id} does not have a private DNS name")
    # AWS differs: AWS looks for the TXT record in public DNS. A private platform has no public DNS to ask, so starting the
    # verification is enough for the first who asks; a name still counts in a consumer's VPC only where that consumer turns
    # private DNS on.
    state = "failed" if is_anothers(context, service.private_dns_name) else "verified"
    context.tx.put(msgspec.structs.replace(service, private_dns_state=state))
    return {"ReturnValue": True}


def modify_payer(context: Context, params: Params) -> Result:
    """ModifyVpcEndpointServicePayerResponsibility: `ServiceOwner`, the only one that there is."""
    service = own_service(context, params["ServiceId"])
    payer = params["PayerResponsibility"]
    if payer != "ServiceOwner":
        raise Fault("InvalidParameterValue", f"Value ({payer}) for parameter PayerResponsibility is invalid.")
    context.tx.put(msgspec.structs.replace(service, payer_responsibility=payer))
    return {"ReturnValue": True}
