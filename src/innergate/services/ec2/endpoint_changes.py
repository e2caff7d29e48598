"""ModifyVpcEndpoint: subnets, security groups, policy, private DNS and route tables of an endpoint that is there."""

import msgspec

from innergate.primitives.fault import Fault
from innergate.resources.vpc_endpoints import FULL_ACCESS_POLICY, VpcEndpoint
from innergate.resources.vpcs import Vpc
from innergate.services.context import Context, Params, Result
from innergate.services.ec2.endpoint_checks import check_addressing, check_policy, check_private_dns
from innergate.services.ec2.endpoint_directory import Found, service_of
from innergate.services.ec2.endpoint_documents import payer_entries
from innergate.services.ec2.endpoint_interfaces import (
    add_interfaces,
    addresses_wanted,
    regroup_interfaces,
    remove_interfaces,
    subnets_from,
)
from innergate.services.ec2.endpoint_routes import add_routes, remove_routes
from innergate.services.ec2.identifiers import VPC, own
from innergate.services.ec2.security_groups import groups_for
from innergate.services.ec2.vpc_endpoints import VPC_ENDPOINT, zones_offered


def modify(context: Context, params: Params) -> Result:
    """ModifyVpcEndpoint. Interfaces in subnets that stay keep their addresses, unless another address is asked for."""
    endpoint = own(context, VpcEndpoint, VPC_ENDPOINT, params["VpcEndpointId"])
    found = service_of(context.tx, endpoint)
    check_addressing(params)
    if params.get("ResetPolicy"):
        endpoint = msgspec.structs.replace(endpoint, policy_document=FULL_ACCESS_POLICY)
    elif params.get("PolicyDocument"):
        policy = check_policy(params["PolicyDocument"], found)
        endpoint = msgspec.structs.replace(endpoint, policy_document=policy)
    if endpoint.vpc_endpoint_type == "Gateway":
        endpoint = _with_tables(context, params, endpoint, found)
    else:
        if params.get("AddRouteTableIds") or params.get("RemoveRouteTableIds"):
            raise Fault("InvalidParameter", "Route tables are not supported for endpoints of type Interface")
        endpoint = _with_groups(context, params, endpoint)
        endpoint = _with_private_dns(context, params, endpoint, found)
        endpoint = _with_subnets(context, params, endpoint, found)
    context.tx.put(endpoint)
    return {"Return": True}


def _with_tables(context: Context, params: Params, endpoint: VpcEndpoint, found: Found) -> VpcEndpoint:
    removed = params.get("RemoveRouteTableIds") or ()
    kept = [id for id in endpoint.route_table_ids if id not in removed]
    added = [id for id in dict.fromkeys(params.get("AddRouteTableIds") or ()) if id not in kept]
    remove_routes(context, endpoint, removed)
    if found.platform is not None:
        add_routes(context, endpoint, added, found.platform.prefix_list_id)
    return msgspec.structs.replace(endpoint, route_table_ids=(*kept, *added))


def _with_groups(context: Context, params: Params, endpoint: VpcEndpoint) -> VpcEndpoint:
    added, removed = params.get("AddSecurityGroupIds") or (), params.get("RemoveSecurityGroupIds") or ()
    if not added and not removed:
        return endpoint
    kept = tuple(id for id in endpoint.group_ids if id not in removed)
    wanted = tuple(dict.fromkeys((*kept, *added)))
    if not wanted:
        raise Fault("InvalidParameter", "An interface endpoint must have at least one security group")
    endpoint = msgspec.structs.replace(endpoint, group_ids=groups_for(context, endpoint.vpc_id, wanted))
    regroup_interfaces(context, endpoint)
    return endpoint


def _with_private_dns(context: Context, params: Params, endpoint: VpcEndpoint, found: Found) -> VpcEndpoint:
    options = params.get("DnsOptions")
    if options:
        others = {name: value for name, value in options.items() if name != "DnsRecordIpType"}
        endpoint = msgspec.structs.replace(endpoint, dns_options={**endpoint.dns_options, **others})
    wanted = params.get("PrivateDnsEnabled")
    if wanted is None:
        return endpoint
    if not wanted:
        return msgspec.structs.replace(endpoint, private_dns_enabled=False)
    check_private_dns(context, own(context, Vpc, VPC, endpoint.vpc_id), endpoint, found)
    return msgspec.structs.replace(endpoint, private_dns_enabled=True)


def _with_subnets(context: Context, params: Params, endpoint: VpcEndpoint, found: Found) -> VpcEndpoint:
    wanted = addresses_wanted(params.get("SubnetConfigurations"))
    removed = set(params.get("RemoveSubnetIds") or ())
    for id in removed:
        if id not in endpoint.subnet_ids:
            raise Fault("InvalidParameter", f"The subnet '{id}' is not associated with the endpoint {endpoint.id}")
    replaced = {id for id in wanted if id in endpoint.subnet_ids and id not in removed}
    remove_interfaces(context, endpoint, (*removed, *replaced))
    kept = tuple(id for id in endpoint.subnet_ids if id not in removed)
    endpoint = msgspec.structs.replace(endpoint, subnet_ids=kept)
    asked = (*(params.get("AddSubnetIds") or ()), *wanted)
    added = [id for id in dict.fromkeys(asked) if id not in kept]
    zones = zones_offered(context, found)
    fresh = subnets_from(context, added, endpoint, zones) if added else []
    again = subnets_from(context, sorted(replaced), endpoint, zones) if replaced else []
    endpoint = msgspec.structs.replace(endpoint, subnet_ids=(*kept, *added))
    add_interfaces(context, endpoint, [*fresh, *again], wanted)
    return endpoint


def modify_payer(context: Context, params: Params) -> Result:
    """ModifyVpcEndpointPayerResponsibility: a record, since nothing is billed here."""
    endpoint = own(context, VpcEndpoint, VPC_ENDPOINT, params["VpcEndpointId"])
    endpoint = msgspec.structs.replace(
        endpoint, payer_responsibility=f"{params['Scope']}/{params['PayerResponsibility']}"
    )
    context.tx.put(endpoint)
    return {"VpcEndpointId": endpoint.id, "PayerResponsibilities": payer_entries(endpoint)}
