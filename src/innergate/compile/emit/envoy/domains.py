"""Custom domain names: one RouteConfiguration each, a virtual host for each base path.

The virtual host is chosen by the path (Envoy's `vhost_header`): the longest base path whose segments the path begins with. So a
base path's change is a change of one RouteConfiguration, and a stage under a base path is the stage itself but for where its
paths begin.
"""

import msgspec

from innergate.compile.diagnostics import Diagnostic
from innergate.compile.emit.envoy.canaries import canary_routes
from innergate.compile.emit.envoy.domain_chains import domain_entry
from innergate.compile.emit.envoy.gateway_answers import FORBIDDEN, answering_route
from innergate.compile.emit.envoy.header_rules import (
    DROPPED_FROM_REQUESTS,
    DROPPED_FROM_RESPONSES,
    stage_request_headers,
    stage_response_headers,
)
from innergate.compile.emit.envoy.policies import policy_filters
from innergate.compile.emit.envoy.rbac_domains import DomainRules, domain_rules
from innergate.compile.emit.envoy.routes import MAX_DIRECT_BODY_BYTES, stage_host
from innergate.compile.emit.envoy.scopes import BASE_HEADER, domain_scope
from innergate.compile.emit.envoy.stage_upstreams import native_upstreams, stage_upstreams
from innergate.compile.emit.envoy.throttles import KEY_HEADER
from innergate.compile.emit.runtime.stages import stage_documents
from innergate.compile.family import EnvoyBody, Family, UnitOutput
from innergate.compile.resolve.domains import Mount, domain_mounts, domain_resource
from innergate.compile.resolve.stages import resolve_stage
from innergate.compile.settings import CompileSettings
from innergate.compile.view import View
from innergate.policy.parse import read_stored_policy
from innergate.primitives.json_value import JsonValue
from innergate.resources.domain_names import DomainName


def emit_domain(view: View, id: str, settings: CompileSettings) -> UnitOutput:
    """A domain name's scope and its RouteConfiguration.

    # AWS differs: a base path ends where a segment ends; in AWS, where one has several, `/orders` takes `/ordersandmore`.
    # AWS differs: base paths that differ in case alone are one: the first counts, the other is left out with a diagnostic.
    """
    domain = view.get(DomainName, id)
    if domain is None:
        return UnitOutput()
    rules = _rules(domain)
    hosts: list[JsonValue] = []
    notes: list[Diagnostic] = []
    if domain.routing_mode != "BASE_PATH_MAPPING_ONLY":
        notes.append(_note(domain, "routing rules are not served; base paths are, unless rules alone are asked for"))
    taken: set[str] = set()
    for mount in domain_mounts(view, domain):
        if mount.base_path.lower() in taken:
            notes.append(
                _note(domain, f"the base path {mount.base_path} is left out: it differs from another in case alone")
            )
            continue
        taken.add(mount.base_path.lower())
        hosts.append(_host(view, domain, mount, rules, settings, notes) or _closed(mount.base_path))
    name = f"domain/{id}"
    body = EnvoyBody(
        "routes",
        name,
        {
            "name": name,
            "vhost_header": BASE_HEADER,
            "max_direct_response_body_size_bytes": MAX_DIRECT_BODY_BYTES,
            "request_headers_to_remove": [*DROPPED_FROM_REQUESTS, KEY_HEADER, BASE_HEADER],
            "response_headers_to_remove": list(DROPPED_FROM_RESPONSES),
            "virtual_hosts": hosts,
        },
    )
    return UnitOutput(envoy=(body, domain_scope(domain_entry(domain), name)), diagnostics=tuple(notes))


def _host(
    view: View,
    domain: DomainName,
    mount: Mount,
    rules: DomainRules | None,
    settings: CompileSettings,
    notes: list[Diagnostic],
) -> JsonValue:
    """The virtual host of one stage; None where there is nothing to serve."""
    if not mount.stage_id:
        return None
    resolved = resolve_stage(view, mount.stage_id, domain.domain_name)
    shown = mount.base_path or "(none)"
    if resolved is None:
        notes.append(_note(domain, f"the base path {shown} leads to the stage {mount.stage_id}, which is not there"))
        return None
    blueprint = msgspec.structs.replace(resolved.blueprint, base_path=mount.base_path)
    if blueprint.is_private is not domain.is_private:
        kind = "private" if blueprint.is_private else "public"
        notes.append(_note(domain, f"the base path {shown} leads to a {kind} API, which this name is not for"))
        return None
    upstreams = stage_upstreams(view, blueprint, settings)
    blueprint = stage_documents(view, blueprint, upstreams, settings).named_in(blueprint)
    native = native_upstreams(blueprint, upstreams)
    policy = policy_filters(blueprint, rules)
    return {
        **stage_host(blueprint, native, policy, canary_routes(view, blueprint, settings)),
        "name": shown,
        "domains": _patterns(mount.base_path),
        "request_headers_to_add": stage_request_headers(blueprint.api_id),
    }


def _closed(base_path: str) -> JsonValue:
    """A base path without a stage: no other may take its paths."""
    return {
        "name": f"{base_path or '(none)'} closed",
        "domains": _patterns(base_path),
        "response_headers_to_add": stage_response_headers(has_early_id=False),
        "routes": [answering_route({"prefix": "/"}, FORBIDDEN)],
    }


def _patterns(base_path: str) -> list[JsonValue]:
    """What paths are under the base path, as domains of a virtual host: one pattern cannot say "nothing or a slash and more",
    and none may end with the base path's own asterisk."""
    if not base_path:
        return ["*"]
    exact: list[JsonValue] = [] if base_path.endswith("*") else [f"/{base_path}"]
    return [*exact, f"/{base_path}/", f"/{base_path}/*"]


def _rules(domain: DomainName) -> DomainRules | None:
    if not domain.is_private:
        return None
    return domain_rules(read_stored_policy(domain.policy), domain_resource(domain))


def _note(domain: DomainName, message: str) -> Diagnostic:
    return Diagnostic(subject=f"domain-name/{domain.id}", code="Unsupported", message=message, severity="warning")


DOMAIN_FAMILY = Family("envoy-domain", (DomainName,), emit_domain)
