"""Real sockets on the loopback device."""

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import dns.asyncquery
import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from innergate.nets import resolvers
from innergate.nets.answers import NameTable, bare_query, parse_query
from innergate.nets.resolvers import Upstream, VpcResolver, read_upstreams
from innergate.plans.network import DnsZone
from innergate.testing.waiting import LONGEST_S, until

ZONE = DnsZone(
    name="x.test", records={"a.x.test": ("10.0.0.1",), "many.x.test": tuple(f"10.0.1.{n}" for n in range(200))}
)


def open_pair() -> tuple[list[socket.socket], int]:
    """A datagram and a stream socket on one free port."""
    while True:
        stream = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        stream.bind(("127.0.0.1", 0))
        stream.listen()
        port = stream.getsockname()[1]
        datagram = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            datagram.bind(("127.0.0.1", port))
        except OSError:
            stream.close()
            datagram.close()
            continue
        for sock in (stream, datagram):
            sock.setblocking(False)
        return [datagram, stream], port


def serve(
    story: Callable[[VpcResolver, int], Awaitable[None]], zones: tuple[DnsZone, ...] = (ZONE,), upstream_port: int = 1
) -> None:
    """Runs a story against a resolver whose upstream is a port of this machine (1: nobody there)."""

    async def run() -> None:
        async with asyncio.TaskGroup() as tasks:
            resolver = VpcResolver(NameTable(zones, {}), Upstream(["127.0.0.1"], upstream_port), tasks)
            sockets, port = open_pair()
            await resolver.listen(sockets)
            try:
                await story(resolver, port)
            finally:
                resolver.close()
        await asyncio.sleep(0)

    asyncio.run(run())


async def ask(port: int, name: str) -> dns.message.Message:
    query = dns.message.make_query(name, "A")
    return await dns.asyncquery.udp(query, "127.0.0.1", port=port, timeout=LONGEST_S)


def test_answers_and_falls_back_to_a_stream() -> None:
    async def story(_: VpcResolver, port: int) -> None:
        assert (await ask(port, "a.x.test")).answer[0][0].to_text() == "10.0.0.1"
        query = dns.message.make_query("many.x.test", "A")
        cut = await dns.asyncquery.udp(query, "127.0.0.1", port=port, timeout=LONGEST_S)
        assert cut.flags & dns.flags.TC
        whole, used_stream = await dns.asyncquery.udp_with_fallback(query, "127.0.0.1", port=port, timeout=LONGEST_S)
        assert used_stream
        assert len(whole.answer[0]) == 200

    serve(story)


def test_malformed_packets_do_no_harm() -> None:
    async def story(_: VpcResolver, port: int) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            for packet in (b"", b"x", b"\0" * 12, b"\xff" * 40, bytes(5) + b"\1" + b"\xc0\x0c" * 20):
                sock.sendto(packet, ("127.0.0.1", port))
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"\0\3abc")
        assert await reader.read() == b""
        writer.close()
        assert (await ask(port, "a.x.test")).rcode() == dns.rcode.NOERROR

    serve(story)


def test_names_change_behind_the_same_sockets() -> None:
    async def story(resolver: VpcResolver, port: int) -> None:
        resolver.names = NameTable([DnsZone(name="x.test", records={"a.x.test": ("10.0.0.9",)})], {})
        assert (await ask(port, "a.x.test")).answer[0][0].to_text() == "10.0.0.9"
        assert (await ask(port, "many.x.test")).rcode() == dns.rcode.NXDOMAIN

    serve(story)


def test_a_dead_upstream_is_a_server_failure() -> None:
    async def story(_: VpcResolver, port: int) -> None:
        assert (await ask(port, "example.org")).rcode() == dns.rcode.SERVFAIL

    serve(story)


