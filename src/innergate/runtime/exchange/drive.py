"""Runs an exchange under asyncio: performs each effect and sends the reply in."""

from collections.abc import Awaitable, Callable, Generator
from typing import TypeAlias, TypeVar

from innergate.plans.runtime import RuntimeMethod, RuntimeStage
from innergate.runtime.exchange.body_rest import BodyRest
from innergate.runtime.exchange.call import Answer, Call
from innergate.runtime.exchange.effects import Effect, FunctionReply, HttpReply, Reply
from innergate.runtime.exchange.exchange_state import Circumstances
from innergate.runtime.exchange.pipeline import execute

Perform: TypeAlias = Callable[[Effect], Awaitable[Reply]]
T = TypeVar("T")


async def drive(
    stage: RuntimeStage, method: RuntimeMethod, call: Call, perform: Perform, around: Circumstances
) -> Answer:
    """The exchange's answer."""
    steps = execute(stage, method, call, around)
    return await run_streaming(steps, perform) if method.integration.streams else await run_steps(steps, perform)


async def run_streaming(steps: Generator[Effect, Reply, Answer], perform: Perform) -> Answer:
    """What the steps end with. Of bodies that have begun only that of the answer is left open."""
    begun: list[BodyRest] = []

    async def perform_and_note(effect: Effect) -> Reply:
        reply = await perform(effect)
        if isinstance(reply, HttpReply | FunctionReply) and reply.rest is not None:
            begun.append(reply.rest)
        return reply

    answer: Answer | None = None
    try:
        answer = await run_steps(steps, perform_and_note)
        return answer
    finally:
        for rest in begun:
            if answer is None or rest is not answer.rest:
                await rest.close()


async def run_steps(steps: Generator[Effect, Reply, T], perform: Perform) -> T:
    """What the steps end with."""
    try:
        effect = next(steps)
        while True:
            effect = steps.send(await perform(effect))
    except StopIteration as done:
        result: T = done.value
        return result
