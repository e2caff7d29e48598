"""The next call of a walk: an operation that somebody has recipes for, or any other with what its model asks for."""

import random
from collections.abc import Mapping
from typing import Any, NamedTuple

from tests.unit.server.walk import balancers, domains, functions, networks, rest_apis
from tests.unit.server.walk.networks import Recipe
from tests.unit.server.walk.pools import NothingThere, Place, Pools
from tests.unit.services.foreign_ids import fill

from innergate.services.tables import SERVICE_TABLES
from innergate.store.state import State

RECIPES: Mapping[str, Mapping[str, Recipe]] = {
    "ec2": networks.EC2,
    "elbv2": balancers.ELBV2,
    "apigateway": {**rest_apis.APIGATEWAY, **domains.APIGATEWAY},
    "apigatewayv2": domains.APIGATEWAYV2,
    "iam": functions.IAM,
    "lambda": functions.LAMBDA,
    "logs": functions.LOGS,
    "acm": functions.ACM,
}
WRITES = tuple(
    (service, name) for service in RECIPES for name, operation in SERVICE_TABLES[service].items() if operation.writes
)
READS = tuple(
    (service, name)
    for service in RECIPES
    for name, operation in SERVICE_TABLES[service].items()
    if not operation.writes
)
DELETING = ("Delete", "Release", "Disassociate", "Detach", "Reject")
"""How the names of operations begin that take away."""


FREQUENT = (
    *(("apigateway", o) for o in ("PutMethod", "PutIntegration", "PutIntegration", "PutMethodResponse",
                                  "PutIntegrationResponse", "CreateDeployment", "CreateDeployment", "CreateDeployment",
                                  "CreateStage", "UpdateStage", "UpdateStage", "CreateDomainName", "CreateBasePathMapping",
                                  "CreateBasePathMapping", "CreateDomainNameAccessAssociation", "UpdateRestApi",
                                  "UpdateUsagePlan", "UpdateDomainName", "CreateDocumentationPart", "UpdateMethod")),
    ("apigatewayv2", "CreateRoutingRule"), ("apigatewayv2", "PutRoutingRule"),
    *(("elbv2", o) for o in ("CreateListener", "CreateListener", "RegisterTargets", "RegisterTargets", "CreateRule",
                             "ModifyListener", "AddListenerCertificates")),
    *(("ec2", o) for o in ("CreateVpcEndpoint", "AcceptVpcEndpointConnections", "CreateVpcEndpointServiceConfiguration",
                           "CreateTransitGatewayRoute", "CreateTransitGatewayVpcAttachment")),
)  # fmt: skip
"""What is drawn more often than the rest, for it needs much and is needed by much."""

DELETES = tuple((service, operation) for service, operation in WRITES if operation.startswith(DELETING))


class Step(NamedTuple):
    """One call."""

    place: Place
    service: str
    operation: str
    params: Mapping[str, Any]


def next_step(state: State, place: Place, dice: random.Random) -> Step | None:
    """A call that has what it needs; None where the operation that was drawn has not."""
    return step_of(state, place, dice, *_draw(dice))


def step_of(state: State, place: Place, dice: random.Random, service: str, operation: str) -> Step | None:
    """A call of that operation, or None."""
    pools = Pools(state, place, dice, foreign=dice.choice((0.0, 0.0, 0.0, 0.15)))
    pools.is_deleting = operation.startswith(DELETING) and dice.random() < 0.6
    recipe = RECIPES[service].get(operation)
    try:
        params = recipe(pools) if recipe is not None else fill(service, operation, pools)
    except NothingThere:
        return None
    return Step(place, service, operation, params)


def _draw(dice: random.Random) -> tuple[str, str]:
    if dice.random() < 0.25:
        return dice.choice(FREQUENT)
    if dice.random() < 0.15:
        return dice.choice(DELETES)
    if dice.random() < 0.03:
        return dice.choice(READS)
    if dice.random() < 0.55:
        service = dice.choice(("ec2", "ec2", "elbv2", "elbv2", "apigateway", "apigateway", "apigateway", "apigatewayv2",
                               "lambda", "iam", "acm", "logs"))  # fmt: skip
        makes = [o for o in RECIPES[service] if not o.startswith(DELETING)]
        return service, dice.choice(makes)
    return dice.choice(WRITES)
