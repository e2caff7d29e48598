"""The AWS front without sockets: real bytes in, real bytes out, a store in a folder, keys of two accounts."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, final

from innergate.primitives.ids import AccountId
from innergate.primitives.secret import Secret
from innergate.resources.identities import AccessKey
from innergate.server.dispatch import Dispatcher
from innergate.server.front import FrontApp
from innergate.server.settings import AuthMode
from innergate.services.organizations.make_account import make_account
from innergate.store.log_store import LogStore
from innergate.store.sqlite import SqliteStore
from innergate.testing.clock import FakeClock
from innergate.testing.ids import SeededIds
from innergate.wire import sigv4
from innergate.wire.http import HttpRequest, make_request
from innergate.wire.sigv4 import Credentials

ALICE, BOB = AccountId("111122223333"), AccountId("444455556666")
HOST = "127.0.0.1:4566"


class Reply(NamedTuple):
    """An answer of the front."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


class Target(NamedTuple):
    """One cheap reading call of a service, as its clients send it."""

    service: str
    method: str
    path: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    query: str = ""


FORM = (("Content-Type", "application/x-www-form-urlencoded"),)
JSON = (("Content-Type", "application/x-amz-json-1.1"),)
TARGETS: tuple[Target, ...] = (
    Target("ec2", "POST", "/", FORM, b"Action=DescribeVpcs&Version=2016-11-15"),
    Target("elasticloadbalancing", "POST", "/", FORM, b"Action=DescribeLoadBalancers&Version=2015-12-01"),
    Target("iam", "POST", "/", FORM, b"Action=ListUsers&Version=2010-05-08"),
    Target("sts", "POST", "/", FORM, b"Action=GetCallerIdentity&Version=2011-06-15"),
    Target("apigateway", "GET", "/restapis"),
    Target("logs", "POST", "/", (*JSON, ("X-Amz-Target", "Logs_20140328.DescribeLogGroups")), b"{}"),
    Target("acm", "POST", "/", (*JSON, ("X-Amz-Target", "CertificateManager.ListCertificates")), b"{}"),
    Target(
        "organizations", "POST", "/", (*JSON, ("X-Amz-Target", "AWSOrganizationsV20161128.DescribeOrganization")), b"{}"
    ),
)
"""One of each protocol and service."""


@final
class ControlFront:
    """`send` puts a request through the ASGI callable; `signed` makes one by an account's operator."""

    def __init__(self, folder: Path, auth: AuthMode = "sigv4") -> None:
        self.clock = FakeClock()
        self.ids = SeededIds()
        self.store = SqliteStore(folder / "store.sqlite", self.clock)
        logs = LogStore(folder / "logs.sqlite")
        dispatcher = Dispatcher(self.store, self.clock, self.ids, self.store, logs, auth)
        self._app = FrontApp(dispatcher, self.store, auth == "open")
        self.keys = {account: self._make(account) for account in (ALICE, BOB)}

    def _make(self, account: AccountId) -> Credentials:
        with self.store.transaction() as tx:
            made = make_account(tx, self.clock, self.ids, f"account-{account}", account)
            key = tx.get(AccessKey, made.operator_key_id)
        assert key is not None
        return Credentials(key.id, Secret(key.secret_access_key))

    def plain(self, target: Target) -> HttpRequest:
        """The call without a signature."""
        headers = (("Host", HOST), *target.headers)
        return make_request(target.method, target.path, target.query, headers, target.body)

    def signed(self, target: Target, account: str = ALICE, service: str = "", region: str = "us-east-1") -> HttpRequest:
        """The call by an account's operator; `service` and `region` of the credential scope."""
        key = self.keys[AccountId(account)]
        return sigv4.sign(self.plain(target), key, region, service or target.service, self.clock.now())

    def send(self, request: HttpRequest, chunks: int = 1, leaves: bool = False) -> Reply | None:
        """The answer; None where there was none. `leaves`: the client goes away before the last of `chunks`."""
        return asyncio.run(self._send(request, chunks, leaves))

    def ask(self, request: HttpRequest) -> Reply:
        """The answer."""
        reply = self.send(request)
        assert reply is not None
        return reply

    def send_at_once(self, requests: Sequence[HttpRequest]) -> list[int]:
        """Sends all of them; their numbers, in the order in which they are answered."""
        answered: list[int] = []

        async def one(number: int) -> None:
            await self._send(requests[number], 1, False)
            answered.append(number)

        async def run() -> None:
            await asyncio.gather(*(one(number) for number in range(len(requests))))

        asyncio.run(run())
        return answered

    def send_all(self, requests: Sequence[HttpRequest]) -> list[Reply]:
        """Sends all of them at once; the answers, in the order of the requests."""

        async def run() -> list[Reply | None]:
            return await asyncio.gather(*(self._send(request, 2, False) for request in requests))

        return [reply for reply in asyncio.run(run()) if reply is not None]

    async def _send(self, request: HttpRequest, chunks: int, leaves: bool) -> Reply | None:
        size = -(-len(request.body) // chunks) or 1
        pieces = [request.body[at : at + size] for at in range(0, len(request.body), size)] or [b""]
        messages: list[dict[str, Any]] = [
            {"type": "http.request", "body": piece, "more_body": index < len(pieces) - 1}
            for index, piece in enumerate(pieces)
        ]
        if leaves:
            messages[-1] = {"type": "http.disconnect"}
        sent: list[Any] = []

        async def receive() -> Any:
            return messages.pop(0)

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {
            "type": "http",
            "method": request.method,
            "path": request.raw_path,
            "raw_path": request.raw_path.encode("latin-1"),
            "query_string": request.raw_query.encode("latin-1"),
            "headers": [(n.lower().encode("latin-1"), v.encode("latin-1")) for n, v in request.headers],
            "client": ("127.0.0.1", 50000),
        }
        await self._app(scope, receive, send)
        if not sent:
            return None
        headers = {name.decode(): value.decode("latin-1") for name, value in sent[0]["headers"]}
        return Reply(sent[0]["status"], headers, sent[1]["body"])

    def later(self, seconds: float) -> None:
        """Moves the clock."""
        self.clock.advance(seconds)


def json_of(reply: Reply) -> dict[str, Any]:
    """A JSON answer."""
    return dict(json.loads(reply.body))
