"""Which version an invocation is for is decided once, whether a process waits for it or not."""

import asyncio
import random
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

import pytest
from tests.unit.runtime.functions.function_kit import ARN, FunctionKit

from innergate.plans.functions import MAX_ASYNC_BYTES
from innergate.runtime.functions.event_queue import EventQueue
from innergate.runtime.functions.http_protocol import Reply, Request
from innergate.runtime.functions.invoke_api import InvokeApi
from innergate.testing.waiting import LONGEST_S

PLAIN = {"host": "functions", "x-amz-invocation-type": "RequestResponse", "content-type": "application/json"}


def hear(kit: FunctionKit, *requests: Request) -> list[Reply]:
    """The answers to requests, one after the other."""

    async def run() -> list[Reply]:
        heard: list[Reply] = []
        async with kit.pool() as pool, asyncio.timeout(LONGEST_S), asyncio.TaskGroup() as tasks:
            api = InvokeApi(pool, EventQueue(kit.folder / "events", pool, tasks), tasks)
            for request in requests:
                answered: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()

                def respond(reply: Reply, answered: asyncio.Future[Reply] = answered) -> bool:
                    answered.set_result(reply)
                    return True

                api.handle(request, respond)
                heard.append(await answered)
        return heard

    return asyncio.run(run())


def test_an_alias_is_asked_once_for_one_of_its_versions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked again where no process of the one that was chosen waits, it would nearly always give the other, which many call."""
    drawn: list[list[str]] = []

    def choose(names: Sequence[str], weights: Sequence[float]) -> list[str]:
        drawn.append(["$LATEST"])
        return drawn[-1]

    kit = FunctionKit(tmp_path)
    kit.put(aliases={"live": {"$LATEST": 0.1, "1": 0.9}})
    monkeypatch.setattr(random, "choices", choose)
    call = Request("POST", f"/invoke/{quote(ARN + ':live', safe='')}", PLAIN, b"7")
    cold, warm = hear(kit, call, call)
    assert (cold.status, cold.body) == (warm.status, warm.body) == (200, b"7")
    assert len(drawn) == 2


def test_an_event_that_nobody_waits_for_may_hold_less(tmp_path: Path) -> None:
    kit = FunctionKit(tmp_path)
    kit.put()
    asynchronous = {**PLAIN, "x-amz-invocation-type": "Event"}
    path, large = f"/invoke/{quote(ARN, safe='')}", b'"' + b"a" * MAX_ASYNC_BYTES + b'"'
    replies = hear(kit, Request("POST", path, PLAIN, large), Request("POST", path, asynchronous, large))
    assert [reply.status for reply in replies] == [200, 413]
    assert replies[1].headers["x-amzn-errortype"] == "RequestTooLargeException"


def test_what_is_not_there_is_refused(tmp_path: Path) -> None:
    [reply] = hear(FunctionKit(tmp_path), Request("POST", f"/invoke/{quote(ARN, safe='')}", PLAIN, b"7"))
    assert (reply.status, reply.headers["x-amzn-errortype"]) == (404, "ResourceNotFoundException")