def test_other_names_are_asked_upstream() -> None:
    async def run_both() -> None:
        async with asyncio.TaskGroup() as tasks:
            far_zone = DnsZone(name="example.org", records={"www.example.org": ("192.0.2.1",)})
            far = VpcResolver(NameTable([far_zone], {}), Upstream([]), tasks)
            far_sockets, far_port = open_pair()
            await far.listen(far_sockets)
            near = VpcResolver(NameTable([ZONE], {}), Upstream(["127.0.0.1"], far_port), tasks)
            near_sockets, near_port = open_pair()
            await near.listen(near_sockets)
            assert (await ask(near_port, "www.example.org")).answer[0][0].to_text() == "192.0.2.1"
            query = dns.message.make_query("www.example.org", "A")
            streamed = await dns.asyncquery.tcp(query, "127.0.0.1", port=near_port, timeout=LONGEST_S)
            assert streamed.answer[0][0].to_text() == "192.0.2.1"
            near.close()
            far.close()
        await asyncio.sleep(0)

    asyncio.run(run_both())


def test_reads_the_hosts_name_servers(tmp_path: Path) -> None:
    path = tmp_path / "resolv.conf"
    assert read_upstreams(path) == ()
    path.write_text("# a\nsearch x\nnameserver 192.0.2.1\nnameserver 192.0.2.2\nnameserver\n")
    assert read_upstreams(path) == ("192.0.2.1", "192.0.2.2")


@contextmanager
def silent_outside() -> Iterator[socket.socket]:
    """A name server that says nothing by itself."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.bind(("127.0.0.1", 0))
        made.setblocking(False)
        yield made


def test_cases_76_86_questions_that_nobody_outside_answers_keep_no_other_vpc_waiting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Ways to the outside are all VPCs'; a host may ask for names whose servers never answer."""
    monkeypatch.setattr(resolvers, "MAX_FORWARDED_OF_A_VPC", 3)
    monkeypatch.setattr(resolvers, "UPSTREAM_TIMEOUT_S", 2 * LONGEST_S)

    async def run() -> tuple[list[dns.rcode.Rcode], list[dns.rcode.Rcode]]:
        loop = asyncio.get_running_loop()
        with silent_outside() as outside:
            async with asyncio.timeout(LONGEST_S), asyncio.TaskGroup() as tasks:
                upstream = Upstream(["127.0.0.1"], outside.getsockname()[1])
                resolver = VpcResolver(NameTable([ZONE], {}), upstream, tasks)
                sockets, port = open_pair()
                await resolver.listen(sockets)
                waiting = [tasks.create_task(ask(port, f"n{number}.example.org")) for number in range(3)]
                asked = [await loop.sock_recvfrom(outside, 512) for _ in waiting]
                said = [(await ask(port, f"m{number}.example.org")).rcode() for number in range(20)]
                assert not any(each.done() for each in waiting)
                for packet, who in asked:
                    refusal = dns.message.make_response(dns.message.from_wire(packet))
                    refusal.set_rcode(dns.rcode.REFUSED)
                    await loop.sock_sendto(outside, refusal.to_wire(), who)
                late = [(await each).rcode() for each in waiting]
                resolver.close()
            await asyncio.sleep(0)
        return said, late

    said, late = asyncio.run(run())
    assert set(said) == {dns.rcode.SERVFAIL}
    assert set(late) == {dns.rcode.REFUSED}


def test_cases_76_86_one_vpc_does_not_hold_all_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolvers, "MAX_STREAMS_OF_A_VPC", 2)

    async def story(resolver: VpcResolver, port: int) -> None:
        opened = [await asyncio.open_connection("127.0.0.1", port) for _ in range(4)]
        await until(lambda: sum(reader.at_eof() for reader, _ in opened) >= 2)
        ended = [reader.at_eof() for reader, _ in opened]
        assert ended == [False, False, True, True]
        for _reader, writer in opened:
            writer.close()
        await until(lambda: not resolver._streams)
        query = dns.message.make_query("a.x.test", "A")
        assert (await dns.asyncquery.tcp(query, "127.0.0.1", port=port, timeout=LONGEST_S)).answer

    serve(story)


def test_cases_76_86_who_does_not_read_the_answers_holds_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """64 such connections, and the VPC had no resolver over TCP for ever."""
    monkeypatch.setattr(resolvers, "TCP_IDLE_S", 0.3)
    monkeypatch.setattr(resolvers, "PACKETS_PER_S", 100_000)
    query = dns.message.make_query("many.x.test", "A").to_wire()

    async def story(resolver: VpcResolver, port: int) -> None:
        for listener in (sock for server in resolver._servers for sock in server.sockets):
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as greedy:
            greedy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            greedy.connect(("127.0.0.1", port))
            greedy.setblocking(False)
            sending = asyncio.ensure_future(
                asyncio.get_running_loop().sock_sendall(greedy, (len(query).to_bytes(2) + query) * 4000)
            )
            await until(lambda: resolver._streams == 1)
            await until(lambda: resolver._streams == 0)
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)

    serve(story)


