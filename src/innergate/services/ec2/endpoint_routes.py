"""Routes of gateway endpoints: each associated route table leads the service's prefix list to the endpoint."""

from collections.abc import Sequence

import msgspec

from innergate.primitives.fault import Fault
from innergate.resources.route_tables import Route, RouteTable
from innergate.resources.vpc_endpoints import VpcEndpoint
from innergate.services.context import Context
from innergate.services.ec2.identifiers import ROUTE_TABLE, own


def add_routes(context: Context, endpoint: VpcEndpoint, table_ids: Sequence[str], prefix_list_id: str) -> None:
    """Adds the route to each table. Raises Fault InvalidRouteTableID.NotFound, InvalidParameter or RouteAlreadyExists."""
    for id in table_ids:
        table = own(context, RouteTable, ROUTE_TABLE, id)
        if table.vpc_id != endpoint.vpc_id:
            raise Fault("InvalidParameter", f"The route table '{id}' does not belong to the VPC {endpoint.vpc_id}")
        if any(route.destination == prefix_list_id for route in table.routes):
            raise Fault(
                "RouteAlreadyExists",
                f"route table {id} already has a route with destination-prefix-list-id {prefix_list_id}",
            )
        route = Route(destination=prefix_list_id, target_kind="vpc-endpoint", target=endpoint.id)
        context.tx.put(msgspec.structs.replace(table, routes=(*table.routes, route)))


def remove_routes(context: Context, endpoint: VpcEndpoint, table_ids: Sequence[str] | None = None) -> None:
    """Takes the endpoint's routes out of these tables, or of all."""
    for table in context.tx.find(RouteTable, "target", endpoint.id):
        if table_ids is None or table.id in table_ids:
            kept = tuple(route for route in table.routes if route.target != endpoint.id)
            context.tx.put(msgspec.structs.replace(table, routes=kept))
