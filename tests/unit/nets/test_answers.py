import dns.flags
import dns.message
import dns.opcode
import dns.rcode
import pytest
from hypothesis import given
from hypothesis import strategies as st

from innergate.nets.answers import NameTable, encode, make_format_error, parse_query
from innergate.plans.network import DnsZone

ZONES = (
    DnsZone(
        name="corp.example",
        records={
            "corp.example": ("10.0.0.1",),
            "a.b.corp.example": ("10.0.0.2", "fd00::2"),
            "*.w.corp.example": ("10.0.0.3",),
        },
        ttl_s=17,
    ),
    DnsZone(name="deep.corp.example", records={"x.deep.corp.example": ("10.0.0.4",)}),
    DnsZone(
        name="execute-api.us-east-1.amazonaws.com", records={"*.execute-api.us-east-1.amazonaws.com": ("10.0.0.5",)}
    ),
)
PUBLIC = {"nlb-1.elb.us-east-1.amazonaws.com": ("10.9.9.9",), "vpce-1.corp.example": ("10.9.9.8",)}
TABLE = NameTable(ZONES, PUBLIC)


def ask(name: str, kind: str = "A") -> tuple[str, list[str]]:
    response = TABLE.answer(dns.message.make_query(name, kind))
    if response is None:
        return "upstream", []
    return dns.rcode.to_text(response.rcode()), sorted(item.to_text() for one in response.answer for item in one)


@pytest.mark.parametrize(
    ("name", "kind", "code", "found"),
    [
        ("corp.example", "A", "NOERROR", ["10.0.0.1"]),
        ("CORP.Example", "A", "NOERROR", ["10.0.0.1"]),
        ("a.b.corp.example", "A", "NOERROR", ["10.0.0.2"]),
        ("a.b.corp.example", "AAAA", "NOERROR", ["fd00::2"]),
        ("corp.example", "AAAA", "NOERROR", []),
        ("corp.example", "TXT", "NOERROR", []),
        ("b.corp.example", "A", "NOERROR", []),
        ("no.corp.example", "A", "NXDOMAIN", []),
        ("one.w.corp.example", "A", "NOERROR", ["10.0.0.3"]),
        ("two.one.w.corp.example", "A", "NOERROR", ["10.0.0.3"]),
        ("one.w.corp.example", "AAAA", "NOERROR", []),
        ("w.corp.example", "A", "NOERROR", []),
        ("x.deep.corp.example", "A", "NOERROR", ["10.0.0.4"]),
        ("y.deep.corp.example", "A", "NXDOMAIN", []),
        ("vpce-1.corp.example", "A", "NXDOMAIN", []),
        ("abc.execute-api.us-east-1.amazonaws.com", "A", "NOERROR", ["10.0.0.5"]),
        ("abc.execute-api.eu-west-1.amazonaws.com", "A", "NXDOMAIN", []),
        ("nlb-1.elb.us-east-1.amazonaws.com", "A", "NOERROR", ["10.9.9.9"]),
        ("nlb-2.elb.us-east-1.amazonaws.com", "A", "NXDOMAIN", []),
        ("vpce-9.execute-api.us-east-1.vpce.amazonaws.com", "A", "NXDOMAIN", []),
        ("5.1.0.10.in-addr.arpa", "PTR", "NXDOMAIN", []),
        ("8.8.8.8.in-addr.arpa", "PTR", "upstream", []),
        ("example.org", "A", "upstream", []),
        ("notcorp.example", "A", "upstream", []),
    ],
)
def test_answers(name: str, kind: str, code: str, found: list[str]) -> None:
    assert ask(name, kind) == (code, found)


def test_keeps_the_spelling_and_the_ttl_of_the_zone() -> None:
    response = TABLE.answer(dns.message.make_query("CoRp.example", "A"))
    assert response is not None
    assert response.answer[0].name.to_text() == "CoRp.example."
    assert response.answer[0].ttl == 17
    assert response.flags & dns.flags.AA


def test_denials_carry_the_soa_of_their_zone() -> None:
    response = TABLE.answer(dns.message.make_query("no.corp.example", "A"))
    assert response is not None
    assert [one.name.to_text() for one in response.authority] == ["corp.example."]


def test_cuts_what_a_client_cannot_take() -> None:
    many = tuple(f"10.1.{number // 250}.{number % 250 + 1}" for number in range(90))
    table = NameTable([DnsZone(name="x.test", records={"many.x.test": many})], {})
    for query, limit in (
        (dns.message.make_query("many.x.test", "A"), 512),
        (dns.message.make_query("many.x.test", "A", use_edns=0, payload=4096), 1232),
    ):
        response = table.answer(query)
        assert response is not None
        packet = encode(response, query, is_udp=True)
        assert len(packet) <= limit
        assert dns.message.from_wire(packet).flags & dns.flags.TC
        whole = dns.message.from_wire(encode(response, query, is_udp=False))
        assert sum(len(one) for one in whole.answer) == 90


def test_refuses_other_classes_and_operations() -> None:
    chaos = dns.message.make_query("version.bind", "TXT", rdclass="CH")
    update = dns.message.make_query("corp.example", "A")
    update.set_opcode(dns.opcode.NOTIFY)
    answers = [TABLE.answer(query) for query in (chaos, update)]
    assert [answer.rcode() for answer in answers if answer] == [dns.rcode.REFUSED, dns.rcode.NOTIMP]


@given(st.binary(max_size=80))
def test_survives_any_packet(packet: bytes) -> None:
    query = parse_query(packet)
    if query is None:
        error = make_format_error(packet)
        assert error is None or (error[:2] == packet[:2] and error[2] & 0x80)
        return
    response = TABLE.answer(query)
    assert response is None or encode(response, query, is_udp=True)


def test_a_response_is_never_answered() -> None:
    reply = dns.message.make_response(dns.message.make_query("corp.example", "A")).to_wire()
    assert parse_query(reply) is None
    assert make_format_error(reply) is None
