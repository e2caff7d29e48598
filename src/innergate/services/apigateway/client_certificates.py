"""Client certificates: generated here, self-signed, shown to HTTPS backends by the stages that name them."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from innergate.primitives.ids import fresh_api_id
from innergate.resources.client_certificates import ClientCertificate
from innergate.resources.stages import Stage
from innergate.services.apigateway.faults import bad_request, not_found
from innergate.services.apigateway.limits import CLIENT_CERTIFICATE_DAYS
from innergate.services.apigateway.paging import page_of
from innergate.services.apigateway.patches import read_patches, require_listed
from innergate.services.apigateway.tag_rules import check_tags
from innergate.services.context import Context, Params, Result


def generate(context: Context, params: Params) -> Result:
    """GenerateClientCertificate: a fresh RSA key of 2048 bits and its certificate, valid for a year."""
    now = context.clock.now().replace(microsecond=0)
    until = now + timedelta(days=CLIENT_CERTIFICATE_DAYS)
    certificate_pem, key_pem = _self_signed(now, until)
    certificate = ClientCertificate(
        id=fresh_api_id(context.ids, 6),
        account=context.account,
        region=context.region,
        pem_encoded_certificate=certificate_pem,
        private_key=key_pem,
        created_date=now,
        expiration_date=until,
        description=params.get("description") or None,
        tags=check_tags(params.get("tags") or {}),
    )
    context.tx.put(certificate)
    return _render(certificate)


def _self_signed(start: datetime, until: datetime) -> tuple[str, str]:
    """The certificate and its key. Key identifiers tell certificates of one name apart: who trusts an old and a new one while
    they change over finds the right one by them (RFC 5280, 4.2.1.1 and 4.2.1.2)."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ApiGateway")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(until)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    key_pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return certificate.public_bytes(serialization.Encoding.PEM).decode(), key_pem.decode()


def _render(certificate: ClientCertificate) -> dict[str, Any]:
    return {
        "clientCertificateId": certificate.id,
        "description": certificate.description,
        "pemEncodedCertificate": certificate.pem_encoded_certificate,
        "createdDate": certificate.created_date,
        "expirationDate": certificate.expiration_date,
        "tags": certificate.tags or None,
    }


def find_certificate(context: Context, certificate_id: str) -> ClientCertificate | None:
    """The caller's certificate, or None."""
    found = context.tx.get(ClientCertificate, certificate_id)
    if found is None or found.account != context.account or found.region != context.region:
        return None
    return found


def _certificate_of(context: Context, params: Params) -> ClientCertificate:
    found = find_certificate(context, params["clientCertificateId"])
    if found is None:
        raise not_found("Invalid Client Certificate identifier specified")
    return found


def get(context: Context, params: Params) -> Result:
    """GetClientCertificate."""
    return _render(_certificate_of(context, params))


def list_all(context: Context, params: Params) -> Result:
    """GetClientCertificates."""
    return page_of(params, context.tx.in_account(ClientCertificate, context.account, context.region), _render)


def update(context: Context, params: Params) -> Result:
    """UpdateClientCertificate: only its description. Raises Fault."""
    certificate = _certificate_of(context, params)
    for patch in read_patches(params):
        require_listed(patch, ("/description",))
        certificate = msgspec.structs.replace(certificate, description=patch.value or None)
    context.tx.put(certificate)
    return _render(certificate)


def delete(context: Context, params: Params) -> Result:
    """DeleteClientCertificate. Raises Fault BadRequestException while a stage shows it."""
    certificate = _certificate_of(context, params)
    for stage in context.tx.in_account(Stage, context.account, context.region):
        if stage.client_certificate_id == certificate.id:
            raise bad_request(
                f"Cannot delete client certificate '{certificate.id}', is used by stage {stage.stage_name} "
                f"of API {stage.rest_api_id}"
            )
    context.tx.delete(certificate)
    return {}
