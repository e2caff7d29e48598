"""The paths of UpdateDomainName."""

import msgspec

from innergate.primitives.digits import read_digits
from innergate.resources.domain_names import DomainName
from innergate.resources.rest_apis import EndpointConfiguration
from innergate.services.apigateway.domain_policies import DENY_ALL, check_domain_policy
from innergate.services.apigateway.domain_truststores import read_truststore
from innergate.services.apigateway.faults import bad_request
from innergate.services.apigateway.patches import Patch, invalid_path, read_patches, require_op
from innergate.services.apigateway.security_policies import ACCESS_MODES, SECURITY_POLICIES, check_choice
from innergate.services.context import Context, Params

_TYPES = ("REGIONAL", "EDGE", "PRIVATE")
_TEXTS = {
    "certificateName": "certificate_name",
    "certificateArn": "certificate_arn",
    "regionalCertificateName": "regional_certificate_name",
    "regionalCertificateArn": "regional_certificate_arn",
    "ownershipVerificationCertificateArn": "ownership_verification_certificate_arn",
}
_CHOICES: dict[str, tuple[str, tuple[str, ...]]] = {
    "securityPolicy": ("security_policy", SECURITY_POLICIES),
    "endpointAccessMode": ("endpoint_access_mode", ACCESS_MODES),
    "routingMode": (
        "routing_mode",
        ("BASE_PATH_MAPPING_ONLY", "ROUTING_RULE_ONLY", "ROUTING_RULE_THEN_BASE_PATH_MAPPING"),
    ),
}
"""Member -> field, and the values of its enumeration in the API's model."""


def patch_domain(context: Context, domain: DomainName, params: Params) -> DomainName:
    """The domain name after all operations, in order. Raises Fault BadRequestException."""
    for patch in read_patches(params):
        domain = _apply(context, domain, patch)
    return domain


def _apply(context: Context, domain: DomainName, patch: Patch) -> DomainName:
    match patch.segments:
        case ("certificateArn",):
            require_op(patch, "add", "replace", "remove")
            now = context.clock.now().replace(microsecond=0)
            dated = msgspec.structs.replace(domain, certificate_upload_date=now if _value(patch) else None)
            return _with_text(dated, patch)
        case (name,) if name in _TEXTS:
            require_op(patch, "add", "replace", "remove")
            return _with_text(domain, patch)
        case (name,) if name in _CHOICES:
            require_op(patch, "replace")
            return _with_choice(domain, patch)
        case ("policy" | "managementPolicy",):
            require_op(patch, "replace")
            return _with_policy(domain, patch)
        case ("endpointConfiguration", *rest):
            configuration = _configuration(domain.endpoint_configuration, patch, tuple(rest))
            return msgspec.structs.replace(domain, endpoint_configuration=configuration)
        case ("mutualTlsAuthentication", "truststoreUri" | "truststoreVersion" as member):
            require_op(patch, "add", "replace", "remove")
            return _with_truststore(context, domain, patch, member)
        case _:
            raise invalid_path(patch)


def _value(patch: Patch) -> str | None:
    return (patch.value or None) if patch.op != "remove" else None


def _with_text(domain: DomainName, patch: Patch) -> DomainName:
    changes: dict[str, str | None] = {_TEXTS[patch.segments[0]]: _value(patch)}
    return msgspec.structs.replace(domain, **changes)


def _with_choice(domain: DomainName, patch: Patch) -> DomainName:
    field, known = _CHOICES[patch.segments[0]]
    check_choice(patch.segments[0], patch.text, known)
    return msgspec.structs.replace(domain, **{field: patch.text})


def _with_policy(domain: DomainName, patch: Patch) -> DomainName:
    text = check_domain_policy(patch.text) if patch.text else ""
    if patch.segments[0] == "managementPolicy":
        return msgspec.structs.replace(domain, management_policy=text)
    return msgspec.structs.replace(domain, policy=text or (DENY_ALL if domain.is_private else ""))


def _configuration(current: EndpointConfiguration, patch: Patch, rest: tuple[str, ...]) -> EndpointConfiguration:
    match rest:
        case ("ipAddressType",):
            require_op(patch, "replace")
            if patch.value not in ("ipv4", "dualstack"):
                raise bad_request("ipAddressType must be either ipv4 or dualstack.")
            if current.types == ("PRIVATE",) and patch.value != "dualstack":
                raise bad_request("Only dualstack ipAddressType is supported for Private domain names.")
            return msgspec.structs.replace(current, ip_address_type=patch.value)
        case ("types",) | ("types", _):
            return msgspec.structs.replace(current, types=_types(current.types, patch, rest))
        case _:
            raise invalid_path(patch)


def _types(current: tuple[str, ...], patch: Patch, rest: tuple[str, ...]) -> tuple[str, ...]:
    """A name may be both regional and edge-optimised while it moves from one to the other, as in AWS."""
    require_op(patch, "add", "remove", "replace")
    named = rest[1] if len(rest) == 2 else ""
    value = patch.text or (named if named in _TYPES else "")
    if patch.op != "remove" and value not in _TYPES:
        raise bad_request("Invalid EndpointTypes specified. Valid options are REGIONAL,EDGE,PRIVATE")
    if patch.op != "remove" and (value == "PRIVATE") is not (current == ("PRIVATE",)):
        raise bad_request("A public custom domain name cannot become private, nor a private one public.")
    if patch.op == "add":
        return tuple(dict.fromkeys((*current, value)))
    place = read_digits(named, len(current))
    if place is None:
        if named.isdecimal():
            raise invalid_path(patch)
        place = current.index(named or value) if (named or value) in current else 0
    if place >= len(current):
        raise invalid_path(patch)
    kept = (*current[:place], *current[place + 1 :])
    return kept if patch.op == "remove" else tuple(dict.fromkeys((*kept, value)))


def _with_truststore(context: Context, domain: DomainName, patch: Patch, member: str) -> DomainName:
    current = domain.mutual_tls_authentication
    value = _value(patch)
    if member == "truststoreUri":
        trusted = read_truststore(context, value, None) if value else None
        return msgspec.structs.replace(domain, mutual_tls_authentication=trusted)
    if current is None:
        raise bad_request("A truststoreVersion requires a truststoreUri.")
    trusted = read_truststore(context, current.truststore_uri, value)
    return msgspec.structs.replace(domain, mutual_tls_authentication=trusted)
