"""Whether an integration's TLS ends well at a TLS listener on its way: decided here, since that TLS is never spoken.

API Gateway checks the name of the URI and the chain (developer guide, "tlsConfig"); the sentences are those of its logs.

# AWS differs: a chain is judged as of the day on which its certificate was made, so one that runs out later still passes.
"""

from datetime import timedelta
from functools import lru_cache
from pathlib import Path

from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from innergate.compile.resolve.api_blueprint import ProxyAction
from innergate.compile.resolve.path import Leg
from innergate.compile.view import Reader
from innergate.resources.certificates import Certificate
from innergate.resources.load_balancers import Listener

UNTRUSTED = (
    "PKIX path building failed: sun.security.provider.certpath.SunCertPathBuilderException: unable to find valid "
    "certification path to requested target"
)

NO_CERTIFICATE = "the TLS listener has no certificate"


def refuse_tls(reader: Reader, leg: Leg, action: ProxyAction, authorities_file: str) -> str:
    """Why the integration cannot speak to the listener that ends TLS on the leg's way; "" where it can, or where none does."""
    if not leg.terminates_tls:
        return ""
    if action.scheme != "https":
        return "a TLS listener is on the way, but the integration's URI says http"
    host = action.host.partition(":")[0].lower()
    listener = reader.get(Listener, leg.tls_listener)
    served = [reader.get(Certificate, arn) for arn in listener.certificates] if listener is not None else []
    chains = [_read(c.certificate_body, c.certificate_chain) for c in served if c is not None]
    if not chains or not chains[0]:
        return NO_CERTIFICATE
    chain = next((c for c in chains if c and _is_for(c[0], host)), chains[0])
    if not _is_for(chain[0], host):
        subject = chain[0].subject.rfc4514_string()
        return f"Host name '{host}' does not match the certificate subject provided by the peer ({subject})"
    return "" if action.skips_verification or _is_trusted(chain, host, authorities_file) else UNTRUSTED


@lru_cache(maxsize=256)
def _read(body: str, rest: str) -> tuple[x509.Certificate, ...]:
    try:
        return tuple(x509.load_pem_x509_certificates(f"{body.rstrip()}\n{rest}".encode()))
    except ValueError:
        return ()


def _is_for(certificate: x509.Certificate, host: str) -> bool:
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        names = extension.value.get_values_for_type(x509.DNSName)
    except (x509.ExtensionNotFound, ValueError):
        names = [str(a.value) for a in certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)]
    wildcard = f"*.{host.partition('.')[2]}"
    return any(name.lower() in (host, wildcard) for name in names)


def _is_trusted(chain: tuple[x509.Certificate, ...], host: str, authorities_file: str) -> bool:
    moment = chain[0].not_valid_before_utc + timedelta(days=1)
    try:
        verifier = PolicyBuilder().store(_authorities(authorities_file)).time(moment)
        verifier.build_server_verifier(x509.DNSName(host)).verify(chain[0], list(chain[1:]))
    except (VerificationError, ValueError):
        return False
    return True


@lru_cache(maxsize=2)
def _authorities(path: str) -> Store:
    """What the file holds when it is first needed: it is written once, when the platform starts."""
    return Store(x509.load_pem_x509_certificates(Path(path).read_bytes()))
