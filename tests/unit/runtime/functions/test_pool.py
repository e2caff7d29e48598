"""Real processes: kept warm, kept apart, ended when they fail; each test starts few."""

import asyncio
import base64
import json
import sys
from pathlib import Path

import pytest
from tests.unit.runtime.functions.function_kit import (
    ARN,
    ECHO,
    NEEDS_NODE,
    FunctionKit,
    error_of,
    invoke,
)

from innergate.runtime.functions.invocations import Invocation, Refused, Target
from innergate.testing.waiting import until


def test_a_process_stays_warm_and_says_what_it_did(kit: FunctionKit) -> None:
    kit.put(
        "n = 0\ndef handler(e, c):\n    global n\n    n += 1\n    print('call', e)\n    return [n, e, c.aws_request_id]\n"
    )
    first, second = kit.run("x", "y")
    assert json.loads(first.outcome.payload) == [1, "x", "id-0"]
    assert json.loads(second.outcome.payload) == [2, "y", "id-1"]
    assert (first.number, first.outcome.error) == ("$LATEST", "")
    tail = base64.b64decode(second.outcome.log_tail).decode().splitlines()
    assert tail[:3] == ["START RequestId: id-1 Version: $LATEST", "call y", "END RequestId: id-1"]
    assert tail[3].startswith("REPORT RequestId: id-1\tDuration: ")
    assert b"Init Duration" in first.outcome.log
    assert b"Init Duration" not in second.outcome.log
    assert [line for line in kit.lines() if line.startswith("call")] == ["call x\n", "call y\n"]


def test_what_a_process_sees(kit: FunctionKit) -> None:
    kit.put(
        "import os, pathlib, socket\n"
        "def handler(e, c):\n"
        "    pathlib.Path('/tmp/x').write_text('mine')\n"
        "    try:\n        pathlib.Path('/var/task/x').write_text('no')\n        code = 'writable'\n"
        "    except OSError as error:\n        code = error.errno\n"
        "    interfaces = [name for _, name in socket.if_nameindex()]\n"
        "    powers = pathlib.Path('/proc/self/status').read_text().split('CapEff:')[1].split()[0]\n"
        "    return [powers, os.path.exists(e), code, interfaces, os.environ['WHO'], os.environ['AWS_REGION'],\n"
        "            os.getcwd(), c.function_name, len(os.listdir('/proc/self/fd')), os.environ.get('HOME')]\n",
        environment={"WHO": "you"},
    )
    [done] = kit.run(str(kit.folder))
    powers, sees_state, code, interfaces, *rest = json.loads(done.outcome.payload)
    assert int(powers, 16) == 0
    assert not sees_state
    assert code == 30
    assert "lo" in interfaces
    assert len([name for name in interfaces if name.startswith(("eth", "en", "ig"))]) == 0
    assert rest[:4] == ["you", "us-east-1", "/var/task", "hello"]
    assert rest[5] is None


@pytest.mark.parametrize(
    ("code", "kind", "message"),
    [
        ("def handler(e, c):\n    raise ValueError('no')\n", "ValueError", "no"),
        ("1 / 0\n", "ZeroDivisionError", "division by zero"),
        ("import os\ndef handler(e, c):\n    os._exit(3)\n", "Runtime.ExitError", "exit status 3"),
        ("import os\ndef handler(e, c):\n    os._exit(200)\n", "Runtime.ExitError", "exit status 200"),
        ("import os\ndef handler(e, c):\n    os.kill(os.getpid(), 40)\n", "Runtime.ExitError", "signal: signal 40"),
        ("import os\ndef handler(e, c):\n    os.kill(os.getpid(), 9)\n", "Runtime.ExitError", "signal: killed"),
        ("def handler(e, c):\n    return bytearray(300 << 20)\n", "MemoryError", ""),
        ("def other(e, c):\n    pass\n", "Runtime.HandlerNotFound", "Handler 'handler' missing"),
        ("def handler(e, c):\n    return 'x' * 6_300_000\n", "Function.ResponseSizeTooLarge", "6291556"),
        ("def handler(e, c):\n    return {1, 2}\n", "Runtime.MarshalError", "set is not JSON serializable"),
    ],
)
def test_how_a_function_fails(kit: FunctionKit, code: str, kind: str, message: str) -> None:
    kit.put(code)
    failed, _ = kit.run(1, 2)
    assert failed.outcome.error == "Unhandled"
    error = error_of(failed.outcome.payload)
    assert error["errorType"] == kind
    assert message in error["errorMessage"]


