"""Security groups: create, describe, delete, and who refers to whom."""

import re

from innergate.primitives.arn import format_arn
from innergate.primitives.fault import Fault
from innergate.primitives.ids import fresh_ec2_id
from innergate.resources.security_groups import SecurityGroup
from innergate.resources.vpcs import Vpc
from innergate.services.context import Context, Params, Result
from innergate.services.ec2.default_network import egress_to_all, ensure_default_network
from innergate.services.ec2.filters import TAGS, Document
from innergate.services.ec2.identifiers import SECURITY_GROUP, VPC, all_own, own
from innergate.services.ec2.listing import Listing, answer, cut_page
from innergate.services.ec2.permissions import permission_documents
from innergate.services.ec2.tag_sets import tag_list, tags_on_create

_PERMISSION_FILTERS = {
    f"{prefix}ip-permission.{name}": f"{member}.{path}"
    for prefix, member in (("", "IpPermissions"), ("egress.", "IpPermissionsEgress"))
    for name, path in {
        "cidr": "IpRanges.CidrIp",
        "from-port": "FromPort",
        "group-id": "UserIdGroupPairs.GroupId",
        "group-name": "UserIdGroupPairs.GroupName",
        "ipv6-cidr": "Ipv6Ranges.CidrIpv6",
        "prefix-list-id": "PrefixListIds.PrefixListId",
        "protocol": "IpProtocol",
        "to-port": "ToPort",
        "user-id": "UserIdGroupPairs.UserId",
    }.items()
}
LISTING = Listing(
    "SecurityGroups",
    "GroupIds",
    "GroupId",
    SECURITY_GROUP,
    {
        "description": "Description",
        "group-id": "GroupId",
        "group-name": "GroupName",
        "owner-id": "OwnerId",
        "vpc-id": "VpcId",
        **_PERMISSION_FILTERS,
        **TAGS,
    },
)
_TEXT = re.compile(r"[a-zA-Z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{0,255}")


def group_document(group: SecurityGroup) -> Document:
    """A group as EC2 answers it."""
    return {
        "GroupId": group.id,
        "GroupName": group.group_name,
        "Description": group.description,
        "OwnerId": group.account,
        "SecurityGroupArn": group_arn(group),
        "VpcId": group.vpc_id,
        "IpPermissions": permission_documents(r for r in group.rules if not r.is_egress),
        "IpPermissionsEgress": permission_documents(r for r in group.rules if r.is_egress),
        "Tags": tag_list(group.tags),
    }


def group_arn(group: SecurityGroup) -> str:
    """The group's ARN."""
    return format_arn("ec2", group.region, group.account, f"security-group/{group.id}")


def default_group(context: Context, vpc_id: str) -> SecurityGroup:
    """The VPC's default group."""
    return next(g for g in context.tx.find(SecurityGroup, "vpc", vpc_id) if g.group_name == "default")


def groups_for(context: Context, vpc_id: str, ids: list[str] | tuple[str, ...]) -> tuple[str, ...]:
    """The ids, each checked to be the caller's and in the VPC; the VPC's default group where none is given.

    Raises Fault InvalidGroup.NotFound or InvalidParameterValue.
    """
    if not ids:
        return (default_group(context, vpc_id).id,)
    for id in ids:
        group = own(context, SecurityGroup, SECURITY_GROUP, id)
        if group.vpc_id != vpc_id:
            raise Fault("InvalidGroup.NotFound", f"The security group '{id}' does not exist in VPC '{vpc_id}'")
    return tuple(dict.fromkeys(ids))


def create(context: Context, params: Params) -> Result:
    """CreateSecurityGroup: without VpcId in the default VPC."""
    tags = tags_on_create(params, "security-group")
    name, text = params["GroupName"], params["Description"]
    for member, value in (("groupName", name), ("groupDescription", text)):
        if not _TEXT.fullmatch(value):
            raise Fault(
                "InvalidParameterValue",
                f"Value ({value}) for parameter {member} is invalid. Character sets beyond ASCII are not supported.",
            )
    if name.startswith("sg-"):
        raise Fault(
            "InvalidParameterValue",
            f"Value ({name}) for parameter GroupName is invalid. Group names may not be in the format sg-*.",
        )
    if name == "default":
        raise Fault("InvalidParameterValue", "Cannot use reserved security group name: default")
    if params.get("VpcId"):
        vpc = own(context, Vpc, VPC, params["VpcId"])
    else:
        ensure_default_network(context)
        found = context.tx.find(Vpc, "default", f"{context.account}/{context.region}")
        if not found:
            raise Fault("VPCIdNotSpecified", "No default VPC for this user")
        vpc = found[0]
    if any(g.group_name == name for g in context.tx.find(SecurityGroup, "vpc", vpc.id)):
        raise Fault("InvalidGroup.Duplicate", f"The security group '{name}' already exists for VPC '{vpc.id}'")
    group = SecurityGroup(
        id=fresh_ec2_id(context.ids, "sg"),
        account=context.account,
        region=context.region,
        vpc_id=vpc.id,
        group_name=name,
        description=text,
        created_at=context.clock.now(),
        rules=(egress_to_all(context.ids),),
        tags=tags,
    )
    context.tx.put(group)
    return {"GroupId": group.id, "Tags": tag_list(tags), "SecurityGroupArn": group_arn(group)}


