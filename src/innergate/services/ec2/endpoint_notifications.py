"""Connection notifications: records of who wants to hear of which events. Nothing is sent."""

from collections.abc import Sequence

import msgspec

from innergate.primitives.arn import parse_arn
from innergate.primitives.fault import Fault
from innergate.primitives.ids import fresh_ec2_id
from innergate.resources.endpoint_services import EndpointNotification
from innergate.resources.vpc_endpoints import VpcEndpoint
from innergate.services.context import Context, Params, Result
from innergate.services.ec2.endpoint_services import own_service, unsuccessful
from innergate.services.ec2.filters import Document, select
from innergate.services.ec2.idempotency import made_before, token_mark
from innergate.services.ec2.identifiers import IdKind, all_own, is_own, own
from innergate.services.ec2.listing import cut_page
from innergate.services.ec2.vpc_endpoints import VPC_ENDPOINT

NOTIFICATION = IdKind("vpce-nfn", "InvalidConnectionNotification", "The connection notification ID '{}' does not exist")
EVENTS = ("Accept", "Connect", "Delete", "Reject")

_FILTERS = {
    "connection-notification-arn": "ConnectionNotificationArn",
    "connection-notification-id": "ConnectionNotificationId",
    "connection-notification-state": "ConnectionNotificationState",
    "connection-notification-type": "ConnectionNotificationType",
    "service-id": "ServiceId",
    "vpc-endpoint-id": "VpcEndpointId",
}


def create(context: Context, params: Params) -> Result:
    """CreateVpcEndpointConnectionNotification, for a service or for an endpoint.

    # AWS differs: no message is published, since the platform has no SNS.
    """
    existing = made_before(context, EndpointNotification, params)
    if existing is not None:
        return {"ConnectionNotification": _document(existing), "ClientToken": params.get("ClientToken")}
    service_id, endpoint_id = params.get("ServiceId"), params.get("VpcEndpointId")
    if bool(service_id) == bool(endpoint_id):
        raise Fault("InvalidParameterCombination", "You must specify either ServiceId or VpcEndpointId")
    if service_id:
        own_service(context, service_id)
    else:
        own(context, VpcEndpoint, VPC_ENDPOINT, str(endpoint_id))
    notification = EndpointNotification(
        id=fresh_ec2_id(context.ids, "vpce-nfn"),
        account=context.account,
        region=context.region,
        connection_notification_arn=_topic(params["ConnectionNotificationArn"]),
        connection_events=_events(params["ConnectionEvents"]),
        created_at=context.clock.now(),
        service_id=service_id or "",
        vpc_endpoint_id=endpoint_id or "",
        client_token=token_mark(params),
    )
    context.tx.put(notification)
    return {"ConnectionNotification": _document(notification), "ClientToken": params.get("ClientToken")}


def _topic(text: str) -> str:
    arn = parse_arn(text)
    if arn is None or arn.service != "sns":
        raise Fault("InvalidParameter", f"The ARN '{text}' is not the ARN of an SNS topic")
    return text


def _events(wanted: Sequence[str]) -> tuple[str, ...]:
    unknown = [event for event in wanted if event not in EVENTS]
    if unknown or not wanted:
        raise Fault("InvalidParameter", f"Connection events must be one or more of {', '.join(EVENTS)}: {list(wanted)}")
    return tuple(dict.fromkeys(wanted))


def modify(context: Context, params: Params) -> Result:
    """ModifyVpcEndpointConnectionNotification."""
    notification = own(context, EndpointNotification, NOTIFICATION, params["ConnectionNotificationId"])
    arn, events = params.get("ConnectionNotificationArn"), params.get("ConnectionEvents")
    context.tx.put(
        msgspec.structs.replace(
            notification,
            connection_notification_arn=_topic(arn) if arn else notification.connection_notification_arn,
            connection_events=_events(events) if events else notification.connection_events,
        )
    )
    return {"ReturnValue": True}


def delete(context: Context, params: Params) -> Result:
    """DeleteVpcEndpointConnectionNotifications: each by itself."""
    failed = []
    for id in params["ConnectionNotificationIds"]:
        notification = context.tx.get(EndpointNotification, id)
        if notification is None or not is_own(context, notification):
            failed.append(unsuccessful(id, f"{NOTIFICATION.code}.NotFound", NOTIFICATION.text.format(id)))
        else:
            context.tx.delete(notification)
    return {"Unsuccessful": failed}


def describe(context: Context, params: Params) -> Result:
    """DescribeVpcEndpointConnectionNotifications."""
    id = params.get("ConnectionNotificationId")
    found = [own(context, EndpointNotification, NOTIFICATION, id)] if id else all_own(context, EndpointNotification)
    documents = select([_document(n) for n in found], params.get("Filters") or (), _FILTERS)
    page, token = cut_page(documents, params)
    return {"ConnectionNotificationSet": page, "NextToken": token}


def _document(notification: EndpointNotification) -> Document:
    document: Document = {
        "ConnectionNotificationId": notification.id,
        "ConnectionNotificationType": "Topic",
        "ConnectionNotificationArn": notification.connection_notification_arn,
        "ConnectionEvents": list(notification.connection_events),
        "ConnectionNotificationState": notification.connection_notification_state,
        "ServiceRegion": notification.region,
    }
    if notification.service_id:
        document["ServiceId"] = notification.service_id
    else:
        document["VpcEndpointId"] = notification.vpc_endpoint_id
    return document
