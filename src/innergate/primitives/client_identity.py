"""What is told of the certificate that a client showed (mutual TLS): `$context.identity.clientCert` of the developer guide
("$context variables for data models, authorizers, mapping templates, and CloudWatch access logging")."""

from datetime import datetime
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote

from cryptography import x509

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_SHORT_SERIAL_BITS = 63
"""A longer serial number is printed as bytes, as OpenSSL does."""


class ClientIdentity(NamedTuple):
    """A client's certificate as AWS tells it."""

    pem: str
    subject: str
    issuer: str
    serial: str
    not_before: str
    not_after: str

    def field(self, name: str) -> str:
        """One of `CLIENT_FIELDS`."""
        return self[CLIENT_FIELDS.index(name)]

    def tell(self) -> dict[str, object]:
        """The value of `clientCert`, a new one each time: templates may write into what they are given."""
        return {
            "clientCertPem": self.pem,
            "subjectDN": self.subject,
            "issuerDN": self.issuer,
            "serialNumber": self.serial,
            "validity": {"notBefore": self.not_before, "notAfter": self.not_after},
        }


CLIENT_FIELDS = (
    "clientCertPem",
    "subjectDN",
    "issuerDN",
    "serialNumber",
    "validity.notBefore",
    "validity.notAfter",
)
"""What can be asked for below `clientCert`, in the order of a ClientIdentity's members."""


@lru_cache(maxsize=256)
def read_client(encoded: str) -> ClientIdentity | None:
    """Reads Envoy's word for a certificate, PEM encoded for URLs; None for what is none."""
    pem = unquote(encoded)
    try:
        found = x509.load_pem_x509_certificate(pem.encode())
        subject, issuer = _names(found.subject), _names(found.issuer)
    except (ValueError, x509.InvalidVersion):
        return None
    return ClientIdentity(
        pem,
        subject,
        issuer,
        _serial(found.serial_number),
        _date(found.not_valid_before_utc),
        _date(found.not_valid_after_utc),
    )


def _names(name: x509.Name) -> str:
    """In the certificate's order: `C=US,ST=Washington,O=Example,CN=client`."""
    return ",".join(part.rfc4514_string() for part in name.rdns)


def _serial(number: int) -> str:
    if number.bit_length() <= _SHORT_SERIAL_BITS:
        return str(number)
    return number.to_bytes((number.bit_length() + 7) // 8, "big").hex(":")


def _date(at: datetime) -> str:
    """Aug  5 09:36:04 2021 GMT"""
    return f"{_MONTHS[at.month - 1]} {at.day:2d} {at:%H:%M:%S} {at.year} GMT"
