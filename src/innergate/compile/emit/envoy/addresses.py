"""Socket addresses inside namespaces."""

from innergate.primitives.json_value import JsonObject


def socket_address(address: str, port: int, namespace_path: str = "") -> JsonObject:
    """`address:port`, in a namespace or in the one that Envoy runs in."""
    inside = {"network_namespace_filepath": namespace_path} if namespace_path else {}
    return {"socket_address": {"address": address, "port_value": port, **inside}}
