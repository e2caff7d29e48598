"""A node for tests of trials: what the store holds is compiled, and the document is tried in this process."""

import asyncio

import msgspec

from innergate.compile.engine import Compiler
from innergate.compile.settings import CompileSettings
from innergate.compile.units import FAMILIES
from innergate.plans.documents import STAGES
from innergate.plans.runtime import RuntimeStage
from innergate.plans.trials import METHODS_PATH, AuthorizerTrial, MethodTrial
from innergate.runtime.exchange.drive import Perform
from innergate.runtime.exchange.effects import Effect, EffectFailed, Reply
from innergate.runtime.trials import try_authorizer, try_method
from innergate.services.node_calls import NodeAnswer, NodeCall
from innergate.testing.services import ServiceHarness


async def fail_all(effect: Effect) -> Reply:
    """A world that answers nothing."""
    return EffectFailed(kind="failure", reason="nobody is there")


def serve_trials(harness: ServiceHarness, perform: Perform = fail_all) -> None:
    """From now on the harness's trials are run, their effects by `perform`."""

    def ask(call: NodeCall) -> NodeAnswer:
        return asyncio.run(_try(harness, call, perform))

    harness.ask_node = ask


async def _try(harness: ServiceHarness, call: NodeCall, perform: Perform) -> NodeAnswer:
    compilation = Compiler(FAMILIES, CompileSettings(), strict=True).compile(harness.store.state())
    documents = {entry.name: entry.body for entry in compilation.whole_network.documents}

    def stage(name: str) -> RuntimeStage:
        return msgspec.json.decode(
            next(body for key, body in documents.items() if tuple(key) == (STAGES, name)), type=RuntimeStage
        )

    tried: msgspec.Struct | None
    if call.path == METHODS_PATH:
        method = msgspec.json.decode(call.body, type=MethodTrial)
        tried = await try_method(stage(method.document), method, perform)
    else:
        authorizer = msgspec.json.decode(call.body, type=AuthorizerTrial)
        tried = await try_authorizer(stage(authorizer.document), authorizer, perform)
    return NodeAnswer(404, {}, b"{}") if tried is None else NodeAnswer(200, {}, msgspec.json.encode(tried))
