"""What Envoy notes of a failed connection is told in words."""

import pytest

from innergate.observe.connection_failures import is_of_tls, say_failure

TLS = "TLS_error:|268435581:SSL_routines:OPENSSL_internal:"


@pytest.mark.parametrize(
    ("noted", "says"),
    [
        (
            "delayed_connect_error:_Connection_refused|remote_address:10.0.2.22:80",
            "delayed connect error: Connection refused",
        ),
        (f"{TLS}WRONG_VERSION_NUMBER:TLS_error_end", "no TLS is spoken there"),
        (
            f"{TLS}CERTIFICATE_VERIFY_FAILED:verify_cert_failed:_X509_verify_cert:"
            "_certificate_verification_error_at_depth_0:_self_signed_certificate:TLS_error_end",
            "its certificate does not pass (self signed certificate)",
        ),
        (f"{TLS}SOMETHING_NEW:TLS_error_end|more", "something new"),
        ("TLS_error:|odd", "TLS failed"),
        ("", ""),
    ],
)
def test_words(noted: str, says: str) -> None:
    assert say_failure(noted) == says
    assert is_of_tls(noted) is noted.startswith("TLS")
