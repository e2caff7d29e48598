"""A custom domain name's base paths, each with the stage that it leads to. `emit` and `explain` read the same ones."""

from typing import NamedTuple

from innergate.compile.view import Reader
from innergate.primitives.arn import format_arn
from innergate.resources.domain_names import BasePathMapping, DomainAccess, DomainName, is_reserved
from innergate.resources.rest_apis import RestApi
from innergate.resources.routing_rules import RoutingRule
from innergate.resources.stages import Stage
from innergate.resources.vpc_endpoints import VpcEndpoint


class Mount(NamedTuple):
    """One stage under one base path; "" for a base path that needs the name of a stage after it."""

    base_path: str
    stage_id: str


def domain_mounts(reader: Reader, domain: DomainName) -> list[Mount]:
    """By base path. A mapping without a stage leads to every stage of its API, whose name then follows the base path; where
    that is a mapping's own base path, the mapping counts."""
    if domain.routing_mode == "ROUTING_RULE_ONLY":
        return []
    mounts = []
    mappings = reader.find(BasePathMapping, "domain", domain.id)
    named = {mapping.base_path for mapping in mappings}
    for mapping in mappings:
        api = reader.get(RestApi, mapping.rest_api_id)
        if api is None or (api.account, api.region) != (domain.account, domain.region):
            continue
        if mapping.stage:
            mounts.append(Mount(mapping.base_path, f"{api.id}/{mapping.stage}"))
            continue
        mounts.append(Mount(mapping.base_path, ""))
        for stage in reader.find(Stage, "rest-api", api.id):
            below = f"{mapping.base_path}/{stage.stage_name}".removeprefix("/")
            if below not in named:
                mounts.append(Mount(below, stage.id))
    return sorted(mounts)


def rule_mount(rule: RoutingRule) -> Mount:
    """Where a routing rule leads: the base path is the API's own but where the rule takes it off."""
    return Mount(rule.base_path if rule.strip_base_path else "", f"{rule.rest_api_id}/{rule.stage}")


def mount_of(mounts: list[Mount], path: str) -> Mount | None:
    """The longest base path whose segments the canonical path begins with; None for none."""
    fitting = [m for m in mounts if not m.base_path or f"{path}/".startswith(f"/{m.base_path}/")]
    return max(fitting, key=lambda m: len(m.base_path), default=None)


def domain_resource(domain: DomainName) -> str:
    """The ARN of a private domain name that its own policy is about."""
    return format_arn("execute-api", domain.region, domain.account, f"/domainnames/{domain.id}")


def find_public_domain(reader: Reader, host: str) -> DomainName | None:
    """The public domain name that a host name asks for: its own, else the wildcard above it; of several regions the oldest."""
    if is_reserved(host):
        return None
    for name in (host, f"*.{host.partition('.')[2]}"):
        found = next((d for d in reader.find(DomainName, "name", name) if not d.is_private), None)
        if found is not None:
            return found
    return None


def find_private_domain(reader: Reader, endpoint: VpcEndpoint, host: str) -> DomainName | None:
    """The private domain name of that host that the endpoint is associated with."""
    for access in reader.find(DomainAccess, "source", endpoint.id):
        if access.domain_name == host:
            return reader.get(DomainName, access.domain_id)
    return None
