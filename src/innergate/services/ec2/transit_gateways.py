"""Transit gateways: create, describe, modify, delete."""

from typing import Any

import msgspec

from innergate.primitives.arn import format_arn
from innergate.primitives.cidr import parse_cidr
from innergate.primitives.fault import Fault
from innergate.primitives.ids import fresh_ec2_id
from innergate.resources.transit_gateways import TransitGateway, TransitGatewayAttachment, TransitGatewayRouteTable
from innergate.services.context import Context, Params, Result
from innergate.services.ec2.filters import TAGS, Document
from innergate.services.ec2.identifiers import TRANSIT_GATEWAY, all_own
from innergate.services.ec2.listing import Listing, answer
from innergate.services.ec2.tag_sets import tag_list, tags_on_create
from innergate.services.ec2.transit_gateway_access import is_remembered, own_gateway, own_table

DEFAULTS: dict[str, str | int] = {
    "AmazonSideAsn": 64512,
    "AutoAcceptSharedAttachments": "disable",
    "DefaultRouteTableAssociation": "enable",
    "DefaultRouteTablePropagation": "enable",
    "VpnEcmpSupport": "enable",
    "DnsSupport": "enable",
    "SecurityGroupReferencingSupport": "disable",
    "MulticastSupport": "disable",
}
"""TransitGatewayRequestOptions where the request leaves them out (EC2 API Reference)."""
PRIVATE_ASNS = (range(64512, 65535), range(4200000000, 4294967295))

LISTING = Listing(
    "TransitGateways",
    "TransitGatewayIds",
    "TransitGatewayId",
    TRANSIT_GATEWAY,
    {
        "options.propagation-default-route-table-id": "Options.PropagationDefaultRouteTableId",
        "options.amazon-side-asn": "Options.AmazonSideAsn",
        "options.association-default-route-table-id": "Options.AssociationDefaultRouteTableId",
        "options.auto-accept-shared-attachments": "Options.AutoAcceptSharedAttachments",
        "options.default-route-table-association": "Options.DefaultRouteTableAssociation",
        "options.default-route-table-propagation": "Options.DefaultRouteTablePropagation",
        "options.dns-support": "Options.DnsSupport",
        "options.vpn-ecmp-support": "Options.VpnEcmpSupport",
        "owner-id": "OwnerId",
        "state": "State",
        "transit-gateway-id": "TransitGatewayId",
        **TAGS,
    },
)


def gateway_document(gateway: TransitGateway) -> Document:
    """A gateway as EC2 answers it."""
    options: Document = dict(gateway.options)
    if blocks := options.pop("TransitGatewayCidrBlocks", ()):
        options["TransitGatewayCidrBlocks"] = list(blocks)
    if gateway.association_default_route_table_id:
        options["AssociationDefaultRouteTableId"] = gateway.association_default_route_table_id
    if gateway.propagation_default_route_table_id:
        options["PropagationDefaultRouteTableId"] = gateway.propagation_default_route_table_id
    return {
        "TransitGatewayId": gateway.id,
        "TransitGatewayArn": format_arn("ec2", gateway.region, gateway.account, f"transit-gateway/{gateway.id}"),
        "State": "deleted" if gateway.deleted_at else "available",
        "OwnerId": gateway.account,
        "Description": gateway.description,
        "CreationTime": gateway.created_at,
        "Options": options,
        "Tags": tag_list(gateway.tags),
    }


def _checked_blocks(texts: list[str]) -> tuple[str, ...]:
    for text in texts:
        if parse_cidr(text) is None:
            raise Fault("InvalidParameterValue", f"Value ({text}) for parameter TransitGatewayCidrBlocks is invalid.")
    return tuple(texts)


def _check_asn(asn: int) -> None:
    """Raises InvalidParameterValue outside the private numbers (EC2 API Reference, TransitGatewayRequestOptions)."""
    if not any(asn in numbers for numbers in PRIVATE_ASNS):
        ranges = " or ".join(f"{numbers.start}-{numbers.stop - 1}" for numbers in PRIVATE_ASNS)
        raise Fault(
            "InvalidParameterValue", f"Value ({asn}) for parameter AmazonSideAsn is invalid. It must be in {ranges}."
        )


