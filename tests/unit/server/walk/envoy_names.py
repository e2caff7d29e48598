"""What an Envoy plan names and nobody has: clusters, routes, endpoints, secrets, and documents that workers read."""

from collections.abc import Collection, Iterator

from innergate.plans.documents import STAGES, DocumentName
from innergate.plans.envoy import EnvoyPlan
from innergate.plans.function_urls import FUNCTION_URLS
from innergate.plans.runtime import CALL_HEADER
from innergate.plans.usage import USAGE, USAGE_HEADER
from innergate.primitives.json_value import JsonValue
from innergate.resources.certificates import Certificate
from innergate.resources.client_certificates import ClientCertificate
from innergate.store.state import State

ALWAYS_THERE = ("execute-api", "lambda-url")
"""Families of secrets that the platform makes itself."""
DOCUMENTS = (STAGES, FUNCTION_URLS, USAGE)
"""What a header on a route may lead to."""
SLEEPING = ("listeners", "cluster", "runtime")
"""The filter of quotas is on every listener and asleep; the cluster is there when a route wakes it."""


def missing_names(plan: EnvoyPlan, state: State, documents: Collection[DocumentName]) -> list[str]:
    """Each as `<kind>/<name of the resource>: <what it names>`."""
    resources = plan.resources
    found = []
    for kind, of_kind in resources.items():
        for name, resource in of_kind.items():
            for what, target in _named(resource.body):
                if (kind, what, target) != SLEEPING and not _is_there(what, target, plan, state, documents):
                    found.append(f"{kind}/{name}: {what} {target}")
            if kind == "clusters" and resource.body.get("type") == "EDS" and name not in resources["endpoints"]:
                found.append(f"{kind}/{name}: endpoints")
    return found


def _is_there(what: str, target: str, plan: EnvoyPlan, state: State, documents: Collection[DocumentName]) -> bool:
    if what == "cluster":
        return target in plan.resources["clusters"]
    if what == "route":
        return target in plan.resources["routes"]
    if what == "document":
        return any(DocumentName(kind, target) in documents for kind in DOCUMENTS)
    family, _, id = target.partition("/")
    if family == "certificate":
        return state.get(Certificate, id) is not None
    if family == "client-certificate":
        return state.get(ClientCertificate, id) is not None
    return family in ALWAYS_THERE


def _named(value: JsonValue) -> Iterator[tuple[str, str]]:
    if isinstance(value, list):
        for item in value:
            yield from _named(item)
    elif isinstance(value, dict):
        for name, member in value.items():
            if name == "cluster" and isinstance(member, str):
                yield "cluster", member
            elif name in ("route_configuration_name", "route_config_name") and isinstance(member, str):
                yield "route", member
            elif name == "key" and member in (CALL_HEADER, USAGE_HEADER):
                yield "document", str(value["value"]).partition(";")[0]
            elif name == "sds_config":
                yield "secret", str(value["name"])
            elif name == "weighted_clusters" and isinstance(member, dict):
                shares = member.get("clusters")
                for share in shares if isinstance(shares, list) else ():
                    if isinstance(share, dict):
                        yield "cluster", str(share["name"])
            yield from _named(member)
