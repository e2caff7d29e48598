"""VPC peering connections: create, accept, reject, delete, options; across accounts and regions."""

from datetime import timedelta
from typing import Any

import msgspec

from innergate.primitives.cidr import overlaps
from innergate.primitives.fault import Fault
from innergate.primitives.ids import AccountId, Region, fresh_ec2_id
from innergate.resources.vpc_peerings import VpcPeering
from innergate.resources.vpcs import Vpc
from innergate.services.context import Context, Params, Result
from innergate.services.ec2.filters import TAGS, Document
from innergate.services.ec2.identifiers import VPC, VPC_PEERING, all_own, is_own, own
from innergate.services.ec2.listing import Listing, answer
from innergate.services.ec2.tag_sets import tag_list, tags_on_create

EXPIRES = timedelta(days=7)
REMEMBERED = timedelta(hours=2)
"""How long a failed, rejected or deleted connection is described (VPC Peering Guide, "lifecycle": 2 hours and more)."""
MESSAGES = {
    "initiating-request": "Initiating Request to {}",
    "pending-acceptance": "Pending Acceptance by {}",
    "active": "Active",
    "rejected": "Inactive",
    "deleted": "Deleted by {}",
    "expired": "Expired",
}
FAILED = "Failed due to incorrect VPC-ID, Account ID, or overlapping CIDR range"
DNS = "AllowDnsResolutionFromRemoteVpc"

LISTING = Listing(
    "VpcPeeringConnections",
    "VpcPeeringConnectionIds",
    "VpcPeeringConnectionId",
    VPC_PEERING,
    {
        "accepter-vpc-info.cidr-block": "AccepterVpcInfo.CidrBlock",
        "accepter-vpc-info.owner-id": "AccepterVpcInfo.OwnerId",
        "accepter-vpc-info.vpc-id": "AccepterVpcInfo.VpcId",
        "expiration-time": "ExpirationTime",
        "requester-vpc-info.cidr-block": "RequesterVpcInfo.CidrBlock",
        "requester-vpc-info.owner-id": "RequesterVpcInfo.OwnerId",
        "requester-vpc-info.vpc-id": "RequesterVpcInfo.VpcId",
        "status-code": "Status.Code",
        "status-message": "Status.Message",
        "vpc-peering-connection-id": "VpcPeeringConnectionId",
        **TAGS,
    },
)


def state_of(context: Context, peering: VpcPeering) -> str:
    """The state as time makes it: an unanswered request expires after 7 days."""
    overdue = context.clock.now() - peering.created_at >= EXPIRES
    return "expired" if peering.state == "pending-acceptance" and overdue else peering.state


def _end(vpc: Vpc | None, id: str, account: str, region: str, options: dict[str, bool], shows_ranges: bool) -> Document:
    document: Document = {"VpcId": id, "OwnerId": account, "Region": region}
    if shows_ranges and vpc is not None:
        document["CidrBlock"] = vpc.cidr_block
        document["CidrBlockSet"] = [{"CidrBlock": a.cidr_block} for a in vpc.cidr_associations]
        document["PeeringOptions"] = {
            "AllowDnsResolutionFromRemoteVpc": options.get(DNS, False),
            "AllowEgressFromLocalClassicLinkToRemoteVpc": False,
            "AllowEgressFromLocalVpcToRemoteClassicLink": False,
        }
    return document


def peering_document(context: Context, peering: VpcPeering) -> Document:
    """A connection as EC2 answers it. The accepter's ranges show once it is active."""
    tx, state = context.tx, state_of(context, peering)
    message = peering.status_message or MESSAGES.get(state, "").format(peering.accepter_account)
    document: Document = {
        "VpcPeeringConnectionId": peering.id,
        "RequesterVpcInfo": _end(
            tx.get(Vpc, peering.requester_vpc_id),
            peering.requester_vpc_id,
            peering.account,
            peering.region,
            peering.requester_options,
            True,
        ),
        "AccepterVpcInfo": _end(
            tx.get(Vpc, peering.accepter_vpc_id),
            peering.accepter_vpc_id,
            peering.accepter_account,
            peering.accepter_region,
            peering.accepter_options,
            state == "active",
        ),
        "Status": {"Code": state, "Message": message},
        "Tags": tag_list(peering.tags),
    }
    if state in ("pending-acceptance", "initiating-request"):
        document["ExpirationTime"] = peering.created_at + EXPIRES
    return document


def _is_accepter(context: Context, peering: VpcPeering) -> bool:
    return (peering.accepter_account, peering.accepter_region) == (context.account, context.region)


def _visible(context: Context, id: str) -> VpcPeering:
    VPC_PEERING.check(id)
    peering = context.tx.get(VpcPeering, id)
    if peering is None or not (is_own(context, peering) or _is_accepter(context, peering)):
        raise VPC_PEERING.missing(id)
    return peering


def _is_remembered(context: Context, peering: VpcPeering) -> bool:
    return peering.deleted_at is None or context.clock.now() - peering.deleted_at < REMEMBERED


