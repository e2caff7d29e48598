"""Networks with the same ranges and addresses never meet, but where somebody joined them."""

import pytest
from tests.e2e.conftest import Built
from tests.e2e.inside import calls_begun, calls_from, finish, https
from tests.e2e.rivals import Rival, addresses_of

from innergate.cli.demo.scenarios import APPLICATION_HOSTS, OTHER_HOST, api_url

pytestmark = pytest.mark.e2e

THREADS = 6
REQUESTS = 150
ALIKE = ("10.0.1.21", "10.0.2.22")


def test_nobody_gets_the_others_answer(built: Built, rival: Rival) -> None:
    """Two consumers in 10.0.0.0/16 call two APIs whose targets have the same addresses, all at once."""
    platform, consumer = built.platform, built.world.consumer_network.vpc

    def bursts(url: str) -> list[dict[str, object]]:
        return [{"do": "burst", "call": https(url), "times": REQUESTS}] * THREADS

    ours = [*bursts(api_url(built.path.api, "test")), *bursts(api_url(built.other_api, "newtest"))]
    theirs = bursts(api_url(rival.api, "test"))
    with (
        calls_begun(platform, consumer, ours, 2 * THREADS) as first,
        calls_begun(platform, rival.network.vpc, theirs, THREADS) as second,
    ):
        seen_by_us, seen_by_them = finish(first, consumer), finish(second, rival.network.vpc)
    assert [b["seen"] for b in (*seen_by_us, *seen_by_them)] == [{"200": REQUESTS}] * 3 * THREADS
    assert {name for burst in seen_by_us[:THREADS] for name in burst["backends"]} == {"pod-a", "pod-b"}
    assert {name for burst in seen_by_us[THREADS:] for name in burst["backends"]} == {"other-host"}
    assert {name for burst in seen_by_them for name in burst["backends"]} == {"rival-a", "rival-b"}


def test_the_same_address_is_another_host_in_each_network(built: Built, rival: Rival) -> None:
    calls = [{"do": "http", "url": f"http://{address}/"} for address in APPLICATION_HOSTS]
    application = calls_from(built.platform, built.world.application_network.vpc, calls)
    rivals = calls_from(built.platform, rival.network.vpc, calls)
    assert [a["headers"]["x-backend"] for a in application] == ["pod-a", "pod-b"]
    assert [a["headers"]["x-backend"] for a in rivals] == ["rival-a", "rival-b"]


def test_no_packet_leaves_a_network_that_nobody_joined(built: Built, rival: Rival) -> None:
    """The consumer's network has no hosts at these addresses, and no way to those of the others."""
    balancers = ["10.0.1.4", "10.0.2.4"]
    calls = [
        {"do": "tcp", "address": address, "port": port, "timeout_s": 1.5}
        for address, port in ((OTHER_HOST, 80), *((a, 80) for a in (*ALIKE, *balancers)), ("8.8.8.8", 53))
    ]
    noticed = calls_from(built.platform, built.world.consumer_network.vpc, calls, len(calls))
    assert [n for n in noticed if "connected" in n] == []
    own = addresses_of(rival.cloud, rival.entry)
    from_rival = [{"do": "tcp", "address": a, "port": 443} for a in own] + [
        {"do": "tcp", "address": OTHER_HOST, "port": 80}
    ]
    reached = calls_from(built.platform, rival.network.vpc, from_rival, len(from_rival))
    assert ["connected" in n for n in reached] == [True] * len(own) + [False]


def test_pings_stay_inside_too(built: Built) -> None:
    address = APPLICATION_HOSTS[0]
    script = (
        "import socket, struct, sys\n"
        "def asks(address):\n"
        "    s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP); s.settimeout(1)\n"
        "    body = b'abcdefgh'\n"
        "    def packet(check): return struct.pack('!BBHHH', 8, 0, check, 77, 1) + body\n"
        "    words = struct.unpack('!8H', packet(0)); total = sum(words); total = (total >> 16) + (total & 65535)\n"
        "    try:\n"
        "        s.sendto(packet(~(total + (total >> 16)) & 65535), (address, 0))\n"
        "        return s.recvfrom(100)[1][0] == address and 'answered'\n"
        "    except OSError: return 'silent'\n"
        "print(asks(sys.argv[1]))\n"
    )
    here = built.platform.inside(built.world.application_network.vpc, ["python3", "-c", script, address])
    there = built.platform.inside(built.world.consumer_network.vpc, ["python3", "-c", script, address])
    assert here.stdout.strip() == "answered", here.stderr
    assert there.stdout.strip() == "silent", there.stderr


def test_a_host_reaches_neither_the_control_front_nor_the_machine(built: Built) -> None:
    front = built.platform.environment("consumer")["AWS_ENDPOINT_URL"]
    port = int(front.rsplit(":", 1)[1])
    calls = [{"do": "tcp", "address": a, "port": port, "timeout_s": 1} for a in ("127.0.0.1", "10.0.0.1", "10.0.1.1")]
    noticed = calls_from(built.platform, built.world.consumer_network.vpc, calls, len(calls))
    assert [n for n in noticed if "connected" in n] == []


def test_joined_networks_do_meet(built: Built) -> None:
    """The other side of it: through the transit gateway the gateway's network reaches the other one."""
    call = {"do": "http", "url": f"http://{OTHER_HOST}/"}
    noticed = calls_from(built.platform, built.world.gateway_network.vpc, [call])
    assert noticed[0]["headers"]["x-backend"] == "other-host"
