"""What a custom domain name must be as a whole, whether it was made so or patched."""

from innergate.resources.domain_names import DomainName
from innergate.services.apigateway.domain_certificates import EDGE_REGION, check_certificate
from innergate.services.apigateway.faults import bad_request
from innergate.services.apigateway.security_policies import check_security, is_enhanced
from innergate.services.context import Context

_PUBLIC_TYPES = frozenset({"EDGE", "REGIONAL"})


def check_domain(context: Context, domain: DomainName) -> None:
    """Raises Fault BadRequestException where the parts do not go together."""
    types = set(domain.endpoint_configuration.types)
    if not types:
        raise bad_request("REGIONAL Configuration and EDGE Configuration cannot be both DISABLED.")
    if types != {"PRIVATE"} and not types <= _PUBLIC_TYPES:
        raise bad_request("A domain name cannot be both private and public.")
    _check_security(domain, types)
    _check_certificates(context, domain, types)
    if not domain.is_private and (domain.policy or domain.management_policy):
        raise bad_request("Policies are only supported for private custom domain names.")


def _check_certificates(context: Context, domain: DomainName, types: set[str]) -> None:
    if domain.regional_certificate_arn and "REGIONAL" not in types:
        raise bad_request("Cannot import certificates for REGIONAL while EDGE is active.")
    if domain.certificate_arn and types == {"REGIONAL"}:
        raise bad_request("Cannot import certificates for EDGE while REGIONAL is active.")
    if "REGIONAL" in types and not domain.regional_certificate_arn:
        raise bad_request("A regionalCertificateArn is required for a REGIONAL domain name.")
    if types != {"REGIONAL"} and not domain.certificate_arn:
        raise bad_request("A certificateArn is required for an EDGE or PRIVATE domain name.")
    if domain.regional_certificate_arn:
        check_certificate(context, domain.regional_certificate_arn, domain.domain_name, domain.region)
    if domain.certificate_arn:
        region = domain.region if domain.is_private else EDGE_REGION
        check_certificate(context, domain.certificate_arn, domain.domain_name, region)
    if domain.ownership_verification_certificate_arn:
        arn = domain.ownership_verification_certificate_arn
        check_certificate(context, arn, domain.domain_name, domain.region)


def _check_security(domain: DomainName, types: set[str]) -> None:
    if domain.mutual_tls_authentication is not None:
        if types != {"REGIONAL"}:
            raise bad_request("Mutual TLS is only supported for REGIONAL domain names.")
        if domain.security_policy == "TLS_1_0":
            raise bad_request("Mutual TLS requires a security policy of TLS_1_2 or newer.")
        if is_enhanced(domain.security_policy):
            raise bad_request("Mutual TLS is not supported with a security policy that begins with SecurityPolicy_.")
    if domain.ownership_verification_certificate_arn and domain.mutual_tls_authentication is None:
        raise bad_request("An ownershipVerificationCertificateArn can only be set with mutual TLS.")
    check_security(domain.security_policy, domain.endpoint_access_mode, types)
    if domain.is_private and domain.security_policy == "TLS_1_0":
        raise bad_request("Private custom domain names require a security policy of TLS_1_2 or newer.")
