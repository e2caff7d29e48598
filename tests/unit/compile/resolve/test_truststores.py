"""Truststores: only what Envoy can read reaches it."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from tests.unit.services.certificate_maker import issue

from innergate.compile.resolve.truststores import read_authorities

GOOD = issue("clients.example.com").authority.certificate
LEAF = issue("clients.example.com").leaf


def block(der: bytes, label: str = "CERTIFICATE") -> str:
    """`der` as a PEM block."""
    return f"-----BEGIN {label}-----\n{base64.encodebytes(der).decode()}-----END {label}-----\n"


def changed(old: bytes, new: bytes) -> str:
    """The good one with bytes replaced."""
    der = x509.load_pem_x509_certificate(GOOD.encode()).public_bytes(Encoding.DER)
    assert old in der
    return block(der.replace(old, new))


@pytest.mark.parametrize(
    ("text", "unreadable"),
    [
        ("junk\n" + GOOD + "more junk", 0),
        (GOOD + LEAF.key, 0),
        (GOOD + "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n", 0),
        (GOOD + "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n", 0),
        (GOOD + block(b"AAAA", "TRUSTED CERTIFICATE"), 1),
        (GOOD + block(b"AAAA"), 1),
        (GOOD + "-----BEGIN CERTIFICATE-----\nAAAA", 1),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n" + GOOD, 1),
        (GOOD + "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n", 1),
        (GOOD.replace("-----BEGIN", "  -----BEGIN"), 0),
        (GOOD.replace("\n", "\r\n"), 0),
        (GOOD + GOOD, 0),
        (GOOD + changed(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x09"), 1),
        (GOOD + changed(b"\x0c\x0eTest authority", b"\x0c\x0e\xff\xfest authority"), 1),
    ],
)
def test_certificates_alone_are_left(text: str, unreadable: int) -> None:
    found = read_authorities(text)
    assert (found.pem, found.unreadable) == (GOOD, unreadable)
    assert found.can_be_named


def test_many_authorities_are_not_named_to_clients() -> None:
    """1,000 ordinary names are more than a handshake holds; Envoy then breaks off every one."""
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime(2026, 1, 1, tzinfo=UTC)

    def authority(number: int) -> str:
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, f"An authority of many, number {number:012}")])
        builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        dated = builder.serial_number(number + 1).not_valid_before(now).not_valid_after(now + timedelta(days=1))
        return dated.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()

    some = [authority(number) for number in range(600)]
    assert read_authorities("".join(some[:400])).can_be_named
    assert not read_authorities("".join(some)).can_be_named
    assert len(read_authorities("".join(some)).certificates) == 600
