"""The AWS front as an ASGI callable: every service at one address."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import final

from innergate.primitives.event_log import EventLog
from innergate.runtime.fair_turns import FairTurns
from innergate.runtime.http_app import (
    Answer,
    App,
    BodyTooLarge,
    ClientGone,
    NoRoom,
    Receive,
    Scope,
    Send,
    read_body,
    send_answer,
)
from innergate.runtime.streamed_sending import send_streamed
from innergate.runtime.worker_load import MIB, LoadBounds, WorkerLoad
from innergate.server.browser_pages import is_from_strange_page
from innergate.server.claimed_account import claimed_account
from innergate.server.dispatch import Dispatcher, Waiting
from innergate.server.node_calls import (
    AskNode,
    NodeStream,
    NodeUnreachable,
    StreamNode,
    ask_nobody,
    node_asker,
    node_streamer,
    stream_nobody,
)
from innergate.server.platform import Parts
from innergate.services.node_calls import NodeAnswer, NodeCall
from innergate.services.tables import SERVICE_TABLES
from innergate.store.blobs import FolderBlobs
from innergate.store.object_folder import ObjectFolder
from innergate.store.sqlite import SqliteStore
from innergate.wire.catalogue import warm
from innergate.wire.front import limit_of_body
from innergate.wire.http import HttpRequest, HttpResponse, make_request

log = EventLog()

RESET_PATH = "/_innergate/reset"
HEALTH_PATH = "/_innergate/health"
NODE_TIMEOUT_S = 10.0

CALLS_AT_ONCE = 8
CALLS_OF_AN_ACCOUNT = 3
"""Of those at once: whatever one account asks for, others find a thread, and few writers before them."""

BOUNDS = LoadBounds(
    requests=4_000,
    requests_of_api=4_000,
    requests_of_account=3_000,
    size_bytes=1024 * MIB,
    size_bytes_of_api=1024 * MIB,
    size_bytes_of_account=512 * MIB,
)
"""Of the front: what is held of requests is half of it. Bodies are read before anybody is verified, since signatures are over
them; those of keys that nobody has count as one account's."""

_PLAIN = (("content-type", "application/json"),)
_BUSY = Answer(503, (*_PLAIN, ("retry-after", "1")), b'{"message":"Rate exceeded"}')
_STRANGE_PAGE = Answer(
    403,
    _PLAIN,
    b'{"message":"open mode takes no calls from web pages of other sites: they would act for whoever looks at them"}',
)


def warm_wire() -> None:
    """Loads the services' models ahead of the first call."""
    warm(SERVICE_TABLES)


def make_front_app(parts: Parts) -> App:
    """The ASGI callable of a platform."""
    blobs = FolderBlobs(parts.settings.blob_folder)
    truststores = ObjectFolder(parts.settings.truststore_folder)
    dispatcher = Dispatcher(
        parts.store,
        parts.clock,
        parts.ids,
        parts.observations,
        parts.logs,
        parts.settings.auth,
        blobs,
        truststores,
        parts.metrics,
    )
    ask = node_asker(parts.settings.run_folder)

    async def ask_settled(call: NodeCall) -> NodeAnswer:
        if call.waits_for_node:
            await parts.loop.wait_applied(parts.store.state().revision, NODE_TIMEOUT_S)
        return await ask(call)

    stream = node_streamer(parts.settings.run_folder)
    return FrontApp(dispatcher, parts.store, parts.settings.auth == "open", ask_settled, stream)


@final
class FrontApp:
    """The ASGI callable. `POST /_innergate/reset` empties the state in open mode only. Accounts take turns."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        store: SqliteStore,
        is_open: bool,
        ask_node: AskNode = ask_nobody,
        stream: StreamNode = stream_nobody,
    ) -> None:
        self._dispatcher = dispatcher
        self._store = store
        self._is_open = is_open
        self._ask_node = ask_node
        self._ask_for_stream = stream
        self._turns = FairTurns(CALLS_AT_ONCE, CALLS_OF_AN_ACCOUNT)
        self._load = WorkerLoad(BOUNDS)
        self._threads = ThreadPoolExecutor(CALLS_AT_ONCE, "call")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != "http":
            return
        is_head = scope["method"] == "HEAD"
        if self._is_open and is_from_strange_page(scope["headers"]):
            await send_answer(send, _STRANGE_PAGE, is_head)
            return
        if scope["path"].startswith("/_innergate/"):
            await send_answer(send, await self._own(scope), is_head)
            return
        head = make_request(scope["method"], scope["raw_path"], scope["query_string"], scope["headers"], b"")
        account = claimed_account(self._store.state(), head, self._is_open)
        ticket = self._load.enter("", account)
        if ticket is None:
            await send_answer(send, _BUSY, is_head)
            return
        try:
            body = await read_body(receive, limit_of_body(head.raw_path), ticket.take_in)
            await self._answer(scope, receive, send, head._replace(body=body), account)
        except BodyTooLarge as error:
            await send_answer(send, Answer(413, (("content-type", "text/plain"),), str(error).encode()))
        except NoRoom:
            await send_answer(send, _BUSY, is_head)
        except ClientGone:
            return
        finally:
            ticket.leave()

    async def _answer(self, scope: Scope, receive: Receive, send: Send, request: HttpRequest, account: str) -> None:
        source = scope["client"][0] if scope.get("client") else ""
        is_head = scope["method"] == "HEAD"
        async with self._turns.turn(account):
            running = asyncio.get_running_loop().run_in_executor(
                self._threads, self._dispatcher.answer, request, source
            )
            answered = await running
        if isinstance(answered, Waiting) and answered.node_call.streams:
            await self._stream(answered, receive, send)
            return
        response = await self._wait(answered) if isinstance(answered, Waiting) else answered
        await send_answer(send, Answer(response.status, response.headers, response.body), is_head)

    async def _wait(self, waiting: Waiting) -> HttpResponse:
        try:
            answer = await self._ask_node(waiting.node_call)
        except NodeUnreachable as reason:
            log.warning("a node's process gave no answer", call=waiting.call.operation, reason=str(reason))
            return self._dispatcher.finish(waiting, None)
        return self._dispatcher.finish(waiting, answer)

    async def _stream(self, waiting: Waiting, receive: Receive, send: Send) -> None:
        try:
            answer = await self._ask_for_stream(waiting.node_call)
        except NodeUnreachable as reason:
            log.warning("a node's process gave no answer", call=waiting.call.operation, reason=str(reason))
            answer = None
        if isinstance(answer, NodeStream):
            response = self._dispatcher.finish(waiting, answer.head)
            head = Answer(response.status, response.headers, b"")
            await send_streamed(send, receive, head, answer.body, is_head=False)
            return
        response = self._dispatcher.finish(waiting, answer)
        await send_answer(send, Answer(response.status, response.headers, response.body))

    async def _own(self, scope: Scope) -> Answer:
        if scope["path"] == HEALTH_PATH:
            return Answer(200, _PLAIN, b'{"status":"running"}')
        if scope["path"] == RESET_PATH and self._is_open and scope["method"] == "POST":
            await asyncio.to_thread(self._store.reset)
            return Answer(200, _PLAIN, b'{"status":"reset"}')
        return Answer(404, _PLAIN, b'{"message":"there is no such page; reset exists in open mode only"}')
