"""A kernel in memory that writes down what it was told as `ip ...` and `nft ...` lines."""

from collections.abc import Iterable, Sequence
from typing import assert_never, final

from innergate.nets.diff import (
    AddAddress,
    AddRule,
    KernelOperation,
    MakeNamespace,
    MakePair,
    PrepareNamespace,
    RemoveAddress,
    RemoveDevice,
    RemoveNamespace,
    RemoveRoute,
    RemoveRule,
    SetFilter,
    SetRoute,
)
from innergate.nets.kernel import Refusal
from innergate.nets.state import ROUTER, End, NamespaceState, Pair, Route, Rule


@final
class FakeKernel:
    """Keeps to the rules of the real one that matter: a device takes its pair, addresses and routes with it. Raises
    ValueError where the real one would refuse; namespaces in `refusing` refuse packet filters."""

    def __init__(self, refusing: Iterable[str] = ()) -> None:
        self.namespaces: dict[str, NamespaceState] = {}
        self.peers: dict[End, End] = {}
        self.lines: list[str] = []
        self._refusing = frozenset(refusing)
        self._numbers: dict[str, int] = {}
        self._next = 1

    def observe(self, namespaces: Iterable[str]) -> dict[str, NamespaceState]:
        return {name: self.namespaces[name] for name in namespaces if name in self.namespaces}

    def identify(self, namespace: str) -> int:
        return self._numbers.get(namespace, 0)

    def apply(self, operations: Sequence[KernelOperation]) -> list[Refusal]:
        refused: dict[str, str] = {}
        lacking: dict[str, str] = {}
        for operation in operations:
            if operation.namespace in refused:
                continue
            if isinstance(operation, SetFilter) and operation.namespace in self._refusing:
                refused[operation.namespace] = "SetFilter: Operation not supported"
                continue
            if isinstance(operation, MakePair) and operation.pair.b.namespace in refused:
                continue
            if isinstance(operation, SetRoute | AddAddress) and refused and self._lacks_device(operation):
                lacking[operation.namespace] = "its device was not made"
                continue
            self.lines += render(operation)
            self._do(operation)
        return [Refusal(namespace, reason) for namespace, reason in ({**refused, **lacking} | refused).items()]

    def vanish(self, namespace: str) -> None:
        """Somebody deleted the namespace."""
        for device in self.namespaces[namespace].devices:
            self._drop_pair(End(namespace, device))
        del self.namespaces[namespace], self._numbers[namespace]

    def _do(self, operation: KernelOperation) -> None:
        name = operation.namespace
        match operation:
            case MakeNamespace():
                if name in self.namespaces:
                    raise ValueError(f"{name} is there already")
                self.namespaces[name] = NamespaceState()
                self._numbers[name] = self._next
                self._next += 1
            case RemoveNamespace():
                self.vanish(name)
            case PrepareNamespace():
                self._replace(name, mode=operation.mode)
            case SetFilter():
                self._replace(name, filter_digest=operation.digest)
            case MakePair():
                self._make_pair(operation.pair)
            case RemoveDevice():
                self._drop_pair(End(name, operation.device))
            case AddAddress():
                self._need_device(name, operation.address.device)
                self._replace(name, addresses=self.namespaces[name].addresses | {operation.address})
            case RemoveAddress():
                self._replace(name, addresses=self.namespaces[name].addresses - {operation.address})
            case SetRoute():
                self._need_device(name, operation.route.device)
                self._replace(name, routes=self._without(name, operation.route) | {operation.route})
            case RemoveRoute():
                self._replace(name, routes=self.namespaces[name].routes - {operation.route})
            case AddRule():
                self._replace(name, rules=self.namespaces[name].rules | {operation.rule})
            case RemoveRule():
                self._replace(name, rules=self.namespaces[name].rules - {operation.rule})
            case _:
                assert_never(operation)

    def _replace(self, name: str, **fields: object) -> None:
        self.namespaces[name] = NamespaceState(**{**self.namespaces[name]._asdict(), **fields})

    def _lacks_device(self, operation: SetRoute | AddAddress) -> bool:
        device = operation.route.device if isinstance(operation, SetRoute) else operation.address.device
        return device not in {"", "lo", *self.namespaces[operation.namespace].devices}

    def _need_device(self, name: str, device: str) -> None:
        if device not in {"", "lo", *self.namespaces[name].devices}:
            raise ValueError(f"no device {device} in {name}")

    def _without(self, name: str, route: Route) -> frozenset[Route]:
        key = (route.table, route.destination)
        return frozenset(one for one in self.namespaces[name].routes if (one.table, one.destination) != key)

    def _make_pair(self, pair: Pair) -> None:
        for end, other in ((pair.a, pair.b), (pair.b, pair.a)):
            if end.device in self.namespaces[end.namespace].devices:
                raise ValueError(f"{end.device} is there already in {end.namespace}")
            self._replace(end.namespace, devices=self.namespaces[end.namespace].devices | {end.device})
            self.peers[end] = other

    def _drop_pair(self, end: End) -> None:
        other = self.peers.pop(end, None)
        for one in (end, other) if other is not None else (end,):
            self.peers.pop(one, None)
            state = self.namespaces[one.namespace]
            self.namespaces[one.namespace] = state._replace(
                devices=state.devices - {one.device},
                addresses=frozenset(address for address in state.addresses if address.device != one.device),
                routes=frozenset(route for route in state.routes if route.device != one.device),
            )


