"""What a VPC's resolver says to one question: from its zones, from public names, or "ask upstream". Pure but for dnspython.

Order as in AWS: zones of the VPC (longest match; a zone hides the public name altogether), then the platform's own public
names, then the outside. Names under suffixes that only the platform hands out never leave it.
"""

import ipaddress
import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple, final

import dns.edns
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset

from innergate.plans.network import DnsZone

PUBLIC_TTL_S = 60
UDP_LIMIT_BYTES = 512
EDNS_LIMIT_BYTES = 1232
SOA_TEXT = "ns.innergate.internal. hostmaster.innergate.internal. 1 7200 900 1209600 60"

PLATFORM_NAME = re.compile(r"(.+\.)?(execute-api|elb)\.[a-z0-9-]+\.amazonaws\.com|(.+\.)?vpce\.amazonaws\.com")
"""Names that only the platform gives out."""

PRIVATE_REVERSE = re.compile(
    r"(.+\.)?(10|127|168\.192|254\.169|(1[6-9]|2[0-9]|3[01])\.172)\.in-addr\.arpa|(.+\.)?[89ab]\.e\.f\.ip6\.arpa"
)
"""Reverse names of private addresses say nothing to the outside (RFC 6303)."""


class Question(NamedTuple):
    """`name` in lower case without the last dot."""

    name: str
    kind: dns.rdatatype.RdataType


@final
class NameTable:
    """The names that one VPC sees. Values are replaced whole, never changed."""

    def __init__(self, zones: Iterable[DnsZone], public_names: Mapping[str, tuple[str, ...]]) -> None:
        self._zones = {_normalise(zone.name): zone for zone in zones}
        self._records = {
            name: {_normalise(key): values for key, values in zone.records.items()}
            for name, zone in self._zones.items()
        }
        self._inner = {name: _inner_names(records, name) for name, records in self._records.items()}
        self._public = public_names

    def answer(self, query: dns.message.Message) -> dns.message.Message | None:
        """The answer, or None if the outside must be asked."""
        if query.opcode() != dns.opcode.QUERY:
            return make_failure(query, dns.rcode.NOTIMP)
        if len(query.question) != 1:
            return make_failure(query, dns.rcode.FORMERR)
        asked = query.question[0]
        if asked.rdclass != dns.rdataclass.IN:
            return make_failure(query, dns.rcode.REFUSED)
        question = Question(_normalise(asked.name.to_text()), asked.rdtype)
        zone = self._find_zone(question.name)
        if zone is not None:
            return self._answer_from_zone(query, question, zone)
        addresses = self._find_public(question.name)
        if addresses:
            return _make_answer(query, question, addresses, PUBLIC_TTL_S, _parent(question.name))
        if PLATFORM_NAME.fullmatch(question.name) or PRIVATE_REVERSE.fullmatch(question.name):
            return _make_denial(query, _parent(question.name), dns.rcode.NXDOMAIN)
        return None

    def _find_zone(self, name: str) -> str | None:
        rest = name
        while rest:
            if rest in self._zones:
                return rest
            rest = rest.partition(".")[2]
        return None

    def _find_public(self, name: str) -> tuple[str, ...]:
        found = self._public.get(name)
        if found is not None:
            return found
        return self._public.get(f"*.{_parent(name)}", ())

    def _answer_from_zone(self, query: dns.message.Message, question: Question, zone: str) -> dns.message.Message:
        records = self._records[zone]
        values = records.get(question.name)
        rest = question.name
        while values is None and rest != zone and question.name not in self._inner[zone]:
            rest = _parent(rest)
            values = records.get(f"*.{rest}")
            if rest in self._inner[zone]:
                break
        if values is not None:
            return _make_answer(query, question, values, self._zones[zone].ttl_s, zone)
        exists = question.name == zone or question.name in self._inner[zone]
        return _make_denial(query, zone, dns.rcode.NOERROR if exists else dns.rcode.NXDOMAIN)


def _normalise(name: str) -> str:
    return name.rstrip(".").lower()


def _parent(name: str) -> str:
    return name.partition(".")[2]


