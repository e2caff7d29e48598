"""APIs to abuse, and raw requests to abuse them with."""

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import unquote

from tests.e2e.inside import Call, Noticed, api_host, raw
from tests.e2e.rivals import ANYONE, Method, Rival, TrialApi

_STATUS_LINE = re.compile(r"HTTP/1\.[01] (\d{3}) ")
_GREEDY: Mapping[str, bool] = {"method.request.path.proxy": True}
_PATH: Mapping[str, str] = {"integration.request.path.proxy": "method.request.path.proxy"}


class Targets(NamedTuple):
    """`guarded` lets everything through but what is under /secret; `narrow` admits nothing but GET under /allowed; `distant`
    admits clients from 192.0.2.7 alone; `keyed` wants an API key but at /open."""

    guarded: str
    narrow: str
    distant: str
    keyed: str


class Seen(NamedTuple):
    """What came back: the statuses in order, and what the backend says that it was asked."""

    statuses: list[int]
    backend: dict[str, Any]
    text: str
    closed: bool

    @property
    def path(self) -> str:
        """The path that the backend saw, decoded as a careless one would; "" where none was asked."""
        return unquote(str(self.backend.get("path", "")).partition("?")[0])

    @property
    def reached_secret(self) -> bool:
        """Whether the backend was asked for what the policy denies."""
        return self.path == "/secret" or self.path.startswith("/secret/")


def statement(effect: str, resource: str, **condition: object) -> dict[str, object]:
    """A statement about everybody."""
    made: dict[str, object] = {"Effect": effect, "Principal": "*", "Action": "execute-api:Invoke", "Resource": resource}
    return made | ({"Condition": condition} if condition else {})


def policy(*statements: dict[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


GUARDED = policy(
    statement("Allow", "execute-api:/*"),
    statement("Deny", "execute-api:/test/*/secret"),
    statement("Deny", "execute-api:/test/*/secret/*"),
)
NARROW = policy(statement("Allow", "execute-api:/test/GET/allowed/*"))
DISTANT = policy(statement("Allow", "execute-api:/*", IpAddress={"aws:VpcSourceIp": "192.0.2.7/32"}))


def make_targets(rival: Rival) -> Targets:
    """Makes the APIs in the rival's account; they are live once the platform has settled."""
    guarded = _proxying(rival, "guarded", GUARDED)
    mapped = {"integration.request.header.x-mapped": "method.request.querystring.q"}
    declared = {"method.request.querystring.q": False}
    guarded.put("/mapped", rival.balancer.dns_name, Method("/mapped", rival.link, declared=declared, mapped=mapped))
    guarded.deploy()
    keyed = _proxying(rival, "keyed", ANYONE, key_required=True)
    keyed.put("/open", rival.balancer.dns_name, Method("/open", rival.link))
    keyed.deploy()
    apis = [_proxying(rival, "narrow", NARROW), _proxying(rival, "distant", DISTANT)]
    for api in apis:
        api.deploy()
    return Targets(guarded.id, apis[0].id, apis[1].id, keyed.id)


def _proxying(rival: Rival, name: str, policy: str, key_required: bool = False) -> TrialApi:
    api = TrialApi(rival.cloud, f"abuse: {name}", policy)
    proxy = Method("/{proxy}", rival.link, "ANY", declared=_GREEDY, mapped=_PATH, key_required=key_required)
    api.put("/{proxy+}", rival.balancer.dns_name, proxy)
    return api


def ask(api: str, target: str, *headers: str, method: str = "GET", body: str = "", host: str = "") -> Call:
    """A request whose line and headers are sent as they are, on a connection of its own."""
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host or api_host(api)}", "Connection: close", *headers]
    return raw(api_host(api), "\r\n".join(lines) + "\r\n\r\n" + body, timeout_s=4)


def read(noticed: Noticed) -> Seen:
    """What a raw call noticed; a connection that ended early has no status."""
    text = str(noticed.get("text", ""))
    start = text.find('{\n "backend"')
    backend: dict[str, Any] = {}
    if start >= 0:
        backend, _ = json.JSONDecoder().raw_decode(text[start:])
    return Seen([int(code) for code in _STATUS_LINE.findall(text)], backend, text, bool(noticed.get("closed", True)))