def render(operation: KernelOperation) -> list[str]:
    """The lines that a person would type for it."""
    inside = f"ip -n {operation.namespace}"
    match operation:
        case MakeNamespace():
            return [f"ip netns add {operation.namespace}"]
        case RemoveNamespace():
            return [f"ip netns del {operation.namespace}"]
        case PrepareNamespace():
            forward = int(operation.mode == ROUTER)
            return [
                f"ip netns exec {operation.namespace} sysctl net.ipv4.ip_forward={forward}",
                f"{inside} link set lo up",
            ]
        case SetFilter():
            return _render_filters(operation)
        case MakePair():
            a, b = operation.pair.a, operation.pair.b
            return [f"{inside} link add {a.device} up arp off type veth peer {b.device} netns {b.namespace} up arp off"]
        case RemoveDevice():
            return [f"{inside} link del {operation.device}"]
        case AddAddress():
            return [f"{inside} addr add {operation.address.address} dev {operation.address.device}"]
        case RemoveAddress():
            return [f"{inside} addr del {operation.address.address} dev {operation.address.device}"]
        case SetRoute():
            return [f"{inside} route replace {_render_route(operation.route)}"]
        case RemoveRoute():
            return [f"{inside} route del {_render_route(operation.route)}"]
        case AddRule():
            return [f"{inside} rule add {_render_rule(operation.rule)}"]
        case RemoveRule():
            return [f"{inside} rule del {_render_rule(operation.rule)}"]
        case _:
            assert_never(operation)


def _render_filters(operation: SetFilter) -> list[str]:
    lines = [f"nft flush ruleset  # {operation.namespace}"]
    for one in operation.filters:
        for rule in one.rules:
            sources = ", ".join(rule.sources)
            ports = f" dport {rule.from_port}-{rule.to_port}" if rule.from_port >= 0 else ""
            lines.append(f"nft add rule {one.address} ip saddr {{ {sources} }} {rule.protocol}{ports} accept")
        lines.append(f"nft add rule {one.address} drop")
    return lines


def _render_route(route: Route) -> str:
    kind = "" if route.kind == "unicast" else f"{route.kind} "
    gateway = f" via {route.gateway}" if route.gateway else ""
    device = f" dev {route.device}" if route.device else ""
    onlink = " onlink" if route.gateway else ""
    return f"{kind}{route.destination}{gateway}{device}{onlink} table {route.table}"


def _render_rule(rule: Rule) -> str:
    source = f"from {rule.source or 'all'}"
    device = f" iif {rule.device}" if rule.device else ""
    return f"{source}{device} lookup {rule.table} pref {rule.priority}"
