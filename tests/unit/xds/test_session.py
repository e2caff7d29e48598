"""The delta session against a model of an Envoy: whatever the history, the Envoy ends with just what the plan says."""

import immutables
from hypothesis import given, settings
from hypothesis import strategies as st

from innergate.plans.envoy import EMPTY_ENVOY_PLAN, ENVOY_KINDS, EnvoyChange, EnvoyPlan, EnvoyResource
from innergate.xds.encode import DeltaRequest
from innergate.xds.session import DeltaSession, Outgoing


class NoSecrets:
    def version(self, name: str) -> str | None:
        return f"v-{name}" if name.startswith("real") else None


def plan_of(revision: int, contents: dict[str, dict[str, int]]) -> EnvoyPlan:
    resources = immutables.Map(
        {
            kind: immutables.Map({n: EnvoyResource(n, str(v), {}) for n, v in contents.get(kind, {}).items()})
            for kind in ENVOY_KINDS
        }
    )
    return EnvoyPlan(revision, resources)


def change_to(old: EnvoyPlan, new: EnvoyPlan) -> EnvoyChange:
    changed = {}
    for kind in ENVOY_KINDS:
        a, b = old.resources[kind], new.resources[kind]
        changed[kind] = frozenset(n for n in {*a, *b} if a.get(n) != b.get(n))
    return EnvoyChange(new, changed)


def request(
    kind: str, nonce: str = "", error: str = "", subscribe: tuple[str, ...] = (), **rest: object
) -> DeltaRequest:
    initial = rest.get("initial", {})
    assert isinstance(initial, dict)
    return DeltaRequest(kind, subscribe, (), initial, nonce, error, "node")


def is_settled_at(session: DeltaSession, revision: int) -> bool:
    return session.settled_revision == revision


def has_late(session: DeltaSession) -> bool:
    return session.has_late_clusters


def ready_session(plan: EnvoyPlan) -> DeltaSession:
    """A session whose Envoy has taken clusters and listeners, and asked for scopes."""
    session = DeltaSession(NoSecrets())
    session.on_plan(change_to(EMPTY_ENVOY_PLAN, plan))
    for kind in ("clusters", "listeners", "scopes"):
        session.on_request(request(kind))
        for sent in session.pump():
            if sent.kind != "scopes":
                session.on_request(request(sent.kind, nonce=sent.nonce))
    return session


def scoped_plan(revision: int) -> EnvoyPlan:
    scope = EnvoyResource("s", "1", {"route_configuration_name": "r"})
    resources = plan_of(revision, {"routes": {"r": 1}}).resources.set("scopes", immutables.Map({"s": scope}))
    return EnvoyPlan(revision, resources)


def test_a_scope_without_its_routes_is_not_settled() -> None:
    """Envoy acknowledges a scope before it asks for the routes: a call in between would find nothing."""
    session = ready_session(scoped_plan(1))
    session.on_request(request("scopes", nonce="3"))
    assert session.settled_revision is None
    session.on_request(request("routes", subscribe=("r",)))
    (routes,) = session.pump()
    assert session.settled_revision is None
    session.on_request(request("routes", nonce=routes.nonce))
    assert is_settled_at(session, 1)


def test_a_refused_or_removed_scope_is_waited_for_no_longer() -> None:
    refused = ready_session(scoped_plan(1))
    refused.on_request(request("scopes", nonce="3", error="no"))
    assert is_settled_at(refused, 1)
    assert refused.has_refused("scopes")
    assert not refused.has_refused("routes")
    refused.on_plan(change_to(scoped_plan(1), plan_of(2, {})))
    (gone,) = refused.pump()
    refused.on_request(request("scopes", nonce=gone.nonce))
    assert not refused.has_refused("scopes")
    removed = ready_session(scoped_plan(1))
    removed.on_request(request("scopes", nonce="3"))
    removed.on_plan(change_to(scoped_plan(1), plan_of(2, {})))
    (gone,) = removed.pump()
    removed.on_request(request("scopes", nonce=gone.nonce))
    assert is_settled_at(removed, 2)


def test_makes_before_it_breaks_and_in_order() -> None:
    session = DeltaSession(NoSecrets())
    old = plan_of(1, {"clusters": {"c1": 1}, "listeners": {"l1": 1}})
    new = plan_of(2, {"clusters": {"c2": 1}, "listeners": {"l1": 2}})
    session.on_plan(change_to(EMPTY_ENVOY_PLAN, old))
    session.on_request(request("clusters"))
    (first,) = session.pump()
    assert (first.kind, first.update) == ("clusters", ("c1",))
    session.on_request(request("listeners"))
    session.on_request(request("clusters", nonce=first.nonce))
    (second,) = session.pump()
    session.on_request(request("listeners", nonce=second.nonce))
    assert session.settled_revision == 1

    session.on_plan(change_to(old, new))
    (made,) = session.pump()
    assert (made.kind, made.update, made.remove) == ("clusters", ("c2",), ())
    session.on_request(request("clusters", nonce=made.nonce))
    (moved,) = session.pump()
    assert (moved.kind, moved.update) == ("listeners", ("l1",))
    assert session.pump() == []
    session.on_request(request("listeners", nonce=moved.nonce))
    (broken,) = session.pump()
    assert (broken.kind, broken.remove) == ("clusters", ("c1",))
    assert not is_settled_at(session, 2)
    session.on_request(request("clusters", nonce=broken.nonce))
    assert is_settled_at(session, 2)


