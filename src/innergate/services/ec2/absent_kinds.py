"""Kinds of EC2 resources that do not exist here, yet are read by clients: there are none, and every id is unknown.

This is honest: nothing can create one, so the true answer to "which are there" is an empty list.
"""

from collections.abc import Mapping
from typing import NamedTuple

from innergate.primitives.fault import Fault
from innergate.resources.subnets import Subnet
from innergate.services.context import Context, Params, Result
from innergate.services.ec2.identifiers import (
    EGRESS_ONLY_GATEWAY,
    IMAGE,
    INSTANCE,
    SUBNET,
    VOLUME,
    VPN_GATEWAY,
    IdKind,
    own,
)
from innergate.services.operation import Operations, Run, read

_VPN_CONNECTION = IdKind("vpn", "InvalidVpnConnectionID", "The vpnConnection ID '{}' does not exist")
_CUSTOMER_GATEWAY = IdKind("cgw", "InvalidCustomerGatewayID", "The customerGateway ID '{}' does not exist")
_FLOW_LOG = IdKind("fl", "InvalidFlowLogId", "The flowLog ID '{}' does not exist")
_CARRIER_GATEWAY = IdKind("cagw", "InvalidCarrierGatewayID", "The carrierGateway ID '{}' does not exist")
_KEY_PAIR = IdKind("key", "InvalidKeyPair", "The key pair '{}' does not exist")
_PERMISSION = IdKind("eni-perm", "InvalidPermissionID", "The permission ID '{}' does not exist")
_SNAPSHOT = IdKind("snap", "InvalidSnapshot", "The snapshot '{}' does not exist.")


class Absent(NamedTuple):
    """A describe operation of an absent kind: its list, the parameter of its ids, and what it says of an id."""

    output: str
    ids: str
    kind: IdKind


ABSENT: Mapping[str, Absent] = {
    "DescribeCarrierGateways": Absent("CarrierGateways", "CarrierGatewayIds", _CARRIER_GATEWAY),
    "DescribeCustomerGateways": Absent("CustomerGateways", "CustomerGatewayIds", _CUSTOMER_GATEWAY),
    "DescribeEgressOnlyInternetGateways": Absent(
        "EgressOnlyInternetGateways", "EgressOnlyInternetGatewayIds", EGRESS_ONLY_GATEWAY
    ),
    "DescribeFlowLogs": Absent("FlowLogs", "FlowLogIds", _FLOW_LOG),
    "DescribeImages": Absent("Images", "ImageIds", IMAGE),
    "DescribeInstanceCreditSpecifications": Absent("InstanceCreditSpecifications", "InstanceIds", INSTANCE),
    "DescribeInstanceStatus": Absent("InstanceStatuses", "InstanceIds", INSTANCE),
    "DescribeInstances": Absent("Reservations", "InstanceIds", INSTANCE),
    "DescribeKeyPairs": Absent("KeyPairs", "KeyPairIds", _KEY_PAIR),
    "DescribeNetworkInterfacePermissions": Absent(
        "NetworkInterfacePermissions", "NetworkInterfacePermissionIds", _PERMISSION
    ),
    "DescribeSnapshots": Absent("Snapshots", "SnapshotIds", _SNAPSHOT),
    "DescribeVolumes": Absent("Volumes", "VolumeIds", VOLUME),
    "DescribeVpnConnections": Absent("VpnConnections", "VpnConnectionIds", _VPN_CONNECTION),
    "DescribeVpnGateways": Absent("VpnGateways", "VpnGatewayIds", VPN_GATEWAY),
}


def _describer(absent: Absent) -> Run:
    def describe(context: Context, params: Params) -> Result:
        for id in params.get(absent.ids) or ():
            absent.kind.check(id)
            raise absent.kind.missing(id)
        return {absent.output: []}

    return describe


def describe_instance_attribute(context: Context, params: Params) -> Result:
    """DescribeInstanceAttribute: no instance is ever found."""
    INSTANCE.check(params["InstanceId"])
    raise INSTANCE.missing(params["InstanceId"])


def describe_instance_types(context: Context, params: Params) -> Result:
    """DescribeInstanceTypes: none is offered. Raises Fault InvalidInstanceType for a named one."""
    names = params.get("InstanceTypes") or ()
    if names:
        raise Fault("InvalidInstanceType", f"The following supplied instance types do not exist: [{', '.join(names)}]")
    return {"InstanceTypes": []}


def list_cidr_reservations(context: Context, params: Params) -> Result:
    """GetSubnetCidrReservations: nothing can reserve a part of a subnet."""
    own(context, Subnet, SUBNET, params["SubnetId"])
    return {"SubnetIpv4CidrReservations": [], "SubnetIpv6CidrReservations": []}


OPERATIONS: Operations = {
    **{name: read(_describer(absent)) for name, absent in ABSENT.items()},
    "DescribeInstanceAttribute": read(describe_instance_attribute),
    "DescribeInstanceTypes": read(describe_instance_types),
    "GetSubnetCidrReservations": read(list_cidr_reservations),
}
