"""The AWS front as an ASGI callable: every service at one address."""

import asyncio

from innergate.server.dispatch import Dispatcher
from innergate.server.http_app import Answer, App, BodyTooLarge, Receive, Scope, Send, read_body, send_answer
from innergate.server.platform import Parts
from innergate.services.tables import SERVICE_TABLES
from innergate.wire.catalogue import warm
from innergate.wire.front import MAX_CODE_BODY_BYTES
from innergate.wire.http import make_request

RESET_PATH = "/_innergate/reset"
HEALTH_PATH = "/_innergate/health"


def warm_wire() -> None:
    """Loads the services' models ahead of the first call."""
    warm(SERVICE_TABLES)


def make_front_app(parts: Parts) -> App:
    """The ASGI callable. `POST /_innergate/reset` empties the state in open mode only."""
    dispatcher = Dispatcher(parts.store, parts.clock, parts.ids, parts.observations, parts.logs, parts.settings.auth)
    is_open = parts.settings.auth == "open"

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        is_head = scope["method"] == "HEAD"
        if scope["path"].startswith("/_innergate/"):
            await send_answer(send, await _own(scope), is_head)
            return
        try:
            body = await read_body(receive, MAX_CODE_BODY_BYTES)
        except BodyTooLarge as error:
            await send_answer(send, Answer(413, (("content-type", "text/plain"),), str(error).encode()))
            return
        request = make_request(scope["method"], scope["raw_path"], scope["query_string"], scope["headers"], body)
        source = scope["client"][0] if scope.get("client") else ""
        response = await asyncio.to_thread(dispatcher.answer, request, source)
        await send_answer(send, Answer(response.status, response.headers, response.body), is_head)

    async def _own(scope: Scope) -> Answer:
        plain = (("content-type", "application/json"),)
        if scope["path"] == HEALTH_PATH:
            return Answer(200, plain, b'{"status":"running"}')
        if scope["path"] == RESET_PATH and is_open and scope["method"] == "POST":
            await asyncio.to_thread(parts.store.reset)
            return Answer(200, plain, b'{"status":"reset"}')
        return Answer(404, plain, b'{"message":"there is no such page; reset exists in open mode only"}')

    return app
