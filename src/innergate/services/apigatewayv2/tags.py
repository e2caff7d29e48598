"""Tags of what the second control plane makes, by ARN: `arn:aws:apigateway:<region>::/vpclinks/<id>`."""

import msgspec

from innergate.primitives.arn import format_arn, parse_arn
from innergate.resources.vpc_links import VpcLinkV2
from innergate.services.apigateway.tag_rules import check_tags
from innergate.services.apigatewayv2.faults import bad_request, not_found
from innergate.services.apigatewayv2.vpc_links import find_link
from innergate.services.context import Context, Params, Result


def get(context: Context, params: Params) -> Result:
    """GetTags."""
    return {"Tags": _tagged(context, params["ResourceArn"]).tags}


def put(context: Context, params: Params) -> Result:
    """TagResource. Raises Fault BadRequestException or NotFoundException."""
    link = _tagged(context, params["ResourceArn"])
    tags = check_tags({**link.tags, **(params.get("Tags") or {})})
    context.tx.put(msgspec.structs.replace(link, tags=tags))
    return {}


def remove(context: Context, params: Params) -> Result:
    """UntagResource."""
    link = _tagged(context, params["ResourceArn"])
    tags = {key: value for key, value in link.tags.items() if key not in params["TagKeys"]}
    context.tx.put(msgspec.structs.replace(link, tags=tags))
    return {}


def _tagged(context: Context, text: str) -> VpcLinkV2:
    arn = parse_arn(text)
    if arn is None or arn.service != "apigateway":
        raise bad_request("Invalid ARN specified in the request")
    id = arn.resource.removeprefix("/vpclinks/")
    link = find_link(context, id)
    if link is None or text != format_arn("apigateway", context.region, "", f"/vpclinks/{id}"):
        raise not_found("Invalid resource identifier specified")
    return link
