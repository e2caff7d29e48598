"""Runs an exchange under asyncio: performs each effect and sends the reply in."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from innergate.plans.runtime import RuntimeMethod, RuntimeStage
from innergate.runtime.exchange.call import Answer, Call
from innergate.runtime.exchange.effects import Effect, Reply
from innergate.runtime.exchange.exchange_state import Circumstances
from innergate.runtime.exchange.pipeline import execute

Perform: TypeAlias = Callable[[Effect], Awaitable[Reply]]


async def drive(
    stage: RuntimeStage, method: RuntimeMethod, call: Call, perform: Perform, around: Circumstances
) -> Answer:
    """The exchange's answer."""
    exchange = execute(stage, method, call, around)
    try:
        effect = next(exchange)
        while True:
            effect = exchange.send(await perform(effect))
    except StopIteration as done:
        answer: Answer = done.value
        return answer
