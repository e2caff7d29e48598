"""Invocations that a waiting process takes at once, without a task: they end as all others do."""

import asyncio
import json
import os
import time

import pytest
from tests.unit.runtime.functions.function_kit import ARN, FunctionKit, invoke

from innergate.runtime.functions.execution_environment import ExecutionEnvironment
from innergate.runtime.functions.invocations import Invocation, Refused
from innergate.runtime.functions.pool import Done, Pool
from innergate.runtime.functions.request_ids import fresh_request_id
from innergate.testing.waiting import LONGEST_S, until

ACT = """
import os, time, uuid
me = str(uuid.uuid4())
def handler(event, context):
    print('says', event)
    if event == 'exit':
        os._exit(7)
    if event == 'raise':
        raise ValueError('no')
    if isinstance(event, float):
        time.sleep(event)
    return me, event
"""


async def begin(pool: Pool, event: object, id: str = "warm") -> tuple[Done, ExecutionEnvironment | None]:
    """What is heard of an invocation that a waiting process takes. Raises LookupError where none does."""
    heard: asyncio.Future[tuple[Done, ExecutionEnvironment | None]] = asyncio.get_running_loop().create_future()
    target = await pool.find(ARN)
    invocation = Invocation(id, json.dumps(event).encode())
    if not pool.begin(target, invocation, lambda done, spent: heard.set_result((done, spent))):
        raise LookupError(id)
    async with asyncio.timeout(LONGEST_S):
        return await heard


def test_only_a_process_that_waits_takes_one(kit: FunctionKit) -> None:
    kit.put(ACT)

    async def run() -> None:
        async with kit.pool() as pool:
            with pytest.raises(LookupError):
                await begin(pool, "cold")
            first = await invoke(pool, "first")
            done, spent = await begin(pool, "warm", "id-7")
            assert spent is None
            assert json.loads(done.outcome.payload) == [json.loads(first.outcome.payload)[0], "warm"]
            assert (done.number, done.outcome.error, pool.size) == ("$LATEST", "", 1)
            log = done.outcome.log.decode().splitlines()
            assert log[:3] == ["START RequestId: id-7 Version: $LATEST", "says warm", "END RequestId: id-7"]
            assert log[3].startswith("REPORT RequestId: id-7\t")
            assert "Init Duration" not in log[3]
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(begin(pool, 1.5))
                await until(lambda: pool._running)
                with pytest.raises(LookupError):
                    await begin(pool, "while it works")

    asyncio.run(run())


def test_new_code_is_not_given_to_an_old_process(kit: FunctionKit) -> None:
    kit.put(ACT)

    async def run() -> None:
        async with kit.pool() as pool:
            await invoke(pool, 1)
            kit.put(ACT)
            with pytest.raises(LookupError):
                await begin(pool, 2)

    asyncio.run(run())


def test_no_more_at_once_than_reserved(kit: FunctionKit) -> None:
    kit.put(ACT, reserved=1)

    async def run() -> None:
        async with kit.pool() as pool:
            await invoke(pool, 1)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(begin(pool, 1.5))
                await until(lambda: pool._running)
                with pytest.raises(Refused):
                    await begin(pool, 2)
            await begin(pool, 3)

    asyncio.run(run())


@pytest.mark.parametrize(
    ("event", "kind", "is_spent"),
    [
        ("exit", "Runtime.ExitError", True),
        ("raise", "ValueError", False),
        (300.0, "Sandbox.Timedout", True),
    ],
)
def test_a_warm_process_that_fails(kit: FunctionKit, event: object, kind: str, is_spent: bool) -> None:
    kit.put(ACT, timeout_s=2)

    async def run() -> None:
        async with kit.pool() as pool:
            await invoke(pool, "first")
            await asyncio.sleep(0.5)
            done, spent = await begin(pool, event)
            assert (done.outcome.error, json.loads(done.outcome.payload)["errorType"]) == ("Unhandled", kind)
            assert (spent is not None) == is_spent
            if spent is not None:
                await spent.end()
            assert pool.size == (0 if is_spent else 1)
            assert (await invoke(pool, "next")).outcome.error == ""

    asyncio.run(run())


def test_each_invocation_has_all_of_its_time(kit: FunctionKit) -> None:
    """One timer serves them all: it was set for the first."""
    kit.put(ACT, timeout_s=4)

    async def run() -> None:
        async with kit.pool() as pool:
            await invoke(pool, 0.0)
            for _ in range(2):
                done, _ = await begin(pool, 2.1)
                assert done.outcome.error == ""
            began = time.monotonic()
            done, spent = await begin(pool, 300.0)
            assert time.monotonic() - began > 3.95
            assert json.loads(done.outcome.payload)["errorType"] == "Sandbox.Timedout"
            assert spent is not None
            await spent.end()

    asyncio.run(run())


def test_a_process_that_died_while_it_waited_takes_none(kit: FunctionKit) -> None:
    kit.put(ACT)

    async def run() -> None:
        async with kit.pool() as pool:
            first = json.loads((await invoke(pool, 1)).outcome.payload)[0]
            for child in kit.processes():
                os.kill(child, 9)
            [waiting] = pool._idle[ARN]
            await until(lambda: not waiting.is_alive)
            with pytest.raises(LookupError):
                await begin(pool, 2)
            assert json.loads((await invoke(pool, 3)).outcome.payload)[0] != first

    asyncio.run(run())


def test_when_the_pool_ends_nobody_hears(kit: FunctionKit) -> None:
    """An answer would say that the function failed, which it did not. Nor does it matter that one of two processes has ended by
    the time that the other one is ended."""
    kit.put(ACT)
    heard: list[Done] = []

    async def run() -> None:
        async with kit.pool() as pool:
            await asyncio.gather(invoke(pool, 0.3), invoke(pool, 0.3))
            target = await pool.find(ARN)
            for _ in range(2):
                assert pool.begin(target, Invocation("id", b"5.0"), lambda done, spent: heard.append(done))
            await asyncio.sleep(0.1)
            for child in kit.processes():
                os.kill(child, 9)

    asyncio.run(run())
    assert heard == []


def test_ids_are_random_uuids() -> None:
    ids = {fresh_request_id() for _ in range(2_000)}
    assert len(ids) == 2_000
    assert all(len(id) == 36 and id[14] == "4" and id[19] in "89ab" for id in ids)