def test_a_function_that_takes_too_long(kit: FunctionKit) -> None:
    kit.put("import time\ndef handler(e, c):\n    time.sleep(e)\n    return e\n", timeout_s=2)
    late, quick = kit.run(300, 0)
    assert error_of(late.outcome.payload) == {
        "errorType": "Sandbox.Timedout",
        "errorMessage": "RequestId: id-0 Error: Task timed out after 2.00 seconds",
    }
    assert b"Task timed out after 2.00 seconds" in late.outcome.log
    assert (quick.outcome.payload, quick.outcome.error) == (b"0", "")


def test_a_bootstrap_of_its_own(kit: FunctionKit) -> None:
    script = (
        "#!/bin/sh\nset -eu\nmkfifo /tmp/never 2>/dev/null || true\n"
        "exec /usr/bin/env python3 -c '\n"
        "import os, urllib.request as u\n"
        'base = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/invocation/"\n'
        "while True:\n"
        '    r = u.urlopen(base + "next")\n'
        '    id = r.headers["Lambda-Runtime-Aws-Request-Id"]\n'
        '    u.urlopen(base + id + "/response", b"[" + r.read() + b"]").read()\n'
        "'\n"
    )
    kit.put({"bootstrap": script}, runtime="provided.al2023", handler="any", environment={"PATH": "/usr/bin:/bin"})
    [done] = kit.run("x")
    assert (done.outcome.error, done.outcome.payload) == ("", b'["x"]'), done.outcome.log


def test_a_package_without_a_bootstrap(kit: FunctionKit) -> None:
    kit.put({"other": ""}, runtime="provided.al2023")
    [done] = kit.run("x")
    assert error_of(done.outcome.payload)["errorType"] == "Runtime.InvalidEntrypoint"


NODE = """
exports.handler = async (event, context) => {
  console.log("got", event);
  if (event === "fail") throw new TypeError("no");
  return [event, context.functionName, context.getRemainingTimeInMillis() > 1000];
};
"""


@NEEDS_NODE
def test_a_function_of_node(kit: FunctionKit) -> None:
    kit.put({"index.js": NODE}, runtime="nodejs22.x", handler="index.handler")
    done, failed, _ = kit.run("x", "fail", "again")
    assert (done.outcome.error, json.loads(done.outcome.payload)) == ("", ["x", "hello", True]), done.outcome.log
    assert b"\tid-0\tINFO\tgot x\n" in done.outcome.log
    error = error_of(failed.outcome.payload)
    assert (error["errorType"], error["errorMessage"]) == ("TypeError", "no")
    kit.put({"app.mjs": "export const f = (e, c, done) => done(null, e + 1);\n"}, runtime="nodejs22.x", handler="app.f")
    [back] = kit.run(1)
    assert back.outcome.payload == b"2"
    kit.put({"app.mjs": "export const f = 1;\n"}, runtime="nodejs22.x", handler="app.g")
    [missing] = kit.run(1)
    assert error_of(missing.outcome.payload)["errorType"] == "Runtime.HandlerNotFound"


def test_logs_as_json(kit: FunctionKit) -> None:
    code = "import logging\ndef handler(e, c):\n    logging.getLogger().info('said')\n"
    kit.put(code, log_format="JSON", application_log_level="INFO")
    kit.run(1)
    start, said, report = (json.loads(line) for line in kit.lines())
    assert start["record"] == {"requestId": "id-0", "version": "$LATEST"}
    assert (said["message"], said["requestId"]) == ("said", "id-0")
    assert (start["type"], report["type"]) == ("platform.start", "platform.report")
    assert report["record"]["metrics"].keys() == {
        "durationMs",
        "billedDurationMs",
        "memorySizeMB",
        "maxMemoryUsedMB",
        "initDurationMs",
    }


def test_layers_lie_below_opt_a_later_one_over_an_earlier_one(kit: FunctionKit) -> None:
    first = kit.keep({"python/tool.py": "WHO = 'first'\n", "data.txt": "kept"})
    second = kit.keep({"python/tool.py": "WHO = 'second'\n"})
    code = "import tool\ndef handler(e, c):\n    return [tool.WHO, tool.__file__, open('/opt/data.txt').read()]\n"
    kit.put(code, layers=(first, second))
    [done] = kit.run(1)
    assert json.loads(done.outcome.payload) == ["second", "/opt/python/tool.py", "kept"], done.outcome.log


