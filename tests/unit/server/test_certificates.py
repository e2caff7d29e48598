"""The platform's own authority: made once, leaves kept and renewed, private files, users' certificates from the store."""

from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store
from tests.unit.services.certificate_maker import issue

from innergate.compile.resolve.truststores import truststore_secret
from innergate.primitives.ids import AccountId, Region
from innergate.resources.certificates import Certificate
from innergate.resources.client_certificates import ClientCertificate
from innergate.resources.domain_names import DomainName, MutualTls
from innergate.resources.rest_apis import EndpointConfiguration
from innergate.server.certificates import CertificateAuthority, PlatformSecrets, api_names, public_api_names
from innergate.store.errors import StoreDamaged
from innergate.store.sqlite import SqliteStore
from innergate.testing.clock import FakeClock
from innergate.testing.disk import refusing_disk

DAY_S = 86_400
NAMES = ("a.example", "*.b.example")


def leaf_of(chain: str) -> x509.Certificate:
    return x509.load_pem_x509_certificates(chain.encode())[0]


def test_leaves_are_trusted_by_who_trusts_the_authority(tmp_path: Path) -> None:
    clock = FakeClock()
    authority = CertificateAuthority(tmp_path, clock)
    chain, key = authority.leaf("l", NAMES)
    store = Store(x509.load_pem_x509_certificates(authority.certificate_pem.encode()))
    verifier = PolicyBuilder().store(store).time(clock.now()).build_server_verifier(x509.DNSName("x.b.example"))
    verifier.verify(leaf_of(chain), [])
    assert "PRIVATE KEY" in key
    stranger = CertificateAuthority(tmp_path / "other", clock).leaf("l", NAMES)[0]
    with pytest.raises(x509.verification.VerificationError):
        verifier.verify(leaf_of(stranger), [])


def test_a_restart_changes_nothing(tmp_path: Path) -> None:
    clock = FakeClock()
    first = CertificateAuthority(tmp_path, clock)
    made = first.leaf("l", NAMES)
    again = CertificateAuthority(tmp_path, clock)
    assert again.certificate_pem == first.certificate_pem
    assert again.leaf("l", NAMES) == made
    assert again.leaf("m", NAMES) != made


def test_leaves_are_renewed_in_their_last_month_and_for_other_names(tmp_path: Path) -> None:
    clock = FakeClock()
    authority = CertificateAuthority(tmp_path, clock)
    made = authority.leaf("l", NAMES)
    clock.advance(366 * DAY_S)
    assert authority.leaf("l", NAMES) == made
    clock.advance(2 * DAY_S)
    renewed = authority.leaf("l", NAMES)
    assert renewed != made
    assert leaf_of(renewed[0]).not_valid_after_utc > leaf_of(made[0]).not_valid_after_utc
    assert authority.leaf("l", ("other.example",)) != renewed


def test_keys_are_their_owners_alone(tmp_path: Path) -> None:
    CertificateAuthority(tmp_path / "pki", FakeClock()).leaf("l", NAMES)
    files = sorted((tmp_path / "pki").iterdir())
    assert len(files) == 4
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    assert (tmp_path / "pki").stat().st_mode & 0o777 == 0o700


def test_a_full_disk_keeps_no_certificate_from_envoy(tmp_path: Path) -> None:
    authority = CertificateAuthority(tmp_path, FakeClock())
    authority.write_bundle(tmp_path / "bundle.pem")
    with refusing_disk():
        made = authority.leaf("l", NAMES)
        assert authority.leaf("l", NAMES) == made
        authority.write_bundle(tmp_path / "bundle.pem")
    assert (tmp_path / "bundle.pem").read_text().startswith(authority.certificate_pem)
    assert authority.leaf("l", NAMES) == made
    assert CertificateAuthority(tmp_path, FakeClock()).leaf("l", NAMES) == made


