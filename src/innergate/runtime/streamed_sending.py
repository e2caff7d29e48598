"""Sends an answer while it is still being made."""

import asyncio

from innergate.primitives.event_log import EventLog
from innergate.runtime.exchange.body_rest import BodyBroken, BodyRest
from innergate.runtime.http_app import Answer, ClientGone, Receive, Send, send_answer
from innergate.runtime.whole_answer import WITHOUT_BODY

log = EventLog()


async def send_streamed(send: Send, receive: Receive, answer: Answer, rest: BodyRest, *, is_head: bool) -> None:
    """Sends `answer`, whose body goes on with `rest`. A body that breaks off is left unfinished, so that the other side sees
    it; for a client that has gone nothing more is read."""
    if is_head or answer.status in WITHOUT_BODY:
        await rest.close()
        await send_answer(send, answer, is_head)
        return
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    try:
        async with asyncio.TaskGroup() as tasks:
            watch = tasks.create_task(_raise_when_gone(receive))
            await _send_parts(send, answer.body, rest)
            watch.cancel()
    except* ClientGone:
        log.info("a client left before its answer was whole")
    except* BodyBroken as broken:
        log.warning("a streamed answer broke off", reason=str(broken.exceptions[0]))
    finally:
        await rest.close()


async def _send_parts(send: Send, first: bytes, rest: BodyRest) -> None:
    if first:
        await send({"type": "http.response.body", "body": first, "more_body": True})
    async for part in rest:
        await send({"type": "http.response.body", "body": part, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def _raise_when_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    raise ClientGone
