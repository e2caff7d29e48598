"""Which service and operation a request means, and by which protocol it speaks.

In this order: the Smithy path, `X-Amz-Target`, `Action`, the REST path. A signed call must stay within the service of its
credential scope; an unsigned one (open mode) is told by version, target and path alone.
"""

from collections.abc import Mapping
from typing import NamedTuple

from innergate.primitives.fault import Fault
from innergate.wire import catalogue, form_body, refusals, rest_json, rest_paths
from innergate.wire.catalogue import CBOR, EC2, JSON, QUERY, REST_JSON, SERVICES
from innergate.wire.http import HttpRequest

_EC2_VERSION = SERVICES["ec2"].api_version
_REST_XML = ("s3", "route53", "cloudfront")


class Route(NamedTuple):
    """Where a request goes. `labels` are the decoded path labels of a REST operation."""

    service: str
    operation: str
    protocol: str
    labels: Mapping[str, str]


class Unroutable(NamedTuple):
    """Why a request goes nowhere, and in which form to say so."""

    protocol: str
    service: str | None
    fault: Fault


def route(request: HttpRequest, signing_name: str | None = None) -> Route | Unroutable:
    """The request's route. `signing_name` is the service of the credential scope, where the request has one."""
    if request.raw_path.startswith("/service/") and request.header("smithy-protocol") is not None:
        return _route_smithy(request, signing_name)
    target = request.header("x-amz-target")
    if target is not None:
        return _route_target(target, signing_name)
    if rest_paths.split_path(request.raw_path) == ():
        form = _form_of(request)
        if isinstance(form, Unroutable):
            return form
        if "Action" in form:
            return _route_action(form["Action"], form.get("Version", ""), signing_name)
        return _route_nothing(signing_name)
    return _route_path(request, signing_name)


def _form_of(request: HttpRequest) -> dict[str, str] | Unroutable:
    if form_body.is_json(request) and not request.raw_query:
        return {}
    try:
        return form_body.read_pairs(request)
    except Fault as fault:
        return Unroutable(QUERY, None, fault)


def _route_smithy(request: HttpRequest, signing_name: str | None) -> Route | Unroutable:
    parts = request.raw_path.split("/")
    if len(parts) != 5 or parts[3] != "operation":
        return Unroutable(CBOR, None, refusals.unknown_operation(CBOR, ""))
    return _route_named(CBOR, parts[2], parts[4], signing_name)


def _route_target(target: str, signing_name: str | None) -> Route | Unroutable:
    prefix, _, operation = target.rpartition(".")
    return _route_named(JSON, prefix, operation, signing_name)


def _route_named(protocol: str, prefix: str, operation: str, signing_name: str | None) -> Route | Unroutable:
    service = catalogue.service_of_target(prefix)
    if service is None or protocol not in SERVICES[service].protocols:
        return Unroutable(protocol, None, refusals.unknown_service(protocol, signing_name or prefix))
    if signing_name is not None and SERVICES[service].signing_name != signing_name:
        return Unroutable(protocol, service, _wrong_scope(protocol, SERVICES[service].signing_name))
    if catalogue.find_operation(service, operation) is None:
        return Unroutable(protocol, service, refusals.unknown_operation(protocol, operation))
    return Route(service, operation, protocol, {})


def _route_action(action: str, version: str, signing_name: str | None) -> Route | Unroutable:
    candidates = catalogue.services_of_version(version)
    if signing_name is not None:
        signed = [name for name in catalogue.services_signed_as(signing_name) if _speaks_forms(name)]
        protocol = EC2 if signing_name == "ec2" else QUERY
        if not signed:
            return Unroutable(protocol, None, refusals.unknown_service(protocol, signing_name))
        matching = [name for name in signed if not version or name in candidates]
        if not matching:
            fault = Fault(
                "NoSuchVersion", f"The requested version ({version}) of service {signing_name} does not exist"
            )
            return Unroutable(protocol, signed[0], fault)
        candidates = tuple(matching)
    elif not version:
        candidates = tuple(
            name for name in SERVICES if _speaks_forms(name) and action in catalogue.operation_names(name)
        )
    protocol = EC2 if "ec2" in candidates else QUERY
    for service in candidates:
        if catalogue.find_operation(service, action) is not None:
            return Route(service, action, EC2 if service == "ec2" else QUERY, {})
    return Unroutable(
        protocol, candidates[0] if candidates else None, refusals.unknown_operation(protocol, action, version)
    )


def _speaks_forms(service: str) -> bool:
    return QUERY in SERVICES[service].protocols or EC2 in SERVICES[service].protocols


def _route_nothing(signing_name: str | None) -> Unroutable:
    """A root path without action or target."""
    services = catalogue.services_signed_as(signing_name) if signing_name is not None else ()
    if signing_name is not None and not services:
        return _route_elsewhere(signing_name)
    protocol = SERVICES[services[0]].protocols[0] if services else REST_JSON
    service = services[0] if services else None
    if protocol in (QUERY, EC2):
        return Unroutable(protocol, service, Fault("MissingAction", "The request must contain the parameter Action"))
    return Unroutable(protocol, service, refusals.unknown_operation(protocol, ""))


def _route_elsewhere(signing_name: str) -> Unroutable:
    """A service that is not there. Clients of the ones that speak rest-xml read errors in XML alone."""
    protocol = QUERY if signing_name in _REST_XML else REST_JSON
    return Unroutable(protocol, None, refusals.unknown_service(protocol, signing_name))


def _route_path(request: HttpRequest, signing_name: str | None) -> Route | Unroutable:
    if signing_name is not None:
        candidates = catalogue.services_signed_as(signing_name)
        if not candidates:
            return _route_elsewhere(signing_name)
    else:
        candidates = tuple(SERVICES)
    services = [name for name in candidates if REST_JSON in SERVICES[name].protocols]
    by_prefix = [name for name in services if request.raw_path.startswith(SERVICES[name].path_prefixes or "\0")]
    services = by_prefix or [name for name in services if not SERVICES[name].path_prefixes]
    try:
        query = rest_json.split_query(request.raw_query)
    except Fault as fault:
        return Unroutable(REST_JSON, services[0] if services else None, fault)
    for service in services:
        found = rest_paths.match(service, request.method, request.raw_path, query)
        if found is not None:
            return Route(service, found.operation, REST_JSON, found.labels)
    return Unroutable(REST_JSON, services[0] if services else None, refusals.unknown_operation(REST_JSON, ""))


def _wrong_scope(protocol: str, signing_name: str) -> Fault:
    return refusals.auth_fault(
        protocol, "mismatch", f"Credential should be scoped to correct service: '{signing_name}'. "
    )


def guess_protocol(request: HttpRequest, signing_name: str | None) -> str:
    """In which form to refuse a request that could not even be read."""
    if request.header("smithy-protocol") is not None:
        return CBOR
    if request.header("x-amz-target") is not None:
        return JSON
    if signing_name == "ec2" or _EC2_VERSION.encode() in request.body[:4096] or _EC2_VERSION in request.raw_query:
        return EC2
    if b"Action=" in request.body[:4096] or "Action=" in request.raw_query:
        return QUERY
    services = catalogue.services_signed_as(signing_name) if signing_name is not None else ()
    return SERVICES[services[0]].protocols[0] if services else REST_JSON
