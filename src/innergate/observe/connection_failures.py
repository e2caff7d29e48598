"""What Envoy notes of a connection to a backend that failed, in words."""

_TLS = "TLS_error:"
_TLS_END = ":TLS_error_end"
_LIBRARY = "OPENSSL_internal:"
_TLS_REASONS = {
    "WRONG_VERSION_NUMBER": "no TLS is spoken there",
    "HTTP_REQUEST": "no TLS is spoken there",
    "CERTIFICATE_VERIFY_FAILED": "its certificate does not pass",
    "TLSV1_ALERT_UNKNOWN_CA": "it does not trust the gateway's certificate",
    "TLSV1_ALERT_CERTIFICATE_REQUIRED": "it wants a certificate of the gateway",
    "SSLV3_ALERT_HANDSHAKE_FAILURE": "it refused the handshake",
    "TLSV1_UNRECOGNIZED_NAME": "it does not know the name that the URI says",
}
"""By the library's reason."""


def is_of_tls(noted: str) -> bool:
    """Whether the connection was made, and TLS on it failed."""
    return noted.startswith(_TLS)


def say_failure(noted: str) -> str:
    """`noted` is UPSTREAM_TRANSPORT_FAILURE_REASON: `delayed_connect_error:_Connection_refused|…`, or for TLS
    `TLS_error:|268435581:SSL_routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED:…:_self_signed_certificate:TLS_error_end`."""
    if not is_of_tls(noted):
        return noted.partition("|")[0].replace("_", " ")
    reason, _, more = noted.partition(_TLS_END)[0].partition(_LIBRARY)[2].partition(":")
    said = _TLS_REASONS.get(reason) or reason.replace("_", " ").lower() or "TLS failed"
    last = more.rpartition(":")[2].replace("_", " ").strip()
    return f"{said} ({last})" if last else said
