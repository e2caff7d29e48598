"""Truststores of mutual TLS: the authorities whose client certificates a custom domain name takes.

They are read when they are named, as AWS does it: another file under the same name counts after the next update only.
"""

import re

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from innergate.compile.resolve.truststores import read_authorities
from innergate.resources.domain_names import MutualTls
from innergate.services.apigateway.faults import bad_request
from innergate.services.apigateway.limits import TRUSTSTORE_CERTIFICATES_MAX, TRUSTSTORE_MAX_BYTES
from innergate.services.context import Context

_URI = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/(.+)")
_RSA_BITS_MIN = 2048


def read_truststore(context: Context, uri: str, version: str | None) -> MutualTls:
    """The truststore behind `uri`. Raises Fault BadRequestException where there is none or it holds no certificate.

    # AWS differs: there is no S3 here; `s3://BUCKET/KEY` is the file BUCKET/KEY in the folder `truststores` of the state
    # folder, where the operator puts it, and it has no versions.
    """
    named = _URI.fullmatch(uri)
    if named is None or ".." in named[2].split("/"):
        raise bad_request(f"Invalid truststore URI: {uri}. It must be of the form s3://bucket-name/key-name.")
    if version:
        raise bad_request(f"Truststore versions are not kept here; {uri} has no version {version}. Leave it out.")
    data = context.objects.read_object(named[1], named[2])
    if data is None:
        raise bad_request(
            f"The truststore {uri} was not found. There is no S3 here: put the file at truststores/{named[1]}/{named[2]} "
            "in the platform's state folder."
        )
    if len(data) > TRUSTSTORE_MAX_BYTES:
        raise bad_request(f"The truststore {uri} is larger than {TRUSTSTORE_MAX_BYTES} bytes.")
    authorities = read_authorities(data.decode("ascii", "replace"))
    if not authorities.certificates:
        raise bad_request(f"The truststore {uri} holds no certificates in PEM format.")
    if len(authorities.certificates) + authorities.unreadable > TRUSTSTORE_CERTIFICATES_MAX:
        raise bad_request(f"The truststore {uri} holds more than {TRUSTSTORE_CERTIFICATES_MAX} certificates.")
    warnings = [warning for authority in authorities.certificates if (warning := _warning(context, authority))]
    if authorities.unreadable:
        warnings.append(f"Certificates that are not valid and are left out: {authorities.unreadable}.")
    return MutualTls(truststore_uri=uri, truststore_warnings=tuple(warnings), bundle=authorities.pem)


def _warning(context: Context, authority: x509.Certificate) -> str:
    """What is wrong with one authority, "" for nothing."""
    named = authority.subject.rfc4514_string()
    if authority.not_valid_after_utc < context.clock.now():
        return f"Certificate {named} has expired."
    try:
        key = authority.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return f"Certificate {named} has a key of an unsupported algorithm."
    if isinstance(key, RSAPublicKey) and key.key_size < _RSA_BITS_MIN:
        return f"Certificate {named} has an RSA key of fewer than {_RSA_BITS_MIN} bits."
    if not isinstance(key, RSAPublicKey | EllipticCurvePublicKey):
        return f"Certificate {named} has a key of an unsupported algorithm."
    return ""