def test_cases_76_86_many_vpcs_leave_a_way_outside_to_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight VPCs whose hosts asked for what nobody answers, and every other one waited for seconds."""
    monkeypatch.setattr(resolvers, "MAX_FORWARDED_OF_A_VPC", 4)
    monkeypatch.setattr(resolvers, "MAX_FORWARDED", 16)
    monkeypatch.setattr(resolvers, "UPSTREAM_TIMEOUT_S", 2 * LONGEST_S)

    async def run() -> list[bytes]:
        loop = asyncio.get_running_loop()
        with silent_outside() as outside:
            async with asyncio.timeout(LONGEST_S), asyncio.TaskGroup() as tasks:
                upstream = Upstream(["127.0.0.1"], outside.getsockname()[1])
                waiting = []
                for name in (*["silent.example.org"] * 8, "late.example.org"):
                    resolver = VpcResolver(NameTable([ZONE], {}), upstream, tasks)
                    for _ in range(20):
                        query = dns.message.make_query(name, "A")
                        waiting.append(tasks.create_task(resolver.forward(query, True)))
                asked = [b""]
                while b"late" not in asked[-1]:
                    asked.append(await loop.sock_recv(outside, 512))
                for each in waiting:
                    each.cancel()
            return asked[1:]

    assert len(asyncio.run(run())) <= 18


def test_cases_76_86_a_flood_of_packets_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolvers, "PACKETS_PER_S", 50)
    now = 7.0
    monkeypatch.setattr(resolvers, "time", SimpleNamespace(monotonic=lambda: now))

    async def story(resolver: VpcResolver, port: int) -> None:
        nonlocal now
        assert sum(resolver.has_time() for _ in range(500)) == 50
        now = 8.0
        assert (await ask(port, "a.x.test")).rcode() == dns.rcode.NOERROR

    serve(story)


LONG_NAME = b"".join(bytes([63]) + b"a" * 63 for _ in range(3)) + b"\x05aaaaa\x00"


def swollen_query(records: int, filling: int = 0) -> bytes:
    """A question and records that are far longer once their names are written out."""
    header = struct.pack(">HHHHHH", 7, 0x0100, 1, 0, 0, records)
    record = b"\xc0\x0c" + struct.pack(">HHIH", 33, 1, 60, 8) + struct.pack(">HHH", 1, 0, 1) + b"\xc0\x0c"
    filler = b"\xc0\x0c" + struct.pack(">HHIH", 65280, 1, 60, filling) + bytes(filling)
    return header + LONG_NAME + struct.pack(">HH", 1, 1) + (filler + record if filling else record * records)


@pytest.mark.parametrize("packet", [swollen_query(3000), swollen_query(2, 65_200)])
def test_a_packet_that_is_too_large_to_be_passed_on_ends_nobody(packet: bytes) -> None:
    """The task group is the agent's: with it the resolvers of every VPC would end."""

    async def story(_: VpcResolver, port: int) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as host:
            host.sendto(packet, ("127.0.0.1", port))
            await asyncio.sleep(0.1)
        assert (await ask(port, "a.x.test")).rcode() == dns.rcode.NOERROR

    serve(story)


def test_thousands_of_records_are_not_read() -> None:
    assert parse_query(swollen_query(2)) is not None
    assert parse_query(swollen_query(3)) is None


def test_others_are_asked_the_question_alone() -> None:
    query = dns.message.make_query("a.example", "AAAA", use_edns=0, want_dnssec=True, payload=1000)
    query.additional.append(dns.rrset.from_text("b.example.", 60, "IN", "A", "192.0.2.1"))
    asked = dns.message.from_wire(bare_query(query).to_wire())
    assert (asked.id, asked.question, asked.additional) == (query.id, query.question, [])
    assert (asked.flags, asked.edns, asked.ednsflags, asked.payload) == (query.flags, 0, dns.flags.DO, 1000)
