"""The PrivateLink part of EC2's table."""

from innergate.services.ec2 import (
    endpoint_changes,
    endpoint_connections,
    endpoint_directory,
    endpoint_notifications,
    endpoint_permissions,
    endpoint_services,
    vpc_endpoints,
)
from innergate.services.ec2.resource_arns import of_many, of_new, of_one, together
from innergate.services.operation import Operations, read, write

_ENDPOINT = of_one("vpc-endpoint", "VpcEndpointId")
_ENDPOINTS = of_many("vpc-endpoint", "VpcEndpointIds")
_SERVICE = of_one("vpc-endpoint-service", "ServiceId")
_SERVICES = of_many("vpc-endpoint-service", "ServiceIds")

_PLACED = (
    of_one("vpc", "VpcId"),
    of_many("subnet", "SubnetIds"),
    of_many("security-group", "SecurityGroupIds"),
    of_many("route-table", "RouteTableIds"),
)
_MOVED = tuple(
    of_many(resource_type, f"{change}{parameter}")
    for resource_type, parameter in (
        ("subnet", "SubnetIds"),
        ("security-group", "SecurityGroupIds"),
        ("route-table", "RouteTableIds"),
    )
    for change in ("Add", "Remove")
)

PRIVATELINK_OPERATIONS: Operations = {
    "AcceptVpcEndpointConnections": write(endpoint_connections.accept, resource=_SERVICE),
    "CreateVpcEndpoint": write(vpc_endpoints.create, resource=of_new("vpc-endpoint", *_PLACED)),
    "CreateVpcEndpointConnectionNotification": write(
        endpoint_notifications.create, resource=together(_SERVICE, _ENDPOINT)
    ),
    "CreateVpcEndpointServiceConfiguration": write(endpoint_services.create, resource=of_new("vpc-endpoint-service")),
    "DeleteVpcEndpointConnectionNotifications": write(endpoint_notifications.delete),
    "DeleteVpcEndpointServiceConfigurations": write(endpoint_services.delete, resource=_SERVICES),
    "DeleteVpcEndpoints": write(vpc_endpoints.delete, resource=_ENDPOINTS),
    "DescribeVpcEndpointAssociations": read(vpc_endpoints.describe_associations),
    "DescribeVpcEndpointConnectionNotifications": read(endpoint_notifications.describe),
    "DescribeVpcEndpointConnections": read(endpoint_connections.describe),
    "DescribeVpcEndpointServiceConfigurations": read(endpoint_services.describe),
    "DescribeVpcEndpointServicePermissions": read(endpoint_permissions.describe),
    "DescribeVpcEndpointServices": read(endpoint_directory.describe),
    "DescribeVpcEndpoints": read(vpc_endpoints.describe),
    "ModifyVpcEndpoint": write(endpoint_changes.modify, resource=together(_ENDPOINT, *_MOVED)),
    "ModifyVpcEndpointConnectionNotification": write(endpoint_notifications.modify),
    "ModifyVpcEndpointPayerResponsibility": write(endpoint_changes.modify_payer, resource=_ENDPOINT),
    "ModifyVpcEndpointServiceConfiguration": write(endpoint_services.modify, resource=_SERVICE),
    "ModifyVpcEndpointServicePayerResponsibility": write(endpoint_services.modify_payer, resource=_SERVICE),
    "ModifyVpcEndpointServicePermissions": write(endpoint_permissions.modify, resource=_SERVICE),
    "RejectVpcEndpointConnections": write(endpoint_connections.reject, resource=_SERVICE),
    "StartVpcEndpointServicePrivateDnsVerification": write(
        endpoint_services.start_private_dns_verification, resource=_SERVICE
    ),
}