def create(context: Context, params: Params) -> Result:
    """CreateTransitGateway: with its default route table unless both default options are off."""
    tags = tags_on_create(params, "transit-gateway")
    requested = params.get("Options") or {}
    options: dict[str, Any] = {name: requested.get(name, default) for name, default in DEFAULTS.items()}
    _check_asn(options["AmazonSideAsn"])
    if requested.get("TransitGatewayCidrBlocks"):
        options["TransitGatewayCidrBlocks"] = _checked_blocks(requested["TransitGatewayCidrBlocks"])
    now = context.clock.now()
    associates = options["DefaultRouteTableAssociation"] == "enable"
    propagates = options["DefaultRouteTablePropagation"] == "enable"
    table_id = fresh_ec2_id(context.ids, "tgw-rtb") if associates or propagates else ""
    gateway = TransitGateway(
        id=fresh_ec2_id(context.ids, "tgw"),
        account=context.account,
        region=context.region,
        created_at=now,
        description=params.get("Description") or "",
        options=options,
        association_default_route_table_id=table_id if associates else "",
        propagation_default_route_table_id=table_id if propagates else "",
        tags=tags,
    )
    context.tx.put(gateway)
    if table_id:
        context.tx.put(
            TransitGatewayRouteTable(
                id=table_id,
                account=context.account,
                region=context.region,
                transit_gateway_id=gateway.id,
                created_at=now,
                default_association=associates,
                default_propagation=propagates,
            )
        )
    return {"TransitGateway": gateway_document(gateway) | {"State": "pending"}}


def describe(context: Context, params: Params) -> Result:
    """DescribeTransitGateways: deleted ones for an hour."""
    remembered = (g for g in all_own(context, TransitGateway) if is_remembered(context, g))
    return answer(LISTING, params, map(gateway_document, remembered))


def modify(context: Context, params: Params) -> Result:
    """ModifyTransitGateway: description and options."""
    gateway = own_gateway(context, params["TransitGatewayId"])
    requested = params.get("Options") or {}
    options: dict[str, Any] = dict(gateway.options)
    options |= {name: requested[name] for name in DEFAULTS if name in requested and name != "MulticastSupport"}
    _check_asn(options["AmazonSideAsn"])
    blocks = list(options.get("TransitGatewayCidrBlocks", ()))
    blocks += [b for b in _checked_blocks(requested.get("AddTransitGatewayCidrBlocks") or []) if b not in blocks]
    gone = requested.get("RemoveTransitGatewayCidrBlocks") or ()
    options["TransitGatewayCidrBlocks"] = tuple(b for b in blocks if b not in gone)
    changes: dict[str, Any] = {"options": options}
    if "Description" in params:
        changes["description"] = params["Description"]
    for role, flag in (("Association", "default_association"), ("Propagation", "default_propagation")):
        field = f"{role.lower()}_default_route_table_id"
        wanted = requested.get(f"{role}DefaultRouteTableId")
        if wanted:
            table = own_table(context, wanted)
            if table.transit_gateway_id != gateway.id:
                raise Fault("InvalidParameterValue", f"{wanted} does not belong to {gateway.id}.")
            changes[field] = wanted
        elif options[f"DefaultRouteTable{role}"] == "disable":
            changes[field] = ""
        if field in changes:
            _mark_default(context, gateway.id, flag, changes[field])
    changed = msgspec.structs.replace(gateway, **changes)
    context.tx.put(changed)
    return {"TransitGateway": gateway_document(changed) | {"State": "modifying"}}


def _mark_default(context: Context, gateway_id: str, flag: str, table_id: str) -> None:
    for table in context.tx.find(TransitGatewayRouteTable, "transit-gateway", gateway_id):
        change: dict[str, Any] = {flag: table.id == table_id}
        context.tx.put(msgspec.structs.replace(table, **change))


def delete(context: Context, params: Params) -> Result:
    """DeleteTransitGateway: refused while it has attachments; stays described as deleted for an hour."""
    gateway = own_gateway(context, params["TransitGatewayId"])
    tx = context.tx
    attachments = {
        a.id: a
        for index in ("transit-gateway", "resource")
        for a in tx.find(TransitGatewayAttachment, index, gateway.id)
    }
    living = sorted(a.id for a in attachments.values() if a.state not in ("deleted", "rejected"))
    if living:
        raise Fault("IncorrectState", f"{gateway.id} has non-deleted Transit Gateway Attachments: {', '.join(living)}.")
    now = context.clock.now()
    for attachment in attachments.values():
        if attachment.state == "rejected":
            tx.put(msgspec.structs.replace(attachment, state="deleted", deleted_at=now))
    for table in tx.find(TransitGatewayRouteTable, "transit-gateway", gateway.id):
        tx.put(msgspec.structs.replace(table, deleted_at=table.deleted_at or now, routes=()))
    gone = msgspec.structs.replace(gateway, deleted_at=now)
    tx.put(gone)
    return {"TransitGateway": gateway_document(gone) | {"State": "deleting"}}
