"""What IAM asks about an operation of API Gateway: the HTTP verb as action, the URL's path as resource.

Both come from the botocore model's `http` trait, in one place (service authorization reference, "Actions, resources, and
condition keys for Amazon API Gateway Management": ARNs without an account id).
"""

import re
from functools import cache
from typing import NamedTuple
from urllib.parse import quote

from botocore.loaders import Loader

from innergate.primitives.arn import format_arn
from innergate.services.apigateway.further_checks import further_checks
from innergate.services.apigateway.request_conditions import request_keys
from innergate.services.apigateway.resource_conditions import changed_keys, described_keys
from innergate.services.apigateway.text_sizes import with_checked_sizes
from innergate.services.context import Context, Params
from innergate.services.operation import Operation, ResourceOf

_PLACEHOLDER = re.compile(r"\{(\w+)\}")


class Route(NamedTuple):
    """An operation's verb and path; `members` maps placeholders to the parameters that fill them."""

    verb: str
    path: str
    members: dict[str, str]


@cache
def routes(service: str = "apigateway") -> dict[str, Route]:
    """Every operation of the model."""
    model = Loader().load_service_model(service, "service-2")
    found = {}
    for name, operation in model["operations"].items():
        shape = model["shapes"][operation["input"]["shape"]] if "input" in operation else {}
        members = {
            spec.get("locationName", member): member
            for member, spec in shape.get("members", {}).items()
            if spec.get("location") == "uri"
        }
        found[name] = Route(operation["http"]["method"], operation["http"]["requestUri"].partition("?")[0], members)
    return found


def guarded(name: str, operation: Operation, service: str = "apigateway") -> Operation:
    """`operation` with the IAM action and resource that its URL stands for, what conditions may ask of it and, in version 1,
    what it needs besides."""
    route = routes(service)[name]
    plain = operation._replace(
        run=with_checked_sizes(operation.run),
        action=f"apigateway:{route.verb}",
        resource=resource_for(route),
        resource_keys=described_keys,
    )
    if service != "apigateway":
        return plain
    return plain._replace(
        action=ACTIONS.get(name, plain.action),
        request_keys=request_keys(name),
        resource_keys=described_keys if route.verb == "GET" else changed_keys,
        further=further_checks(name),
    )


ACTIONS = {"RejectDomainNameAccessAssociation": "apigateway:RejectAccessAssociation"}
"""The operations whose action is not their verb's."""


def resource_for(route: Route) -> ResourceOf:
    """Gives the ARN of what a call of that route is about: `arn:aws:apigateway:<region>::<path>`. Those of private domain names
    and of access associations have the account."""

    def resource(context: Context, params: Params) -> str:
        path = route.path.removeprefix("/v2") if route.path.startswith("/v2/") else route.path
        if path.startswith("/rejectdomainnameaccessassociation"):
            return str(params.get("domainNameArn", ""))
        path = _PLACEHOLDER.sub(lambda hit: quote(_value(params, route.members[hit[1]]), safe="*"), path)
        if path.startswith("/domainnameaccessassociations"):
            known = params.get("domainNameAccessAssociationArn")
            return str(known) if known else format_arn("apigateway", context.region, context.account, path)
        if own_id := params.get("domainNameId"):
            named = f"/domainnames/{quote(_value(params, 'domainName'), safe='*')}"
            path = f"{named}+{quote(str(own_id))}{path.removeprefix(named)}"
            return format_arn("apigateway", context.region, context.account, path)
        return format_arn("apigateway", context.region, "", path)

    return resource


def _value(params: Params, member: str) -> str:
    """A domain name is found however it is spelled, so policies are asked about its one spelling."""
    value = str(params.get(member, ""))
    return value.lower() if member == "domainName" else value
