"""Runs an exchange under asyncio: performs each effect and sends the reply in."""

from collections.abc import Awaitable, Callable, Generator
from typing import TypeAlias, TypeVar

from innergate.plans.runtime import RuntimeMethod, RuntimeStage
from innergate.runtime.exchange.call import Answer, Call
from innergate.runtime.exchange.effects import Effect, Reply
from innergate.runtime.exchange.exchange_state import Circumstances
from innergate.runtime.exchange.pipeline import execute

Perform: TypeAlias = Callable[[Effect], Awaitable[Reply]]
T = TypeVar("T")


async def drive(
    stage: RuntimeStage, method: RuntimeMethod, call: Call, perform: Perform, around: Circumstances
) -> Answer:
    """The exchange's answer."""
    return await run_steps(execute(stage, method, call, around), perform)


async def run_steps(steps: Generator[Effect, Reply, T], perform: Perform) -> T:
    """What the steps end with."""
    try:
        effect = next(steps)
        while True:
            effect = steps.send(await perform(effect))
    except StopIteration as done:
        result: T = done.value
        return result
