"""A call by a custom domain name: which name it is, who may call it, and which stage its path leads to."""

import msgspec

from innergate.compile.resolve.api_blueprint import StageBlueprint
from innergate.compile.resolve.domains import (
    Mount,
    domain_mounts,
    domain_resource,
    find_private_domain,
    find_public_domain,
    mount_of,
    rule_mount,
)
from innergate.compile.resolve.routing_rules import first_rule, has_rules, routing_rules
from innergate.compile.resolve.stages import resolve_stage
from innergate.observe.explain_call import canonical_path
from innergate.observe.explain_mends import mend_domain_policy
from innergate.observe.explain_policy import ConditionKeys, decide_domain_policy, say_why
from innergate.observe.explain_trace import FORBIDDEN, Entry, Trace
from innergate.resources.domain_names import DomainName
from innergate.resources.routing_rules import RoutingRule


def find_domain(trace: Trace, entry: Entry) -> DomainName | None:
    """The custom domain name that the caller asks TLS for, None where it is none."""
    if entry.endpoint is None:
        return find_public_domain(trace.reader, trace.call.host)
    return find_private_domain(trace.reader, entry.endpoint, trace.call.host)


def find_mapped_stage(trace: Trace, domain: DomainName, keys: ConditionKeys) -> StageBlueprint:
    """The stage that the path leads to. Raises Stop."""
    where = str(domain.account)
    if trace.call.host_header != trace.call.host:
        reason = (
            f"the Host header says {trace.call.host_header}, TLS asked for {trace.call.host}: they must be the same"
        )
        raise trace.refuse("domain", domain.domain_name, where, reason, "403", answer=FORBIDDEN)
    if domain.mutual_tls_authentication is not None:
        trusted = domain.mutual_tls_authentication.truststore_uri
        trace.notes.append(f"the name asks for a client certificate that an authority of {trusted} signed")
    trace.ok("domain", domain.domain_name, where, "private" if domain.is_private else "public")
    path = canonical_path(trace.call.path)
    if path is None:
        reason = "an escaped slash or backslash has more than one reading, so it is refused"
        raise trace.refuse("path", trace.call.path, where, reason, "400", answer="400 Bad Request")
    rule = first_rule(routing_rules(trace.reader, domain), path, {**trace.call.headers, "host": trace.call.host_header})
    if rule is not None:
        return _led_to(trace, domain, keys, rule_mount(rule), path, rule)
    mounts = domain_mounts(trace.reader, domain)
    mount = mount_of(mounts, path)
    if mount is None or not mount.stage_id:
        known = ", ".join(m.base_path or "(none)" for m in mounts if m.stage_id) or "none"
        first = f"no routing rule of {domain.domain_name} holds, and " if has_rules(domain) else ""
        reason = f"{first}no base path of {domain.domain_name} fits {path}; it has {known}"
        own_id = f" --domain-name-id {domain.domain_name_id}" if domain.domain_name_id else ""
        fix = (
            f"aws apigateway create-base-path-mapping --domain-name {domain.domain_name}{own_id} --rest-api-id API"
            " --stage STAGE --base-path PATH"
        )
        raise trace.refuse("base-path", path, where, reason, "403", fix, FORBIDDEN)
    return _led_to(trace, domain, keys, mount, path, None)


def _led_to(
    trace: Trace, domain: DomainName, keys: ConditionKeys, mount: Mount, path: str, rule: RoutingRule | None
) -> StageBlueprint:
    where = str(domain.account)
    kind, shown = ("base-path", mount.base_path or "(none)") if rule is None else ("routing-rule", rule.rule_id)
    resolved = resolve_stage(trace.reader, mount.stage_id, domain.domain_name)
    if resolved is None or resolved.blueprint.is_private is not domain.is_private:
        what = f"the {kind.replace('-', ' ')} {shown}"
        reason = f"{what} leads to {mount.stage_id}, which is not there or not as private as the name"
        raise trace.refuse(kind, shown, where, reason, "403", answer=FORBIDDEN)
    blueprint = msgspec.structs.replace(resolved.blueprint, base_path=mount.base_path)
    trace.api_id, trace.stage = blueprint.api_id, blueprint.stage
    trace.path = path[len(blueprint.mount) :] or "/"
    trace.ok(kind, shown, where, f"leads to {mount.stage_id}, there {trace.path}")
    if domain.is_private:
        decision = decide_domain_policy(domain.policy, domain_resource(domain), keys)
        trace.decisions.append(decision)
        if decision.outcome != "allow":
            fix = mend_domain_policy(domain, decision, str(keys.get("aws:SourceVpce") or ""))
            raise trace.refuse("policy", domain.domain_name, where, say_why(decision), "403", fix)
        trace.ok("policy", domain.domain_name, where, say_why(decision))
    return blueprint
