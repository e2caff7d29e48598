"""Asynchronous invocations: on disk before they are accepted, tried until they succeed or are too old, also after a restart.
What became of one is an event for the function that wants to know it.

Times: a function's error is tried again after one minute, then after two (Lambda Developer Guide, "Asynchronous invocation"); a
throttled one after a second, then twice as long each time, five minutes at most.
"""

import asyncio
import os
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple, final

import msgspec

from innergate.plans.functions import AsyncPlan, split_function_arn
from innergate.primitives.event_log import EventLog
from innergate.runtime.functions.destinations import MAX_HOPS, MAX_RECORD_BYTES, Ending, make_record
from innergate.runtime.functions.invocations import Invocation, Refused
from innergate.runtime.functions.pool import Done, Pool
from innergate.runtime.functions.request_ids import fresh_request_id

RETRY_PAUSES_S = (60.0, 120.0)
FIRST_THROTTLE_PAUSE_S = 1.0
LONGEST_THROTTLE_PAUSE_S = 300.0
SUFFIX = ".event"
MAX_EVENTS = 10_000
MAX_EVENT_BYTES = 512 * 1024 * 1024
"""Of one account, while they wait: the disk is everybody's. AWS has room for more, and throttles in the end, too."""

READ_AT_ONCE = 100

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


class _Waiting(NamedTuple):
    """What is held of an event: its payload stays on disk, since it may wait for hours."""

    arn: str
    request_id: str
    accepted_at: float
    hops: int
    size_bytes: int

    @property
    def account(self) -> str:
        named = split_function_arn(self.arn)
        return named.account if named is not None else ""


def _held(event: StoredEvent) -> _Waiting:
    return _Waiting(event.arn, event.request_id, event.accepted_at, event.hops, len(event.payload))


def _read(path: Path) -> StoredEvent:
    """Raises OSError, DecodeError."""
    return msgspec.msgpack.decode(path.read_bytes(), type=StoredEvent)


def _hold_all(paths: Iterable[Path]) -> list[_Waiting]:
    """What can be read of them; the rest is said."""
    events = []
    for path in paths:
        try:
            events.append(_held(_read(path)))
        except (OSError, msgspec.DecodeError) as error:
            log.error("an event cannot be read", path=str(path), reason=str(error))
    return events


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
        self._events_of: Counter[str] = Counter()
        self._bytes_of: Counter[str] = Counter()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    async def add(self, arn: str, invocation: Invocation) -> None:
        """Takes it; when this returns it is durable. Raises Refused where its account has too many waiting."""
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
        waiting = _held(event)
        account = waiting.account
        has_room = self._events_of[account] < MAX_EVENTS
        if not has_room or self._bytes_of[account] + waiting.size_bytes > MAX_EVENT_BYTES:
            raise Refused(429, "TooManyRequestsException", "Rate Exceeded.", "CallerRateLimitExceeded")
        self._count(waiting)
        try:
            await asyncio.to_thread(self._store, event)
        except BaseException:
            self._forget(waiting)
            raise
        self._tasks.create_task(self._deliver_safely(waiting))

    def _count(self, event: _Waiting) -> None:
        self._events_of[event.account] += 1
        self._bytes_of[event.account] += event.size_bytes

    def _forget(self, event: _Waiting) -> None:
        account = event.account
        self._events_of[account] -= 1
        self._bytes_of[account] -= event.size_bytes
        if not self._events_of[account]:
            del self._events_of[account], self._bytes_of[account]

    async def resume(self) -> int:
        """Goes on with what was left behind when it is called; how many. Others may be added meanwhile."""
        taken = 0
        paths = sorted(self._folder.glob(f"*{SUFFIX}"))
        for first in range(0, len(paths), READ_AT_ONCE):
            events = await asyncio.to_thread(_hold_all, paths[first : first + READ_AT_ONCE])
            for event in events:
                self._count(event)
                self._tasks.create_task(self._deliver_safely(event))
            taken += len(events)
        log.info("events that were left are taken up", events=taken)
        return taken

    def _path(self, event: StoredEvent | _Waiting) -> Path:
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

    async def _deliver_safely(self, event: _Waiting) -> None:
        try:
            await self._deliver(event)
        except Exception:
            log.exception("an event waits for the next start", function=event.arn, request_id=event.request_id)
        finally:
            self._forget(event)

    async def _deliver(self, event: _Waiting) -> None:
        """Until it has succeeded, has failed too often or is too old; then whoever wants to know it is told."""
        ending = await self._try(event)
        if ending is not None:
            await self._tell(event, ending)
        self._path(event).unlink(missing_ok=True)

    async def _try(self, event: _Waiting) -> Ending | None:
        """How it ended; None where there is no such function any more."""
        calls, pause_s = 0, FIRST_THROTTLE_PAUSE_S
        done: Done | None = None
        while True:
            plan = self._plan(event.arn)
            try:
                done = await self._invoke(event)
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

    async def _invoke(self, event: _Waiting) -> Done:
        """One call. Raises Refused."""
        target = await self._pool.find(event.arn)
        stored = await asyncio.to_thread(_read, self._path(event))
        invocation = Invocation(stored.request_id, stored.payload, stored.client_context, stored.trace_id)
        return await self._pool.invoke(target, invocation)

    async def _tell(self, event: _Waiting, ending: Ending) -> None:
        """Makes an event of how this one ended, for the function that the plan names."""
        plan = self._plan(event.arn)
        told = plan.on_success if ending.condition == "Success" else plan.on_failure
        if not told:
            return
        now = time.time()
        stored = await asyncio.to_thread(_read, self._path(event))
        record = make_record(event.arn, event.request_id, stored.payload, ending, now)
        if len(record) > MAX_RECORD_BYTES:
            log.warning("a record is too large for its destination", function=event.arn, destination=told)
            return
        if event.hops >= MAX_HOPS and not self._may_loop(event.arn):
            log.warning("a loop of functions is ended", function=event.arn, destination=told)
            return
        next_event = StoredEvent(
            arn=told, request_id=fresh_request_id(), payload=record, accepted_at=now, hops=event.hops + 1
        )
        try:
            await self._accept(next_event)
        except Refused:
            log.warning("a record is dropped: too many events wait", function=event.arn, destination=told)

    def _may_loop(self, arn: str) -> bool:
        plan = self._pool.plan_of(arn)
        return plan is not None and plan.may_loop

    def _plan(self, arn: str) -> AsyncPlan:
        named, plan = split_function_arn(arn), self._pool.plan_of(arn)
        if named is None or plan is None:
            return AsyncPlan()
        return plan.async_plans.get(named.qualifier, AsyncPlan())
