"""Connections: the provider's side of endpoints to its services. It accepts them, rejects them, and lists them."""

import msgspec

from innergate.resources.endpoint_services import EndpointService
from innergate.resources.vpc_endpoints import VpcEndpoint
from innergate.services.context import Context, Params, Result
from innergate.services.ec2.endpoint_documents import connection_document
from innergate.services.ec2.endpoint_services import own_service, unsuccessful
from innergate.services.ec2.filters import Document, select
from innergate.services.ec2.identifiers import all_own
from innergate.services.ec2.listing import cut_page

MISSING = "The Vpc Endpoint Id '{}' does not exist"

_FILTERS = {
    "ip-address-type": "IpAddressType",
    "service-id": "ServiceId",
    "transit-gateway-attachment-id": "TransitGatewayAttachmentId",
    "vpc-endpoint-id": "VpcEndpointId",
    "vpc-endpoint-owner": "VpcEndpointOwner",
    "vpc-endpoint-region": "VpcEndpointRegion",
    "vpc-endpoint-state": "VpcEndpointState",
}


def accept(context: Context, params: Params) -> Result:
    """AcceptVpcEndpointConnections: of waiting or rejected endpoints; they are available at once."""
    return _move(context, params, ("pendingAcceptance", "rejected"), "available")


def reject(context: Context, params: Params) -> Result:
    """RejectVpcEndpointConnections: of waiting or connected endpoints, whose traffic ends."""
    return _move(context, params, ("pendingAcceptance", "available"), "rejected")


def _move(context: Context, params: Params, before: tuple[str, ...], after: str) -> Result:
    service = own_service(context, params["ServiceId"])
    failed: list[Document] = []
    for id in params.get("VpcEndpointIds") or ():
        endpoint = context.tx.get(VpcEndpoint, id)
        if endpoint is None or endpoint.service_id != service.id:
            failed.append(unsuccessful(id, "InvalidVpcEndpointId.NotFound", MISSING.format(id)))
        elif endpoint.state not in before:
            verb = "accepted" if after == "available" else "rejected"
            text = f"The VPC endpoint connection {id} cannot be {verb} in state {endpoint.state}"
            failed.append(unsuccessful(id, "InvalidState", text))
        else:
            context.tx.put(msgspec.structs.replace(endpoint, state=after))
    for id in params.get("TransitGatewayAttachmentIds") or ():
        text = f"The Transit Gateway Attachment Id '{id}' does not exist"
        failed.append(unsuccessful(id, "InvalidTransitGatewayAttachmentID.NotFound", text))
    return {"Unsuccessful": failed}


def describe(context: Context, params: Params) -> Result:
    """DescribeVpcEndpointConnections: of all the caller's services in the region."""
    documents = [
        connection_document(context, service, endpoint)
        for service in all_own(context, EndpointService)
        for endpoint in context.tx.find(VpcEndpoint, "service", service.id)
    ]
    page, token = cut_page(select(documents, params.get("Filters") or (), _FILTERS), params)
    return {"VpcEndpointConnections": page, "NextToken": token}
