"""One Envoy's delta stream as a small state machine: no sockets, no clock.

Rules from the protocol ("xDS REST and gRPC protocol", incremental variant):
- a first request that names nothing is a legacy wildcard: the client wants all of that type (LDS, CDS, SRDS);
- a name that is subscribed anew must be sent, even if the client had it before;
- a name that does not exist is answered among `removed_resources`;
- a client that wants all of a type gets an answer even if there is nothing, else it waits in its start-up;
- on a new stream the client says in `initial_resource_versions` what it has; only differences are sent.

Ours: one response of a kind is in flight at a time; make before break. Kinds are made in the order of `ENVOY_KINDS`; removals
go in reverse, each waiting for the kinds after it. Where each resource has a subscription of its own (endpoints, routes,
secrets) Envoy stops at the first that it cannot use, and those after it in the response are lost: all go again, one by one.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple, Protocol, final

from innergate.plans.envoy import EMPTY_ENVOY_PLAN, ENVOY_KINDS, EnvoyChange, EnvoyPlan
from innergate.xds.encode import DeltaRequest

SECRETS = "secrets"
_RANK: Mapping[str, int] = {kind: rank for rank, kind in enumerate(ENVOY_KINDS)}
ROUTES_AT_ONCE = 200
"""Route configurations in one response. Envoy works on them while the next ones are encoded; a refusal concerns no more."""
_WILDCARD_KINDS = frozenset({"clusters", "listeners", "scopes"})


class Outgoing(NamedTuple):
    """A response to send: names to take from the plan (or the secret source), and names that are gone."""

    kind: str
    nonce: str
    update: tuple[str, ...]
    remove: tuple[str, ...]


class Refusal(NamedTuple):
    """Envoy said no to a response. `names` are those that it contained; `reason` is Envoy's own text."""

    kind: str
    names: tuple[str, ...]
    reason: str


class Taken(NamedTuple):
    """Envoy said yes to a response that contained `names`."""

    kind: str
    names: tuple[str, ...]


class SecretVersions(Protocol):
    """Tells which secrets exist, and their versions."""

    def version(self, name: str) -> str | None:
        """The version of the secret, or None where it does not exist."""
        ...


@final
class _Subscription:
    """What a client wants of one kind, what it has, and what is on its way."""

    __slots__ = ("alone", "dirty", "flying", "has", "is_due", "late", "names", "nonce", "refused", "wildcard")

    def __init__(self) -> None:
        self.wildcard = False
        self.names: set[str] = set()
        self.has: dict[str, str] = {}
        self.dirty: set[str] = set()
        self.is_due = False
        self.nonce = ""
        self.flying: tuple[str, ...] = ()
        self.late: dict[str, tuple[str, ...]] = {}
        """By nonce, what is no longer waited for though nothing has been said of it."""
        self.refused: set[str] = set()
        self.alone: set[str] = set()
        """Names that were refused together with others and are to be sent one by one."""

    def wants(self, name: str) -> bool:
        return self.wildcard or name in self.names


