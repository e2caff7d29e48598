"""Whose turn it is: the account that a fix is for, and the names that people gave to accounts and VPCs."""

import re
from collections.abc import Iterable, Mapping

import msgspec

from innergate.compile.resolve.path import Hop
from innergate.compile.view import Reader
from innergate.resources.accounts import Account
from innergate.resources.base import Resource
from innergate.resources.endpoint_services import EndpointService
from innergate.resources.rest_apis import RestApi
from innergate.resources.route_tables import RouteTable
from innergate.resources.security_groups import SecurityGroup
from innergate.resources.transit_gateways import TransitGatewayAttachment, TransitGatewayRouteTable
from innergate.resources.vpc_endpoints import VpcEndpoint
from innergate.resources.vpc_peerings import VpcPeering
from innergate.resources.vpcs import Vpc

_COMMAND = re.compile(r"(?:^|: )(aws [a-z0-9]+ [a-z-]+) (.*)", re.DOTALL)
_ARN = re.compile(r"--(?:target-group|load-balancer|listener)-arn \S+?:(\d{12}):|--function-name \S+?:(\d{12}):")
_CHANGES_ATTACHMENT = "aws ec2 modify-transit-gateway-vpc-attachment"

_OWNERS: Mapping[str, type[Resource]] = {
    "service-id": EndpointService,
    "rest-api-id": RestApi,
    "vpc-id": Vpc,
    "vpc-endpoint-id": VpcEndpoint,
    "group-id": SecurityGroup,
    "route-table-id": RouteTable,
    "transit-gateway-route-table-id": TransitGatewayRouteTable,
    "transit-gateway-attachment-id": TransitGatewayAttachment,
}
"""By option, what a command changes; the first of these that a command has counts."""


def account_of_fix(reader: Reader, fix: str, where: str = "") -> str:
    """The account that has what the fix's first command changes: whose keys it takes. `where` is that of its hop, for
    commands that name nothing; "" where there is no command, or a place (`--vpc-id VPC`) for what it changes."""
    command = _COMMAND.search(fix)
    if command is None:
        return ""
    arn = _ARN.search(command[2])
    if arn is not None:
        return str(arn[1] or arn[2])
    options = dict(re.findall(r"--([a-z-]+) (\S+)", command[2]))
    peering = reader.get(VpcPeering, options.get("vpc-peering-connection-id", ""))
    if peering is not None:
        return peering.accepter_account
    for option, kind in _OWNERS.items():
        if options.get(option, "").isupper():
            return ""
        found = reader.get(kind, options[option]) if option in options else None
        if isinstance(found, TransitGatewayAttachment) and command[1] != _CHANGES_ATTACHMENT:
            return found.gateway_account
        if found is not None:
            return str(found.account)
    account = where.partition("/")[0]
    return account if account.isdigit() else ""


def with_owner(reader: Reader, hop: Hop) -> Hop:
    """The hop, with the account that its fix is for."""
    owner = account_of_fix(reader, hop.fix, hop.where)
    return msgspec.structs.replace(hop, fix_by=owner) if owner else hop


def names_in(reader: Reader, hops: Iterable[Hop]) -> dict[str, str]:
    """What people call the accounts and VPCs of the hops, by id; without those that have no name."""
    ids = {part for hop in hops for part in (*hop.where.split("/"), hop.fix_by) if part}
    return names_of(reader, ids)


def names_of(reader: Reader, ids: Iterable[str]) -> dict[str, str]:
    """The same of ids."""
    names: dict[str, str] = {}
    for id in sorted(ids):
        account, vpc = reader.get(Account, id), reader.get(Vpc, id)
        name = account.name if account is not None else vpc.tags.get("Name", "") if vpc is not None else ""
        if name:
            names[id] = name
    return names
