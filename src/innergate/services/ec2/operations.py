"""Every EC2 operation there is here: the one visible table.

Two things are the same for all and are put around them here: `DryRun` (the operation is tried and its transaction dropped), and
the account's default network, which is there from the first call on.
"""

from innergate.primitives.fault import Fault
from innergate.services.context import Context, Params, Result
from innergate.services.ec2 import (
    network_interfaces,
    regions,
    route_tables,
    routes,
    security_group_rules,
    security_groups,
    subnets,
    tags,
    vpcs,
)
from innergate.services.ec2.default_network import ensure_default_network, with_default_network
from innergate.services.ec2.resource_arns import of_one, of_tagged
from innergate.services.operation import Operation, Operations, Run, read, write

_VPC = of_one("vpc", "VpcId")
_SUBNET = of_one("subnet", "SubnetId")
_TABLE = of_one("route-table", "RouteTableId")
_GROUP = of_one("security-group", "GroupId")
_INTERFACE = of_one("network-interface", "NetworkInterfaceId")

_VPCS: Operations = {
    "AssociateVpcCidrBlock": write(vpcs.associate_cidr, resource=_VPC),
    "CreateDefaultSubnet": write(subnets.create_default),
    "CreateDefaultVpc": write(vpcs.create_default),
    "CreateSubnet": write(subnets.create, resource=_VPC),
    "CreateVpc": write(vpcs.create),
    "DeleteSubnet": write(subnets.delete, resource=_SUBNET),
    "DeleteVpc": write(vpcs.delete, resource=_VPC),
    "DescribeSubnets": read(subnets.describe),
    "DescribeVpcAttribute": read(vpcs.describe_attribute),
    "DescribeVpcs": read(vpcs.describe),
    "DisassociateVpcCidrBlock": write(vpcs.disassociate_cidr),
    "ModifySubnetAttribute": write(subnets.modify_attribute, resource=_SUBNET),
    "ModifyVpcAttribute": write(vpcs.modify_attribute, resource=_VPC),
}

_ROUTES: Operations = {
    "AssociateRouteTable": write(route_tables.associate, resource=_TABLE),
    "CreateRoute": write(routes.create, resource=_TABLE),
    "CreateRouteTable": write(route_tables.create, resource=_VPC),
    "DeleteRoute": write(routes.delete, resource=_TABLE),
    "DeleteRouteTable": write(route_tables.delete, resource=_TABLE),
    "DescribeRouteTables": read(route_tables.describe),
    "DisassociateRouteTable": write(route_tables.disassociate),
    "ReplaceRoute": write(routes.replace, resource=_TABLE),
    "ReplaceRouteTableAssociation": write(route_tables.replace_association, resource=_TABLE),
}

_GROUPS: Operations = {
    "AuthorizeSecurityGroupEgress": write(security_group_rules.authorize_egress, resource=_GROUP),
    "AuthorizeSecurityGroupIngress": write(security_group_rules.authorize_ingress, resource=_GROUP),
    "CreateSecurityGroup": write(security_groups.create, resource=_VPC),
    "DeleteSecurityGroup": write(security_groups.delete, resource=_GROUP),
    "DescribeSecurityGroupReferences": read(security_groups.describe_references),
    "DescribeSecurityGroupRules": read(security_group_rules.describe),
    "DescribeSecurityGroupVpcAssociations": read(security_groups.describe_vpc_associations),
    "DescribeSecurityGroups": read(security_groups.describe),
    "DescribeStaleSecurityGroups": read(security_groups.describe_stale),
    "GetSecurityGroupsForVpc": read(security_groups.for_vpc),
    "ModifySecurityGroupRules": write(security_group_rules.modify, resource=_GROUP),
    "RevokeSecurityGroupEgress": write(security_group_rules.revoke_egress, resource=_GROUP),
    "RevokeSecurityGroupIngress": write(security_group_rules.revoke_ingress, resource=_GROUP),
    "UpdateSecurityGroupRuleDescriptionsEgress": write(
        security_group_rules.update_egress_descriptions, resource=_GROUP
    ),
    "UpdateSecurityGroupRuleDescriptionsIngress": write(
        security_group_rules.update_ingress_descriptions, resource=_GROUP
    ),
}

_INTERFACES: Operations = {
    "AssignPrivateIpAddresses": write(network_interfaces.assign_addresses, resource=_INTERFACE),
    "AttachNetworkInterface": write(network_interfaces.attach, resource=_INTERFACE),
    "CreateNetworkInterface": write(network_interfaces.create, resource=_SUBNET),
    "DeleteNetworkInterface": write(network_interfaces.delete, resource=_INTERFACE),
    "DescribeNetworkInterfaceAttribute": read(network_interfaces.describe_attribute),
    "DescribeNetworkInterfaces": read(network_interfaces.describe),
    "DetachNetworkInterface": write(network_interfaces.detach),
    "ModifyNetworkInterfaceAttribute": write(network_interfaces.modify_attribute, resource=_INTERFACE),
    "ResetNetworkInterfaceAttribute": write(network_interfaces.reset_attribute, resource=_INTERFACE),
    "UnassignPrivateIpAddresses": write(network_interfaces.unassign_addresses, resource=_INTERFACE),
}

_PLACES: Operations = {
    "CreateTags": write(tags.create, resource=of_tagged),
    "DeleteTags": write(tags.delete, resource=of_tagged),
    "DescribeAccountAttributes": read(regions.describe_account_attributes),
    "DescribeAvailabilityZones": read(regions.describe_zones),
    "DescribeRegions": read(regions.describe_regions),
    "DescribeTags": read(tags.describe),
}


def _surrounded(operation: Operation) -> Operation:
    def run(context: Context, params: Params) -> Result | None:
        if operation.writes:
            ensure_default_network(context)
        else:
            context = with_default_network(context)
        result = operation.run(context, params)
        if params.get("DryRun"):
            raise Fault("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", status=412)
        return result

    wrapped: Run = run
    return operation._replace(run=wrapped)


OPERATIONS: Operations = {
    name: _surrounded(operation)
    for table in (_VPCS, _ROUTES, _GROUPS, _INTERFACES, _PLACES)
    for name, operation in sorted(table.items())
}
