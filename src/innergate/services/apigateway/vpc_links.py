"""VPC links (version 1): an API's private way to a network load balancer.

A link's status is never stored: it follows from whether it can work and from how far the executors have come.
"""

from typing import Any

import msgspec

from innergate.primitives.arn import parse_arn
from innergate.primitives.ids import fresh_api_id
from innergate.resources.deployments import Deployment
from innergate.resources.endpoint_services import EndpointService
from innergate.resources.load_balancers import LoadBalancer
from innergate.resources.stages import Stage
from innergate.resources.vpc_links import VpcLink
from innergate.services.apigateway.faults import bad_request, limit_exceeded, not_found
from innergate.services.apigateway.limits import VPC_LINKS_PER_REGION
from innergate.services.apigateway.paging import page_of
from innergate.services.apigateway.patches import read_patches, require_listed
from innergate.services.apigateway.tag_rules import check_tags
from innergate.services.context import Context, Params, Result

READY = "Your vpc link is ready for use"


def create(context: Context, params: Params) -> Result:
    """CreateVpcLink: PENDING; it becomes AVAILABLE, or FAILED with the reason. Raises Fault BadRequestException."""
    if not params["name"].strip():
        raise bad_request("Name cannot be empty")
    arns = tuple(params["targetArns"])
    for arn in arns:
        if parse_arn(arn) is None:
            raise bad_request(f"Invalid ARN. ARN is not well formed {arn}")
    if len(arns) != 1:
        raise bad_request("Exactly one target ARN must be specified")
    if len(context.tx.in_account(VpcLink, context.account, context.region)) >= VPC_LINKS_PER_REGION:
        raise limit_exceeded("Maximum number of VPC links for the account has been reached.")
    link = VpcLink(
        id=fresh_api_id(context.ids, 6),
        account=context.account,
        region=context.region,
        name=params["name"],
        description=params.get("description") or None,
        target_arns=arns,
        created_at=context.clock.now(),
        failure=_why_impossible(context, arns[0]),
        tags=check_tags(params.get("tags") or {}),
    )
    context.tx.put(link)
    shown = _render(link) | {"status": "PENDING"}
    if link.tags:
        shown["tags"] = link.tags
    return shown


def _why_impossible(context: Context, arn: str) -> str:
    balancer = context.tx.get(LoadBalancer, arn)
    if balancer is None or balancer.account != context.account or balancer.region != context.region:
        return f"NLB ARN {arn} does not exist or is not in this account and Region"
    if balancer.type != "network":
        return f"{arn} is not a network load balancer"
    if context.tx.find(EndpointService, "load-balancer", arn):
        return "NLB is already associated with another VPC Endpoint Service"
    return ""


def _render(link: VpcLink) -> dict[str, Any]:
    return {"id": link.id, "name": link.name, "description": link.description, "targetArns": list(link.target_arns)}


def status_of(context: Context, link: VpcLink) -> tuple[str, str | None]:
    """The link's status and its message: AVAILABLE once every executor has taken the revision that wrote it."""
    if link.failure:
        return "FAILED", link.failure
    seen = context.observations.observed("node/local", "applied_revision")
    applied = seen.value if seen is not None and isinstance(seen.value, int) else 0
    if applied >= context.tx.revision_of(link.key) > 0:
        return "AVAILABLE", READY
    return "PENDING", None


def render_link(context: Context, link: VpcLink) -> dict[str, Any]:
    """The link with its present status, without tags."""
    status, message = status_of(context, link)
    return _render(link) | {"status": status, "statusMessage": message}


def link_of(context: Context, link_id: str) -> VpcLink:
    """The caller's link. Raises Fault NotFoundException."""
    link = context.tx.get(VpcLink, link_id)
    if link is None or link.account != context.account or link.region != context.region:
        raise not_found("Invalid Vpc Link identifier specified")
    return link


def get(context: Context, params: Params) -> Result:
    """GetVpcLink."""
    link = link_of(context, params["vpcLinkId"])
    return render_link(context, link) | {"tags": link.tags}


def list_all(context: Context, params: Params) -> Result:
    """GetVpcLinks, without tags."""
    links = context.tx.in_account(VpcLink, context.account, context.region)
    return page_of(params, links, lambda link: render_link(context, link))


def update(context: Context, params: Params) -> Result:
    """UpdateVpcLink. Raises Fault."""
    link = link_of(context, params["vpcLinkId"])
    answer = render_link(context, link)
    for patch in read_patches(params):
        require_listed(patch, ("/name", "/description"))
        if patch.path == "/name":
            if not patch.text.strip():
                raise bad_request("Name cannot be empty")
            link = msgspec.structs.replace(link, name=patch.text)
        else:
            link = msgspec.structs.replace(link, description=patch.value or None)
    context.tx.put(link)
    return answer | _render(link) | {"tags": link.tags}


def delete(context: Context, params: Params) -> Result:
    """DeleteVpcLink. Raises Fault BadRequestException while a deployment uses the link."""
    link = link_of(context, params["vpcLinkId"])
    users = _users_of(context, link)
    if users:
        raise bad_request(
            f"Cannot delete vpc link. Vpc link '{link.id}', is referenced in [{', '.join(users)}] "
            "in format of [Method:Resource:Stage]."
        )
    context.tx.delete(link)
    return {}


def _users_of(context: Context, link: VpcLink) -> list[str]:
    """`METHOD:resource:stage` of every deployed method with the link; the stage reads "deployment" where none serves it."""
    users = []
    for deployment in context.tx.find(Deployment, "vpc-link", link.id):
        stages = [stage.stage_name for stage in context.tx.find(Stage, "deployment", deployment.id)] or ["deployment"]
        for resource in deployment.definition.resources:
            for verb, method in resource.methods.items():
                integration = method.method_integration
                if integration is not None and integration.connection_id == link.id:
                    users += [f"{verb}:{resource.resource_id}:{stage}" for stage in stages]
    return list(dict.fromkeys(users))
