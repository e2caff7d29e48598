"""The platform's own certificate authority, and the certificates that Envoy serves.

The CA's key is made once and stays in the state folder. A leaf for the API names of a region is made when Envoy first asks and
kept beside it, so that a restart changes nothing. Users' certificates come from the store.
"""

import os
import ssl
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from innergate.compile.emit.envoy.function_urls import SECRET_FAMILY
from innergate.compile.emit.envoy.listener_public import PUBLIC_SECRET
from innergate.compile.resolve.truststores import SECRET_FAMILY as TRUSTSTORES
from innergate.compile.resolve.truststores import domain_of_secret, read_authorities
from innergate.primitives.clock import Clock
from innergate.primitives.digest import digest_text
from innergate.primitives.json_value import JsonObject
from innergate.primitives.region_names import REGION_NAMES
from innergate.resources.certificates import Certificate
from innergate.resources.client_certificates import ClientCertificate
from innergate.resources.domain_names import DomainName
from innergate.resources.function_urls import url_domain
from innergate.store.errors import StoreDamaged
from innergate.store.sqlite import SqliteStore
from innergate.xds.server import Secret

_CA_LIFE = timedelta(days=3650)
_LEAF_LIFE = timedelta(days=397)
_RENEW_BEFORE = timedelta(days=30)


def _write_private(path: Path, data: bytes) -> None:
    """Writes a file that only its owner may read, whole or not at all."""
    temporary = path.with_suffix(path.suffix + ".new")
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


@final
class CertificateAuthority:
    """Issues server certificates. `folder` holds `ca.pem`, `ca.key` and the leaves."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock
        self._unwritten: dict[tuple[str, tuple[str, ...]], tuple[bytes, bytes]] = {}
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not (folder / "ca.pem").exists():
            self._make_ca()
        try:
            key = serialization.load_pem_private_key((folder / "ca.key").read_bytes(), None)
            self._certificate = x509.load_pem_x509_certificate((folder / "ca.pem").read_bytes())
            if key.public_key() != self._certificate.public_key():
                raise ValueError("the key is not the certificate's")
        except (OSError, ValueError, TypeError) as error:
            raise StoreDamaged(
                f"the platform's certificate authority in {folder} cannot be read ({error}). Put a saved copy of {folder} "
                f"back; or delete that folder: the next start makes another authority, which clients have to be told of"
            ) from error
        self._key = key

    @property
    def ends_at(self) -> datetime:
        """When nobody trusts the authority any more; it is not renewed by itself, for clients hold its certificate."""
        return self._certificate.not_valid_after_utc

    @property
    def is_ending(self) -> bool:
        """Whether it is time for another authority: leaves that last as long as they should would outlive this one."""
        return self.ends_at - self._clock.now() < _LEAF_LIFE

    @property
    def certificate_pem(self) -> str:
        """The CA's own certificate."""
        return (self._folder / "ca.pem").read_text()

    def write_bundle(self, path: Path) -> None:
        """Writes what a client should trust: this CA and the machine's own trusted ones."""
        system = ssl.get_default_verify_paths().cafile
        rest = Path(system).read_text(errors="replace") if system and Path(system).exists() else ""
        bundle = self.certificate_pem + rest
        if not path.exists() or path.read_text(errors="replace") != bundle:
            _write_private(path, bundle.encode())

    def leaf(self, label: str, names: tuple[str, ...]) -> tuple[str, str]:
        """(certificate chain, private key) in PEM for these DNS names, made or renewed as needed; kept under `label`. While the
        disk takes nothing, it is this process's alone."""
        stem = self._folder / f"leaf-{digest_text(label)}"
        certificate_path, key_path = stem.with_suffix(".pem"), stem.with_suffix(".key")
        if certificate_path.exists() and key_path.exists() and self._serves(certificate_path.read_bytes(), names):
            return certificate_path.read_text(), key_path.read_text()
        made = self._unwritten.get((label, names))
        if made is None or not self._serves(made[0], names):
            key = ec.generate_private_key(ec.SECP256R1())
            chain = self._sign(names, key).public_bytes(serialization.Encoding.PEM) + self.certificate_pem.encode()
            self._unwritten[label, names] = (chain, _pem(key))
        chain, key_pem = self._unwritten[label, names]
        with suppress(OSError):
            _write_private(key_path, key_pem)
            _write_private(certificate_path, chain)
            del self._unwritten[label, names]
        return chain.decode(), key_pem.decode()

    def _serves(self, chain: bytes, names: tuple[str, ...]) -> bool:
        """Whether the first certificate is one of these names, of this authority, and good for more than the last month."""
        try:
            kept = x509.load_pem_x509_certificate(chain)
            kept.verify_directly_issued_by(self._certificate)
        except (ValueError, TypeError, InvalidSignature):
            return False
        now = self._clock.now()
        is_timely = kept.not_valid_before_utc <= now and kept.not_valid_after_utc - now > _RENEW_BEFORE
        return is_timely and _names_of(kept) == names

    def _make_ca(self) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Innergate platform CA")])
        now = self._clock.now()
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + _CA_LIFE)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(_usage(signs_certificates=True), critical=True)
            .sign(key, hashes.SHA256())
        )
        _write_private(self._folder / "ca.key", _pem(key))
        _write_private(self._folder / "ca.pem", certificate.public_bytes(serialization.Encoding.PEM))

    def _sign(self, names: tuple[str, ...], key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
        now = self._clock.now()
        issuer_key = self._key
        assert isinstance(issuer_key, ec.EllipticCurvePrivateKey)
        return (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])]))
            .issuer_name(self._certificate.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + _LEAF_LIFE)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(n) for n in names]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
            .sign(issuer_key, hashes.SHA256())
        )


