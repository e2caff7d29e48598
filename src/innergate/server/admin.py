"""What the operator's CLI asks of the control process, over its unix socket: small JSON calls.

Who can open the socket is the operator. Every answer is `{"ok": true, ...}` or `{"ok": false, "message": ...}`.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias, final
from urllib.parse import unquote

import msgspec

from innergate.observe.api_diff import diff_api
from innergate.primitives.event_log import EventLog
from innergate.primitives.fault import Fault
from innergate.primitives.json_value import JsonValue
from innergate.primitives.no_such_thing import NoSuchThing
from innergate.runtime.http_app import (
    Answer,
    App,
    BodyTooLarge,
    ClientGone,
    Receive,
    Scope,
    Send,
    read_body,
    send_answer,
)
from innergate.server.platform import Platform
from innergate.server.workloads import WorkloadRefused, WorkloadRequest
from innergate.store.errors import StoreUnwritable

log = EventLog()

_BODY_LIMIT_BYTES = 4 * 1024 * 1024
_LIVE_TIMEOUT_S = 10.0

Handler: TypeAlias = Callable[["Admin", Mapping[str, str], bytes], Awaitable[object]]


class AccountRequest(msgspec.Struct, frozen=True, kw_only=True):
    """`id` "" takes a fresh one."""

    name: str
    id: str = ""


class ExplainRequest(msgspec.Struct, frozen=True, kw_only=True):
    """`target` is an API id or a URL; `from_vpc` a VPC's id or Name tag ("" for outside every VPC)."""

    target: str
    from_vpc: str = ""
    method: str = "GET"
    headers: dict[str, str] = {}
    source_address: str = ""


@final
class Admin:
    """The calls. All touch the platform only through its public parts."""

    def __init__(self, platform: Platform, stop: Callable[[], None]) -> None:
        self._platform = platform
        self._stop = stop

    async def status(self, names: Mapping[str, str], body: bytes) -> object:
        """What runs, and whether everything serves."""
        return self._platform.status()

    async def add_account(self, names: Mapping[str, str], body: bytes) -> object:
        """Makes an account."""
        request = msgspec.json.decode(body, type=AccountRequest)
        return await asyncio.to_thread(self._platform.add_account, request.name, request.id)

    async def list_accounts(self, names: Mapping[str, str], body: bytes) -> object:
        """Every account."""
        return {"accounts": self._platform.accounts()}

    async def environment(self, names: Mapping[str, str], body: bytes) -> object:
        """What an AWS client of the account needs."""
        return {"environment": self._platform.environment(names["account"])}

    async def add_workload(self, names: Mapping[str, str], body: bytes) -> object:
        """Makes a host and waits until it is live."""
        request = msgspec.json.decode(body, type=WorkloadRequest)
        workload = await asyncio.to_thread(self._platform.workloads.add, request)
        revision = self._platform.store.state().revision
        is_live = await self._platform.wait_network(revision, _LIVE_TIMEOUT_S)
        return {
            "id": workload.id,
            "address": workload.address,
            "vpc": workload.vpc_id,
            "namespace": self._platform.namespace_of(workload.id),
            "live": is_live,
        }

    async def list_workloads(self, names: Mapping[str, str], body: bytes) -> object:
        """Every host."""
        return {"workloads": self._platform.workload_rows()}

    async def remove_workload(self, names: Mapping[str, str], body: bytes) -> object:
        """Removes a host."""
        if not await asyncio.to_thread(self._platform.workloads.remove, names["id"]):
            raise NoSuchThing(f"there is no host {names['id']!r}; `innergate status` lists them")
        return {}

    async def path(self, names: Mapping[str, str], body: bytes) -> object:
        """The hop table of a GET."""
        request = msgspec.json.decode(body, type=ExplainRequest)
        return await asyncio.to_thread(self._platform.simulate, "GET", request.target, request.from_vpc, {}, "")

    async def simulate(self, names: Mapping[str, str], body: bytes) -> object:
        """The hop table and the policy's decision for one request."""
        request = msgspec.json.decode(body, type=ExplainRequest)
        return await asyncio.to_thread(
            self._platform.simulate,
            request.method,
            request.target,
            request.from_vpc,
            request.headers,
            request.source_address,
        )

    async def why(self, names: Mapping[str, str], body: bytes) -> object:
        """Why one call failed."""
        return await asyncio.to_thread(self._platform.why, names["id"])

    async def list_failures(self, names: Mapping[str, str], body: bytes) -> object:
        """The last calls that failed."""
        return {"failures": await asyncio.to_thread(self._platform.list_failures)}

    async def wait(self, names: Mapping[str, str], body: bytes) -> object:
        """Whether everything of the present revision is live within ten seconds."""
        revision = self._platform.store.state().revision
        return {"revision": revision, "live": await self._platform.wait_applied(revision, _LIVE_TIMEOUT_S)}

    async def diagnostics(self, names: Mapping[str, str], body: bytes) -> object:
        """What compile left out, and what executors refused."""
        found = self._platform.diagnostics()
        return {"diagnostics": found, "names": self._platform.names({str(item["fix_by"]) for item in found})}

    async def diff_api(self, names: Mapping[str, str], body: bytes) -> object:
        """What is saved of an API but not deployed to a stage."""
        self._platform.refuse_unknown_api(names["api"])
        found = await asyncio.to_thread(diff_api, self._platform.store.state(), names["api"], names["stage"])
        return {"differences": [difference._asdict() for difference in found]}

    async def stop(self, names: Mapping[str, str], body: bytes) -> object:
        """Ends the platform cleanly."""
        self._stop()
        return {}


ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/status", Admin.status),
    ("GET", "/accounts", Admin.list_accounts),
    ("POST", "/accounts", Admin.add_account),
    ("GET", "/accounts/{account}/environment", Admin.environment),
    ("GET", "/workloads", Admin.list_workloads),
    ("POST", "/workloads", Admin.add_workload),
    ("DELETE", "/workloads/{id}", Admin.remove_workload),
    ("POST", "/path", Admin.path),
    ("POST", "/simulate", Admin.simulate),
    ("GET", "/failures", Admin.list_failures),
    ("GET", "/failures/{id}", Admin.why),
    ("POST", "/wait", Admin.wait),
    ("GET", "/diagnostics", Admin.diagnostics),
    ("GET", "/apis/{api}/stages/{stage}/diff", Admin.diff_api),
    ("POST", "/stop", Admin.stop),
)

