"""The resolvers of all VPCs: sockets on port 53 that were opened inside their namespaces, one table of names each.

Queries that a table cannot answer go to the host's own resolver, from the host's network.
"""

import asyncio
import socket
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import cast, final

import dns.message
import dns.rcode

from innergate.nets.answers import NameTable, bare_query, encode, make_failure, make_format_error, parse_query
from innergate.nets.namespaces import run_inside
from innergate.plans.network import VpcNetwork
from innergate.primitives.event_log import EventLog

DNS_PORT = 53
UPSTREAM_TIMEOUT_S = 3.0
TCP_IDLE_S = 10.0
MAX_FORWARDED = 512
MAX_FORWARDED_OF_A_VPC = 64
SHARE_OF_A_VPC = 0.25
"""Of the ways outside that others leave: however many VPCs ask for what nobody answers, the next one finds a way."""
MAX_STREAMS_OF_A_VPC = 64
PACKETS_PER_S = 2_000
"""Of one VPC: whatever its hosts ask, the agent has time, and others their turn outside. (AWS takes 1,024 a second of one
network interface: VPC User Guide, "DNS quotas".)"""

log = EventLog()


def read_upstreams(path: Path = Path("/etc/resolv.conf")) -> tuple[str, ...]:
    """Name servers of the host, in order; empty if it has none."""
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return ()
    words = [line.split() for line in lines]
    return tuple(found[1] for found in words if len(found) > 1 and found[0] == "nameserver")


@final
class Upstream:
    """Asks the host's resolvers, one after the other."""

    def __init__(self, servers: Iterable[str], port: int = DNS_PORT) -> None:
        self._servers = tuple(servers)
        self._port = port
        self._asking = 0

    def has_way(self, own: int) -> bool:
        """Whether who has `own` questions outside already may ask one more."""
        others = self._asking - own
        return own < MAX_FORWARDED_OF_A_VPC and own + 1 <= max((MAX_FORWARDED - others) * SHARE_OF_A_VPC, 1)

    async def ask(self, query: dns.message.Message, is_udp: bool) -> bytes:
        """Their answer as it came; SERVFAIL if there is none within 3 seconds each."""
        packet = bare_query(query).to_wire()
        self._asking += 1
        try:
            for server in self._servers:
                try:
                    async with asyncio.timeout(UPSTREAM_TIMEOUT_S):
                        answer = await (self._ask_udp if is_udp else self._ask_tcp)(server, packet)
                except (OSError, TimeoutError, asyncio.IncompleteReadError):
                    continue
                if answer[:2] == packet[:2]:
                    return answer
        finally:
            self._asking -= 1
        return encode(make_failure(query, dns.rcode.SERVFAIL), query, is_udp)

    async def _ask_udp(self, server: str, packet: bytes) -> bytes:
        loop = asyncio.get_running_loop()
        family = socket.AF_INET6 if ":" in server else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as sock:
            sock.connect((server, self._port))
            await loop.sock_sendall(sock, packet)
            while True:
                answer = await loop.sock_recv(sock, 65535)
                if answer[:2] == packet[:2]:
                    return answer

    async def _ask_tcp(self, server: str, packet: bytes) -> bytes:
        reader, writer = await asyncio.open_connection(server, self._port)
        try:
            writer.write(len(packet).to_bytes(2) + packet)
            await writer.drain()
            size = int.from_bytes(await reader.readexactly(2))
            return await reader.readexactly(size)
        finally:
            writer.close()


