"""Every EC2 operation there is here: the one visible table.

Two things are the same for all and are put around them here: `DryRun` (the operation is tried and its transaction dropped), and
the account's default network, which is there from the first call on.
"""

from innergate.primitives.fault import Fault
from innergate.services.context import Context, Params, Result
from innergate.services.ec2 import (
    absent_kinds,
    addresses,
    dhcp_options,
    internet_gateways,
    nat_gateways,
    network_acls,
    network_interfaces,
    prefix_lists,
    regions,
    route_tables,
    routes,
    security_group_rules,
    security_groups,
    subnets,
    tags,
    transit_gateway_attachments,
    transit_gateway_peerings,
    transit_gateway_route_tables,
    transit_gateway_routes,
    transit_gateways,
    vpc_peerings,
    vpcs,
)
from innergate.services.ec2.conditions import asked_keys, described_keys
from innergate.services.ec2.default_network import ensure_default_network, with_default_network
from innergate.services.ec2.privatelink_operations import PRIVATELINK_OPERATIONS
from innergate.services.ec2.resource_arns import (
    of_address,
    of_attachment,
    of_cidr_association,
    of_group,
    of_many,
    of_new,
    of_one,
    of_table_association,
    of_tagged,
    together,
)
from innergate.services.node_calls import NodeCall
from innergate.services.operation import Operation, Operations, Run, read, write

_VPC = of_one("vpc", "VpcId")
_SUBNET = of_one("subnet", "SubnetId")
_TABLE = of_one("route-table", "RouteTableId")
_GROUP = of_group
_GATEWAY_OF_TABLE = of_one("internet-gateway", "GatewayId")
_INTERFACE = of_one("network-interface", "NetworkInterfaceId")

_VPCS: Operations = {
    "AssociateVpcCidrBlock": write(vpcs.associate_cidr, resource=_VPC),
    "CreateDefaultSubnet": write(subnets.create_default, resource=of_new("subnet")),
    "CreateDefaultVpc": write(vpcs.create_default, resource=of_new("vpc")),
    "CreateSubnet": write(subnets.create, resource=of_new("subnet", _VPC)),
    "CreateVpc": write(vpcs.create, resource=of_new("vpc")),
    "DeleteSubnet": write(subnets.delete, resource=_SUBNET),
    "DeleteVpc": write(vpcs.delete, resource=_VPC),
    "DescribeSubnets": read(subnets.describe),
    "DescribeVpcAttribute": read(vpcs.describe_attribute),
    "DescribeVpcs": read(vpcs.describe),
    "DisassociateVpcCidrBlock": write(vpcs.disassociate_cidr, resource=of_cidr_association),
    "ModifySubnetAttribute": write(subnets.modify_attribute, resource=_SUBNET),
    "ModifyVpcAttribute": write(vpcs.modify_attribute, resource=_VPC),
}

_ROUTES: Operations = {
    "AssociateRouteTable": write(route_tables.associate, resource=together(_TABLE, _SUBNET, _GATEWAY_OF_TABLE)),
    "CreateRoute": write(routes.create, resource=_TABLE),
    "CreateRouteTable": write(route_tables.create, resource=of_new("route-table", _VPC)),
    "DeleteRoute": write(routes.delete, resource=_TABLE),
    "DeleteRouteTable": write(route_tables.delete, resource=_TABLE),
    "DescribeRouteTables": read(route_tables.describe),
    "DisassociateRouteTable": write(route_tables.disassociate, resource=of_table_association),
    "ReplaceRoute": write(routes.replace, resource=_TABLE),
    "ReplaceRouteTableAssociation": write(
        route_tables.replace_association, resource=together(_TABLE, of_table_association)
    ),
}

