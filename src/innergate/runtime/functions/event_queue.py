"""Asynchronous invocations: on disk before they are accepted, tried until they succeed or are too old, also after a restart.
What became of one is an event for the function that wants to know it.

Times: a function's error is tried again after one minute, then after two (Lambda Developer Guide, "Asynchronous invocation"); a
throttled one after a second, then twice as long each time, five minutes at most.
"""

import asyncio
import os
import time
import uuid
from pathlib import Path
from typing import final

import msgspec

from innergate.plans.functions import AsyncPlan, split_function_arn
from innergate.primitives.event_log import EventLog
from innergate.runtime.functions.destinations import MAX_HOPS, MAX_RECORD_BYTES, Ending, make_record
from innergate.runtime.functions.invocations import Invocation, Refused
from innergate.runtime.functions.pool import Done, Pool

RETRY_PAUSES_S = (60.0, 120.0)
FIRST_THROTTLE_PAUSE_S = 1.0
LONGEST_THROTTLE_PAUSE_S = 300.0
SUFFIX = ".event"

log = EventLog()


class StoredEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One file."""

    arn: str
    request_id: str
    payload: bytes
    accepted_at: float
    client_context: str = ""
    trace_id: str = ""
    hops: int = 0
    """How many events led to this one."""


@final
class EventQueue:
    """`pauses_s` between tries after an error of the function."""

    def __init__(
        self, folder: Path, pool: Pool, tasks: asyncio.TaskGroup, pauses_s: tuple[float, ...] = RETRY_PAUSES_S
    ) -> None:
        self._folder = folder
        self._pool = pool
        self._tasks = tasks
        self._pauses_s = pauses_s
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    async def add(self, arn: str, invocation: Invocation) -> None:
        """Takes it; when this returns it is durable."""
        event = StoredEvent(
            arn=arn,
            request_id=invocation.request_id,
            payload=invocation.payload,
            accepted_at=time.time(),
            client_context=invocation.client_context,
            trace_id=invocation.trace_id,
        )
        await self._accept(event)

    async def _accept(self, event: StoredEvent) -> None:
        await asyncio.to_thread(self._store, event)
        self._tasks.create_task(self._deliver_safely(event))

    def resume(self) -> int:
        """Goes on with what was left behind; how many."""
        events = []
        for path in sorted(self._folder.glob(f"*{SUFFIX}")):
            try:
                events.append(msgspec.msgpack.decode(path.read_bytes(), type=StoredEvent))
            except (OSError, msgspec.DecodeError) as error:
                log.error("an event cannot be read", path=str(path), reason=str(error))
        for event in events:
            self._tasks.create_task(self._deliver_safely(event))
        return len(events)

    def _path(self, event: StoredEvent) -> Path:
        return self._folder / f"{event.request_id}{SUFFIX}"

    def _store(self, event: StoredEvent) -> None:
        path = self._path(event)
        spare = path.with_suffix(".new")
        with spare.open("wb") as file:
            file.write(msgspec.msgpack.encode(event))
            file.flush()
            os.fsync(file.fileno())
        spare.replace(path)
        folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    async def _deliver_safely(self, event: StoredEvent) -> None:
        try:
            await self._deliver(event)
        except Exception:
            log.exception("an event waits for the next start", function=event.arn, request_id=event.request_id)

    async def _deliver(self, event: StoredEvent) -> None:
        """Until it has succeeded, has failed too often or is too old; then whoever wants to know it is told."""
        ending = await self._try(event)
        if ending is not None:
            await self._tell(event, ending)
        self._path(event).unlink(missing_ok=True)

    async def _try(self, event: StoredEvent) -> Ending | None:
        """How it ended; None where there is no such function any more."""
        invocation = Invocation(event.request_id, event.payload, event.client_context, event.trace_id)
        calls, pause_s = 0, FIRST_THROTTLE_PAUSE_S
        done: Done | None = None
        while True:
            plan = self._plan(event.arn)
            try:
                target = await self._pool.find(event.arn)
                done = await self._pool.invoke(target, invocation)
            except Refused as refused:
                if refused.status == 404:
                    return None
                wait_s, pause_s = pause_s, min(pause_s * 2, LONGEST_THROTTLE_PAUSE_S)
            else:
                calls += 1
                if not done.outcome.error:
                    return Ending("Success", calls, done)
                if calls > plan.retries:
                    return Ending("RetriesExhausted", calls, done)
                wait_s = self._pauses_s[min(calls, len(self._pauses_s)) - 1]
            if time.time() + wait_s > event.accepted_at + plan.longest_age_s:
                log.warning("an event is dropped: it is too old", function=event.arn, request_id=event.request_id)
                return Ending("EventAgeExceeded", calls, done)
            await asyncio.sleep(wait_s)

    async def _tell(self, event: StoredEvent, ending: Ending) -> None:
        """Makes an event of how this one ended, for the function that the plan names."""
        plan = self._plan(event.arn)
        told = plan.on_success if ending.condition == "Success" else plan.on_failure
        if not told:
            return
        now = time.time()
        record = make_record(event.arn, event.request_id, event.payload, ending, now)
        if len(record) > MAX_RECORD_BYTES:
            log.warning("a record is too large for its destination", function=event.arn, destination=told)
            return
        if event.hops >= MAX_HOPS and not self._may_loop(event.arn):
            log.warning("a loop of functions is ended", function=event.arn, destination=told)
            return
        next_event = StoredEvent(
            arn=told, request_id=str(uuid.uuid4()), payload=record, accepted_at=now, hops=event.hops + 1
        )
        await self._accept(next_event)

    def _may_loop(self, arn: str) -> bool:
        plan = self._pool.plan_of(arn)
        return plan is not None and plan.may_loop

    def _plan(self, arn: str) -> AsyncPlan:
        named, plan = split_function_arn(arn), self._pool.plan_of(arn)
        if named is None or plan is None:
            return AsyncPlan()
        return plan.async_plans.get(named.qualifier, AsyncPlan())