@final
class DeltaSession:
    """The state of one stream. Feed it requests and plans, send what `pump` gives."""

    def __init__(self, secrets: SecretVersions) -> None:
        self._secrets = secrets
        self._plan: EnvoyPlan = EMPTY_ENVOY_PLAN
        self._subscriptions: dict[str, _Subscription] = {}
        self._counter = 0
        self._taken: list[Taken] = []
        self._awaited: dict[str, set[str]] = {}
        """Routes that Envoy has not asked for, with the scopes that lead to them."""

    @property
    def plan(self) -> EnvoyPlan:
        """The newest plan that this session knows."""
        return self._plan

    @property
    def settled_revision(self) -> int | None:
        """The plan's revision once nothing is left to send or to be acknowledged, else None.

        A session whose Envoy has not yet asked for clusters and listeners is not settled, nor is one whose Envoy has taken a
        scope and will ask for its routes in its next message.
        """
        if not {"clusters", "listeners"} <= self._subscriptions.keys() or self._awaited:
            return None
        busy = any(s.nonce or s.dirty or s.is_due for s in self._subscriptions.values())
        return None if busy else self._plan.revision

    def has_refused(self, kind: str) -> bool:
        """Whether Envoy goes on with something older of that kind, or without."""
        subscription = self._subscriptions.get(kind)
        return subscription is not None and bool(subscription.refused)

    def on_plan(self, change: EnvoyChange) -> None:
        """A newer plan, with the names that differ from the plan before it."""
        self._plan = change.plan
        for kind, names in change.changed.items():
            subscription = self._subscriptions.get(kind)
            if subscription is not None:
                subscription.dirty.update(n for n in names if subscription.wants(n) or n in subscription.has)

    def on_secret(self, name: str) -> None:
        """A secret has changed."""
        subscription = self._subscriptions.get(SECRETS)
        if subscription is not None and subscription.wants(name):
            subscription.dirty.add(name)

    def on_request(self, request: DeltaRequest) -> Refusal | None:
        """A message of the client. Gives a refusal if it was a NACK."""
        first = request.kind not in self._subscriptions
        subscription = self._subscriptions.setdefault(request.kind, _Subscription())
        refusal = self._on_nonce(request, subscription)
        if first:
            subscription.has = dict(request.initial_versions)
        if (first and not request.subscribe and request.kind in _WILDCARD_KINDS) or "*" in request.subscribe:
            subscription.wildcard = True
            subscription.is_due = True
            subscription.dirty.update(self._all_names(request.kind))
            subscription.dirty.update(subscription.has)
        for name in request.subscribe:
            if name != "*":
                subscription.names.add(name)
                if request.kind == "routes":
                    self._awaited.pop(name, None)
                subscription.dirty.add(name)
                if not first:
                    subscription.has.pop(name, None)
        for name in request.unsubscribe:
            if name == "*":
                subscription.wildcard = False
            subscription.names.discard(name)
            subscription.has.pop(name, None)
            subscription.dirty.discard(name)
            subscription.refused.discard(name)
            subscription.alone.discard(name)
        return refusal

    @property
    def awaited_clusters(self) -> str:
        """The nonce of the clusters that are to be acknowledged, "" where none are."""
        subscription = self._subscriptions.get("clusters")
        return subscription.nonce if subscription is not None else ""

    @property
    def has_late_clusters(self) -> bool:
        """Whether Envoy has still not said a word of clusters that are no longer waited for."""
        subscription = self._subscriptions.get("clusters")
        return subscription is not None and bool(subscription.late)

    def go_on(self) -> None:
        """Waits no longer for the clusters on their way. Envoy acknowledges none while a target of one keeps its first health
        check waiting, which is as long as a tenant likes; it takes what comes all the same."""
        subscription = self._subscriptions["clusters"]
        subscription.late[subscription.nonce] = subscription.flying
        subscription.nonce, subscription.flying = "", ()

    def pop_taken(self) -> list[Taken]:
        """What was acknowledged since the last call."""
        taken, self._taken = self._taken, []
        return taken

    def retry_refused(self, kind: str) -> None:
        """Sends again what Envoy refused of that kind: what it lacked then may be there now."""
        subscription = self._subscriptions.get(kind)
        if subscription is not None:
            for name in subscription.refused:
                subscription.has.pop(name, None)
            subscription.dirty |= subscription.refused
            subscription.refused = set()

    def pump(self) -> list[Outgoing]:
        """What can be sent now. Call it again after each request and each plan."""
        result = []
        for kind in (*ENVOY_KINDS, SECRETS):
            subscription = self._subscriptions.get(kind)
            if subscription is None or subscription.nonce or not (subscription.dirty or subscription.is_due):
                continue
            outgoing = self._response(kind, subscription)
            if outgoing is not None:
                result.append(outgoing)
        return result

    def _on_nonce(self, request: DeltaRequest, subscription: _Subscription) -> Refusal | None:
        if request.nonce in subscription.late:
            names = subscription.late.pop(request.nonce)
        elif request.nonce and request.nonce == subscription.nonce:
            names, subscription.nonce, subscription.flying = subscription.flying, "", ()
        else:
            return None
        if not request.error:
            subscription.refused.difference_update(names)
            self._taken.append(Taken(request.kind, names))
            return None
        if request.kind not in _WILDCARD_KINDS and len(names) > 1:
            again = {name for name in names if subscription.wants(name)}
            subscription.alone |= again
            subscription.dirty |= again
            for name in again:
                subscription.has.pop(name, None)
            return None
        named = tuple(name for name in names if name in request.error) or names
        subscription.refused.update(named)
        if request.kind == "scopes":
            self._await_no_routes_of(names)
        return Refusal(request.kind, named, request.error)

    def _response(self, kind: str, subscription: _Subscription) -> Outgoing | None:
        update: list[str] = []
        remove: list[str] = []
        may_make, may_remove = self._may_make(kind), self._may_remove(kind)
        for name in sorted(subscription.dirty):
            if kind == "routes" and len(update) == ROUTES_AT_ONCE:
                break
            if name in subscription.alone and (update or remove):
                continue
            version = self._version(kind, name)
            if version is None:
                known = name in subscription.has or name in subscription.names
                if not known:
                    subscription.dirty.discard(name)
                elif may_remove or name not in subscription.has:
                    remove.append(name)
            elif not subscription.wants(name) or subscription.has.get(name) == version:
                subscription.dirty.discard(name)
            elif may_make:
                update.append(name)
                if name in subscription.alone:
                    break
        if not update and not remove and not (subscription.is_due and not subscription.dirty):
            return None
        subscription.is_due = False
        subscription.dirty.difference_update(update, remove)
        subscription.alone.difference_update(update, remove)
        for name in update:
            subscription.has[name] = self._version(kind, name) or ""
        for name in remove:
            subscription.has.pop(name, None)
        if kind == "scopes":
            self._await_routes(update, remove)
        self._counter += 1
        subscription.nonce, subscription.flying = str(self._counter), (*update, *remove)
        return Outgoing(kind, subscription.nonce, tuple(update), tuple(remove))

    def _await_routes(self, made: Iterable[str], removed: Iterable[str]) -> None:
        """Envoy asks for the routes of a scope when it takes the scope: a message later."""
        routes = self._subscriptions.get("routes")
        asked = routes.names if routes is not None else set()
        for scope in made:
            route = self._plan.resources["scopes"][scope].body.get("route_configuration_name")
            if isinstance(route, str) and route in self._plan.resources["routes"] and route not in asked:
                self._awaited.setdefault(route, set()).add(scope)
        self._await_no_routes_of(removed)

    def _await_no_routes_of(self, scopes: Iterable[str]) -> None:
        gone = set(scopes)
        for route in [r for r, waiting in self._awaited.items() if waiting & gone] if gone else ():
            self._awaited[route] -= gone
            if not self._awaited[route]:
                del self._awaited[route]

    def _may_make(self, kind: str) -> bool:
        """Nothing of the kinds before is left to send; clusters and endpoints are acknowledged before what refers to them.

        Envoy acknowledges clusters only once it has their endpoints, and listeners may wait for their scopes, so what a client
        asks for while it warms must not wait for its acknowledgement: neither for that itself nor for what a newer plan has,
        which waits for it, too. That a name is missing is said at once (`_response`), for the same reason.
        """
        rank = _RANK.get(kind, 0)
        before = ENVOY_KINDS[:rank]
        if any(self._has_unsent(k, makes_only=True) for k in before if kind != "endpoints" or not self._is_flying(k)):
            return False
        needed = before[:2] if rank > _RANK["endpoints"] else ()
        return not any(self._is_flying(k) for k in needed)

    def _may_remove(self, kind: str) -> bool:
        """Kinds after this one have nothing under way and nothing at all to send."""
        rank = _RANK.get(kind, len(ENVOY_KINDS))
        return not any(self._is_flying(k) or self._has_unsent(k, makes_only=False) for k in ENVOY_KINDS[rank + 1 :])

    def _is_flying(self, kind: str) -> bool:
        subscription = self._subscriptions.get(kind)
        return subscription is not None and bool(subscription.nonce)

    def _has_unsent(self, kind: str, makes_only: bool) -> bool:
        subscription = self._subscriptions.get(kind)
        if subscription is None:
            return False
        for name in subscription.dirty:
            version = self._version(kind, name)
            if version is None:
                if not makes_only and name in subscription.has:
                    return True
            elif subscription.wants(name) and subscription.has.get(name) != version:
                return True
        return False

    def _version(self, kind: str, name: str) -> str | None:
        if kind == SECRETS:
            return self._secrets.version(name)
        resource = self._plan.of_kind(kind).get(name)
        return resource.version if resource is not None else None

    def _all_names(self, kind: str) -> Iterable[str]:
        return self._plan.of_kind(kind).keys()
