"""Who finds the control socket finds out what it takes."""

import asyncio
import json
from typing import Any, cast

from innergate.server.admin import ROUTES, make_admin_app
from innergate.server.platform import Platform


def ask(method: str, path: str) -> tuple[int, dict[str, Any]]:
    """The status and the document that the control socket answers with; no platform stands behind it."""
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    app = make_admin_app(cast(Platform, None), lambda: None)
    scope = {"type": "http", "method": method, "path": path, "raw_path": path.encode(), "headers": []}

    async def call() -> None:
        await app(cast(Any, scope), cast(Any, receive), cast(Any, send))

    asyncio.run(call())
    body = b"".join(message.get("body", b"") for message in sent)
    return sent[0]["status"], json.loads(body)


def test_an_unknown_call_is_told_which_there_are() -> None:
    for method, path in (("GET", "/"), ("PUT", "/status"), ("GET", "/status/x")):
        status, said = ask(method, path)
        assert (status, said["ok"]) == (404, False)
        assert said["message"] == f"this control process has no {method} {path}"
        assert said["calls"] == [f"{method} {path}" for method, path, _ in ROUTES]
