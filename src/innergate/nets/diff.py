"""What must be done to a kernel so that it becomes what a plan wants. Pure.

Order keeps it closed at every moment: first what goes, then namespaces, packet filters, and only then links, addresses
and routes; so an address is never there before its filter.
"""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import NamedTuple, TypeAlias

from innergate.nets.state import Address, DesiredState, End, KernelState, NamespaceState, Pair, Route, Rule, Wanted
from innergate.plans.network import AddressFilter


class MakeNamespace(NamedTuple):
    """An empty namespace."""

    namespace: str


class PrepareNamespace(NamedTuple):
    """Loopback up, forwarding as `mode` wants (router or host)."""

    namespace: str
    mode: str


class RemoveNamespace(NamedTuple):
    """With all that is in it."""

    namespace: str


class SetFilter(NamedTuple):
    """All packet filters of a namespace at once."""

    namespace: str
    digest: str
    filters: tuple[AddressFilter, ...]


class MakePair(NamedTuple):
    """A veth pair, up on both sides; an end that is there already is replaced."""

    namespace: str
    pair: Pair


class RemoveDevice(NamedTuple):
    """One end, and so its pair."""

    namespace: str
    device: str


class AddAddress(NamedTuple):
    namespace: str
    address: Address


class RemoveAddress(NamedTuple):
    namespace: str
    address: Address


class SetRoute(NamedTuple):
    """Adds a route or replaces the one to the same destination in the same table."""

    namespace: str
    route: Route


class RemoveRoute(NamedTuple):
    namespace: str
    route: Route


class AddRule(NamedTuple):
    namespace: str
    rule: Rule


class RemoveRule(NamedTuple):
    namespace: str
    rule: Rule


KernelOperation: TypeAlias = (
    MakeNamespace
    | PrepareNamespace
    | RemoveNamespace
    | SetFilter
    | MakePair
    | RemoveDevice
    | AddAddress
    | RemoveAddress
    | SetRoute
    | RemoveRoute
    | AddRule
    | RemoveRule
)

ABSENT = NamespaceState()


def compare(observed: KernelState, desired: DesiredState) -> list[KernelOperation]:
    """The operations that turn `observed` into `desired`, in the order to do them; empty if it is so already.

    `observed` must hold only namespaces that are ours: one that is not wanted is removed.
    """
    gone = sorted(observed.keys() - desired.namespaces.keys())
    touched = sorted(name for name, wanted in desired.namespaces.items() if observed.get(name) != wanted.state)
    missing_pairs = _find_missing_pairs(observed, desired)
    removals = chain.from_iterable(
        _remove(name, observed.get(name, ABSENT), desired.namespaces[name].state) for name in touched
    )
    broken = _find_half_pairs(observed, missing_pairs)
    makings = chain.from_iterable(_make(name, observed.get(name), desired.namespaces[name]) for name in touched)
    pairs = (MakePair(pair.a.namespace, pair) for pair in missing_pairs)
    remade = {end for pair in missing_pairs for end in (pair.a, pair.b)}
    additions = chain.from_iterable(
        _add(name, observed.get(name, ABSENT), desired.namespaces[name].state, remade) for name in touched
    )
    return [
        *removals,
        *broken,
        *(RemoveNamespace(name) for name in gone),
        *makings,
        *pairs,
        *additions,
        *_restore_remade(desired, remade),
    ]


def _find_missing_pairs(observed: KernelState, desired: DesiredState) -> list[Pair]:
    def is_there(end: End) -> bool:
        return end.device in observed.get(end.namespace, ABSENT).devices

    return sorted(pair for pair in desired.pairs if not (is_there(pair.a) and is_there(pair.b)))


def _find_half_pairs(observed: KernelState, missing: Iterable[Pair]) -> Iterator[KernelOperation]:
    for pair in missing:
        for end in (pair.a, pair.b):
            if end.device in observed.get(end.namespace, ABSENT).devices:
                yield RemoveDevice(end.namespace, end.device)


def _remove(name: str, seen: NamespaceState, wanted: NamespaceState) -> Iterator[KernelOperation]:
    yield from (RemoveRule(name, rule) for rule in sorted(seen.rules - wanted.rules))
    kept = {(route.table, route.destination) for route in wanted.routes}
    for route in sorted(seen.routes - wanted.routes):
        if (route.table, route.destination) not in kept:
            yield RemoveRoute(name, route)
    yield from (RemoveAddress(name, address) for address in sorted(seen.addresses - wanted.addresses))
    yield from (RemoveDevice(name, device) for device in sorted(seen.devices - wanted.devices))


def _make(name: str, seen: NamespaceState | None, wanted: Wanted) -> Iterator[KernelOperation]:
    if seen is None:
        yield MakeNamespace(name)
    if seen is None or seen.mode != wanted.state.mode:
        yield PrepareNamespace(name, wanted.state.mode)
    if (seen or ABSENT).filter_digest != wanted.state.filter_digest:
        yield SetFilter(name, wanted.state.filter_digest, wanted.filters)


def _add(name: str, seen: NamespaceState, wanted: NamespaceState, remade: set[End]) -> Iterator[KernelOperation]:
    for address in sorted(wanted.addresses - seen.addresses):
        if End(name, address.device) not in remade:
            yield AddAddress(name, address)
    for route in sorted(wanted.routes - seen.routes):
        if End(name, route.device) not in remade:
            yield SetRoute(name, route)
    yield from (AddRule(name, rule) for rule in sorted(wanted.rules - seen.rules))


def _restore_remade(desired: DesiredState, remade: set[End]) -> Iterator[KernelOperation]:
    """Addresses and routes over a device go with it, so a new one needs all of them."""
    by_namespace: dict[str, set[str]] = {}
    for end in remade:
        by_namespace.setdefault(end.namespace, set()).add(end.device)
    for name in sorted(by_namespace):
        state = desired.namespaces[name].state
        devices = by_namespace[name]
        yield from (AddAddress(name, address) for address in sorted(state.addresses) if address.device in devices)
        yield from (SetRoute(name, route) for route in sorted(state.routes) if route.device in devices)
