"""Keeps processes of functions warm, and gives each invocation one of its own: an idle one, or a new one while it may be."""

import asyncio
import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple, TypeAlias, final

from innergate.plans.functions import FunctionPlan, split_function_arn
from innergate.primitives.event_log import EventLog
from innergate.runtime.functions.call_counts import CallCounts
from innergate.runtime.functions.code_folder import BadPackage, CodeFolder
from innergate.runtime.functions.execution_environment import Code, ExecutionEnvironment, Places
from innergate.runtime.functions.function_documents import FunctionDocuments
from innergate.runtime.functions.invocations import Invocation, Outcome, Refused, Target
from innergate.runtime.functions.log_file import LogFile
from innergate.runtime.functions.user_ids import UserIds

LATEST = "$LATEST"
IDLE_LIFE_S = 300.0
MAX_ENVIRONMENTS = 200
"""Processes of functions on a node."""
SHARE_OF_AN_ACCOUNT = 0.75
"""Of what other accounts leave of them: whatever one account runs, the next finds room."""
IDLE_LOOKS = 5
"""So many times less often, processes that wait are looked at."""
UNPACKERS = 4
"""Packages that are unpacked at a time."""
DOCUMENT_TIMEOUT_S = 5.0
DOCUMENT_LOOK_S = 0.02

log = EventLog()


class Done(NamedTuple):
    """An invocation that a process has executed; `number` is the version."""

    outcome: Outcome
    number: str


Hear: TypeAlias = Callable[[Done, ExecutionEnvironment | None], None]
"""Is told what a process has done, and which one must be ended before anybody else is."""


def _has(plan: FunctionPlan, revision: str) -> bool:
    versions = {version.revision_id for version in plan.versions.values()}
    return revision in versions | {alias.revision_id for alias in plan.aliases.values()}


def _too_many() -> Refused:
    return Refused(429, "TooManyRequestsException", "Rate Exceeded.", "ConcurrentInvocationLimitExceeded")