_COMPILED = tuple(
    (method, re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path) + "$"), handler)
    for method, path, handler in ROUTES
)


def make_admin_app(platform: Platform, stop: Callable[[], None]) -> App:
    """The ASGI callable of the control socket."""
    admin = Admin(platform, stop)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        status, result = await _handle(admin, scope, receive)
        body = msgspec.json.encode(result)
        await send_answer(send, Answer(status, (("content-type", "application/json"),), body))

    return app


async def _handle(admin: Admin, scope: Scope, receive: Receive) -> tuple[int, dict[str, JsonValue]]:
    quoted = scope["raw_path"].decode("ascii", "replace")
    try:
        body = await read_body(receive, _BODY_LIMIT_BYTES)
        for method, pattern, handler in _COMPILED:
            match = pattern.match(quoted)
            if match and method == scope["method"]:
                names = {name: unquote(value) for name, value in match.groupdict().items()}
                result = msgspec.to_builtins(await handler(admin, names, body))
                return 200, {"ok": True, **result}
    except (
        WorkloadRefused,
        NoSuchThing,
        msgspec.ValidationError,
        msgspec.DecodeError,
        BodyTooLarge,
        ClientGone,
    ) as error:
        return 400, {"ok": False, "message": str(error.args[0]) if error.args else str(error)}
    except StoreUnwritable as error:
        return 503, {"ok": False, "message": str(error)}
    except Fault as fault:
        return 400, {"ok": False, "message": f"{fault.code}: {fault.message}"}
    except Exception:
        log.exception("operator's call failed", path=scope["path"])
        return 500, {
            "ok": False,
            "message": f"a bug: {scope['method']} {scope['path']} failed; control.log has the details",
        }
    return 404, {
        "ok": False,
        "message": f"this control process has no {scope['method']} {scope['path']}",
        "calls": [f"{method} {path}" for method, path, _ in ROUTES],
    }
