"""What is told of a client's certificate."""

from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from innergate.primitives.client_identity import CLIENT_FIELDS, read_client

KEY = ec.generate_private_key(ec.SECP256R1())
OID = x509.NameOID


def name(*parts: tuple[x509.ObjectIdentifier, str]) -> x509.Name:
    return x509.Name([x509.NameAttribute(oid, text) for oid, text in parts])


def encoded(serial: int, common_name: str = "My Client") -> tuple[str, str]:
    """The certificate's PEM text, and the same as Envoy gives it."""
    place = (OID.COUNTRY_NAME, "US"), (OID.STATE_OR_PROVINCE_NAME, "Washington"), (OID.ORGANIZATION_NAME, "Example")
    made = (
        x509.CertificateBuilder()
        .subject_name(name(*place, (OID.COMMON_NAME, common_name)))
        .issuer_name(name(*place, (OID.COMMON_NAME, "My Private CA")))
        .public_key(KEY.public_key())
        .serial_number(serial)
        .not_valid_before(datetime(2020, 8, 29, 0, 28, 21, tzinfo=UTC))
        .not_valid_after(datetime(2120, 8, 5, 0, 28, 21, tzinfo=UTC))
        .sign(KEY, hashes.SHA256())
    )
    pem = made.public_bytes(Encoding.PEM).decode()
    return pem, quote(pem, safe="-")


def test_a_certificate_is_told_in_aws_words() -> None:
    """As the AWS blog shows one ("Introducing mutual TLS authentication for Amazon API Gateway")."""
    pem, said = encoded(1)
    found = read_client(said)
    assert found is not None
    assert found.tell() == {
        "clientCertPem": pem,
        "subjectDN": "C=US,ST=Washington,O=Example,CN=My Client",
        "issuerDN": "C=US,ST=Washington,O=Example,CN=My Private CA",
        "serialNumber": "1",
        "validity": {"notBefore": "Aug 29 00:28:21 2020 GMT", "notAfter": "Aug  5 00:28:21 2120 GMT"},
    }
    assert [found.field(field) for field in CLIENT_FIELDS] == list(found)


def test_a_comma_in_a_name_makes_no_other_name() -> None:
    found = read_client(encoded(1, "a,CN=admin")[1])
    assert found is not None
    assert found.subject.endswith(r",CN=a\,CN\=admin") or found.subject.endswith(r",CN=a\,CN=admin")


def test_long_serial_numbers_are_bytes() -> None:
    found = read_client(encoded(int("a1" * 16, 16))[1])
    assert found is not None
    assert found.serial == ":".join(["a1"] * 16)


def test_what_one_reader_writes_no_other_reads() -> None:
    found = read_client(encoded(1)[1])
    assert found is not None
    found.tell()["subjectDN"] = "somebody else"
    validity = found.tell()["validity"]
    assert isinstance(validity, dict)
    validity.clear()
    assert found.tell()["subjectDN"] != "somebody else"
    assert found.tell()["validity"] != {}


@pytest.mark.parametrize(
    "said", ["", "nothing", "%ff%fe", quote("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----")]
)
def test_what_is_no_certificate_says_nothing(said: str) -> None:
    assert read_client(said) is None
