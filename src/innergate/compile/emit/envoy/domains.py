"""Custom domain names: one RouteConfiguration each, a virtual host for each base path, or one for rules and base paths.

The virtual host is chosen by the path (Envoy's `vhost_header`): the longest base path whose segments the path begins with. So a
base path's change is a change of one RouteConfiguration, and a stage under a base path is the stage itself but for where its
paths begin. Where the name has routing rules, a matcher chooses instead (`routing_rules`).
"""

from typing import NamedTuple, TypeAlias

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
from innergate.compile.emit.envoy.http_filters import THROTTLE_CLIENT
from innergate.compile.emit.envoy.policies import policy_filters
from innergate.compile.emit.envoy.rbac_domains import DomainRules, domain_rules
from innergate.compile.emit.envoy.routes import MAX_DIRECT_BODY_BYTES, plan_keys, stage_host
from innergate.compile.emit.envoy.routing_rules import Choice, base_path_predicate, chosen_host, rule_predicate
from innergate.compile.emit.envoy.scopes import BASE_HEADER, domain_scope
from innergate.compile.emit.envoy.stage_upstreams import native_upstreams, stage_upstreams
from innergate.compile.emit.envoy.throttles import KEY_HEADER, StageKeys, shared_client_buckets
from innergate.compile.emit.runtime.stages import stage_documents
from innergate.compile.family import EnvoyBody, Family, UnitOutput
from innergate.compile.resolve.domains import Mount, domain_mounts, domain_resource, rule_mount
from innergate.compile.resolve.routing_rules import has_rules, routing_rules
from innergate.compile.resolve.stages import resolve_stage
from innergate.compile.settings import CompileSettings
from innergate.compile.view import View
from innergate.policy.parse import read_stored_policy
from innergate.primitives.json_value import JsonObject, JsonValue
from innergate.resources.domain_names import DomainName


def emit_domain(view: View, id: str, settings: CompileSettings) -> UnitOutput:
    """A domain name's scope and its RouteConfiguration.

    # AWS differs: a base path ends where a segment ends; in AWS, where one has several, `/orders` takes `/ordersandmore`.
    # AWS differs: base paths that differ in case alone are one: the first counts, the other is left out with a diagnostic.
    """
    domain = view.get(DomainName, id)
    if domain is None:
        return UnitOutput()
    making = _Making(view, domain, settings, _rules(domain), [])
    hosts, chooser = _hosts_by_rules(making) if has_rules(domain) else _hosts_by_path(making)
    name = f"domain/{id}"
    body = EnvoyBody(
        "routes",
        name,
        {
            "name": name,
            **chooser,
            "max_direct_response_body_size_bytes": MAX_DIRECT_BODY_BYTES,
            "request_headers_to_remove": [*DROPPED_FROM_REQUESTS, KEY_HEADER, BASE_HEADER],
            "response_headers_to_remove": list(DROPPED_FROM_RESPONSES),
            "virtual_hosts": hosts,
        },
    )
    return UnitOutput(envoy=(body, domain_scope(domain_entry(domain), name)), diagnostics=tuple(making.notes))


class _Making(NamedTuple):
    """What the virtual hosts of one name are made of; `notes` grow as they are made."""

    view: View
    domain: DomainName
    settings: CompileSettings
    rules: DomainRules | None
    notes: list[Diagnostic]

    def note(self, message: str) -> None:
        self.notes.append(
            Diagnostic(subject=f"domain-name/{self.domain.id}", code="Unsupported", message=message, severity="warning")
        )


class _Served(NamedTuple):
    """A stage's virtual host, without what says when it is meant, and its keys with buckets."""

    host: dict[str, JsonValue]
    keys: StageKeys | None = None


_Hosts: TypeAlias = tuple[list[JsonValue], dict[str, JsonValue]]
"""The virtual hosts, and what the RouteConfiguration says besides."""


def _hosts_by_path(making: _Making) -> _Hosts:
    """A virtual host for each base path."""
    hosts: list[JsonValue] = []
    taken: set[str] = set()
    for mount in domain_mounts(making.view, making.domain):
        if mount.base_path.lower() in taken:
            making.note(f"the base path {mount.base_path} is left out: it differs from another in case alone")
            continue
        taken.add(mount.base_path.lower())
        served = _serve(making, mount) or _closed(mount.base_path or "(none)")
        hosts.append({**served.host, "domains": _patterns(mount.base_path)})
    return hosts, {"vhost_header": BASE_HEADER}


def _hosts_by_rules(making: _Making) -> _Hosts:
    """One virtual host: the rules by their priority, then the base paths, the longest first."""
    found: list[tuple[JsonObject | None, _Served]] = []
    for rule in routing_rules(making.view, making.domain):
        served = _serve(making, rule_mount(rule), rule.rule_id) or _closed(f"rule {rule.rule_id}")
        found.append((rule_predicate(rule), served))
    for mount in sorted(domain_mounts(making.view, making.domain), key=lambda mount: -len(mount.base_path)):
        served = _serve(making, mount) or _closed(mount.base_path or "(none)")
        found.append((base_path_predicate(mount.base_path), served))
    hosts: list[JsonValue] = [chosen_host([Choice(asked, served.host) for asked, served in found])] if found else []
    buckets = shared_client_buckets(served.keys for _, served in found if served.keys is not None)
    return hosts, {"typed_per_filter_config": {THROTTLE_CLIENT: buckets}} if buckets else {}


def _serve(making: _Making, mount: Mount, rule_id: str = "") -> _Served | None:
    """One stage; None where there is nothing to serve."""
    view, domain, settings = making.view, making.domain, making.settings
    if not mount.stage_id:
        return None
    resolved = resolve_stage(view, mount.stage_id, domain.domain_name)
    shown = mount.base_path or "(none)"
    who = f"the routing rule {rule_id}" if rule_id else f"the base path {shown}"
    if resolved is None:
        making.note(f"{who} leads to the stage {mount.stage_id}, which is not there")
        return None
    blueprint = msgspec.structs.replace(
        resolved.blueprint, base_path=mount.base_path, rule_id=rule_id, by_rules=has_rules(domain)
    )
    if blueprint.is_private is not domain.is_private:
        kind = "private" if blueprint.is_private else "public"
        making.note(f"{who} leads to a {kind} API, which this name is not for")
        return None
    upstreams = stage_upstreams(view, blueprint, settings)
    blueprint = stage_documents(view, blueprint, upstreams, settings).named_in(blueprint)
    native = native_upstreams(blueprint, upstreams)
    policy = policy_filters(blueprint, making.rules)
    host = {
        **stage_host(blueprint, native, policy, canary_routes(view, blueprint, settings)),
        "name": rule_id or shown,
        "request_headers_to_add": stage_request_headers(blueprint.api_id),
    }
    return _Served(host, plan_keys(blueprint))


def _closed(label: str) -> _Served:
    """A base path or rule without a stage: no other may take its paths."""
    return _Served(
        {
            "name": f"{label} closed",
            "response_headers_to_add": stage_response_headers(has_early_id=False),
            "routes": [answering_route({"prefix": "/"}, FORBIDDEN)],
        }
    )


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


DOMAIN_FAMILY = Family("envoy-domain", (DomainName,), emit_domain)
