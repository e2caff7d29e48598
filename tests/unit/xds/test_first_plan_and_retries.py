"""An Envoy that comes before the first plan waits; what it refused is sent again when told; acknowledgements are handed on."""

import immutables

from innergate.plans.envoy import EMPTY_ENVOY_PLAN, ENVOY_KINDS, EnvoyChange, EnvoyPlan, EnvoyResource
from innergate.xds.encode import DeltaRequest
from innergate.xds.session import DeltaSession, Taken


class NoSecrets:
    def version(self, name: str) -> str | None:
        return None


def plan(*names: str) -> EnvoyPlan:
    listeners = immutables.Map({name: EnvoyResource(name, "1", {"name": name}) for name in names})
    return EnvoyPlan(1, EMPTY_ENVOY_PLAN.resources.set("listeners", listeners))


def request(kind: str, nonce: str = "", error: str = "", has: dict[str, str] | None = None) -> DeltaRequest:
    return DeltaRequest(kind, (), (), has or {}, nonce, error, "local")


def session_with(*names: str) -> DeltaSession:
    session = DeltaSession(NoSecrets())
    session.on_plan(EnvoyChange(plan(*names), {kind: frozenset() for kind in ENVOY_KINDS}))
    session.on_request(request("clusters"))
    session.on_request(request("clusters", session.pump()[0].nonce))
    return session


def test_only_differences_are_sent_to_an_envoy_that_kept_its_listeners() -> None:
    session = session_with("kept", "new")
    session.on_request(request("listeners", has={"kept": "1", "gone": "1"}))
    sent = session.pump()
    assert [(s.update, s.remove) for s in sent] == [(("new",), ("gone",))]


def test_what_was_refused_is_sent_again_when_told_and_only_that() -> None:
    session = session_with("eni-1", "eni-2")
    session.on_request(request("listeners"))
    first = session.pump()[0]
    refusal = session.on_request(
        request("listeners", first.nonce, "Error adding/updating listener(s) eni-2: no namespace")
    )
    assert refusal is not None
    assert refusal.names == ("eni-2",)
    assert session.pump() == []
    session.retry_refused("listeners")
    again = session.pump()[0]
    assert again.update == ("eni-2",)
    session.on_request(request("listeners", again.nonce))
    assert session.pop_taken()[-1] == Taken("listeners", ("eni-2",))
    session.retry_refused("listeners")
    assert session.pump() == []
    assert session.settled_revision == 1


def test_a_refusal_that_names_nothing_counts_for_all() -> None:
    session = session_with("eni-1", "eni-2")
    session.on_request(request("listeners"))
    refusal = session.on_request(request("listeners", session.pump()[0].nonce, "no"))
    assert refusal is not None
    assert refusal.names == ("eni-1", "eni-2")
