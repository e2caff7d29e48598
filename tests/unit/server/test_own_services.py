"""The front as integrations reach it."""

import asyncio
from collections.abc import MutableMapping
from typing import Any

import pytest

from innergate.runtime.http_app import Answer, Receive, Scope, Send, send_answer
from innergate.server.own_services import for_integrations


async def front(scope: Scope, receive: Receive, send: Send) -> None:
    await send_answer(send, Answer(200, (), b"front"))


async def nothing() -> MutableMapping[str, Any]:
    return {"type": "http.disconnect"}


def status_of(path: str) -> int:
    sent: list[MutableMapping[str, Any]] = []

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    async def ask() -> None:
        await for_integrations(front)({"type": "http", "method": "POST", "path": path}, nothing, send)

    asyncio.run(ask())
    return int(sent[0]["status"])


@pytest.mark.parametrize("path", ["/", "/2015-03-31/functions/", "/service/GraniteServiceVersion20100801/operation/X"])
def test_services_answer(path: str) -> None:
    assert status_of(path) == 200


@pytest.mark.parametrize("path", ["/_innergate/reset", "/_innergate/health", "//_innergate/reset", "/x/../_innergate/"])
def test_operators_pages_are_not_there(path: str) -> None:
    assert status_of(path) == 404
