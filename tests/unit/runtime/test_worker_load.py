"""What a worker takes on at once is bounded, in all and for each API; a real one does not grow beyond it."""

import asyncio
import io
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp
import msgspec
from tests.unit.runtime.exchange.exchange_scripts import make_method, make_stage
from tests.unit.runtime.unix_server import served

from innergate.nets.node_processes import answers
from innergate.plans.runtime import CALL_HEADER
from innergate.runtime.http_app import Receive, Scope, Send
from innergate.runtime.worker_load import MIB, LoadBounds, WorkerLoad
from innergate.testing.waiting import LONGEST_S

BODY = bytes(10 * MIB)
FACTS = "{api}.s.1;res789;POST;-;request;1795334400000;10.0.0.9;-;-;-;HTTP/1.1;TLSv1.3;-;-;443"
BACKEND = {
    "type": "HTTP_PROXY",
    "verb": "ANY",
    "target": {"type": "http", "scheme": "http", "host": "b.example", "path": "/", "clusters": [{"name": "a"}]},
    "timeout_ms": 200_000,
}
GROWN_MOST_BYTES = 2 * 2 * LoadBounds().size_bytes_of_api
"""For two APIs. A body is whole in one piece and, for a moment, in the parts that it came in."""
TAKEN = LoadBounds().size_bytes_of_api // 2 // len(BODY)
"""Requests of one API that are taken at once."""


def test_requests_are_counted_in_all_and_for_each_api() -> None:
    load = WorkerLoad(LoadBounds(requests=3, requests_of_api=2))
    first, second = load.enter("a"), load.enter("a")
    assert first is not None
    assert second is not None
    assert load.enter("a") is None
    third = load.enter("b")
    assert third is not None
    assert load.enter("b") is None
    first.leave()
    assert load.enter("b") is not None
    assert load.enter("a") is None
    third.leave()
    assert load.enter("a") is not None


def test_case_76_many_apis_of_one_account_leave_room_for_another() -> None:
    load = WorkerLoad(LoadBounds(requests=10, requests_of_api=4, requests_of_account=6, size_bytes_of_account=5))
    taken = [load.enter(f"api{number % 5}", "a") for number in range(20)]
    tickets = [ticket for ticket in taken if ticket is not None]
    assert len(tickets) == 6
    other = load.enter("x", "b")
    assert other is not None
    assert [tickets[0].hold(3), tickets[1].hold(3), tickets[1].hold(2), other.hold(5)] == [True, False, True, True]
    for ticket in (*tickets, other):
        ticket.leave()
    again = load.enter("api0", "a")
    assert again is not None
    assert again.hold(5)


def test_bytes_are_counted_in_all_and_for_each_api_until_a_request_ends() -> None:
    load = WorkerLoad(LoadBounds(size_bytes=10, size_bytes_of_api=6))
    a, b = load.enter("a"), load.enter("b")
    assert a is not None
    assert b is not None
    assert (a.take_in(4), a.take_in(3), a.hold(4), a.hold(3), a.hold(2)) == (False, True, False, True, False)
    assert (b.take_in(1), b.hold(5), b.hold(4), b.hold(0)) == (False, False, True, True)
    a.leave()
    assert (b.hold(2), b.hold(1)) == (True, False)


class Backend:
    """Takes bodies, and answers with one as large once it may."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.asked = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive()).get("more_body", False):
            pass
        self.asked += 1
        await self.go.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": BODY})


@contextmanager
def running(state: Path) -> Iterator[subprocess.Popen[bytes]]:
    (state / "log" / "execution").mkdir(parents=True)
    command = [sys.executable, "-m", "innergate.runtime.worker", "--state", str(state)]
    with (state / "worker.log").open("wb") as said:
        process = subprocess.Popen(command, stdout=said, stderr=said, env=dict(os.environ))
        try:
            yield process
        finally:
            process.terminate()
            process.wait()


def memory_of(process: subprocess.Popen[bytes], field: str) -> int:
    """Resident bytes: VmRSS now, VmHWM at most."""
    text = Path(f"/proc/{process.pid}/status").read_text()
    return next(int(line.split()[1]) * 1024 for line in text.splitlines() if line.startswith(field))


def test_many_large_bodies_do_not_grow_a_worker_beyond_its_bound(tmp_path: Path) -> None:
    stages = tmp_path / "run" / "documents" / "stages"
    stages.mkdir(parents=True)
    method = make_method({"integration": BACKEND, "verb": "POST"})
    for api in ("busy", "calm"):
        stage = msgspec.structs.replace(make_stage(), api_id=api, methods={"res789/POST": method})
        (stages / f"{api}.s.1").write_bytes(msgspec.json.encode(stage))

    async def run(process: subprocess.Popen[bytes]) -> None:
        backend = Backend()
        path = tmp_path / "run" / "runtime-0.sock"
        async with asyncio.timeout(3 * LONGEST_S), served(backend, tmp_path / "run" / "egress.sock"):
            while not await asyncio.to_thread(answers, path):
                assert process.poll() is None, (tmp_path / "worker.log").read_text()
                await asyncio.sleep(0.05)
            before = memory_of(process, "VmRSS")
            async with aiohttp.ClientSession(connector=aiohttp.UnixConnector(str(path), limit=0)) as client:

                async def ask(api: str) -> tuple[int, int]:
                    headers = {CALL_HEADER: FACTS.format(api=api)}
                    async with client.post("http://worker/s/x", data=io.BytesIO(BODY), headers=headers) as answer:
                        return answer.status, len(await answer.read())

                async with asyncio.TaskGroup() as tasks:
                    busy = [tasks.create_task(ask("busy")) for _ in range(60)]
                    while sum(task.done() for task in busy) < 60 - TAKEN:  # noqa: ASYNC110 - no event for several
                        await asyncio.sleep(0.05)
                    calm = [tasks.create_task(ask("calm")) for _ in range(3)]
                    while backend.asked < TAKEN + 3:  # noqa: ASYNC110 - of another process
                        await asyncio.sleep(0.05)
                    backend.go.set()
            assert Counter(task.result() for task in busy)[200, len(BODY)] == TAKEN
            assert Counter(task.result()[0] for task in busy)[429] == 60 - TAKEN
            assert [task.result() for task in calm] == [(200, len(BODY))] * 3
            grown = memory_of(process, "VmHWM") - before
            assert grown < GROWN_MOST_BYTES, f"{grown / MIB:.0f} MiB"

    with running(tmp_path) as process:
        asyncio.run(run(process))