def test_endpoints_do_not_wait_for_the_clusters_that_wait_for_them() -> None:
    session = DeltaSession(NoSecrets())
    plan = plan_of(1, {"clusters": {"c": 1}, "endpoints": {"c": 1}, "listeners": {"l": 1}})
    session.on_plan(change_to(EMPTY_ENVOY_PLAN, plan))
    session.on_request(request("clusters"))
    session.on_request(request("listeners"))
    (clusters,) = session.pump()
    session.on_request(request("endpoints", subscribe=("c",)))
    (endpoints,) = session.pump()
    assert (endpoints.kind, endpoints.update) == ("endpoints", ("c",))
    session.on_request(request("endpoints", nonce=endpoints.nonce))
    assert session.pump() == []
    session.on_request(request("clusters", nonce=clusters.nonce))
    (listeners,) = session.pump()
    assert listeners.update == ("l",)


def test_endpoints_do_not_wait_for_clusters_of_a_newer_plan() -> None:
    """Those wait for the acknowledgement that waits for the endpoints: nothing went on until Envoy gave up, 15 s later."""
    session = DeltaSession(NoSecrets())
    old = plan_of(1, {"clusters": {"c": 1}, "endpoints": {"c": 1}})
    new = plan_of(2, {"clusters": {"c": 1, "d": 1}, "endpoints": {"c": 1, "d": 1}})
    session.on_plan(change_to(EMPTY_ENVOY_PLAN, old))
    session.on_request(request("clusters"))
    (clusters,) = session.pump()
    session.on_plan(change_to(old, new))
    session.on_request(request("endpoints", subscribe=("c",)))
    (endpoints,) = session.pump()
    assert (endpoints.kind, endpoints.update) == ("endpoints", ("c",))
    session.on_request(request("endpoints", nonce=endpoints.nonce))
    session.on_request(request("clusters", nonce=clusters.nonce))
    (more,) = session.pump()
    assert (more.kind, more.update) == ("clusters", ("d",))


def test_endpoints_that_are_gone_by_now_are_said_to_be_at_once() -> None:
    session = DeltaSession(NoSecrets())
    old = plan_of(1, {"clusters": {"c": 1}, "endpoints": {"c": 1}})
    new = plan_of(2, {"listeners": {"l": 1}})
    session.on_plan(change_to(EMPTY_ENVOY_PLAN, old))
    session.on_request(request("clusters"))
    (clusters,) = session.pump()
    session.on_request(request("listeners"))
    session.on_plan(change_to(old, new))
    session.on_request(request("endpoints", subscribe=("c",)))
    (endpoints,) = session.pump()
    assert (endpoints.kind, endpoints.update, endpoints.remove) == ("endpoints", (), ("c",))
    session.on_request(request("endpoints", nonce=endpoints.nonce))
    session.on_request(request("clusters", nonce=clusters.nonce))
    assert [(sent.kind, sent.update) for sent in session.pump()] == [("listeners", ("l",))]


def test_clusters_that_envoy_says_nothing_of_hold_up_nobody_for_ever() -> None:
    """A tenant's target that keeps its first health check waiting keeps Envoy's acknowledgement waiting."""
    session = DeltaSession(NoSecrets())
    old = plan_of(1, {"clusters": {"slow": 1}, "listeners": {"l": 1}})
    new = plan_of(2, {"clusters": {"slow": 1, "other": 1}, "listeners": {"l": 1, "m": 1}})
    session.on_plan(change_to(EMPTY_ENVOY_PLAN, old))
    session.on_request(request("clusters"))
    (slow,) = session.pump()
    session.on_request(request("listeners"))
    session.on_plan(change_to(old, new))
    assert session.pump() == []
    assert session.awaited_clusters == slow.nonce
    session.go_on()
    assert has_late(session)
    (other,) = session.pump()
    assert (other.kind, other.update) == ("clusters", ("other",))
    session.go_on()
    (listeners,) = session.pump()
    assert (listeners.kind, listeners.update) == ("listeners", ("l", "m"))
    session.on_request(request("listeners", nonce=listeners.nonce))
    assert is_settled_at(session, 2)
    assert session.on_request(request("clusters", nonce=slow.nonce)) is None
    refusal = session.on_request(request("clusters", nonce=other.nonce, error="no"))
    assert refusal is not None
    assert refusal.names == ("other",)
    assert not has_late(session)
    assert session.has_refused("clusters")


def test_nothing_is_an_answer_too() -> None:
    session = DeltaSession(NoSecrets())
    session.on_request(request("clusters"))
    (answer,) = session.pump()
    assert (answer.update, answer.remove) == ((), ())
    session.on_request(request("clusters", nonce=answer.nonce))
    assert session.pump() == []


