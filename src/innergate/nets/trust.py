"""What commands inside VPCs get of the machine's environment, and how the usual clients learn which authorities to trust."""

import os
from collections.abc import Mapping
from pathlib import Path

TRUST_NAMES = ("SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "AWS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")

PROXY_NAMES = ("http_proxy", "https_proxy", "ftp_proxy", "all_proxy")
"""In small or capital letters. No way leads from a VPC to the machine's proxy."""


def machine_environment() -> dict[str, str]:
    """This process's environment without what holds in the machine's own network alone."""
    return {name: value for name, value in os.environ.items() if name.lower() not in PROXY_NAMES}


def trust_variables(state: Path) -> Mapping[str, str]:
    """The variables by which they find the platform's CA in its state folder."""
    return dict.fromkeys(TRUST_NAMES, str(state / "ca-bundle.pem"))


def renew_trust(environment: Mapping[str, str], state: Path) -> dict[str, str]:
    """The environment, kept when the state folder may have been elsewhere, with those variables of it as they are now."""
    return {name: trust_variables(state)[name] if name in TRUST_NAMES else value for name, value in environment.items()}
