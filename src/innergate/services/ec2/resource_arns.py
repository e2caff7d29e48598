"""The ARNs that IAM checks EC2 actions on (Service Authorization Reference, "Amazon EC2")."""

from collections.abc import Mapping

from innergate.primitives.arn import format_arn
from innergate.resources.base import Resource
from innergate.resources.network_interfaces import NetworkInterface
from innergate.resources.public_addresses import ElasticAddress
from innergate.resources.route_tables import RouteTable
from innergate.resources.vpcs import Vpc
from innergate.services.context import Context, Params
from innergate.services.ec2.identifiers import all_own, is_own
from innergate.services.ec2.security_groups import find_default_group
from innergate.services.ec2.tags import TAGGABLE
from innergate.services.operation import ResourceOf
from innergate.services.resource_tags import tag_keys


def of_one(resource_type: str, parameter: str) -> ResourceOf:
    """The ARN of the resource that `parameter` names; "*" where the parameter is absent."""

    def resource(context: Context, params: Params) -> str:
        id = params.get(parameter)
        if not id:
            return "*"
        return format_arn("ec2", context.region, context.account, f"{resource_type}/{id}")

    return resource


def of_many(resource_type: str, parameter: str) -> ResourceOf:
    """The ARNs of all resources that the list `parameter` names; "*" where it is empty."""

    def resources(context: Context, params: Params) -> list[str] | str:
        ids = params.get(parameter) or ()
        return [format_arn("ec2", context.region, context.account, f"{resource_type}/{id}") for id in ids] or "*"

    return resources


def of_new(resource_type: str, *others: ResourceOf) -> ResourceOf:
    """What a creation is checked on: any resource of the type, then the existing ones that it names."""

    def any_one(context: Context, params: Params) -> str:
        return _arn(context, resource_type, "*")

    return together(any_one, *others)


def together(*parts: ResourceOf) -> ResourceOf:
    """Every ARN that any of the parts gives; a part whose parameter is absent gives none, and "*" stands for none at all."""

    def resources(context: Context, params: Params) -> list[str] | str:
        found: list[str] = []
        for part in parts:
            arns = part(context, params)
            found += [arn for arn in ([arns] if isinstance(arns, str) else arns) if arn != "*"]
        return list(dict.fromkeys(found)) or "*"

    return resources


def of_table_association(context: Context, params: Params) -> str:
    """The route table of the association named; any where the caller has none such."""
    id = params.get("AssociationId")
    tables = (t for t in all_own(context, RouteTable) if any(a.association_id == id for a in t.associations))
    return _found(context, "route-table", next(tables, None))


def of_cidr_association(context: Context, params: Params) -> str:
    """The VPC of the association named; any where the caller has none such."""
    id = params.get("AssociationId")
    vpcs = (v for v in all_own(context, Vpc) if any(a.association_id == id for a in v.cidr_associations))
    return _found(context, "vpc", next(vpcs, None))


def of_attachment(context: Context, params: Params) -> str:
    """The network interface of the attachment named; any where the caller has none such."""
    id = params.get("AttachmentId")
    interfaces = (i for i in all_own(context, NetworkInterface) if i.attachment_id == id)
    return _found(context, "network-interface", next(interfaces, None))


def of_address(context: Context, params: Params) -> str:
    """The elastic address named by allocation, association or itself; any where the caller has none such."""
    if id := params.get("AllocationId"):
        return _arn(context, "elastic-ip", id)
    association = params.get("AssociationId")
    index, value = ("association", association) if association else ("public-ip", params.get("PublicIp") or "")
    found = context.tx.find(ElasticAddress, index, value)
    return _found(context, "elastic-ip", next((a for a in found if is_own(context, a)), None))


def of_group(context: Context, params: Params) -> str:
    """The security group named by id, or by its name in the default VPC; any where the caller has none such."""
    if id := params.get("GroupId"):
        return _arn(context, "security-group", id)
    found = find_default_group(context, params.get("GroupName") or "")
    return _found(context, "security-group", found)


def tags_of(context: Context, arn: str) -> Mapping[str, str]:
    """`aws:ResourceTag/…` and `ec2:ResourceTag/…` of the caller's resource that the ARN names; none of what is not there or
    not the caller's."""
    resource_type, _, id = arn.rpartition(":")[2].partition("/")
    cls = next((kind.cls for kind in TAGGABLE if kind.resource_type == resource_type), None)
    resource = context.tx.get(cls, id) if cls is not None else None
    if resource is None or not is_own(context, resource):
        return {}
    tags: dict[str, str] = getattr(resource, "tags", {})
    return tag_keys(tags, "aws", "ec2")


def _arn(context: Context, resource_type: str, id: str) -> str:
    return format_arn("ec2", context.region, context.account, f"{resource_type}/{id}")


def _found(context: Context, resource_type: str, resource: Resource | None) -> str:
    return _arn(context, resource_type, resource.id if resource is not None else "*")


def of_tagged(context: Context, params: Params) -> list[str] | str:
    """The ARNs of the resources whose tags a call changes."""
    arns = []
    for id in params.get("Resources") or ():
        known = next((kind.resource_type for kind in TAGGABLE if id.startswith(f"{kind.prefix}-")), "*")
        arns.append(format_arn("ec2", context.region, context.account, f"{known}/{id}"))
    return arns or "*"
