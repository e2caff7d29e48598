"""Does kernel operations on Linux, and reads what a kernel holds.

Everything happens in one thread made for the purpose, which wanders through the namespaces; sockets stay open for the time of
one call. Where a namespace refuses an operation, what would follow in it is left undone: filters come before addresses and
links, so a network whose filters do not work is never reachable.
"""

import os
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import NamedTuple, Protocol, assert_never, final

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
from innergate.nets.namespaces import (
    enter_thread,
    identify_namespace,
    is_forwarding,
    is_own_namespace,
    make_namespace,
    path_of,
    remove_namespace,
    run_in_thread,
    set_forwarding,
)
from innergate.nets.netlink import Request
from innergate.nets.nftables import FiltersUnavailable, open_filter_socket, read_digest, replace_filters
from innergate.nets.rtnetlink import (
    LOOPBACK_INDEX,
    add_address,
    add_rule,
    check_sources,
    make_pair,
    open_route_socket,
    raise_device,
    raise_loopback,
    read_devices,
    read_state,
    remove_address,
    remove_device,
    remove_route,
    remove_rule,
    set_route,
)
from innergate.nets.state import HOST, ROUTER, NamespaceState, Pair, Route

MAX_OPEN_NAMESPACES = 128


class Refusal(NamedTuple):
    """What a namespace did not take, in words."""

    namespace: str
    reason: str


class Kernel(Protocol):
    """What the agent needs of a kernel. `testing.kernel.FakeKernel` is another."""

    def observe(self, namespaces: Iterable[str]) -> dict[str, NamespaceState]:
        """The state of those of `namespaces` that are there."""

    def identify(self, namespace: str) -> int:
        """Differs from what it was when the namespace was made anew by somebody; 0 if it is gone."""

    def apply(self, operations: Sequence[KernelOperation]) -> list[Refusal]:
        """Does them in order; gives what was refused."""


@final
class _Session:
    """A namespace's sockets and the indexes of its devices. Made by a thread that is inside it."""

    def __init__(self) -> None:
        self.routes = open_route_socket()
        self._indexes: dict[str, int] = {"lo": LOOPBACK_INDEX}

    def index_of(self, device: str) -> int:
        """0 for no device, or one that is not there."""
        return self._indexes[device] if device and self.has(device) else 0

    def has(self, device: str) -> bool:
        """Whether it is there; no device ("") always is."""
        if device and device not in self._indexes:
            self._indexes |= {name: index for name, (index, _) in read_devices(self.routes).items()}
        return not device or device in self._indexes

    def forget(self, device: str) -> None:
        self._indexes.pop(device, None)

    def close(self) -> None:
        self.routes.close()


