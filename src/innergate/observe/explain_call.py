"""A call as it is explained: what was asked, from where, and the names, headers and path in it."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from innergate.compile.resolve.routing import is_inside
from innergate.compile.view import Reader
from innergate.primitives.cidr import host_at
from innergate.primitives.no_such_thing import NoSuchThing
from innergate.resources.rest_apis import RestApi
from innergate.resources.subnets import Subnet
from innergate.resources.vpcs import Vpc
from innergate.resources.workloads import Workload

IGNORED_HEADERS = ("x-amzn-vpce-id", "x-amzn-vpc-id", "x-amzn-vpce-config", "x-forwarded-for")
"""Headers that clients cannot prove anything with: the gateway knows these facts from the connection."""

PUBLIC_ENTRY = "public"

_ESCAPED_SLASH = re.compile(r"%2f|%5c|\\", re.IGNORECASE)
_ESCAPED_PLAIN = re.compile(r"%(2[de]|3\d|4[1-9a-f]|5[0-9af]|6[1-9a-f]|7[0-9ae])", re.IGNORECASE)
"""Letters, digits and `-._~`, which Envoy writes out (RFC 3986, 6.2.2.2)."""
_SENT_AS_THEY_ARE = "!#$%&'()*+,/:;=?@[]~"
"""Envoy escapes all others but letters, digits and `-._`."""


class Call(NamedTuple):
    """One request from a host of `vpc` (None: outside every VPC). `headers` have lower-case names."""

    target: str
    method: str
    scheme: str
    host: str
    path: str
    headers: Mapping[str, str]
    vpc: Vpc | None
    source: str
    now: datetime | None
    port: int = 443
    came_in_by: str = ""
    has_unseen_key: bool = False

    @property
    def url(self) -> str:
        """What a client would type."""
        port = "" if self.port == default_port(self.scheme) else f":{self.port}"
        return f"{self.scheme}://{self.host}{port}{self.path}"

    @property
    def host_header(self) -> str:
        """The Host that the gateway sees, without a port or a last dot."""
        return self.headers.get("host", self.host).partition(":")[0].rstrip(".").lower()


class CallRequest(NamedTuple):
    """What a person asks about. `target` is a URL, an API's id or `<api>/<stage>[/path]`; `from_vpc` a VPC's id, "" for
    outside; `source_address` "" for any address of the VPC. Of a call that was made: `came_in_by` is the endpoint's id, or
    PUBLIC_ENTRY; `has_unseen_key` where an API key let it pass that nobody has kept."""

    target: str
    from_vpc: str = ""
    method: str = "GET"
    headers: Mapping[str, str] = {}
    source_address: str = ""
    now: datetime | None = None
    came_in_by: str = ""
    has_unseen_key: bool = False


def read_call(reader: Reader, request: CallRequest) -> Call:
    """The call that a request describes. Raises NoSuchThing for an unknown VPC or something that is neither URL nor API."""
    vpc = reader.get(Vpc, request.from_vpc) if request.from_vpc else None
    if request.from_vpc and vpc is None:
        raise NoSuchThing(f"there is no VPC {request.from_vpc!r}")
    url = request.target if "://" in request.target else _url_of(reader, request.target)
    try:
        parts = urlsplit(url)
        port = parts.port or default_port(parts.scheme.lower())
    except ValueError as error:
        raise NoSuchThing(f"{request.target!r} is no URL: {error}") from None
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Call(
        target=request.target,
        method=request.method.upper(),
        scheme=parts.scheme.lower(),
        host=(parts.hostname or "").rstrip(".").lower(),
        path=path,
        headers={name.lower(): value for name, value in request.headers.items()},
        vpc=vpc,
        source=request.source_address or (some_address(reader, vpc) if vpc is not None else ""),
        now=request.now,
        port=port,
        came_in_by=request.came_in_by,
        has_unseen_key=request.has_unseen_key,
    )


def default_port(scheme: str) -> int:
    """The port that a URL without one means."""
    return 80 if scheme == "http" else 443


def _url_of(reader: Reader, target: str) -> str:
    api_id, _, rest = target.partition("/")
    api = reader.get(RestApi, api_id)
    if api is None:
        raise NoSuchThing(f"{target!r} is neither a URL nor the id of an API")
    return f"https://{api_id}.execute-api.{api.region}.amazonaws.com/{rest}"


def some_address(reader: Reader, vpc: Vpc) -> str:
    """An address that a host of the VPC could have: a workload's, else one of its first subnet; "" without subnets."""
    workloads = reader.find(Workload, "vpc", vpc.id)
    if workloads:
        return workloads[0].address
    subnets = sorted(reader.find(Subnet, "vpc", vpc.id), key=lambda s: s.id)
    return host_at(subnets[0].cidr_block, 10) if subnets else ""


def source_is_possible(reader: Reader, call: Call) -> bool:
    """Whether a host of the VPC can have the source address: others' answers would never come back."""
    return call.vpc is not None and is_inside(reader, call.vpc.id, call.source)


def canonical_path(path: str) -> str | None:
    """The one reading of a path that routes, policies and logs share; None where it has several (an escaped slash)."""
    bare = path.partition("?")[0].partition("#")[0]
    if _ESCAPED_SLASH.search(bare):
        return None
    decoded = quote(_ESCAPED_PLAIN.sub(lambda found: chr(int(found[1], 16)), bare), safe=_SENT_AS_THEY_ARE)
    kept: list[str] = []
    parts = re.sub(r"/+", "/", decoded).split("/")[1:]
    for part in parts:
        if part == "..":
            if kept:
                kept.pop()
        elif part != ".":
            kept.append(part)
    if parts and parts[-1] in (".", "..") and (not kept or kept[-1]):
        kept.append("")
    return "/" + "/".join(kept)
