"""Server certificates are checked when they come in, and their keys never go out."""

from typing import Any

import pytest
from tests.unit.services.certificate_maker import issue
from tests.unit.services.identity_harness import IdentityHarness

from innergate.primitives.fault import Fault


def upload(harness: IdentityHarness, name: str = "c", **more: Any) -> None:
    made = issue()
    params: dict[str, Any] = {
        "ServerCertificateName": name,
        "CertificateBody": made.leaf.certificate,
        "PrivateKey": made.leaf.key,
        "CertificateChain": made.authority.certificate,
    }
    harness.call(harness.root_key(harness.member), "iam", "UploadServerCertificate", **{**params, **more})


def test_life(harness: IdentityHarness) -> None:
    root = harness.root_key(harness.member)
    upload(harness, Tags=[{"Key": "a", "Value": "1"}])
    got = harness.call(root, "iam", "GetServerCertificate", ServerCertificateName="c")["ServerCertificate"]
    assert got["ServerCertificateMetadata"]["Arn"] == "arn:aws:iam::444455556666:server-certificate/c"
    assert got["ServerCertificateMetadata"]["ServerCertificateId"].startswith("ASCA")
    assert got["CertificateBody"] == issue().leaf.certificate
    assert "PRIVATE KEY" not in repr(got)
    harness.call(root, "iam", "UpdateServerCertificate", ServerCertificateName="c", NewServerCertificateName="d")
    listed = harness.call(root, "iam", "ListServerCertificates")["ServerCertificateMetadataList"]
    assert [row["ServerCertificateName"] for row in listed] == ["d"]
    tags = harness.call(root, "iam", "ListServerCertificateTags", ServerCertificateName="d")["Tags"]
    assert tags == [{"Key": "a", "Value": "1"}]
    harness.call(root, "iam", "DeleteServerCertificate", ServerCertificateName="d")
    with pytest.raises(Fault, match="NoSuchEntity"):
        harness.call(root, "iam", "GetServerCertificate", ServerCertificateName="d")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"PrivateKey": issue("else.example.com").leaf.key}, "KeyPairMismatch"),
        ({"PrivateKey": "none"}, "MalformedCertificate"),
        ({"CertificateBody": "none"}, "MalformedCertificate"),
        ({"CertificateChain": issue("else.example.com").authority.certificate}, "MalformedCertificate"),
    ],
)
def test_what_does_not_fit_is_refused(harness: IdentityHarness, change: dict[str, Any], code: str) -> None:
    with pytest.raises(Fault) as caught:
        upload(harness, **change)
    assert caught.value.code == code


def test_a_name_is_taken_once_per_account(harness: IdentityHarness) -> None:
    upload(harness)
    with pytest.raises(Fault, match="EntityAlreadyExists"):
        upload(harness)