@final
class VpcResolver:
    """One VPC's names behind its sockets. `names` may be replaced at any time."""

    def __init__(self, names: NameTable, upstream: Upstream, tasks: asyncio.TaskGroup) -> None:
        self.names = names
        self.addresses: tuple[str, ...] = ()
        self.generation = 0
        self._upstream = upstream
        self._tasks = tasks
        self._transports: list[asyncio.DatagramTransport] = []
        self._servers: list[asyncio.Server] = []
        self._forwarded = self._streams = self._packets = 0
        self._second = 0

    def has_time(self) -> bool:
        """Whether one packet more is looked at in this second."""
        second = int(time.monotonic())
        if second != self._second:
            self._second, self._packets = second, 0
        self._packets += 1
        return self._packets <= PACKETS_PER_S

    async def listen(self, sockets: Iterable[socket.socket]) -> None:
        """Serves on bound sockets, stream and datagram."""
        loop = asyncio.get_running_loop()
        for sock in sockets:
            if sock.type == socket.SOCK_DGRAM:
                transport, _ = await loop.create_datagram_endpoint(lambda: _Datagrams(self, self._tasks), sock=sock)
                self._transports.append(transport)
            else:
                self._servers.append(await asyncio.start_server(self._serve_stream, sock=sock))

    def close(self) -> None:
        """Idempotent."""
        for transport in self._transports:
            transport.close()
        for server in self._servers:
            server.close()
        self._transports, self._servers = [], []

    def answer_at_once(self, packet: bytes, is_udp: bool) -> bytes | dns.message.Message | None:
        """The answer; or the query itself if the outside must be asked; or None if there is nothing to say."""
        query = parse_query(packet)
        if query is None:
            return make_format_error(packet)
        response = self.names.answer(query)
        return query if response is None else encode(response, query, is_udp)

    async def forward(self, query: dns.message.Message, is_udp: bool) -> bytes:
        """The outside's answer; SERVFAIL at once where the VPC waits for too many already."""
        if not self._upstream.has_way(self._forwarded):
            return encode(make_failure(query, dns.rcode.SERVFAIL), query, is_udp)
        self._forwarded += 1
        try:
            return await self._upstream.ask(query, is_udp)
        finally:
            self._forwarded -= 1

    async def _serve_stream(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._streams >= MAX_STREAMS_OF_A_VPC:
            writer.close()
            return
        self._streams += 1
        try:
            while self.has_time():
                async with asyncio.timeout(TCP_IDLE_S):
                    size = int.from_bytes(await reader.readexactly(2))
                    packet = await reader.readexactly(size)
                found = self.answer_at_once(packet, False)
                if isinstance(found, dns.message.Message):
                    found = await self.forward(found, False)
                if found is None:
                    return
                writer.write(len(found).to_bytes(2) + found)
                async with asyncio.timeout(TCP_IDLE_S):
                    await writer.drain()
        except TimeoutError:
            writer.transport.abort()
        except (OSError, asyncio.IncompleteReadError):
            return
        finally:
            self._streams -= 1
            writer.close()


@final
class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, resolver: VpcResolver, tasks: asyncio.TaskGroup) -> None:
        self._resolver = resolver
        self._tasks = tasks
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if not self._resolver.has_time():
            return
        found = self._resolver.answer_at_once(data, True)
        if isinstance(found, dns.message.Message):
            self._tasks.create_task(self._forward(found, addr))
        elif found is not None and self._transport is not None:
            self._transport.sendto(found, addr)

    async def _forward(self, query: dns.message.Message, addr: tuple[str, int]) -> None:
        answer = await self._resolver.forward(query, True)
        if self._transport is not None and not self._transport.is_closing():
            self._transport.sendto(answer, addr)


def open_sockets(namespace: str, addresses: Iterable[str]) -> list[socket.socket]:
    """UDP and TCP sockets for DNS inside a namespace, bound, one pair an address. Raises OSError."""

    def open_all() -> list[socket.socket]:
        opened: list[socket.socket] = []
        try:
            for address in addresses:
                for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
                    sock = socket.socket(socket.AF_INET, kind | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
                    opened.append(sock)
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    sock.bind((address, DNS_PORT))
                    if kind == socket.SOCK_STREAM:
                        sock.listen(64)
        except OSError:
            for sock in opened:
                sock.close()
            raise
        return opened

    return run_inside(namespace, open_all)


@final
class Resolvers:
    """All of a node's resolvers, by VPC id."""

    def __init__(self, upstream: Upstream, tasks: asyncio.TaskGroup) -> None:
        self._upstream = upstream
        self._tasks = tasks
        self._by_vpc: dict[str, VpcResolver] = {}
        self._sources: dict[str, VpcNetwork] = {}
        self._public_names: Mapping[str, tuple[str, ...]] = {}

    async def serve(
        self,
        vpcs: Mapping[str, VpcNetwork],
        public_names: Mapping[str, tuple[str, ...]],
        generations: Mapping[str, int],
    ) -> dict[str, str]:
        """Makes it so; sockets are opened anew only where addresses or the namespace (its `generations` number, by
        namespace) changed. Gives reasons of failures by VPC id."""
        failures: dict[str, str] = {}
        self.close_all_but(vpc_id for vpc_id, vpc in vpcs.items() if vpc.resolver_addresses)
        names_changed = public_names is not self._public_names
        self._public_names = public_names
        for vpc_id, vpc in vpcs.items():
            if not vpc.resolver_addresses:
                continue
            resolver = self._by_vpc.get(vpc_id)
            generation = generations.get(vpc.namespace, 0)
            if resolver is None:
                resolver = VpcResolver(NameTable(vpc.zones, public_names), self._upstream, self._tasks)
                self._by_vpc[vpc_id] = resolver
            elif names_changed or self._sources.get(vpc_id) is not vpc:
                resolver.names = NameTable(vpc.zones, public_names)
            self._sources[vpc_id] = vpc
            if resolver.addresses == vpc.resolver_addresses and resolver.generation == generation:
                continue
            resolver.close()
            resolver.addresses = ()
            try:
                sockets = await asyncio.to_thread(open_sockets, vpc.namespace, vpc.resolver_addresses)
            except OSError as error:
                failures[vpc_id] = f"resolver: {error}"
                continue
            await resolver.listen(sockets)
            resolver.addresses, resolver.generation = vpc.resolver_addresses, generation
        return failures

    def close_all_but(self, vpc_ids: Iterable[str]) -> None:
        """Closes the sockets of every other VPC."""
        kept = frozenset(vpc_ids)
        for vpc_id in self._by_vpc.keys() - kept:
            self._by_vpc.pop(vpc_id).close()
            self._sources.pop(vpc_id, None)