def describe(context: Context, params: Params) -> Result:
    """DescribeSecurityGroups. `GroupNames` names groups of the default VPC."""
    documents = [group_document(g) for g in all_own(context, SecurityGroup)]
    names = params.get("GroupNames") or ()
    if names:
        default = {v.id for v in context.tx.find(Vpc, "default", f"{context.account}/{context.region}")}
        named = [d for d in documents if d["GroupName"] in names and d["VpcId"] in default]
        for name in names:
            if all(d["GroupName"] != name for d in named):
                raise Fault(
                    "InvalidGroup.NotFound",
                    f"The security group '{name}' does not exist in default VPC '{next(iter(default), '')}'",
                )
        documents = named
    return answer(LISTING, params, documents)


def find_default_group(context: Context, name: str) -> SecurityGroup | None:
    """The group of that name in the caller's default VPC."""
    default = context.tx.find(Vpc, "default", f"{context.account}/{context.region}")
    groups = (group for vpc in default for group in context.tx.find(SecurityGroup, "vpc", vpc.id))
    return next((group for group in groups if group.group_name == name), None)


def named_group(context: Context, params: Params) -> SecurityGroup:
    """The group that GroupId, or GroupName in the default VPC, names. Raises Fault."""
    if params.get("GroupId"):
        return own(context, SecurityGroup, SECURITY_GROUP, params["GroupId"])
    name = params.get("GroupName")
    if not name:
        raise Fault("MissingParameter", "The request must contain the parameter groupName or groupId")
    group = find_default_group(context, name)
    if group is None:
        raise SECURITY_GROUP.missing(name)
    return group


def delete(context: Context, params: Params) -> Result:
    """DeleteSecurityGroup, by id, or by name in the default VPC."""
    group = named_group(context, params)
    if group.group_name == "default":
        raise Fault(
            "CannotDelete",
            f'the specified group: "{group.id}" name: "default" cannot be deleted by a user',
        )
    if any(holder != group.key for holder in context.tx.holders_of(group.key)):
        raise Fault("DependencyViolation", f"resource {group.id} has a dependent object")
    context.tx.delete(group)
    return {"Return": True, "GroupId": group.id}


def describe_references(context: Context, params: Params) -> Result:
    """DescribeSecurityGroupReferences: which other VPCs have a group that names one of these."""
    found = []
    for id in params["GroupId"]:
        group = own(context, SecurityGroup, SECURITY_GROUP, id)
        others = {g.vpc_id for g in context.tx.find(SecurityGroup, "referenced", group.id)} - {group.vpc_id}
        found += [{"GroupId": group.id, "ReferencingVpcId": vpc} for vpc in sorted(others)]
    return {"SecurityGroupReferenceSet": found}


def describe_stale(context: Context, params: Params) -> Result:
    """DescribeStaleSecurityGroups: none can be stale, since a referenced group cannot be deleted."""
    own(context, Vpc, VPC, params["VpcId"])
    return {"StaleSecurityGroupSet": []}


def for_vpc(context: Context, params: Params) -> Result:
    """GetSecurityGroupsForVpc."""
    vpc = own(context, Vpc, VPC, params["VpcId"])
    documents: list[Document] = [
        {
            "GroupId": g.id,
            "GroupName": g.group_name,
            "Description": g.description,
            "OwnerId": g.account,
            "PrimaryVpcId": g.vpc_id,
            "Tags": tag_list(g.tags),
        }
        for g in context.tx.find(SecurityGroup, "vpc", vpc.id)
    ]
    listing = Listing(
        "SecurityGroupForVpcs",
        "",
        "GroupId",
        SECURITY_GROUP,
        {
            "group-id": "GroupId",
            "group-name": "GroupName",
            "description": "Description",
            "owner-id": "OwnerId",
            "primary-vpc-id": "PrimaryVpcId",
            **TAGS,
        },
    )
    return answer(listing, params, documents)


def describe_vpc_associations(context: Context, params: Params) -> Result:
    """DescribeSecurityGroupVpcAssociations: a group belongs to its own VPC alone here, so there are none."""
    page, _ = cut_page([], params)
    return {"SecurityGroupVpcAssociations": page}
