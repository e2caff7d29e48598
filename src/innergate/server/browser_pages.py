"""Whether a request comes from a web page of somebody else (abuse case 83, cross-site request forgery).

Open mode asks for no signature, so any page that a developer happens to visit could post to it: browsers send simple forms
across sites without asking first. They always say so, though, and no AWS client sends these headers.

A page may also have its own name lead to this machine once it is loaded (DNS rebinding); then the browser takes the front for
the page's own site, and says nothing of others. So what a browser sends must be for a name of this machine, or an address.
"""

from collections.abc import Iterable
from ipaddress import ip_address
from urllib.parse import urlsplit


def is_from_strange_page(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether a browser sent the request for a page that is not served by this machine. Header names are lower-case."""
    is_browser = False
    host = ""
    for name, value in headers:
        if name == b"origin" and not _is_loopback(value.decode("latin-1")):
            return True
        if name == b"sec-fetch-site" and value.strip().lower() == b"cross-site":
            return True
        if name == b"host":
            host = value.decode("latin-1")
        is_browser = is_browser or name == b"accept-language" or (name == b"user-agent" and value.startswith(_BROWSERS))
    return is_browser and not _is_loopback(f"//{host}") and _is_name(f"//{host}")


_BROWSERS = b"Mozilla/"
"""How every browser's User-Agent begins; scripts in a page may change that header in some, but not Accept-Language."""


def _host_of(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _is_loopback(origin: str) -> bool:
    host = _host_of(origin)
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _is_name(url: str) -> bool:
    """Whether DNS says where it leads."""
    try:
        ip_address(_host_of(url))
    except ValueError:
        return True
    return False