_GROUPS: Operations = {
    "AuthorizeSecurityGroupEgress": write(security_group_rules.authorize_egress, resource=_GROUP),
    "AuthorizeSecurityGroupIngress": write(security_group_rules.authorize_ingress, resource=_GROUP),
    "CreateSecurityGroup": write(security_groups.create, resource=of_new("security-group", _VPC)),
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
    "CreateNetworkInterface": write(
        network_interfaces.create, resource=of_new("network-interface", _SUBNET, of_many("security-group", "Groups"))
    ),
    "DeleteNetworkInterface": write(network_interfaces.delete, resource=_INTERFACE),
    "DescribeNetworkInterfaceAttribute": read(network_interfaces.describe_attribute),
    "DescribeNetworkInterfaces": read(network_interfaces.describe),
    "DetachNetworkInterface": write(network_interfaces.detach, resource=of_attachment),
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


_ACL = of_one("network-acl", "NetworkAclId")
_GATEWAY = of_one("internet-gateway", "InternetGatewayId")
_DHCP = of_one("dhcp-options", "DhcpOptionsId")
_LIST = of_one("prefix-list", "PrefixListId")

_RECORDS: Operations = {
    "AssociateDhcpOptions": write(dhcp_options.associate, resource=together(_DHCP, _VPC)),
    "AttachInternetGateway": write(internet_gateways.attach, resource=together(_GATEWAY, _VPC)),
    "CreateDhcpOptions": write(dhcp_options.create, resource=of_new("dhcp-options")),
    "CreateInternetGateway": write(internet_gateways.create, resource=of_new("internet-gateway")),
    "CreateManagedPrefixList": write(prefix_lists.create, resource=of_new("prefix-list")),
    "CreateNetworkAcl": write(network_acls.create, resource=of_new("network-acl", _VPC)),
    "CreateNetworkAclEntry": write(network_acls.create_entry, resource=_ACL),
    "DeleteDhcpOptions": write(dhcp_options.delete, resource=_DHCP),
    "DeleteInternetGateway": write(internet_gateways.delete, resource=_GATEWAY),
    "DeleteManagedPrefixList": write(prefix_lists.delete, resource=_LIST),
    "DeleteNetworkAcl": write(network_acls.delete, resource=_ACL),
    "DeleteNetworkAclEntry": write(network_acls.delete_entry, resource=_ACL),
    "DescribeDhcpOptions": read(dhcp_options.describe),
    "DescribeInternetGateways": read(internet_gateways.describe),
    "DescribeManagedPrefixLists": read(prefix_lists.describe_managed),
    "DescribeNetworkAcls": read(network_acls.describe),
    "DescribePrefixLists": read(prefix_lists.describe),
    "DetachInternetGateway": write(internet_gateways.detach, resource=together(_GATEWAY, _VPC)),
    "GetManagedPrefixListAssociations": read(prefix_lists.associations, resource=_LIST),
    "GetManagedPrefixListEntries": read(prefix_lists.entries, resource=_LIST),
    "ModifyManagedPrefixList": write(prefix_lists.modify, resource=_LIST),
    "ReplaceNetworkAclAssociation": write(network_acls.replace_association, resource=_ACL),
    "ReplaceNetworkAclEntry": write(network_acls.replace_entry, resource=_ACL),
    "RestoreManagedPrefixListVersion": write(prefix_lists.restore, resource=_LIST),
}

_ADDRESSES: Operations = {
    "AllocateAddress": write(addresses.allocate, resource=of_new("elastic-ip")),
    "AssociateAddress": write(addresses.associate, resource=together(of_address, _INTERFACE)),
    "CreateNatGateway": write(
        nat_gateways.create, resource=of_new("natgateway", _SUBNET, of_one("elastic-ip", "AllocationId"))
    ),
    "DeleteNatGateway": write(nat_gateways.delete, resource=of_one("natgateway", "NatGatewayId")),
    "DescribeAddresses": read(addresses.describe),
    "DescribeAddressesAttribute": read(addresses.describe_attribute),
    "DescribeNatGateways": read(nat_gateways.describe),
    "DisassociateAddress": write(addresses.disassociate, resource=of_address),
    "ReleaseAddress": write(addresses.release, resource=of_address),
}

_TGW = of_one("transit-gateway", "TransitGatewayId")
_TGW_TABLE = of_one("transit-gateway-route-table", "TransitGatewayRouteTableId")
_ATTACHMENT = of_one("transit-gateway-attachment", "TransitGatewayAttachmentId")

_TRANSIT: Operations = {
    "AcceptTransitGatewayPeeringAttachment": write(transit_gateway_peerings.accept, resource=_ATTACHMENT),
    "AcceptTransitGatewayVpcAttachment": write(transit_gateway_attachments.accept_for_vpc, resource=_ATTACHMENT),
    "AssociateTransitGatewayRouteTable": write(
        transit_gateway_route_tables.associate, resource=together(_ATTACHMENT, _TGW_TABLE)
    ),
    "CreateTransitGateway": write(transit_gateways.create, resource=of_new("transit-gateway")),
    "CreateTransitGatewayPeeringAttachment": write(
        transit_gateway_peerings.create, resource=of_new("transit-gateway-attachment", _TGW)
    ),
    "CreateTransitGatewayRoute": write(transit_gateway_routes.create, resource=together(_TGW_TABLE, _ATTACHMENT)),
    "CreateTransitGatewayRouteTable": write(
        transit_gateway_route_tables.create, resource=of_new("transit-gateway-route-table", _TGW)
    ),
    "CreateTransitGatewayVpcAttachment": write(
        transit_gateway_attachments.create_for_vpc,
        resource=of_new("transit-gateway-attachment", _TGW, _VPC, of_many("subnet", "SubnetIds")),
    ),
    "DeleteTransitGateway": write(transit_gateways.delete, resource=_TGW),
    "DeleteTransitGatewayPeeringAttachment": write(transit_gateway_peerings.delete, resource=_ATTACHMENT),
    "DeleteTransitGatewayRoute": write(transit_gateway_routes.delete, resource=_TGW_TABLE),
    "DeleteTransitGatewayRouteTable": write(transit_gateway_route_tables.delete, resource=_TGW_TABLE),
    "DeleteTransitGatewayVpcAttachment": write(transit_gateway_attachments.delete_for_vpc, resource=_ATTACHMENT),
    "DescribeTransitGatewayAttachments": read(transit_gateway_attachments.describe),
    "DescribeTransitGatewayPeeringAttachments": read(transit_gateway_peerings.describe),
    "DescribeTransitGatewayRouteTables": read(transit_gateway_route_tables.describe),
    "DescribeTransitGatewayVpcAttachments": read(transit_gateway_attachments.describe_for_vpc),
    "DescribeTransitGateways": read(transit_gateways.describe),
    "DisableTransitGatewayRouteTablePropagation": write(
        transit_gateway_route_tables.disable_propagation, resource=together(_ATTACHMENT, _TGW_TABLE)
    ),
    "DisassociateTransitGatewayRouteTable": write(
        transit_gateway_route_tables.disassociate, resource=together(_ATTACHMENT, _TGW_TABLE)
    ),
    "EnableTransitGatewayRouteTablePropagation": write(
        transit_gateway_route_tables.enable_propagation, resource=together(_ATTACHMENT, _TGW_TABLE)
    ),
    "GetTransitGatewayAttachmentPropagations": read(transit_gateway_route_tables.list_attachment_propagations),
    "GetTransitGatewayRouteTableAssociations": read(transit_gateway_route_tables.list_associations),
    "GetTransitGatewayRouteTablePropagations": read(transit_gateway_route_tables.list_propagations),
    "ModifyTransitGateway": write(transit_gateways.modify, resource=_TGW),
    "ModifyTransitGatewayVpcAttachment": write(transit_gateway_attachments.modify_for_vpc, resource=_ATTACHMENT),
    "RejectTransitGatewayPeeringAttachment": write(transit_gateway_peerings.reject, resource=_ATTACHMENT),
    "RejectTransitGatewayVpcAttachment": write(transit_gateway_attachments.reject_for_vpc, resource=_ATTACHMENT),
    "ReplaceTransitGatewayRoute": write(transit_gateway_routes.replace, resource=together(_TGW_TABLE, _ATTACHMENT)),
    "SearchTransitGatewayRoutes": read(transit_gateway_routes.search, resource=_TGW_TABLE),
}

_PEERING = of_one("vpc-peering-connection", "VpcPeeringConnectionId")

_PEERINGS: Operations = {
    "AcceptVpcPeeringConnection": write(vpc_peerings.accept, resource=_PEERING),
    "CreateVpcPeeringConnection": write(vpc_peerings.create, resource=of_new("vpc-peering-connection", _VPC)),
    "DeleteVpcPeeringConnection": write(vpc_peerings.delete, resource=_PEERING),
    "DescribeVpcPeeringConnections": read(vpc_peerings.describe),
    "ModifyVpcPeeringConnectionOptions": write(vpc_peerings.modify_options, resource=_PEERING),
    "RejectVpcPeeringConnection": write(vpc_peerings.reject, resource=_PEERING),
}


def _surrounded(operation: Operation) -> Operation:
    def run(context: Context, params: Params) -> Result | NodeCall | None:
        if operation.writes:
            ensure_default_network(context)
        else:
            context = with_default_network(context)
        result = operation.run(context, params)
        if params.get("DryRun"):
            raise Fault("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", status=412)
        return result

    wrapped: Run = run
    return operation._replace(run=wrapped, resource_keys=described_keys, request_keys=asked_keys)


OPERATIONS: Operations = {
    name: _surrounded(operation)
    for table in (
        _VPCS,
        _ROUTES,
        _GROUPS,
        _INTERFACES,
        _PLACES,
        _RECORDS,
        _ADDRESSES,
        _TRANSIT,
        _PEERINGS,
        absent_kinds.OPERATIONS,
        PRIVATELINK_OPERATIONS,
    )
    for name, operation in sorted(table.items())
}
