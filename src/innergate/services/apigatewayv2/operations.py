"""The table of API Gateway's second control plane. What the model has and this table lacks stands in a ratchet list."""

from innergate.services.apigateway.permissions import guarded
from innergate.services.apigatewayv2 import routing_rules, tags, vpc_links
from innergate.services.operation import Operation, Operations, read, write

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

_RULES: Operations = {
    "CreateRoutingRule": write(routing_rules.create, "apigateway:CreateRoutingRule"),
    "DeleteRoutingRule": write(routing_rules.delete, "apigateway:DeleteRoutingRule"),
    "GetRoutingRule": read(routing_rules.get, "apigateway:GetRoutingRule"),
    "ListRoutingRules": read(routing_rules.list_all, "apigateway:ListRoutingRules"),
    "PutRoutingRule": write(routing_rules.put, "apigateway:UpdateRoutingRule"),
}
"""The only ones of API Gateway with actions of their own (service authorization reference)."""


def _about_rules(operation: Operation) -> Operation:
    return operation._replace(
        resource=routing_rules.rule_resource,
        resource_keys=routing_rules.rule_keys,
        request_keys=routing_rules.rule_request_keys,
    )


OPERATIONS: Operations = {
    **{name: guarded(name, operation, "apigatewayv2") for name, operation in _TABLE.items()},
    **{name: _about_rules(operation) for name, operation in _RULES.items()},
}
"""Each with its IAM action and resource, most by their URL."""
