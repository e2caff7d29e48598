"""The operator's choices for AWS integrations: where services are, and what calls to strangers' are signed with."""

import re
from collections.abc import Sequence
from configparser import ConfigParser, Error
from pathlib import Path
from urllib.parse import urlsplit

from innergate.server.settings import AccessCredentials, BadSetting

_SERVICE = re.compile(r"[a-z][a-z0-9-]{0,62}|\*")
_DEFAULT = "default"
_WANTED = (
    "--service-endpoint wants SERVICE=URL or SERVICE=aws, as in sqs=http://127.0.0.1:9324 or '*=aws' "
    "(a URL of scheme, host and port)"
)


def parse_service_endpoints(texts: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """The services and URLs of "SERVICE=URL" texts; "aws" stands as it is. Raises BadSetting."""
    found: dict[str, str] = {}
    for text in texts:
        service, equals, url = text.partition("=")
        if not equals or not _SERVICE.fullmatch(service) or not (url == "aws" or _is_endpoint(url)):
            raise BadSetting(f"{_WANTED}; got {text!r}")
        if found.setdefault(service, url.rstrip("/")) != url.rstrip("/"):
            raise BadSetting(f"--service-endpoint names the service {service} twice")
    return tuple(sorted(found.items()))


def _is_endpoint(url: str) -> bool:
    if not url.isascii() or not url.isprintable() or " " in url:
        return False
    try:
        parts = urlsplit(url)
        has_host = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False
    is_plain = parts.path in ("", "/") and not (parts.query or parts.fragment or "@" in parts.netloc)
    return parts.scheme in ("http", "https") and has_host and is_plain and "?" not in url and "#" not in url


def read_service_credentials(file: str) -> tuple[tuple[str, AccessCredentials], ...]:
    """The profiles of a file like `~/.aws/credentials`, named "default" or by the ARN of the role that they stand for; nothing
    for "". Raises BadSetting."""
    if not file:
        return ()
    parser = ConfigParser(default_section="", interpolation=None, delimiters=("=",))
    try:
        parser.read_string(Path(file).expanduser().read_text())
    except (OSError, UnicodeDecodeError, Error) as error:
        raise BadSetting(f"--service-credentials {file} cannot be read: {_why(error)}") from None
    found = []
    for name in parser.sections():
        if name != _DEFAULT and not name.startswith("arn:aws"):
            raise BadSetting(f"--service-credentials {file}: a profile is [default] or a role's ARN, not [{name}]")
        profile = parser[name]
        key_id, secret = profile.get("aws_access_key_id", ""), profile.get("aws_secret_access_key", "")
        if not key_id or not secret:
            raise BadSetting(f"--service-credentials {file}: [{name}] lacks aws_access_key_id or aws_secret_access_key")
        found.append((name, AccessCredentials(key_id, secret, profile.get("aws_session_token", ""))))
    if not found:
        raise BadSetting(f"--service-credentials {file} has no profile")
    return tuple(found)


def _why(error: Exception) -> str:
    """What is wrong with a file, without what stands in it."""
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    return "it is no text" if isinstance(error, UnicodeDecodeError) else f"no file of profiles ({type(error).__name__})"
