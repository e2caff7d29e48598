"""What stored resources name and nobody has: ids of EC2's form and ARNs anywhere, API Gateway's ids by their place."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from innergate.resources.api_keys import ApiKey, UsagePlan, UsagePlanKey
from innergate.resources.base import Resource
from innergate.resources.catalogue import CATALOGUE
from innergate.resources.client_certificates import ClientCertificate
from innergate.resources.deployments import Deployment
from innergate.resources.domain_names import BasePathMapping, DomainAccess
from innergate.resources.network_interfaces import NetworkInterface
from innergate.resources.public_addresses import ElasticAddress
from innergate.resources.rest_apis import ApiPart, ApiResource, MethodDefinition
from innergate.resources.stages import Stage
from innergate.resources.vpc_endpoints import VpcEndpoint
from innergate.resources.vpc_links import VpcLink, VpcLinkV2
from innergate.resources.workloads import Workload
from innergate.store.state import State

_EC2 = "acl dopt eipalloc eni igw nat pcx pl rtb sg subnet tgw tgw-attach tgw-rtb vpc vpce vpce-svc"
ID = re.compile(rf"\b(?:{_EC2.replace(' ', '|')})-[0-9a-f]{{17}}\b|arn:aws:[a-z-]+:[a-z0-9-]*:[0-9]*:[^\"\s,<]+")
NO_REFERENCES = frozenset(
    {"policy", "managementPolicy", "PolicyDocument", "AssumeRolePolicyDocument", "policies", "allowedPrincipals",
     "AllowedPrincipals", "Document", "providerARNs", "PrincipalArn", "ConnectionNotificationArn", "uri", "Uri",
     "authorizerUri", "Arn", "Text", "domainNameArn"}
)  # fmt: skip
"""Members whose texts AWS does not look into when what they name goes."""
UNGUARDED = re.compile(r"arn:aws:(iam::[0-9]*:role/|logs:|lambda:[^:]*:[0-9]*:layer:)")
"""What may go whoever names it: other services do not ask IAM, logs and layers to keep anything."""
LEFT_BEHIND: Mapping[tuple[str, str], str] = {
    ("route-table", ".Routes.Target"): "a route whose target has gone is a blackhole",
    ("transit-gateway-route-table", ".Routes.AttachmentId"): "so is a transit gateway's",
    ("rest-api", ".endpointConfiguration.vpcEndpointIds"): "an API keeps the ids that it was given",
    ("deployment", ".definition.endpointConfiguration.vpcEndpointIds"): "so does what was deployed",
    ("api-trial", ".definition.endpointConfiguration.vpcEndpointIds"): "so does what is tried",
    ("domain-access", ".accessAssociationSource"): "an association is deleted on its own",
    ("domain-access", "source"): "an association is deleted on its own",
    ("api-resource", "link"): "a link may go while only methods that are not deployed name it",
}
"""(kind, path) of what may stay behind, and why."""


class Dangling(NamedTuple):
    """A resource's member that names what is not there."""

    kind: str
    path: str
    holder: str
    missing: str


def dangling(state: State) -> list[Dangling]:
    """Every such member in a state, but for those that AWS leaves behind too."""
    rows = [row.resource for row in state.rows()]
    known = {resource.id for resource in rows if not is_gone(resource)}
    found = [*_by_form(rows, known), *_by_place(state)]
    return [d for d in found if (d.kind, d.path) not in LEFT_BEHIND]


def is_gone(resource: Resource) -> bool:
    """Whether it is kept only to be shown for a while after its deletion."""
    return getattr(resource, "deleted_at", None) is not None or getattr(resource, "state", "") == "deleted"


def _by_form(rows: list[Resource], known: set[str]) -> Iterator[Dangling]:
    for resource in rows:
        if is_gone(resource):
            continue
        for path, text in _texts(msgspec.to_builtins(resource), ""):
            for id in ID.findall(text) if path != ".id" else ():
                if id not in known and not UNGUARDED.match(id):
                    yield Dangling(resource.kind, path, resource.id, id)


def _texts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, member in value.items():
            if name not in NO_REFERENCES:
                yield from _texts(member, f"{path}.{name}")
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item, path)
    elif isinstance(value, str):
        yield path, value


def _by_place(state: State) -> Iterator[Dangling]:
    def absent(resource: Resource, path: str, cls: type[Resource], id: str | None) -> Iterator[Dangling]:
        if id and "${" not in id:
            target = state.get(cls, id)
            if target is None or is_gone(target):
                yield Dangling(resource.kind, path, resource.id, id)

    for place in state.all(ApiResource):
        for method in place.methods.values():
            for path, cls, id in _of_method(place.rest_api_id, method):
                yield from absent(place, path, cls, id)
    for stage in state.all(Stage):
        version = f"{stage.rest_api_id}/documentation-version/{stage.documentation_version}"
        deployment = state.get(Deployment, f"{stage.rest_api_id}/{stage.deployment_id}")
        methods = (m for r in deployment.definition.resources for m in r.methods.values()) if deployment else ()
        for cls, id in (link for method in methods for link in _links_of(method)):
            yield from absent(stage, "link", cls, id)
        yield from absent(stage, "client", ClientCertificate, stage.client_certificate_id)
        yield from absent(stage, "documentation", ApiPart, version if stage.documentation_version else "")
    for plan in state.all(UsagePlan):
        for at in plan.api_stages:
            yield from absent(plan, "api_stages", Stage, f"{at.api_id}/{at.stage}")
    for use in state.all(UsagePlanKey):
        yield from absent(use, "key", ApiKey, use.key_id)
    for key in state.all(ApiKey):
        for stage_key in key.stage_keys:
            yield from absent(key, "stage_keys", Stage, stage_key)
    for mapping in state.all(BasePathMapping):
        yield from absent(mapping, "stage", Stage, f"{mapping.rest_api_id}/{mapping.stage}" if mapping.stage else "")
    for access in state.all(DomainAccess):
        yield from absent(access, "source", VpcEndpoint, access.access_association_source)
    for address in state.all(ElasticAddress):
        interface = state.get(NetworkInterface, address.network_interface_id)
        if interface is not None and address.private_ip_address not in (
            interface.private_ip_address,
            *interface.secondary_addresses,
        ):
            yield Dangling(address.kind, "private_ip_address", address.id, address.private_ip_address)
    for interface in state.all(NetworkInterface):
        yield from absent(interface, "holder", CATALOGUE.get(interface.holder_kind, Workload), interface.holder)


def _of_method(api_id: str, method: MethodDefinition) -> Iterator[tuple[str, type[Resource], str]]:
    if method.authorizer_id:
        yield "authorizer", ApiPart, f"{api_id}/authorizer/{method.authorizer_id}"
    if method.request_validator_id:
        yield "validator", ApiPart, f"{api_id}/request-validator/{method.request_validator_id}"
    for model in (method.request_models or {}).values():
        yield "request model", ApiPart, f"{api_id}/model/{model}"
    for answer in method.method_responses.values():
        for model in (answer.response_models or {}).values():
            yield "response model", ApiPart, f"{api_id}/model/{model}"
    for cls, id in _links_of(method):
        yield "link", cls, id


def _links_of(method: MethodDefinition) -> Iterator[tuple[type[Resource], str]]:
    integration = method.method_integration
    if integration is not None and integration.connection_type == "VPC_LINK" and integration.connection_id:
        yield VpcLinkV2 if integration.integration_target else VpcLink, integration.connection_id