def _inner_names(records: Iterable[str], zone: str) -> frozenset[str]:
    """Names that exist because of their records or only as ancestors of such (RFC 4592 2.2.2)."""
    found: set[str] = set()
    for name in records:
        rest = name
        while rest and rest != zone and rest not in found:
            found.add(rest)
            rest = _parent(rest)
    return frozenset(found)


def _make_answer(
    query: dns.message.Message, question: Question, values: tuple[str, ...], ttl_s: int, zone: str
) -> dns.message.Message:
    kind = {4: dns.rdatatype.A, 6: dns.rdatatype.AAAA}
    fitting = [
        value for value in values if question.kind in (kind[ipaddress.ip_address(value).version], dns.rdatatype.ANY)
    ]
    if not fitting:
        return _make_denial(query, zone, dns.rcode.NOERROR)
    response = _begin(query)
    for version in (4, 6):
        texts = [value for value in fitting if ipaddress.ip_address(value).version == version]
        if texts:
            name = query.question[0].name
            response.answer.append(
                dns.rrset.from_text_list(name, ttl_s, "IN", dns.rdatatype.to_text(kind[version]), texts)
            )
    return response


def _make_denial(query: dns.message.Message, zone: str, code: dns.rcode.Rcode) -> dns.message.Message:
    """With the zone's SOA, so that it may be cached (RFC 2308 3)."""
    response = _begin(query)
    response.set_rcode(code)
    owner = dns.name.from_text(zone or ".")
    response.authority.append(dns.rrset.from_text(owner, 60, "IN", "SOA", SOA_TEXT))
    return response


def _begin(query: dns.message.Message) -> dns.message.Message:
    response = dns.message.make_response(query, recursion_available=True, our_payload=EDNS_LIMIT_BYTES)
    response.flags |= dns.flags.AA
    return response


def make_failure(query: dns.message.Message, code: dns.rcode.Rcode) -> dns.message.Message:
    """An answer that only carries a code."""
    response = dns.message.make_response(query, recursion_available=True, our_payload=EDNS_LIMIT_BYTES)
    response.set_rcode(code)
    return response


_MOST_RECORDS = ((4, 1), (6, 0), (8, 0), (10, 2))
"""Where a header says how many there are of each section (RFC 1035 4.1.1), and how many a query may have."""


def parse_query(packet: bytes) -> dns.message.Message | None:
    """None for what is no query that could be answered: whoever asks names one thing, and adds two records at most (EDNS, a
    signature). Thousands of them would take long to read."""
    if any(int.from_bytes(packet[at : at + 2]) > most for at, most in _MOST_RECORDS):
        return None
    try:
        query = dns.message.from_wire(packet)
    except (dns.exception.DNSException, ValueError, IndexError, AttributeError):
        return None
    return None if query.flags & dns.flags.QR else query


def bare_query(query: dns.message.Message) -> dns.message.Message:
    """What of a query others are asked: its question, and how an answer may look. What else a host has put there could make
    the packet too large to be one."""
    bare = dns.message.QueryMessage(query.id)
    bare.flags, bare.question = query.flags, list(query.question)
    if query.edns >= 0:
        bare.use_edns(query.edns, query.ednsflags, query.payload)
    return bare


def make_format_error(packet: bytes) -> bytes | None:
    """FORMERR for a packet whose header can be read and that claims to be a query (RFC 1035 4.1.1)."""
    if len(packet) < 12 or packet[2] & 0x80:
        return None
    return packet[:2] + bytes([0x80 | (packet[2] & 0x79), 0x80 | dns.rcode.FORMERR]) + bytes(8)


def encode(response: dns.message.Message, query: dns.message.Message, is_udp: bool) -> bytes:
    """The packet; over UDP cut to what the client can take, with TC set (RFC 2181 9, RFC 6891 6.2.3)."""
    if not is_udp:
        return response.to_wire(max_size=65535)
    limit = UDP_LIMIT_BYTES if query.edns < 0 else max(UDP_LIMIT_BYTES, min(query.payload, EDNS_LIMIT_BYTES))
    try:
        return response.to_wire(max_size=limit)
    except dns.exception.TooBig:
        cut = make_failure(query, response.rcode())
        cut.flags |= dns.flags.TC
        return cut.to_wire(max_size=limit)