@final
class Pool:
    """All processes of a node."""

    def __init__(
        self,
        documents: FunctionDocuments,
        code: CodeFolder,
        places: Places,
        log_file: LogFile,
        counts: CallCounts | None = None,
    ) -> None:
        self._documents = documents
        self._code = code
        self._places = places
        self._log_file = log_file
        self._counts = counts or CallCounts()
        self._idle: dict[str, list[ExecutionEnvironment]] = defaultdict(list)
        self._busy: dict[str, int] = defaultdict(int)
        self._busy_of: Counter[str] = Counter()
        self._running: set[ExecutionEnvironment] = set()
        self._users = UserIds()
        self._looks = 0
        self._unpackers = ThreadPoolExecutor(UNPACKERS, "unpack")

    @property
    def size(self) -> int:
        """How many processes there are."""
        return sum(self._busy.values()) + sum(len(idle) for idle in self._idle.values())

    async def find(self, arn: str, revision: str = "") -> Target:
        """What an ARN means now. `revision` is that of the version or alias that the caller has just seen, if he has: it is
        waited for. Raises Refused."""
        deadline = time.monotonic() + DOCUMENT_TIMEOUT_S
        while True:
            target = self.look_up(arn)
            if target is not None and (not revision or _has(target.plan, revision)):
                return target
            if not revision or time.monotonic() > deadline:
                break
            await asyncio.sleep(DOCUMENT_LOOK_S)
        if target is None:
            raise Refused(404, "ResourceNotFoundException", f"Function not found: {arn}")
        return target

    def plan_of(self, arn: str) -> FunctionPlan | None:
        """The function's document."""
        named = split_function_arn(arn)
        return self._documents.find(named.arn) if named is not None else None

    def look_up(self, arn: str) -> Target | None:
        """What an ARN means now; None where it means nothing."""
        named = split_function_arn(arn)
        plan = self._documents.find(named.arn) if named is not None else None
        if named is None or plan is None:
            return None
        number = named.qualifier or LATEST
        alias = plan.aliases.get(number)
        if alias is not None:
            number = random.choices(list(alias.shares), list(alias.shares.values()))[0]
        version = plan.versions.get(number)
        return Target(plan, version, arn) if version is not None else None

    def begin(self, target: Target, invocation: Invocation, hear: Hear) -> bool:
        """Gives it to a process that waits for work; False where none does, and `hear` will not be called. Raises Refused where
        the function has as many processes as it may have."""
        arn = target.plan.arn
        self._admit(target)
        environment = self._take_idle(target)
        if environment is None:
            return False
        self._enter(target.plan)
        self._running.add(environment)
        number, began_s = target.version.number, time.monotonic()

        def settle(outcome: Outcome) -> None:
            if environment not in self._running:
                return  # the pool ends
            self._count(target, outcome, began_s)
            self._leave(target.plan)
            self._running.remove(environment)
            hear(Done(outcome, number), None if self._keep(arn, environment) else environment)

        environment.begin(invocation, target.invoked_arn, settle)
        return True

    async def invoke(self, target: Target, invocation: Invocation) -> Done:
        """Executes it. Raises Refused where the function has as many processes as it may have, or none can be had."""
        arn = target.plan.arn
        self._admit(target)
        self._enter(target.plan)
        environment: ExecutionEnvironment | None = None
        try:
            environment = self._take_idle(target) or await self._start(target)
            self._running.add(environment)
            began_s = time.monotonic()
            outcome = await environment.invoke(invocation, target.invoked_arn)
            self._count(target, outcome, began_s)
        except BaseException:
            if environment is not None:
                await environment.end()
            raise
        finally:
            self._leave(target.plan)
            if environment is not None:
                self._running.discard(environment)
        if not self._keep(arn, environment):
            await environment.end()
        return Done(outcome, target.version.number)

    def _keep(self, arn: str, environment: ExecutionEnvironment) -> bool:
        """Keeps a process for the next invocation; False where it can have none."""
        if environment.is_alive:
            environment.idle_since = time.monotonic()
            self._idle[arn].append(environment)
        return environment.is_alive

    def _count(self, target: Target, outcome: Outcome, began_s: float) -> None:
        """Notes an invocation that has ended, while its process still counts as busy."""
        took_ms = (time.monotonic() - began_s) * 1000
        at_once = self._busy[target.plan.arn]
        self._counts.done(target.plan, target.invoked_arn, took_ms, at_once, failed=bool(outcome.error))

    def _admit(self, target: Target) -> None:
        try:
            self._check_room(target.plan)
        except Refused:
            self._counts.throttled(target.plan, target.invoked_arn)
            raise

    def _check_room(self, plan: FunctionPlan) -> None:
        reserved = plan.reserved_concurrency
        if reserved is not None and self._busy[plan.arn] >= reserved:
            reason = "ReservedFunctionConcurrentInvocationLimitExceeded"
            raise Refused(429, "TooManyRequestsException", "Rate Exceeded.", reason)
        own = self._busy_of[plan.account]
        others = self._busy_of.total() - own
        if own and own + 1 > (MAX_ENVIRONMENTS - others) * SHARE_OF_AN_ACCOUNT:
            raise _too_many()

    def _enter(self, plan: FunctionPlan) -> None:
        self._busy[plan.arn] += 1
        self._busy_of[plan.account] += 1

    def _leave(self, plan: FunctionPlan) -> None:
        self._busy[plan.arn] -= 1
        self._busy_of[plan.account] -= 1
        if not self._busy_of[plan.account]:
            del self._busy_of[plan.account]

    def _take_idle(self, target: Target) -> ExecutionEnvironment | None:
        idle = self._idle[target.plan.arn]
        wanted = (target.version.number, target.version.revision_id)
        for index in range(len(idle) - 1, -1, -1):
            if idle[index].revision == wanted and idle[index].is_waiting:
                return idle.pop(index)
        return None

    async def _start(self, target: Target) -> ExecutionEnvironment:
        """A new process; the one that has been idle the longest makes way where there are too many. Raises Refused."""
        if self.size > MAX_ENVIRONMENTS:
            await self._make_room(target)
        try:
            version = target.version
            code = await self._unpack((version.code_digest,))
            layers = await self._unpack(version.layers) if version.layers else None
            environment = ExecutionEnvironment(target, Code(code, layers), self._places, self._log_file, self._users)
        except (BadPackage, OSError) as error:
            raise self._failed(target, error) from error
        try:
            await environment.start()
        except OSError as error:
            await environment.end()
            raise self._failed(target, error) from error
        except BaseException:
            await environment.end()
            raise
        return environment

    async def _unpack(self, digests: Sequence[str]) -> Path:
        """In threads of their own: a package may take seconds, and other functions begin meanwhile. Raises BadPackage."""
        known = self._code.find(digests)
        if known is not None:
            return known
        return await asyncio.get_running_loop().run_in_executor(self._unpackers, self._code.unpack, digests)

    def _failed(self, target: Target, error: Exception) -> Refused:
        log.error("a function's process cannot be started", function=target.plan.arn, reason=str(error))
        return Refused(500, "ServiceException", "Lambda could not start an execution environment for the function.")

    async def _make_room(self, target: Target) -> None:
        try:
            await self._end_longest_idle()
        except Refused:
            self._counts.throttled(target.plan, target.invoked_arn)
            raise

    async def _end_longest_idle(self) -> None:
        idle = [(environment.idle_since, arn) for arn, all_idle in self._idle.items() for environment in all_idle[:1]]
        if not idle:
            raise _too_many()
        await self._idle[min(idle)[1]].pop(0).end()

    async def tend(self) -> None:
        """Ends what has been idle for long, has died, holds too much memory, or runs something older than its document says."""
        await self._end_too_large()
        oldest = time.monotonic() - IDLE_LIFE_S
        for arn, idle in list(self._idle.items()):
            plan = self._documents.find(arn)
            wanted = {(v.number, v.revision_id) for v in plan.versions.values()} if plan is not None else set()
            kept = [e for e in idle if e.is_alive and e.idle_since >= oldest and e.revision in wanted]
            gone = [e for e in idle if e not in kept]
            self._idle[arn] = kept
            for environment in gone:
                await environment.end()
            if not kept and not self._busy[arn]:
                del self._idle[arn], self._busy[arn]

    async def _end_too_large(self) -> None:
        """Looks at those that work each time, and now and then at the others: what they have started may go on."""
        self._looks += 1
        idle = self._idle.values() if self._looks % IDLE_LOOKS == 0 else ()
        watched = [*self._running, *(environment for kept in idle for environment in kept)]
        sizes = await asyncio.to_thread(lambda: [each.resident_mb() for each in watched]) if watched else []
        for environment, size_mb in zip(watched, sizes, strict=True):
            environment.end_if_too_large(size_mb)

    async def close(self) -> None:
        """Ends all processes; who waits for one hears nothing."""
        left = [*self._running, *(environment for kept in self._idle.values() for environment in kept)]
        self._running.clear()
        self._idle.clear()
        for environment in left:
            await environment.end()
        self._unpackers.shutdown(wait=False, cancel_futures=True)
