"""VPC links of version 2: an API's private way into a VPC, by a network interface in each of the link's subnets.

Subnets and security groups stay for the link's life; only its name changes. A link's status is never stored.

# AWS differs: a link that nobody uses for 60 days stays as it is; it is never INACTIVE.
"""

from typing import Any

import msgspec

from innergate.primitives.fault import Fault
from innergate.primitives.ids import fresh_api_id
from innergate.resources.base import R
from innergate.resources.deployments import Deployment
from innergate.resources.network_interfaces import NetworkInterface
from innergate.resources.security_groups import SecurityGroup
from innergate.resources.subnets import Subnet
from innergate.resources.vpc_links import VpcLinkV2
from innergate.services.apigateway.tag_rules import check_tags
from innergate.services.apigatewayv2.faults import bad_request, not_found, too_many
from innergate.services.apigatewayv2.paging import page_of
from innergate.services.context import Context, Params, Result
from innergate.services.ec2.address_allocation import NewInterface, allocate_interface

VPC_LINKS_MAX = 10
SUBNETS_MAX, GROUPS_MAX = 10, 10
NAME_MAX = 128
"""API Gateway quotas, HTTP APIs; the model's StringWithLengthBetween1And128."""

READY = "VPC link is ready to route traffic"
PROVISIONING = "VPC link is provisioning ENIs"


def create(context: Context, params: Params) -> Result:
    """CreateVpcLink: PENDING; AVAILABLE once every executor has its interfaces. Raises Fault BadRequestException."""
    name = _checked_name(params["Name"])
    subnets = [_own(context, Subnet, id, "subnet ID") for id in dict.fromkeys(params["SubnetIds"])]
    groups = [_own(context, SecurityGroup, id, "security group ID") for id in dict.fromkeys(_groups(params))]
    if not subnets:
        raise bad_request("At least one subnet must be specified")
    if len(subnets) > SUBNETS_MAX or len(groups) > GROUPS_MAX:
        raise bad_request(f"A VPC link has at most {SUBNETS_MAX} subnets and {GROUPS_MAX} security groups")
    vpc_id = subnets[0].vpc_id
    if {subnet.vpc_id for subnet in subnets} | {group.vpc_id for group in groups} != {vpc_id}:
        raise bad_request("All subnets and security groups of a VPC link must belong to the same VPC")
    if len(context.tx.in_account(VpcLinkV2, context.account, context.region)) >= VPC_LINKS_MAX:
        raise too_many("Maximum number of VPC links for the account has been reached.")
    link = VpcLinkV2(
        id=fresh_api_id(context.ids, 6),
        account=context.account,
        region=context.region,
        name=name,
        vpc_id=vpc_id,
        subnet_ids=tuple(subnet.id for subnet in subnets),
        group_ids=tuple(group.id for group in groups) or _default_group(context, vpc_id),
        created_at=context.clock.now(),
        tags=check_tags(params.get("Tags") or {}),
    )
    context.tx.put(link)
    for subnet in subnets:
        _place_interface(context, link, subnet)
    return render_link(context, link) | {"VpcLinkStatus": "PENDING", "VpcLinkStatusMessage": PROVISIONING}


def _groups(params: Params) -> list[str]:
    return list(params.get("SecurityGroupIds") or ())


def _checked_name(name: str) -> str:
    if not 1 <= len(name.strip()) <= NAME_MAX:
        raise bad_request(f"Name must have 1 to {NAME_MAX} letters")
    return name


def _own(context: Context, cls: type[R], id: str, what: str) -> R:
    found = context.tx.get(cls, id)
    if found is None or found.account != context.account or found.region != context.region:
        raise bad_request(f"The {what} '{id}' does not exist")
    return found


def _default_group(context: Context, vpc_id: str) -> tuple[str, ...]:
    groups = context.tx.find(SecurityGroup, "vpc", vpc_id)
    return tuple(group.id for group in groups if group.group_name == "default")


def _place_interface(context: Context, link: VpcLinkV2, subnet: Subnet) -> None:
    wanted = NewInterface(
        group_ids=link.group_ids,
        interface_type="api_gateway_managed",
        description=f"API Gateway VPC Link {link.id}",
        holder_kind=link.kind,
        holder=link.id,
        instance_owner_id="amazon-aws",
        attachment_prefix="ela-attach",
        requester_managed=True,
        requester_id="apigateway.amazonaws.com",
    )
    try:
        allocate_interface(context.tx, context.ids, context.clock, subnet, wanted)
    except Fault as fault:
        raise bad_request(f"{fault.message} ({subnet.id})") from fault


def render_link(context: Context, link: VpcLinkV2) -> dict[str, Any]:
    """The link with its present status."""
    seen = context.observations.observed("node/local", "applied_revision")
    applied = seen.value if seen is not None and isinstance(seen.value, int) else 0
    is_ready = applied >= context.tx.revision_of(link.key) > 0
    return {
        "CreatedDate": link.created_at,
        "Name": link.name,
        "SecurityGroupIds": list(link.group_ids),
        "SubnetIds": list(link.subnet_ids),
        "Tags": link.tags,
        "VpcLinkId": link.id,
        "VpcLinkStatus": "AVAILABLE" if is_ready else "PENDING",
        "VpcLinkStatusMessage": READY if is_ready else PROVISIONING,
        "VpcLinkVersion": "V2",
    }


def find_link(context: Context, link_id: str) -> VpcLinkV2 | None:
    """The caller's link, or None."""
    link = context.tx.get(VpcLinkV2, link_id)
    is_own = link is not None and (link.account, link.region) == (context.account, context.region)
    return link if is_own else None


def link_of(context: Context, link_id: str) -> VpcLinkV2:
    """The caller's link. Raises Fault NotFoundException."""
    link = find_link(context, link_id)
    if link is None:
        raise not_found(f"Unable to find Vpc link by id {link_id} within account {context.account}")
    return link


def get(context: Context, params: Params) -> Result:
    """GetVpcLink."""
    return render_link(context, link_of(context, params["VpcLinkId"]))


def list_all(context: Context, params: Params) -> Result:
    """GetVpcLinks, in pages. Raises Fault BadRequestException on sizes and tokens that are none."""
    links = context.tx.in_account(VpcLinkV2, context.account, context.region)
    page, token = page_of(params, links)
    return {"Items": [render_link(context, link) for link in page], **token}


def update(context: Context, params: Params) -> Result:
    """UpdateVpcLink: its name."""
    link = link_of(context, params["VpcLinkId"])
    if params.get("Name") is not None:
        link = msgspec.structs.replace(link, name=_checked_name(params["Name"]))
        context.tx.put(link)
    return render_link(context, link)


def delete(context: Context, params: Params) -> Result:
    """DeleteVpcLink, with its interfaces. Raises Fault BadRequestException while a deployment uses the link."""
    link = link_of(context, params["VpcLinkId"])
    # AWS differs: whether AWS refuses here is not written down; a REST API's link of version 1 is refused so.
    if users := context.tx.find(Deployment, "vpc-link", link.id):
        apis = ", ".join(sorted({deployment.rest_api_id for deployment in users}))
        raise bad_request(f"Cannot delete vpc link. Vpc link '{link.id}', is referenced in deployments of [{apis}].")
    for interface in context.tx.find(NetworkInterface, "holder", f"{link.kind}/{link.id}"):
        context.tx.delete(interface)
    context.tx.delete(link)
    return {}