def test_no_more_at_once_than_reserved(kit: FunctionKit) -> None:
    kit.put("import time\ndef handler(e, c):\n    time.sleep(0.3)\n    return e\n", reserved=1)

    async def run() -> list[object]:
        async with kit.pool() as pool:
            return await asyncio.gather(*(invoke(pool, n, n) for n in range(2)), return_exceptions=True)

    done, refused = asyncio.run(run())
    assert not isinstance(done, BaseException)
    assert isinstance(refused, Refused)
    assert (refused.status, refused.code) == (429, "TooManyRequestsException")
    assert refused.reason == "ReservedFunctionConcurrentInvocationLimitExceeded"


def test_two_at_once_have_a_process_each(kit: FunctionKit) -> None:
    kit.put("import os, time, uuid\nme = str(uuid.uuid4())\ndef handler(e, c):\n    time.sleep(0.3)\n    return me\n")

    async def run() -> set[bytes]:
        async with kit.pool() as pool:
            done = await asyncio.gather(*(invoke(pool, n, n) for n in range(2)))
            assert pool.size == 2
            return {d.outcome.payload for d in done}

    assert len(asyncio.run(run())) == 2


def test_new_code_gets_a_new_process(kit: FunctionKit) -> None:
    async def run() -> list[bytes]:
        kit.put("def handler(e, c):\n    return 1\n")
        async with kit.pool() as pool:
            first = await invoke(pool, 0)
            kit.put("def handler(e, c):\n    return 2\n")
            second = await invoke(pool, 0)
            await pool.tend()
            assert pool.size == 1
            return [first.outcome.payload, second.outcome.payload]

    assert asyncio.run(run()) == [b"1", b"2"]


def test_a_caller_waits_for_what_he_has_just_written(kit: FunctionKit) -> None:
    async def run() -> str:
        async with kit.pool() as pool:
            waiting = asyncio.ensure_future(pool.find(ARN, "r1"))
            await asyncio.sleep(0.05)
            kit.put()
            return (await waiting).version.revision_id

    assert asyncio.run(run()) == "r1"


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_who_gives_up_while_a_process_starts_leaves_none_behind(kit: FunctionKit) -> None:
    kit.put()

    async def run() -> None:
        async with kit.pool() as pool:
            await invoke(pool, 1)
            before = descriptors()
            kit.put(ECHO)
            calling = asyncio.ensure_future(invoke(pool, 1))
            while len(kit.processes()) < 2:  # noqa: ASYNC110 - the kernel has no event for it
                await asyncio.sleep(0.001)
            calling.cancel()
            with pytest.raises(asyncio.CancelledError):
                await calling
            assert (pool.size, len(kit.processes())) == (1, 1)
            await until(lambda: descriptors() <= before, "the end of what it has opened")

    asyncio.run(run())


def test_a_process_that_cannot_be_started_costs_nothing(kit: FunctionKit, monkeypatch: pytest.MonkeyPatch) -> None:
    kit.put()

    async def run() -> None:
        async with kit.pool() as pool:
            await invoke(pool, 1)
            kit.put(ECHO)
            monkeypatch.setattr(sys, "executable", "/nowhere")
            before = descriptors()
            for _ in range(3):
                with pytest.raises(Refused) as caught:
                    await invoke(pool, 1)
                assert caught.value.code == "ServiceException"
            assert (pool.size, descriptors()) == (1, before)

    asyncio.run(run())


def test_aliases_and_what_is_not_there(kit: FunctionKit) -> None:
    kit.put(aliases={"live": {"$LATEST": 1.0}})
    [done] = kit.run(7, qualifier="live")
    assert (done.outcome.payload, done.number) == (b"7", "$LATEST")
    for qualifier in ("none", "a\0b"):
        with pytest.raises(Refused, match="Function not found"):
            kit.run(7, qualifier=qualifier)

    async def look_up() -> Target | None:
        async with kit.pool() as pool:
            return pool.look_up(f"{ARN}\0")

    assert asyncio.run(look_up()) is None


def test_a_package_that_is_lost(kit: FunctionKit) -> None:
    kit.put(code_digest="0" * 64)
    with pytest.raises(Refused) as caught:
        kit.run(1)
    assert (caught.value.status, caught.value.code) == (500, "ServiceException")


def test_a_process_that_dies_while_idle_is_replaced(kit: FunctionKit) -> None:
    kit.put(
        "import os, threading\ndef handler(e, c):\n    threading.Timer(0.05, os._exit, (1,)).start()\n    return 1\n"
    )

    async def run() -> list[bytes]:
        async with kit.pool() as pool:
            target = await pool.find(ARN)
            payloads = []
            for number in range(2):
                payloads.append((await pool.invoke(target, Invocation(str(number), b"1"))).outcome.payload)
                await until(lambda: not any(process.is_alive for process in pool._idle[ARN]))
            return payloads

    assert asyncio.run(run()) == [b"1", b"1"]
