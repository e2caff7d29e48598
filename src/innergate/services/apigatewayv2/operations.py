"""The table of API Gateway's second control plane. What the model has and this table lacks stands in a ratchet list."""

from innergate.services.apigateway.permissions import guarded
from innergate.services.apigatewayv2 import tags, vpc_links
from innergate.services.operation import Operations, read, write

_TABLE: Operations = {
    "CreateVpcLink": write(vpc_links.create),
    "DeleteVpcLink": write(vpc_links.delete),
    "GetTags": read(tags.get),
    "GetVpcLink": read(vpc_links.get),
    "GetVpcLinks": read(vpc_links.list_all),
    "TagResource": write(tags.put),
    "UntagResource": write(tags.remove),
    "UpdateVpcLink": write(vpc_links.update),
}

OPERATIONS: Operations = {name: guarded(name, operation, "apigatewayv2") for name, operation in _TABLE.items()}
"""Each with the IAM action and resource of its URL."""