def test_the_bundle_begins_with_the_platforms_authority(tmp_path: Path) -> None:
    authority = CertificateAuthority(tmp_path / "pki", FakeClock())
    authority.write_bundle(tmp_path / "bundle.pem")
    assert (tmp_path / "bundle.pem").read_text().startswith(authority.certificate_pem)


def test_apis_are_called_by_all_these_names() -> None:
    assert api_names("eu-west-1") == (
        "execute-api.eu-west-1.amazonaws.com",
        "*.execute-api.eu-west-1.amazonaws.com",
        "*.execute-api.eu-west-1.vpce.amazonaws.com",
    )
    assert "*.execute-api.us-east-1.amazonaws.com" in public_api_names()
    assert "*.execute-api.me-central-1.amazonaws.com" in public_api_names(), "a region that AWS wants one to opt in to"


def test_a_client_certificate_is_a_secret_too(tmp_path: Path) -> None:
    clock = FakeClock()
    store = SqliteStore(tmp_path / "store.sqlite", clock)
    secrets = PlatformSecrets(CertificateAuthority(tmp_path / "pki", clock), store)
    assert secrets.secret("client-certificate/abc123") is None
    with store.transaction() as tx:
        tx.put(
            ClientCertificate(
                id="abc123",
                account=AccountId("111122223333"),
                region=Region("us-east-1"),
                pem_encoded_certificate="CERTIFICATE",
                private_key="KEY",
                created_date=clock.now(),
                expiration_date=clock.now(),
            )
        )
    found = secrets.secret("client-certificate/abc123")
    assert found is not None
    assert found.body["tls_certificate"] == {
        "certificate_chain": {"inline_string": "CERTIFICATE"},
        "private_key": {"inline_string": "KEY"},
    }
    store.close()


def test_a_truststore_is_a_secret_of_readable_certificates_or_none(tmp_path: Path) -> None:
    clock = FakeClock()
    store = SqliteStore(tmp_path / "store.sqlite", clock)
    secrets = PlatformSecrets(CertificateAuthority(tmp_path / "pki", clock), store)

    def trusting(bundle: str) -> str:
        domain = DomainName(
            id="us-east-1/api.example.com",
            account=AccountId("111122223333"),
            region=Region("us-east-1"),
            domain_name="api.example.com",
            created_at=clock.now(),
            endpoint_configuration=EndpointConfiguration(types=("REGIONAL",)),
            mutual_tls_authentication=MutualTls(truststore_uri="s3://b/k", bundle=bundle),
        )
        with store.transaction() as tx:
            tx.put(domain)
        return truststore_secret(domain)

    good = issue("clients.example.com").authority.certificate
    found = secrets.secret(trusting(f"{good}-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n"))
    assert found is not None
    assert found.body["validation_context"] == {"trusted_ca": {"inline_string": good}, "max_verify_depth": 3}
    assert secrets.secret(trusting("nothing that is a certificate")) is None
    assert secrets.secret("truststore/us-east-1/none.example.com/0") is None
    store.close()


def test_secrets_by_their_names(tmp_path: Path) -> None:
    clock = FakeClock()
    store = SqliteStore(tmp_path / "store.sqlite", clock)
    authority = CertificateAuthority(tmp_path / "pki", clock)
    secrets = PlatformSecrets(authority, store)
    arn = "arn:aws:acm:us-east-1:111122223333:certificate/one"

    def bring(key: str) -> None:
        with store.transaction() as tx:
            tx.put(
                Certificate(
                    id=arn,
                    account=AccountId("111122223333"),
                    region=Region("us-east-1"),
                    service="acm",
                    certificate_body="BODY\n\n",
                    certificate_chain="CHAIN",
                    private_key=key,
                    created_at=clock.now(),
                )
            )

    assert secrets.secret(f"certificate/{arn}") is None
    bring("one")
    first = secrets.secret(f"certificate/{arn}")
    assert first is not None
    assert first.body["tls_certificate"] == {
        "certificate_chain": {"inline_string": "BODY\nCHAIN"},
        "private_key": {"inline_string": "one"},
    }
    bring("two")
    second = secrets.secret(f"certificate/{arn}")
    assert second is not None
    assert second.version != first.version, "Envoy gets a renewed certificate"
    regional, public = secrets.secret("execute-api/us-east-1"), secrets.secret("execute-api/public")
    assert regional is not None
    assert public is not None
    assert regional == secrets.secret("execute-api/us-east-1")
    assert regional.body["name"] == "execute-api/us-east-1"
    assert regional.body["tls_certificate"] != public.body["tls_certificate"]
    assert [secrets.secret(name) for name in ("execute-api/", "other/x", "certificate/none")] == [None, None, None]
    store.close()


