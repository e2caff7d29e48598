"""Each namespace that was made anew costs Envoy's listeners one gap, not one for each time that it is said."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import final

from innergate.server.remade_namespaces import RemadeNamespaces


@final
class Envoy:
    """Answers as it is told to, once it may."""

    def __init__(self, *answers: bool) -> None:
        self._answers = list(answers)
        self.may_answer = asyncio.Event()
        self.renewed: list[frozenset[str]] = []

    async def renew(self, namespaces: frozenset[str], timeout_s: float) -> bool:
        self.renewed.append(namespaces)
        await self.may_answer.wait()
        return self._answers.pop(0)


async def rest() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def played(*answers: bool) -> Callable[[Callable[[Envoy, RemadeNamespaces], Awaitable[None]]], list[dict[str, int]]]:
    """Plays a scene with an Envoy of these answers; what the agent was told."""

    def play(scene: Callable[[Envoy, RemadeNamespaces], Awaitable[None]]) -> list[dict[str, int]]:
        told: list[dict[str, int]] = []

        async def run() -> None:
            envoy = Envoy(*answers)
            await scene(envoy, RemadeNamespaces(envoy.renew, told.append))

        asyncio.run(run())
        return told

    return play


def test_what_is_said_twice_is_done_once_and_answered_twice() -> None:
    async def scene(envoy: Envoy, remade: RemadeNamespaces) -> None:
        remade.take({"a": 1})
        await rest()
        remade.take({"a": 1})
        envoy.may_answer.set()
        await rest()
        remade.take({"a": 1})
        await rest()
        assert envoy.renewed == [{"a"}]

    assert played(True)(scene) == [{"a": 1}, {"a": 1}]


def test_a_namespace_that_is_lost_again_is_renewed_again() -> None:
    async def scene(envoy: Envoy, remade: RemadeNamespaces) -> None:
        envoy.may_answer.set()
        remade.take({"a": 1, "b": 7})
        await rest()
        remade.take({"a": 2, "b": 7})
        await rest()
        assert envoy.renewed == [{"a", "b"}, {"a"}]

    assert played(True, True)(scene) == [{"a": 1, "b": 7}, {"b": 7}, {"a": 2}]


def test_what_envoy_did_not_take_is_tried_again_when_it_is_said_again() -> None:
    async def scene(envoy: Envoy, remade: RemadeNamespaces) -> None:
        envoy.may_answer.set()
        remade.take({"a": 1})
        await rest()
        remade.take({"a": 1})
        await rest()
        assert envoy.renewed == [{"a"}, {"a"}]

    assert played(False, True)(scene) == [{"a": 1}]
