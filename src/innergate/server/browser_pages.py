"""Whether a request comes from a web page of somebody else (abuse case 83, cross-site request forgery).

Open mode asks for no signature, so any page that a developer happens to visit could post to it: browsers send simple forms
across sites without asking first. They always say so, though, and no AWS client sends these headers.
"""

from collections.abc import Iterable
from ipaddress import ip_address
from urllib.parse import urlsplit


def is_from_strange_page(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether a browser sent the request for a page that is not served by this machine. Header names are lower-case."""
    for name, value in headers:
        if name == b"origin" and not _is_loopback(value.decode("latin-1")):
            return True
        if name == b"sec-fetch-site" and value.strip().lower() == b"cross-site":
            return True
    return False


def _is_loopback(origin: str) -> bool:
    try:
        host = urlsplit(origin).hostname or ""
    except ValueError:
        return False
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
