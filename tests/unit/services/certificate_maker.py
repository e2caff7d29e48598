"""Real certificates, made on the spot."""

from datetime import datetime, timedelta
from functools import cache
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from innergate.testing.clock import FakeClock


class Made(NamedTuple):
    """PEM texts of a certificate and its key."""

    certificate: str
    key: str


class Issued(NamedTuple):
    """A leaf and the authority that signed it."""

    leaf: Made
    authority: Made


def issue(name: str = "api.example.com") -> Issued:
    """A certificate for `name` and `alt.example.com`, good for a year from a day before the fake clock's start. The same one
    for the same name."""
    return _issue(name)


@cache
def _issue(name: str) -> Issued:
    start = FakeClock().now() - timedelta(days=1)
    authority_key, leaf_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Test authority")])
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    names = x509.SubjectAlternativeName([x509.DNSName(name), x509.DNSName("alt.example.com")])
    authority = (
        _builder(issuer, issuer, authority_key, start, 3650)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(authority_key, hashes.SHA256())
    )
    leaf = (
        _builder(subject, issuer, leaf_key, start, 365)
        .add_extension(names, critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    return Issued(_pem(leaf, leaf_key), _pem(authority, authority_key))


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, start: datetime, days: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=days))
    )


def _pem(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> Made:
    return Made(
        certificate.public_bytes(Encoding.PEM).decode(),
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
    )
