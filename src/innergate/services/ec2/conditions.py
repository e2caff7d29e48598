"""The condition keys of EC2 calls besides tags of the request (Service Authorization Reference, "Amazon EC2"; AWS PrivateLink
Guide, "Identity-based policy examples"): in which region, and whose endpoint service an endpoint is for."""

from collections.abc import Mapping

from innergate.primitives.fault import Fault
from innergate.resources.vpc_endpoints import VpcEndpoint
from innergate.services.context import Context, Params
from innergate.services.ec2.endpoint_directory import Found, find_service, service_of
from innergate.services.ec2.identifiers import is_own
from innergate.services.ec2.resource_arns import tags_of

_ENDPOINT = ":vpc-endpoint/"


def asked_keys(context: Context, params: Params) -> Mapping[str, str]:
    """`ec2:Region`; `ec2:VpceServiceName` and `ec2:VpceServiceOwner` of the service that an endpoint is asked for, the owner
    only where the caller may see the service; `ec2:VpceServicePrivateDnsName` of one that is made or changed."""
    keys = {"ec2:Region": str(context.region)}
    if name := params.get("ServiceName"):
        try:
            found = find_service(context, name, params.get("ServiceRegion") or context.region)
        except Fault:
            found = Found(None, None)
        keys |= _service_keys(name, found)
    if private_name := params.get("PrivateDnsName"):
        keys["ec2:VpceServicePrivateDnsName"] = private_name
    return keys


def described_keys(context: Context, arn: str) -> Mapping[str, str]:
    """Tags of the caller's resource that the ARN names; of an endpoint its service's name and owner, too."""
    endpoint = context.tx.get(VpcEndpoint, arn.rpartition("/")[2]) if _ENDPOINT in arn else None
    if endpoint is None or not is_own(context, endpoint):
        return tags_of(context, arn)
    return {**tags_of(context, arn), **_service_keys(endpoint.service_name, service_of(context.tx, endpoint))}


def _service_keys(name: str, found: Found) -> dict[str, str]:
    keys = {"ec2:VpceServiceName": name}
    if found.platform is not None:
        keys["ec2:VpceServiceOwner"] = "amazon"
    elif found.provider is not None:
        keys["ec2:VpceServiceOwner"] = found.provider.account
    return keys
