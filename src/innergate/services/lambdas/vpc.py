"""A function inside a VPC: a host of it, with one interface that all of the function's processes share."""

from innergate.primitives.fault import Fault
from innergate.primitives.ids import fresh_ec2_id, fresh_uuid
from innergate.resources.functions import VpcAttachment
from innergate.resources.network_interfaces import NetworkInterface
from innergate.resources.security_groups import SecurityGroup
from innergate.resources.subnets import Subnet
from innergate.resources.workloads import Workload
from innergate.services.context import Context, Params
from innergate.services.ec2.address_allocation import NewInterface, allocate_interface
from innergate.services.ec2.default_network import ensure_default_network
from innergate.services.lambdas.faults import invalid


def attach(context: Context, function_name: str, wanted: Params) -> VpcAttachment | None:
    """Makes the function's host as `VpcConfig` says; None where it says no VPC. Raises Fault InvalidParameterValueException."""
    subnet_ids = tuple(dict.fromkeys(wanted.get("SubnetIds", ())))
    group_ids = tuple(dict.fromkeys(wanted.get("SecurityGroupIds", ())))
    if not subnet_ids and not group_ids:
        return None
    if not subnet_ids or not group_ids:
        raise invalid("Subnet IDs and Security Group IDs must be either both empty or both non-empty")
    ensure_default_network(context)
    subnets = [_subnet(context, id) for id in subnet_ids]
    for id in group_ids:
        _check_group(context, id, subnets[0].vpc_id)
    if len({subnet.vpc_id for subnet in subnets}) != 1:
        raise invalid("Subnets must be in the same VPC")
    host = _make_host(context, function_name, subnets[0], group_ids)
    return VpcAttachment(vpc_id=host.vpc_id, subnet_ids=subnet_ids, group_ids=group_ids, workload_id=host.id)


def detach(context: Context, attachment: VpcAttachment) -> None:
    """Takes the function's host away."""
    for interface in context.tx.find(NetworkInterface, "holder", f"workload/{attachment.workload_id}"):
        context.tx.delete(interface)
    host = context.tx.get(Workload, attachment.workload_id)
    if host is not None:
        context.tx.delete(host)


def says_the_same(attachment: VpcAttachment | None, wanted: Params) -> bool:
    """Whether `VpcConfig` asks for what is there."""
    subnets, groups = set(wanted.get("SubnetIds", ())), set(wanted.get("SecurityGroupIds", ()))
    if attachment is None:
        return not subnets and not groups
    return set(attachment.subnet_ids) == subnets and set(attachment.group_ids) == groups


def _make_host(context: Context, function_name: str, subnet: Subnet, group_ids: tuple[str, ...]) -> Workload:
    # AWS differs: a function has one interface, in its first subnet.
    workload_id = fresh_ec2_id(context.ids, "wl")
    interface = allocate_interface(
        context.tx,
        context.ids,
        context.clock,
        subnet,
        NewInterface(
            group_ids=group_ids,
            interface_type="lambda",
            description=f"AWS Lambda VPC ENI-{function_name}-{fresh_uuid(context.ids)}",
            holder_kind="workload",
            holder=workload_id,
            instance_owner_id="amazon-aws",
            attachment_prefix="ela-attach",
            requester_managed=True,
            requester_id=f"{context.account}:{function_name}",
        ),
    )
    host = Workload(
        id=workload_id,
        account=context.account,
        region=context.region,
        vpc_id=subnet.vpc_id,
        subnet_id=subnet.id,
        address=interface.private_ip_address,
        name="",
        created_at=context.clock.now(),
        group_ids=group_ids,
    )
    context.tx.put(host)
    return host


def _subnet(context: Context, id: str) -> Subnet:
    subnet = context.tx.get(Subnet, id)
    if subnet is None or (subnet.account, subnet.region) != (context.account, context.region):
        raise _absent("InvalidSubnetID.NotFound", f"The subnet ID '{id}' does not exist")
    return subnet


def _check_group(context: Context, id: str, vpc_id: str) -> None:
    group = context.tx.get(SecurityGroup, id)
    if group is None or (group.account, group.region) != (context.account, context.region):
        raise _absent("InvalidGroup.NotFound", f"The security group '{id}' does not exist")
    if group.vpc_id != vpc_id:
        raise invalid(f"Security group {id} and the subnets belong to different VPCs")


def _absent(code: str, message: str) -> Fault:
    return invalid(f"Error occurred while DescribeSubnets. EC2 Error Code: {code}. EC2 Error Message: {message}")
