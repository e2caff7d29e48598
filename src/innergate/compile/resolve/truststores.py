"""Truststores of mutual TLS as Envoy gets them: the certificates that it can read, and nothing else of what stands in a file.

One block that Envoy cannot read has it refuse all that the block came with. So keys, revocation lists and broken blocks stay
out, and each truststore is a secret of its own.
"""

import base64
import binascii
import re
from functools import lru_cache
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from innergate.primitives.digest import digest_text
from innergate.resources.domain_names import DomainName

SECRET_FAMILY = "truststore"

_BLOCK = re.compile(
    r"-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----(.*?)"
    r"(?:-----END (?:X509 |TRUSTED )?CERTIFICATE-----|(?=-----BEGIN )|\Z)",
    re.DOTALL,
)
_NAMES_MAX_BYTES = 32_768
"""What a server may say of the authorities that it takes: a handshake cannot hold more than 65,535 bytes of it."""


class Authorities(NamedTuple):
    """What a truststore holds, in order and each once; how many of its blocks are no certificates; `pem` is what Envoy gets."""

    certificates: tuple[x509.Certificate, ...]
    unreadable: int
    pem: str

    @property
    def can_be_named(self) -> bool:
        """Whether a handshake can tell clients which authorities are taken."""
        return sum(len(found.subject.public_bytes()) + 2 for found in self.certificates) <= _NAMES_MAX_BYTES


@lru_cache(maxsize=32)
def read_authorities(bundle: str) -> Authorities:
    """The certificates of a PEM text; one is readable where Envoy can read it, too."""
    found: dict[bytes, x509.Certificate] = {}
    unreadable = 0
    for block in _BLOCK.finditer(bundle):
        certificate = _read(block[1])
        if certificate is None:
            unreadable += 1
        else:
            found[certificate.public_bytes(Encoding.DER)] = certificate
    pem = "".join(certificate.public_bytes(Encoding.PEM).decode() for certificate in found.values())
    return Authorities(tuple(found.values()), unreadable, pem)


def _read(block: str) -> x509.Certificate | None:
    """None also for a subject or issuer that is no name: Envoy reads those with the certificate, `cryptography` later."""
    try:
        certificate = x509.load_der_x509_certificate(base64.b64decode("".join(block.split()), validate=True))
        certificate.subject.public_bytes()
        certificate.issuer.public_bytes()
    except (ValueError, TypeError, binascii.Error, x509.InvalidVersion):
        return None
    return certificate


def truststore_secret(domain: DomainName) -> str:
    """The secret with the authorities that the name takes, "" where it asks for no certificate. Other authorities make another
    secret, so connections that the old ones let in come to their end."""
    trusted = domain.mutual_tls_authentication
    return "" if trusted is None else f"{SECRET_FAMILY}/{domain.id}/{digest_text(trusted.bundle)}"


def domain_of_secret(rest: str) -> str:
    """The domain name's id, from what follows the secret's family."""
    return rest.rpartition("/")[0]
