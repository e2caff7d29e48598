"""Certificates are checked when they come in, and their keys never go out."""

import base64
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from tests.unit.services.certificate_maker import issue

from innergate.primitives.fault import Fault
from innergate.services.acm.operations import OPERATIONS
from innergate.testing.services import ServiceHarness


@pytest.fixture
def acm(tmp_path: Path) -> ServiceHarness:
    return ServiceHarness(tmp_path, OPERATIONS)


def load(acm: ServiceHarness, name: str = "api.example.com", **more: Any) -> str:
    made = issue(name)
    params: dict[str, Any] = {
        "Certificate": made.leaf.certificate.encode(),
        "PrivateKey": made.leaf.key.encode(),
        "CertificateChain": made.authority.certificate.encode(),
    }
    arn = acm.call("ImportCertificate", **{**params, **more})["CertificateArn"]
    assert isinstance(arn, str)
    return arn


def test_import_and_describe(acm: ServiceHarness) -> None:
    arn = load(acm)
    shown = acm.call("DescribeCertificate", CertificateArn=arn)["Certificate"]
    assert shown["DomainName"] == "api.example.com"
    assert shown["SubjectAlternativeNames"] == ["api.example.com", "alt.example.com"]
    assert (shown["Status"], shown["Type"], shown["KeyAlgorithm"]) == ("ISSUED", "IMPORTED", "EC_prime256v1")
    assert shown["Issuer"] == "Test authority"
    got = acm.call("GetCertificate", CertificateArn=arn)
    assert got["Certificate"] == issue().leaf.certificate
    assert "PRIVATE KEY" not in repr([shown, got, acm.call("ListCertificates")])


@pytest.mark.parametrize(
    "key",
    [rsa.generate_private_key(65537, 1024), ec.generate_private_key(ec.SECP256K1())],
    ids=["rsa-1024", "secp256k1"],
)
def test_a_key_that_ends_no_tls_is_refused(
    acm: ServiceHarness, key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
) -> None:
    """Envoy takes neither, and a name with such a certificate would stay unserved."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "api.example.com")])
    begin = datetime(2020, 1, 1, tzinfo=UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, begin, begin + timedelta(days=36500)).sign(
        key, SHA256()
    )
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with pytest.raises(Fault, match="algorithm is not supported"):
        acm.call("ImportCertificate", Certificate=made.public_bytes(Encoding.PEM), PrivateKey=text)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x09"),
        (b"\x0c\x0fapi.example.com", b"\x0c\x0f\xff\xfe\xfd.example.com"),
        (b"\x82\x0fapi.example.com", b"\x82\x0f\xff\xfe\xfd.example.com"),
    ],
    ids=["version", "subject", "name"],
)
def test_a_certificate_that_is_one_by_its_frame_alone_is_refused(acm: ServiceHarness, old: bytes, new: bytes) -> None:
    made = issue().leaf
    der = x509.load_pem_x509_certificate(made.certificate.encode()).public_bytes(Encoding.DER)
    assert old in der
    text = base64.encodebytes(der.replace(old, new))
    body = b"-----BEGIN CERTIFICATE-----\n" + text + b"-----END CERTIFICATE-----\n"
    with pytest.raises(Fault, match="Could not parse certificate"):
        acm.call("ImportCertificate", Certificate=body, PrivateKey=made.key.encode())


def test_a_reimport_keeps_the_kind_of_key(acm: ServiceHarness) -> None:
    arn = load(acm)
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "api.example.com")])
    begin = datetime(2020, 1, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, begin, begin + timedelta(days=36500))
    body = builder.sign(key, SHA256()).public_bytes(Encoding.PEM)
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with pytest.raises(Fault, match="key type and size"):
        acm.call("ImportCertificate", Certificate=body, PrivateKey=text, CertificateArn=arn)


def test_reimport_keeps_the_arn(acm: ServiceHarness) -> None:
    arn = load(acm, Tags=[{"Key": "a", "Value": "1"}])
    acm.clock.advance(60)
    assert load(acm, "other.example.com", CertificateArn=arn) == arn
    [row] = acm.call("ListCertificates")["CertificateSummaryList"]
    assert row["DomainName"] == "other.example.com"
    assert row["ImportedAt"] > row["CreatedAt"]
    shown = acm.call("DescribeCertificate", CertificateArn=arn)["Certificate"]
    assert (shown["CreatedAt"], shown["ImportedAt"]) == (row["CreatedAt"], row["ImportedAt"])
    assert acm.call("ListTagsForCertificate", CertificateArn=arn)["Tags"] == [{"Key": "a", "Value": "1"}]


@pytest.mark.parametrize(
    "change",
    [
        {"Certificate": b"none"},
        {"Certificate": b"\xff"},
        {"PrivateKey": b"none"},
        {"PrivateKey": issue("else.example.com").leaf.key.encode()},
        {"CertificateChain": b"none"},
        {"CertificateChain": issue("else.example.com").authority.certificate.encode()},
        {"Certificate": (issue().leaf.certificate + issue().authority.certificate).encode()},
    ],
)
def test_what_does_not_fit_is_refused(acm: ServiceHarness, change: dict[str, Any]) -> None:
    with pytest.raises(Fault, match="ValidationException"):
        load(acm, **change)


def test_time(acm: ServiceHarness) -> None:
    arn = load(acm)
    acm.clock.advance(400 * 86_400)
    assert acm.call("DescribeCertificate", CertificateArn=arn)["Certificate"]["Status"] == "EXPIRED"
    with pytest.raises(Fault, match="expired"):
        load(acm)


def test_tags(acm: ServiceHarness) -> None:
    arn = load(acm)
    acm.call("AddTagsToCertificate", CertificateArn=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b"}])
    acm.call("RemoveTagsFromCertificate", CertificateArn=arn, Tags=[{"Key": "a", "Value": "2"}, {"Key": "b"}])
    assert acm.call("ListTagsForCertificate", CertificateArn=arn)["Tags"] == [{"Key": "a", "Value": "1"}]


def test_delete_and_strangers(acm: ServiceHarness) -> None:
    arn = load(acm)
    for elsewhere in ({"account": "444455556666"}, {"region": "eu-west-1"}):
        with pytest.raises(Fault, match="ResourceNotFoundException"):
            acm.call("GetCertificate", **elsewhere, CertificateArn=arn)
    acm.call("DeleteCertificate", CertificateArn=arn)
    with pytest.raises(Fault, match="ResourceNotFoundException"):
        acm.call("DescribeCertificate", CertificateArn=arn)
