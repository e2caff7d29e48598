"""Transport sockets: TLS towards clients with secrets over ADS, TLS towards backends."""

from collections.abc import Sequence
from typing import NamedTuple

from innergate.compile.emit.envoy.packed import ADS, extension
from innergate.primitives.json_value import JsonObject, JsonValue


class UpstreamTls(NamedTuple):
    """How a backend is spoken to. `name` is the name in its certificate and SNI, "" for none; `verifies_authority`: its chain
    must lead to a known authority; `verifies_name`: it must be for `name`. `client_certificate` is the id of the certificate
    that is shown to a backend which asks for one, "" for none."""

    name: str
    verifies_authority: bool = True
    verifies_name: bool = True
    client_certificate: str = ""


class ClientChecks(NamedTuple):
    """What is asked of clients: at least TLS `minimum` ("TLSv1_2", "TLSv1_3"), and a certificate that an authority of the
    secret `truststore` ("" for none asked) has signed."""

    minimum: str = "TLSv1_2"
    truststore: str = ""


def client_certificate_secret(certificate_id: str) -> str:
    """The secret that holds a client certificate with its key."""
    return f"client-certificate/{certificate_id}"


def downstream_tls(secrets: Sequence[str], alpn: tuple[str, ...], checks: ClientChecks | None = None) -> JsonObject:
    """TLS (1.2 or newer, where `checks` say no more) with the certificates that the secrets hold: the first that fits the name
    asked for, else the first."""
    checks = checks or ClientChecks()
    common: dict[str, JsonValue] = {
        "tls_params": {"tls_minimum_protocol_version": checks.minimum},
        "tls_certificate_sds_secret_configs": [{"name": secret, "sds_config": ADS} for secret in secrets],
        **({"alpn_protocols": list(alpn)} if alpn else {}),
    }
    asked: dict[str, JsonValue] = {}
    if checks.truststore:
        common["validation_context_sds_secret_config"] = {"name": checks.truststore, "sds_config": ADS}
        asked["require_client_certificate"] = True
    return extension(
        "envoy.transport_sockets.tls",
        "envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext",
        {"common_tls_context": common, **asked},
    )


def upstream_tls(tls: UpstreamTls, authorities_file: str) -> JsonObject:
    """TLS to a backend. Without an authority check the name is still checked (AWS: insecureSkipVerification).

    A target group's own TLS checks nothing: AWS does not validate a target's certificate.
    """
    validation: dict[str, JsonValue] = {}
    if tls.verifies_authority:
        validation["trusted_ca"] = {"filename": authorities_file}
    elif tls.verifies_name:
        validation["trust_chain_verification"] = "ACCEPT_UNTRUSTED"
        validation["trusted_ca"] = {"filename": authorities_file}
    if tls.name and tls.verifies_name:
        validation["match_typed_subject_alt_names"] = [{"san_type": "DNS", "matcher": {"exact": tls.name}}]
    common: dict[str, JsonValue] = {"tls_params": {"tls_minimum_protocol_version": "TLSv1_2"}}
    if tls.client_certificate:
        secret = client_certificate_secret(tls.client_certificate)
        common["tls_certificate_sds_secret_configs"] = [{"name": secret, "sds_config": ADS}]
    if validation:
        common["validation_context"] = validation
    return extension(
        "envoy.transport_sockets.tls",
        "envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
        {"common_tls_context": common, **({"sni": tls.name} if tls.name else {})},
    )
