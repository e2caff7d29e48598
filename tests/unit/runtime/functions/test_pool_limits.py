"""What a function cannot take from others: memory, processes, connections, users, room."""

import asyncio
import json

import msgspec
import pytest
from tests.unit.runtime.functions.function_kit import (
    ACCOUNT,
    ARN,
    FunctionKit,
    error_of,
    invoke,
)

from innergate.runtime.functions import execution_environment
from innergate.runtime.functions import pool as pool_module
from innergate.runtime.functions.invocations import Invocation, Refused, Target
from innergate.testing.waiting import LONGEST_S


def test_processes_that_hold_too_much_memory_together(kit: FunctionKit) -> None:
    code = (
        "import os, time\n"
        "def handler(e, c):\n"
        "    for _ in range(3):\n"
        "        if os.fork() == 0:\n"
        "            x = bytearray(60 << 20)\n"
        "            for i in range(0, len(x), 4096):\n"
        "                x[i] = 1\n"
        "            time.sleep(200)\n"
        "    time.sleep(200)\n"
    )
    kit.put(code, timeout_s=60)

    async def run() -> bytes:
        async with kit.pool() as pool:
            call = asyncio.ensure_future(invoke(pool, 1))
            while not call.done():
                await asyncio.sleep(0.2)
                await pool.tend()
            return (await call).outcome.payload

    assert error_of(asyncio.run(run())) == {
        "errorType": "Runtime.OutOfMemory",
        "errorMessage": "RequestId: id-0 Error: Runtime exited with error: signal: killed",
    }


def test_case_86_what_swells_after_its_answer_is_ended(kit: FunctionKit) -> None:
    """A function may leave a process behind that goes on while nobody calls."""
    code = (
        "import os, time\n"
        "def handler(event, context):\n"
        "    for _ in range(4):\n"
        "        if os.fork() == 0:\n"
        "            x = b'a' * (60 << 20)\n"
        "            time.sleep(200)\n"
        "            os._exit(0)\n"
        "    return 'done'\n"
    )
    kit.put(code, timeout_s=60)

    async def run() -> None:
        async with kit.pool() as pool:
            assert (await invoke(pool, 1)).outcome.payload == b'"done"'
            async with asyncio.timeout(LONGEST_S):
                while pool.size:
                    await asyncio.sleep(0.05)
                    await pool.tend()

    asyncio.run(run())


def test_a_process_inherits_nothing_but_its_output(kit: FunctionKit) -> None:
    kit.put(
        "import os\nFOUND = sorted(os.listdir('/proc/self/fd'), key=int)\n"
        "LINKS = [os.readlink(f'/proc/self/fd/{n}') for n in FOUND if os.path.lexists(f'/proc/self/fd/{n}')]\n"
        "def handler(e, c):\n    return LINKS\n"
    )
    [done] = kit.run(1)
    links = json.loads(done.outcome.payload)
    assert [link.partition(":")[0] for link in links if not link.startswith("/")] == ["pipe", "pipe", "pipe"], links


def test_no_way_around_the_limits(kit: FunctionKit) -> None:
    """A user namespace of its own would let it mount as much memory as it likes, and files without a name are no process's."""
    code = (
        "import ctypes, os, subprocess, threading\n"
        "LIBC = ctypes.CDLL(None, use_errno=True)\n"
        "def refused(call, *arguments):\n"
        "    return os.strerror(ctypes.get_errno()) if call(*arguments) < 0 else 'allowed'\n"
        "def handler(event, context):\n"
        "    said = [refused(LIBC.unshare, 0x10000000), refused(LIBC.memfd_create, b'x', 0)]\n"
        "    said.append(refused(LIBC.shmget, 0, 1 << 20, 0o600))\n"
        "    thread = threading.Thread(target=lambda: said.append('a thread'))\n"
        "    thread.start()\n"
        "    thread.join()\n"
        "    return [*said, subprocess.run(['echo', 'a process'], capture_output=True, text=True).stdout]\n"
    )
    kit.put(code)
    (done,) = kit.run(None)
    assert json.loads(done.outcome.payload) == [
        "Operation not permitted",
        "Function not implemented",
        "Operation not permitted",
        "a thread",
        "a process\n",
    ]


def test_a_function_has_few_connections_to_its_runtime_api_however_quick_it_is(kit: FunctionKit) -> None:
    code = """
import os, socket, time
def handler(event, context):
    host, port = os.environ['AWS_LAMBDA_RUNTIME_API'].split(':')
    sockets, answers = [], 0
    for _ in range(event):
        sockets.append(socket.create_connection((host, int(port)), 30))
    time.sleep(0.3)
    for each in sockets:
        try:
            each.sendall(b'GET /x HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n')
            answers += each.recv(99).startswith(b'HTTP/1.1 404')
        except OSError:
            pass
    return answers
"""
    kit.put(code, timeout_s=60)
    [done] = kit.run(60)
    assert 0 < json.loads(done.outcome.payload) < execution_environment.MAX_CONNECTIONS


def test_the_supervisor_keeps_little_of_what_a_function_begins_to_send(kit: FunctionKit) -> None:
    code = """
import os, select, socket
def handler(event, context):
    host, port = os.environ['AWS_LAMBDA_RUNTIME_API'].split(':')
    head = b'POST /2018-06-01/runtime/invocation/x/response HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: 6000000\\r\\n\\r\\n'
    sockets, refused = [], set()
    for _ in range(6):
        sockets.append(socket.create_connection((host, int(port)), 30))
        try:
            sockets[-1].sendall(head + bytes(event))
        except OSError:
            refused.add(sockets[-1])
    while True:
        left = [each for each in sockets if each not in refused]
        ended = select.select(left, [], [], 30 if len(refused) < 2 else 0.5)[0]
        if not ended:
            return len(refused)
        refused.update(ended)
"""
    kit.put(code, timeout_s=60)
    [done] = kit.run(3_000_000)
    assert done.outcome.payload == b"2"


def test_cases_76_86_each_process_is_a_user_of_its_own(kit: FunctionKit) -> None:
    """Users that functions share would share their limits: one could leave the other no process to start. Whose function it is
    says nothing of the user, so nobody can choose another's."""
    kit.put("import os, time\ndef handler(e, c):\n    time.sleep(0.3)\n    return os.getuid()\n")

    async def go() -> list[int]:
        async with kit.pool() as pool:
            done = await asyncio.gather(*(invoke(pool, {}, number) for number in range(2)))
            return [json.loads(each.outcome.payload) for each in done]

    first, second = asyncio.run(go())
    assert first != second


def test_cases_76_86_whatever_one_account_runs_the_next_finds_room(
    kit: FunctionKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool_module, "MAX_ENVIRONMENTS", 4)
    kit.put("import time\ndef handler(e, c):\n    time.sleep(e)\n    return 'done'\n")

    async def go() -> list[str]:
        async with kit.pool() as pool:
            target = await pool.find(ARN)
            other = target._replace(plan=msgspec.structs.replace(target.plan, account="444455556666"))
            said: list[str] = []

            async def call(called: Target, number: int) -> None:
                try:
                    await pool.invoke(called, Invocation(f"id-{number}", b"1"))
                    said.append(called.plan.account)
                except Refused as refused:
                    said.append(f"{called.plan.account} {refused.reason}")

            await asyncio.gather(*(call(target, number) for number in range(4)), call(other, 4))
            return said

    said = asyncio.run(go())
    refused = f"{ACCOUNT} ConcurrentInvocationLimitExceeded"
    assert sorted(said) == [ACCOUNT, ACCOUNT, ACCOUNT, refused, "444455556666"]
