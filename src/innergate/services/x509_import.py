"""Checks what users bring as certificate, key and chain; IAM and ACM word the refusals differently."""

from datetime import datetime
from typing import NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

CURVES = {"secp256r1": "EC_prime256v1", "secp384r1": "EC_secp384r1", "secp521r1": "EC_secp521r1"}
MIN_RSA_BITS = 2048


class BadCertificate(Exception):
    """`part` is certificate, key, chain or pair."""

    def __init__(self, part: str) -> None:
        super().__init__(part)
        self.part = part


class ReadCertificate(NamedTuple):
    """What a certificate says. `names` are the DNS names, the subject's common name first; instants are aware, UTC."""

    common_name: str
    names: tuple[str, ...]
    subject: str
    issuer: str
    serial: str
    not_before: datetime
    not_after: datetime
    key_algorithm: str
    signature_algorithm: str


def read_certificate(pem: str) -> ReadCertificate:
    """What the first certificate of `pem` says. Raises BadCertificate."""
    return _describe_or_refuse(_load(pem, "certificate")[0])


def check_import(certificate_pem: str, key_pem: str, chain_pem: str) -> ReadCertificate:
    """Checks that the key belongs to the certificate and that the chain, if there is one, certifies it link by link. Raises
    BadCertificate."""
    leaves = _load(certificate_pem, "certificate")
    if len(leaves) != 1:
        raise BadCertificate("certificate")
    leaf = leaves[0]
    try:
        key = load_pem_private_key(key_pem.encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise BadCertificate("key") from None
    if not _is_usable(key):
        raise BadCertificate("key")
    read = _describe_or_refuse(leaf)
    form = Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    if key.public_key().public_bytes(*form) != leaf.public_key().public_bytes(*form):
        raise BadCertificate("pair")
    child = leaf
    for parent in _load(chain_pem, "chain") if chain_pem else ():
        try:
            child.verify_directly_issued_by(parent)
        except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
            raise BadCertificate("chain") from None
        child = parent
    return read


def _describe_or_refuse(leaf: x509.Certificate) -> ReadCertificate:
    """Names, extensions and the signature are read here first: a certificate may be one only as far as its frame."""
    try:
        return _describe(leaf)
    except (ValueError, UnsupportedAlgorithm, x509.DuplicateExtension):
        raise BadCertificate("certificate") from None


def _is_usable(key: object) -> bool:
    """Whether TLS can be ended with the key. Envoy refuses other curves, and RSA below 2,048 bits."""
    if isinstance(key, EllipticCurvePrivateKey):
        return key.curve.name in CURVES
    return isinstance(key, RSAPrivateKey) and key.key_size >= MIN_RSA_BITS


def _load(pem: str, part: str) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(pem.encode())
    except (ValueError, x509.InvalidVersion):
        raise BadCertificate(part) from None


def _describe(certificate: x509.Certificate) -> ReadCertificate:
    common = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    common_name = str(common[0].value) if common else ""
    names = [common_name] if common_name else []
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        names += [name for name in extension.value.get_values_for_type(x509.DNSName) if name not in names]
    except x509.ExtensionNotFound:
        pass
    hash_name = certificate.signature_hash_algorithm.name.upper() if certificate.signature_hash_algorithm else ""
    public = certificate.public_key()
    return ReadCertificate(
        common_name=common_name,
        names=tuple(names),
        subject=certificate.subject.rfc4514_string(),
        issuer=_organization(certificate.issuer),
        serial=":".join(f"{byte:02x}" for byte in _serial_bytes(certificate.serial_number)),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        key_algorithm=_key_algorithm(public),
        signature_algorithm=f"{hash_name}WITH{'RSA' if isinstance(public, RSAPublicKey) else 'ECDSA'}",
    )


def _organization(name: x509.Name) -> str:
    for oid in (x509.NameOID.ORGANIZATION_NAME, x509.NameOID.COMMON_NAME):
        found = name.get_attributes_for_oid(oid)
        if found:
            return str(found[0].value)
    return name.rfc4514_string()


def _serial_bytes(serial: int) -> bytes:
    return serial.to_bytes(max(1, (serial.bit_length() + 7) // 8), "big")


def _key_algorithm(public: object) -> str:
    if isinstance(public, RSAPublicKey):
        return f"RSA_{public.key_size}"
    if isinstance(public, EllipticCurvePublicKey):
        return CURVES.get(public.curve.name, f"EC_{public.curve.name}")
    return type(public).__name__