def test_who_was_given_a_certificate_gets_the_next_before_it_ends(tmp_path: Path) -> None:
    clock = FakeClock()
    store = SqliteStore(tmp_path / "store.sqlite", clock)
    secrets = PlatformSecrets(CertificateAuthority(tmp_path / "pki", clock), store)
    names = ("execute-api/us-east-1", "execute-api/public", "lambda-url/eu-west-1")
    before = [secrets.secret(name) for name in names]
    assert secrets.renew() == ()
    clock.advance(366 * DAY_S)
    assert [secrets.secret(name) for name in names] == before
    assert secrets.renew() == ()
    clock.advance(2 * DAY_S)
    assert secrets.renew() == names
    after = [secrets.secret(name) for name in names]
    assert all(one is not None and one not in before for one in after)
    assert secrets.renew() == ()
    store.close()


def test_leaves_of_another_authority_or_of_a_later_time_are_made_anew(tmp_path: Path) -> None:
    clock = FakeClock()
    made = CertificateAuthority(tmp_path, clock).leaf("l", NAMES)
    for file in ("ca.pem", "ca.key"):
        (tmp_path / file).unlink()
    authority = CertificateAuthority(tmp_path, clock)
    renewed = authority.leaf("l", NAMES)
    assert renewed != made
    leaf_of(renewed[0]).verify_directly_issued_by(leaf_of(authority.certificate_pem))
    clock.advance(-DAY_S)
    early = authority.leaf("l", NAMES)
    assert early != renewed, "a clock that ran ahead made one that is not good yet"
    next(tmp_path.glob("leaf-*.pem")).write_text("half a certif")
    assert leaf_of(authority.leaf("l", NAMES)[0]) != leaf_of(early[0])


@pytest.mark.parametrize("damage", ["no key", "another key", "no certificate in it"])
def test_an_authority_that_cannot_be_read_is_told_in_a_sentence(tmp_path: Path, damage: str) -> None:
    CertificateAuthority(tmp_path / "pki", FakeClock())
    CertificateAuthority(tmp_path / "other", FakeClock())
    if damage == "no key":
        (tmp_path / "pki" / "ca.key").unlink()
    elif damage == "another key":
        (tmp_path / "other" / "ca.key").replace(tmp_path / "pki" / "ca.key")
    else:
        (tmp_path / "pki" / "ca.pem").write_text("")
    with pytest.raises(StoreDamaged, match=r"authority in .*pki cannot be read .*Put a saved copy"):
        CertificateAuthority(tmp_path / "pki", FakeClock())


def test_an_authority_says_when_its_leaves_would_outlive_it(tmp_path: Path) -> None:
    clock = FakeClock()
    authority = CertificateAuthority(tmp_path, clock)
    seen = []
    for days in (0, 3650 - 398, 2):
        clock.advance(days * DAY_S)
        seen.append(authority.is_ending)
    assert seen == [False, False, True]
    assert (authority.ends_at - clock.now()).days == 396
    clock.advance(3650 * DAY_S)
    assert authority.leaf("l", NAMES), "who looks at neither end is served all the same"