def create(context: Context, params: Params) -> Result:
    """CreateVpcPeeringConnection. A wrong peer or overlapping ranges give a connection in state failed."""
    tx = context.tx
    tags = tags_on_create(params, "vpc-peering-connection")
    vpc = own(context, Vpc, VPC, params["VpcId"])
    peer_id = params.get("PeerVpcId")
    if not peer_id:
        raise Fault("MissingParameter", "The request must contain the parameter peerVpcId")
    account = AccountId(params.get("PeerOwnerId") or context.account)
    region = Region(params.get("PeerRegion") or context.region)
    peer = tx.get(Vpc, peer_id)
    if peer is not None and (peer.account, peer.region) != (account, region):
        peer = None
    if peer is not None and peer.id == vpc.id:
        raise Fault("InvalidParameterValue", "The requester and accepter VPCs must be different.")
    fits = peer is not None and not any(
        overlaps(a.cidr_block, b.cidr_block) for a in vpc.cidr_associations for b in peer.cidr_associations
    )
    if fits:
        for other in tx.find(VpcPeering, "vpc", vpc.id):
            ends = {other.requester_vpc_id, other.accepter_vpc_id}
            if ends == {vpc.id, peer_id} and state_of(context, other) in ("pending-acceptance", "active"):
                raise Fault(
                    "VpcPeeringConnectionAlreadyExists",
                    f"A VPC peering connection already exists between these VPCs: {other.id}",
                )
    now = context.clock.now()
    peering = VpcPeering(
        id=fresh_ec2_id(context.ids, "pcx"),
        account=context.account,
        region=context.region,
        requester_vpc_id=vpc.id,
        accepter_vpc_id=peer_id,
        accepter_account=account,
        accepter_region=region,
        created_at=now,
        state="pending-acceptance" if fits else "failed",
        status_message="" if fits else FAILED,
        deleted_at=None if fits else now,
        tags=tags,
    )
    tx.put(peering)
    document = peering_document(context, peering)
    if fits:
        document["Status"] = {
            "Code": "initiating-request",
            "Message": MESSAGES["initiating-request"].format(account),
        }
    return {"VpcPeeringConnection": document}


def describe(context: Context, params: Params) -> Result:
    """DescribeVpcPeeringConnections: both sides see one, the requester alone a failed one."""
    mine = all_own(context, VpcPeering)
    offered = [
        p
        for p in context.tx.find(VpcPeering, "accepter", f"{context.account}/{context.region}")
        if p.state != "failed" and not is_own(context, p)
    ]
    found = [p for p in (*mine, *offered) if _is_remembered(context, p)]
    return answer(LISTING, params, (peering_document(context, p) for p in found))


def _for_accepter(context: Context, params: Params, decision: str) -> VpcPeering:
    id = params.get("VpcPeeringConnectionId")
    if not id:
        raise Fault("MissingParameter", "The request must contain the parameter vpcPeeringConnectionId")
    peering = _visible(context, id)
    if not _is_accepter(context, peering):
        raise Fault(
            "OperationNotPermitted",
            f"User {context.account} cannot {decision} peering {peering.id}",
        )
    state = state_of(context, peering)
    if state != "pending-acceptance":
        raise Fault("InvalidStateTransition", f"The VPC peering connection {peering.id} is in state {state}")
    return peering


def accept(context: Context, params: Params) -> Result:
    """AcceptVpcPeeringConnection, by the accepter in its region."""
    active = msgspec.structs.replace(_for_accepter(context, params, "accept"), state="active")
    context.tx.put(active)
    return {"VpcPeeringConnection": peering_document(context, active)}


def reject(context: Context, params: Params) -> Result:
    """RejectVpcPeeringConnection, by the accepter in its region."""
    peering = _for_accepter(context, params, "reject")
    context.tx.put(msgspec.structs.replace(peering, state="rejected", deleted_at=context.clock.now()))
    return {"Return": True}


def delete(context: Context, params: Params) -> Result:
    """DeleteVpcPeeringConnection, by either side."""
    peering = _visible(context, params["VpcPeeringConnectionId"])
    state = state_of(context, peering)
    if state not in ("active", "pending-acceptance", "expired"):
        raise Fault(
            "InvalidStateTransition",
            f"Invalid state transition for {peering.id}, attempted to transition from {state} to deleting",
        )
    gone = msgspec.structs.replace(
        peering,
        state="deleted",
        deleted_at=context.clock.now(),
        status_message=MESSAGES["deleted"].format(context.account),
    )
    context.tx.put(gone)
    return {"Return": True}


def modify_options(context: Context, params: Params) -> Result:
    """ModifyVpcPeeringConnectionOptions: each side sets its own, once the connection is active."""
    peering = _visible(context, params["VpcPeeringConnectionId"])
    if state_of(context, peering) != "active":
        raise Fault(
            "OperationNotPermitted",
            f"Peering {peering.id} is not active. Peering options can be added only to active peerings.",
        )
    result: dict[str, Any] = {}
    changes: dict[str, Any] = {}
    for side, allowed in (("Requester", is_own(context, peering)), ("Accepter", _is_accepter(context, peering))):
        wanted = params.get(f"{side}PeeringConnectionOptions")
        if wanted is None:
            continue
        if not allowed:
            raise Fault(
                "OperationNotPermitted",
                f"User {context.account} cannot modify {side.lower()} peering options for {peering.id}",
            )
        field = f"{side.lower()}_options"
        changes[field] = getattr(peering, field) | {k: bool(v) for k, v in wanted.items() if k == DNS}
        result[f"{side}PeeringConnectionOptions"] = {
            "AllowEgressFromLocalClassicLinkToRemoteVpc": False,
            "AllowEgressFromLocalVpcToRemoteClassicLink": False,
            DNS: changes[field].get(DNS, False),
        }
    context.tx.put(msgspec.structs.replace(peering, **changes))
    return result