@final
class _Run:
    """One call's worth of operations, inside its own thread."""

    def __init__(self) -> None:
        self._sessions: OrderedDict[str, _Session] = OrderedDict()
        self._refused: dict[str, str] = {}
        self._lacking: dict[str, str] = {}

    def run(self, operations: Sequence[KernelOperation]) -> list[Refusal]:
        try:
            for (namespace, kind), group in groupby(operations, key=lambda op: (op.namespace, type(op))):
                if namespace in self._refused and kind is not RemoveNamespace:
                    continue
                try:
                    self._do(namespace, list(group))
                except (OSError, FiltersUnavailable) as error:
                    self._refused[namespace] = f"{kind.__name__}: {error}"
        finally:
            for session in self._sessions.values():
                session.close()
        return [
            Refusal(namespace, reason)
            for namespace, reason in ({**self._refused, **self._lacking} | self._refused).items()
        ]

    def _session(self, namespace: str) -> _Session:
        session = self._sessions.get(namespace)
        if session is None:
            enter_thread(namespace)
            session = self._adopt(namespace)
        self._sessions.move_to_end(namespace)
        return session

    def _adopt(self, namespace: str) -> _Session:
        """For the namespace in which the thread is now."""
        session = self._sessions[namespace] = _Session()
        while len(self._sessions) > MAX_OPEN_NAMESPACES:
            self._sessions.popitem(last=False)[1].close()
        return session

    def _drop_session(self, namespace: str) -> None:
        session = self._sessions.pop(namespace, None)
        if session is not None:
            session.close()

    def _do(self, namespace: str, operations: list[KernelOperation]) -> None:
        first = operations[0]
        match first:
            case MakeNamespace():
                self._drop_session(namespace)
                make_namespace(namespace)
                self._adopt(namespace)
            case PrepareNamespace():
                enter_thread(namespace)
                set_forwarding(first.mode == ROUTER)
                self._send(namespace, [raise_loopback()])
            case RemoveNamespace():
                self._remove(namespace)
            case SetFilter():
                enter_thread(namespace)
                with open_filter_socket() as sock:
                    replace_filters(sock, first.digest, first.filters)
            case MakePair():
                for operation in operations:
                    assert isinstance(operation, MakePair)
                    self._make_pair(operation.pair)
            case _:
                session = self._session(namespace)
                possible = (self._close_if_lacking(session, operation) for operation in operations)
                self._send(namespace, [self._compose(session, one) for one in possible if one is not None])

    def _send(self, namespace: str, requests: list[Request]) -> None:
        refusals = self._session(namespace).routes.do(requests)
        if refusals:
            raise refusals[0]

    def _close_if_lacking(self, session: _Session, operation: KernelOperation) -> KernelOperation | None:
        """Where a refusal elsewhere kept a device from being made, its routes drop packets and its addresses are left out; the
        rest of the namespace works."""
        match operation:
            case SetRoute():
                device = operation.route.device
                closed = Route(operation.route.table, operation.route.destination, "blackhole")
                instead: KernelOperation | None = operation._replace(route=closed)
            case AddAddress() | RemoveAddress():
                device, instead = operation.address.device, None
            case _:
                return operation
        if session.has(device):
            return operation
        self._lacking[operation.namespace] = f"its device {device} was not made"
        return instead

    def _compose(self, session: _Session, operation: KernelOperation) -> Request:
        match operation:
            case RemoveDevice():
                session.forget(operation.device)
                return remove_device(operation.device)
            case AddAddress():
                return add_address(operation.address, session.index_of(operation.address.device))
            case RemoveAddress():
                return remove_address(operation.address, session.index_of(operation.address.device))
            case SetRoute():
                return set_route(operation.route, session.index_of(operation.route.device))
            case RemoveRoute():
                return remove_route(operation.route)
            case AddRule():
                return add_rule(operation.rule)
            case RemoveRule():
                return remove_rule(operation.rule)
            case MakeNamespace() | PrepareNamespace() | RemoveNamespace() | SetFilter() | MakePair():
                raise TypeError(f"{type(operation).__name__} is no single request")
            case _:
                assert_never(operation)

    def _make_pair(self, pair: Pair) -> None:
        if pair.b.namespace in self._refused:
            return
        near, far = self._session(pair.a.namespace), self._session(pair.b.namespace)
        near.forget(pair.a.device)
        far.forget(pair.b.device)
        far.routes.do([remove_device(pair.b.device)])
        descriptor = os.open(path_of(pair.b.namespace), os.O_RDONLY | os.O_CLOEXEC)
        try:
            requests = [remove_device(pair.a.device), make_pair(pair, descriptor)]
            if pair.checks_source:
                requests.append(check_sources(pair.a.device))
            self._send(pair.a.namespace, [*requests, raise_device(pair.a.device)])
            self._send(pair.b.namespace, [raise_device(pair.b.device)])
        finally:
            os.close(descriptor)

    def _remove(self, namespace: str) -> None:
        """Takes the veths down by hand: a process that still sits inside would keep them. Never the host's own devices."""
        if identify_namespace(namespace) and not is_own_namespace(namespace):
            session = self._session(namespace)
            devices = [name for name in read_devices(session.routes) if name.startswith(("ln", "wl", "eth"))]
            session.routes.do([remove_device(device) for device in devices])
        self._drop_session(namespace)
        remove_namespace(namespace)


@final
class LinuxKernel:
    """The kernel that this process runs on. Needs the right to make namespaces in it (root, or inside a user namespace)."""

    def identify(self, namespace: str) -> int:
        return identify_namespace(namespace)

    def observe(self, namespaces: Iterable[str]) -> dict[str, NamespaceState]:
        names = [name for name in namespaces if identify_namespace(name)]
        return run_in_thread(lambda: {name: _read_namespace(name) for name in names})

    def apply(self, operations: Sequence[KernelOperation]) -> list[Refusal]:
        return run_in_thread(lambda: _Run().run(operations)) if operations else []


def _read_namespace(namespace: str) -> NamespaceState:
    enter_thread(namespace)
    with open_route_socket() as sock:
        state = read_state(sock)
        is_up = read_devices(sock)["lo"][1]
    mode = (ROUTER if is_forwarding() else HOST) if is_up else ""
    return state._replace(mode=mode, filter_digest=_read_filter_digest())


def _read_filter_digest() -> str:
    try:
        with open_filter_socket() as sock:
            return read_digest(sock)
    except FiltersUnavailable:
        return ""
