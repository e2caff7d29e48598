"""A leg's targets as a ClusterLoadAssignment."""

from innergate.compile.emit.envoy.addresses import socket_address
from innergate.compile.resolve.path import Leg, TargetAddress
from innergate.primitives.json_value import JsonObject


def load_assignment(name: str, leg: Leg) -> JsonObject:
    """The endpoints of the cluster `name`, in order of address; the health check's own port where it has one."""
    port = leg.health_check.port if leg.health_check else 0
    targets = sorted(leg.targets)
    return {
        "cluster_name": name,
        "endpoints": [{"lb_endpoints": [_endpoint(target, port) for target in targets]}] if targets else [],
    }


def _endpoint(target: TargetAddress, check_port: int) -> JsonObject:
    checked = {"health_check_config": {"port_value": check_port}} if check_port else {}
    return {
        "endpoint": {"address": socket_address(target.address, target.port), **checked},
        "load_balancing_weight": max(target.weight, 1),
    }
