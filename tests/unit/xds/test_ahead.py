"""Routes are encoded ahead in the order of sending, no more of them than may wait."""

import asyncio

import immutables
import pytest

from innergate.plans.envoy import EMPTY_ENVOY_PLAN, ENVOY_KINDS, EnvoyChange, EnvoyPlan, EnvoyResource
from innergate.testing.waiting import LONGEST_S
from innergate.xds import ahead as module
from innergate.xds.ahead import RoutesAhead
from innergate.xds.encode import DeltaRequest, encode_body
from innergate.xds.session import ROUTES_AT_ONCE, DeltaSession


def plan_of(count: int) -> EnvoyPlan:
    routes = {f"r{n:04d}": EnvoyResource(f"r{n:04d}", "1", {"name": f"r{n:04d}"}) for n in range(count)}
    return EnvoyPlan(1, EMPTY_ENVOY_PLAN.resources.set("routes", immutables.Map(routes)))


def test_each_route_can_be_taken_once() -> None:
    async def run() -> None:
        ahead = RoutesAhead(plan_of(250))
        async with asyncio.timeout(LONGEST_S):
            await ahead.reach("r0249")
            await ahead.wait_idle()
        assert ahead.take("r0007") == ("1", encode_body("routes", {"name": "r0007"}))
        assert ahead.take("r0007") is None
        assert ahead.take("unknown") is None

    asyncio.run(run())


def test_it_pauses_until_some_were_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> None:
        monkeypatch.setattr(module, "BATCH", 10)
        monkeypatch.setattr(module, "ENCODED_AHEAD", 30)
        ahead = RoutesAhead(plan_of(100))
        async with asyncio.timeout(LONGEST_S):
            await ahead.wait_idle()
            await ahead.reach("r0099")  # it is not waited for while it pauses
            taken = [name for name in (f"r{n:04d}" for n in range(100)) if ahead.take(name) is not None]
            assert taken == [f"r{n:04d}" for n in range(30)]
            await asyncio.sleep(0)
            await ahead.reach("r0030")
        assert ahead.take("r0030") is not None
        ahead.stop()

    asyncio.run(run())


def test_a_route_that_does_not_fit_the_schema_is_left_to_the_sender() -> None:
    async def run() -> None:
        routes = immutables.Map({"bad": EnvoyResource("bad", "1", {"no_such_field": 1})})
        ahead = RoutesAhead(EnvoyPlan(1, EMPTY_ENVOY_PLAN.resources.set("routes", routes)))
        async with asyncio.timeout(LONGEST_S):
            await ahead.reach("bad")
        assert ahead.take("bad") is None

    asyncio.run(run())


def test_without_routes_it_is_idle_at_once() -> None:
    async def run() -> None:
        async with asyncio.timeout(LONGEST_S):
            await RoutesAhead(EMPTY_ENVOY_PLAN).wait_idle()

    asyncio.run(run())


class NoSecrets:
    def version(self, name: str) -> str | None:
        return None


def request(kind: str, nonce: str = "", subscribe: tuple[str, ...] = ()) -> DeltaRequest:
    return DeltaRequest(kind, subscribe, (), {}, nonce, "", "local")


def test_many_routes_are_sent_in_turn_and_settled_is_who_has_them_all() -> None:
    plan = plan_of(2 * ROUTES_AT_ONCE + 1)
    session = DeltaSession(NoSecrets())
    session.on_plan(EnvoyChange(plan, {kind: frozenset(plan.resources[kind]) for kind in ENVOY_KINDS}))
    for kind in ("clusters", "listeners"):
        session.on_request(request(kind))
        session.on_request(request(kind, session.pump()[0].nonce))
    session.on_request(request("routes", subscribe=tuple(sorted(plan.resources["routes"]))))
    sent: list[str] = []
    sizes = []
    while outgoing := session.pump():
        assert session.settled_revision is None
        assert session.pump() == []
        sizes.append(len(outgoing[0].update))
        sent += outgoing[0].update
        session.on_request(request("routes", outgoing[0].nonce))
    assert sizes == [ROUTES_AT_ONCE, ROUTES_AT_ONCE, 1]
    assert sent == sorted(plan.resources["routes"])
    assert session.settled_revision == 1