def _names_of(certificate: x509.Certificate) -> tuple[str, ...]:
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return tuple(names.get_values_for_type(x509.DNSName))


def _usage(signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def api_names(region: str) -> tuple[str, ...]:
    """The DNS names under which APIs of a region are called through an endpoint."""
    return (
        f"execute-api.{region}.amazonaws.com",
        f"*.execute-api.{region}.amazonaws.com",
        f"*.execute-api.{region}.vpce.amazonaws.com",
    )


def public_api_names() -> tuple[str, ...]:
    """The DNS names of public APIs: a wildcard stands for one label, so each region has its own."""
    return tuple(f"*.execute-api.{region}.amazonaws.com" for region in sorted(REGION_NAMES))


@final
class PlatformSecrets:
    """The secrets that listeners name: `execute-api/<region>`, `execute-api/public`, `lambda-url/<region>`,
    `certificate/<arn>` and `truststore/<domain>/<digest>`; and those that clusters name: `client-certificate/<id>`."""

    def __init__(self, authority: CertificateAuthority, store: SqliteStore) -> None:
        self._authority = authority
        self._store = store
        self._leaves: dict[str, Secret] = {}

    def renew(self) -> tuple[str, ...]:
        """Makes those of the platform's own certificates anew that end within a month and were asked for; their names, for
        whoever holds the old ones."""
        renewed = []
        for name, held in tuple(self._leaves.items()):
            fresh = self._make_leaf(name)
            if fresh.version != held.version:
                self._leaves[name] = fresh
                renewed.append(name)
        return tuple(renewed)

    def secret(self, name: str) -> Secret | None:
        """The TLS certificate of that name, or None."""
        family, _, rest = name.partition("/")
        if family in ("execute-api", SECRET_FAMILY) and rest:
            if name not in self._leaves:
                self._leaves[name] = self._make_leaf(name)
            return self._leaves[name]
        if family == "certificate":
            found = self._store.state().get(Certificate, rest)
            if found is not None:
                chain = found.certificate_body.rstrip() + "\n" + found.certificate_chain
                return _tls_secret(name, chain, found.private_key)
        if family == "client-certificate":
            shown = self._store.state().get(ClientCertificate, rest)
            if shown is not None:
                return _tls_secret(name, shown.pem_encoded_certificate, shown.private_key)
        if family == TRUSTSTORES:
            return _truststore(name, self._store.state().get(DomainName, domain_of_secret(rest)))
        return None

    def _make_leaf(self, name: str) -> Secret:
        family, _, region = name.partition("/")
        if family == SECRET_FAMILY:
            names: tuple[str, ...] = (f"*.{url_domain(region)}",)
        else:
            names = public_api_names() if name == PUBLIC_SECRET else api_names(region)
        return _tls_secret(name, *self._authority.leaf(name, names))


_CHAIN_MAX = 3
"""Intermediates of a client's chain (developer guide, "Configuring mutual TLS": chains of up to four certificates)."""


def _truststore(name: str, domain: DomainName | None) -> Secret | None:
    """None, with which nobody comes in, where the name's truststore holds no certificate."""
    trusted = domain.mutual_tls_authentication if domain is not None else None
    authorities = read_authorities(trusted.bundle) if trusted is not None else None
    if authorities is None or not authorities.certificates:
        return None
    body: JsonObject = {
        "name": name,
        "validation_context": {
            "trusted_ca": {"inline_string": authorities.pem},
            "max_verify_depth": _CHAIN_MAX,
            **({} if authorities.can_be_named else {"suppress_client_ca_list": True}),
        },
    }
    return Secret(digest_text(authorities.pem), body)


def _tls_secret(name: str, chain: str, key: str) -> Secret:
    body: JsonObject = {
        "name": name,
        "tls_certificate": {"certificate_chain": {"inline_string": chain}, "private_key": {"inline_string": key}},
    }
    return Secret(digest_text(chain + key), body)
