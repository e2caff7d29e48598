"""Calls of functions are counted by minute and name, and what no process took, too."""

import asyncio
import contextlib
from pathlib import Path
from typing import Any

import msgspec
from tests.unit.runtime.functions.function_kit import ACCOUNT, ARN, FunctionKit

from innergate.plans.functions import FunctionPlan
from innergate.runtime.functions.call_counts import CallCount, CallCounts
from innergate.runtime.functions.code_folder import CodeFolder
from innergate.runtime.functions.execution_environment import Places
from innergate.runtime.functions.function_documents import FunctionDocuments
from innergate.runtime.functions.invocations import Invocation, Refused
from innergate.runtime.functions.log_file import LogFile
from innergate.runtime.functions.pool import Pool
from innergate.testing.waiting import LONGEST_S, until

PLAN = FunctionPlan(arn=ARN, account=ACCOUNT, region="us-east-1", name="hello", reserved_concurrency=None, versions={})


def test_calls_are_counted_by_name_and_minute() -> None:
    now = [60.0]
    counts = CallCounts(lambda: now[0])
    counts.done(PLAN, ARN, 1.2, 1, failed=False)
    counts.done(PLAN, ARN, 1.9, 3, failed=True)
    counts.done(PLAN, f"{ARN}:live", 7.0, 2, failed=False)
    now[0] = 121.0
    counts.throttled(PLAN, ARN)
    first, live, later = counts.take()
    common: dict[str, Any] = {"account": ACCOUNT, "region": "us-east-1", "function": "hello"}
    assert first == CallCount(**common, qualifier="", minute_s=60, calls=2, errors=1, concurrent=3, durations={2: 2})
    assert live == CallCount(**common, qualifier="live", minute_s=60, calls=1, concurrent=2, durations={7: 1})
    assert later == CallCount(**common, qualifier="", minute_s=120, throttles=1)
    assert counts.take() == []
    assert msgspec.json.decode(msgspec.json.encode(first), type=CallCount) == first


def test_a_pool_counts_what_it_does(tmp_path: Path) -> None:
    kit, counts = FunctionKit(tmp_path), CallCounts(lambda: 0.0)
    fails = "def handler(event, context):\n    if event: raise ValueError\n"

    async def go() -> None:
        places = Places(tmp_path / "run" / "root", tmp_path / "run" / "resolv")
        code = CodeFolder(tmp_path / "blobs", tmp_path / "code")
        log_file = LogFile(kit.log)
        pool = Pool(FunctionDocuments(kit.documents), code, places, log_file, counts)
        try:
            for payload in (b"0", b"1"):
                await pool.invoke(await pool.find(ARN), Invocation("id", payload))
            heard = asyncio.Event()
            target = await pool.find(ARN)
            await until(lambda: pool.begin(target, Invocation("id", b"1"), lambda done, spent: heard.set()))
            async with asyncio.timeout(LONGEST_S):
                await heard.wait()
            kit.put(fails, reserved=0)
            with contextlib.suppress(Refused):
                await pool.invoke(await pool.find(ARN), Invocation("id", b"0"))
            with contextlib.suppress(Refused):
                pool.begin(await pool.find(ARN), Invocation("id", b"0"), lambda done, spent: None)
        finally:
            await pool.close()
            log_file.close()
            await asyncio.sleep(0.01)

    kit.put(fails)
    asyncio.run(go())
    [count] = counts.take()
    assert (count.calls, count.errors, count.throttles, count.concurrent) == (3, 2, 2, 1)
    assert sum(count.durations.values()) == 3