def test_a_reconnecting_client_gets_only_differences() -> None:
    session = DeltaSession(NoSecrets())
    plan = plan_of(5, {"clusters": {"same": 1, "newer": 2}})
    session.on_plan(change_to(EMPTY_ENVOY_PLAN, plan))
    session.on_request(request("clusters", initial={"same": "1", "newer": "1", "gone": "1"}))
    (answer,) = session.pump()
    assert answer.update == ("newer",)
    assert answer.remove == ("gone",)


def test_a_missing_name_is_said_to_be_missing_and_a_renewed_one_is_sent_again() -> None:
    session = DeltaSession(NoSecrets())
    plan = plan_of(1, {"routes": {"r1": 1}})
    session.on_plan(change_to(EMPTY_ENVOY_PLAN, plan))
    session.on_request(request("routes", subscribe=("r1", "r2")))
    (answer,) = session.pump()
    assert (answer.update, answer.remove) == (("r1",), ("r2",))
    session.on_request(request("routes", nonce=answer.nonce))
    session.on_request(request("routes", subscribe=("r1",)))
    (again,) = session.pump()
    assert again.update == ("r1",)


def test_a_refusal_is_reported_and_not_repeated() -> None:
    session = DeltaSession(NoSecrets())
    session.on_plan(change_to(EMPTY_ENVOY_PLAN, plan_of(1, {"clusters": {"bad": 1}})))
    session.on_request(request("clusters"))
    (answer,) = session.pump()
    refusal = session.on_request(request("clusters", nonce=answer.nonce, error="no such field"))
    assert refusal is not None
    assert refusal.names == ("bad",)
    assert refusal.reason == "no such field"
    assert session.pump() == []


def test_one_bad_secret_does_not_keep_the_others_away() -> None:
    """Envoy stops at the first secret of a response that it cannot use: the rest would never come."""
    session = ready_session(plan_of(1, {}))
    names = ("real-a", "real-bad", "real-c", "unknown")
    session.on_request(request("secrets", subscribe=names))
    sent = next(response for response in session.pump() if response.kind == "secrets")
    assert sent.update == ("real-a", "real-bad", "real-c")
    assert session.on_request(request("secrets", nonce=sent.nonce, error="cannot use it")) is None
    assert session.settled_revision is None
    taken: list[str] = []
    refused: list[str] = []
    for _ in range(10):
        responses = [response for response in session.pump() if response.kind == "secrets"]
        for response in responses:
            assert len(response.update) + len(response.remove) == 1
            is_bad = "real-bad" in response.update
            refusal = session.on_request(request("secrets", nonce=response.nonce, error="no" if is_bad else ""))
            (refused if refusal is not None else taken).extend((*response.update, *response.remove))
        if not responses:
            break
    assert (sorted(taken), refused) == (["real-a", "real-c", "unknown"], ["real-bad"])


def test_secrets_come_from_their_source() -> None:
    session = DeltaSession(NoSecrets())
    session.on_request(request("secrets", subscribe=("real-1", "fake")))
    (answer,) = session.pump()
    assert (answer.update, answer.remove) == (("real-1",), ("fake",))


contents = st.dictionaries(
    st.sampled_from(ENVOY_KINDS), st.dictionaries(st.sampled_from("abcde"), st.integers(1, 3), max_size=5)
)


@settings(max_examples=150, deadline=None)
@given(st.lists(contents, min_size=1, max_size=6), st.data())
def test_any_history_converges(history: list[dict[str, dict[str, int]]], data: st.DataObject) -> None:
    """Plans come and answers are acknowledged in any order; in the end the model has what the plan says."""
    session = DeltaSession(NoSecrets())
    model: dict[str, dict[str, str]] = {kind: {} for kind in ENVOY_KINDS}
    for kind in ENVOY_KINDS:
        names = () if kind in ("clusters", "listeners", "scopes") else tuple("abcde")
        session.on_request(request(kind, subscribe=names))
    waiting: list[tuple[Outgoing, EnvoyPlan]] = []

    def take(outgoing: Outgoing, plan: EnvoyPlan) -> None:
        for name in outgoing.update:
            model[outgoing.kind][name] = plan.of_kind(outgoing.kind)[name].version
        for name in outgoing.remove:
            model[outgoing.kind].pop(name, None)
        session.on_request(request(outgoing.kind, nonce=outgoing.nonce))

    old = EMPTY_ENVOY_PLAN
    for revision, content in enumerate(history, start=1):
        new = plan_of(revision, content)
        session.on_plan(change_to(old, new))
        old = new
        waiting += [(o, new) for o in session.pump()]
        acknowledged: int = data.draw(st.integers(0, 3))
        for _ in range(min(acknowledged, len(waiting))):
            take(*waiting.pop(0))
            waiting += [(o, new) for o in session.pump()]
    while waiting:
        take(*waiting.pop(0))
        waiting += [(o, old) for o in session.pump()]
    assert session.settled_revision == len(history)
    assert model == {kind: {n: r.version for n, r in old.resources[kind].items()} for kind in ENVOY_KINDS}
