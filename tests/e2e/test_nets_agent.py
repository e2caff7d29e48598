"""A real agent on a real kernel (needs root)."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from tests.e2e.nets_rig import Rig, host, hub, links, routes, vpc, wait_until

from innergate.nets.agent import LOOK_PERIOD_S
from innergate.nets.envoy_process import call_admin
from innergate.nets.namespaces import list_namespaces, make_namespace, path_of, remove_namespace, run_in_thread
from innergate.nets.processes import read_start_time
from innergate.nets.rootless import agent_command
from innergate.plans.documents import Document, DocumentName
from innergate.plans.network import AddressFilter, DnsZone, FilterRule, NetworkChange, VpcNetwork
from innergate.plans.node_messages import Applied, EnvoyState, Hello, NamespaceRemade, Reopened, WorkloadState
from innergate.testing.waiting import LONGEST_S

pytestmark = pytest.mark.e2e

SERVE = (sys.executable, "-m", "http.server", "80", "--bind", "0.0.0.0")
FETCH = "import sys,urllib.request; print(urllib.request.urlopen(sys.argv[1],timeout=20).read().decode())"
LOOK_UP = "import sys,socket; print(socket.getaddrinfo(sys.argv[1],80,type=socket.SOCK_STREAM)[0][4][0])"


def serve_text(text: str) -> tuple[str, ...]:
    """An HTTP server on every address, port 80, that says `text`."""
    script = (
        "import http.server\n"
        "class H(http.server.BaseHTTPRequestHandler):\n"
        f"  def do_GET(self): self.send_response(200); self.end_headers(); self.wfile.write(b'{text}')\n"
        "http.server.ThreadingHTTPServer(('0.0.0.0',80),H).serve_forever()\n"
    )
    return (sys.executable, "-c", script)


@pytest.fixture
def prefix(request: pytest.FixtureRequest) -> str:
    return f"ign{os.getpid() % 10000}{abs(hash(request.node.name)) % 1000}-"


@pytest.fixture
def rig(tmp_path: Path, prefix: str) -> Iterator[Rig]:
    made = Rig(tmp_path / "s", prefix)
    made.start()
    yield made
    made.close()
    assert list_namespaces(prefix) == []
    assert not path_of(made.host_namespace).exists()


def test_networks_are_said_to_be_there_while_the_disk_takes_no_documents(rig: Rig, prefix: str) -> None:
    rig.folder.documents.mkdir(parents=True, exist_ok=True)
    obstacle = rig.folder.documents / "principals"
    obstacle.write_text("in the way of a folder")
    key = Document(name=DocumentName("principals", "one"), body=b"{}")
    assert rig.apply(NetworkChange(revision=0, complete=True, documents=(key,))).lacks_documents
    host_of = vpc(prefix, "one", "10.1", [host(prefix, "one-cli", "10.1.1.6")])
    said = rig.apply(NetworkChange(revision=0, complete=False, vpcs=(host_of,)))
    assert (said.lacks_documents, said.refusals) == (True, ())
    assert rig.run("one-cli", "true").returncode == 0
    obstacle.unlink()
    rig.wait_for(Applied, lambda applied: applied.revision == rig.revision and not applied.lacks_documents)
    assert (obstacle / "one").read_bytes() == b"{}"


def fetch(rig: Rig, workload: str, url: str) -> str:
    return rig.run(workload, sys.executable, "-c", FETCH, url).stdout.strip()


def test_networks_of_the_same_cidr_never_meet(rig: Rig, prefix: str) -> None:
    vpcs = [
        vpc(
            prefix,
            name,
            "10.1",
            [host(prefix, f"{name}-srv", "10.1.1.5", serve_text(name)), host(prefix, f"{name}-cli", "10.1.1.6")],
        )
        for name in ("one", "two")
    ]
    assert rig.apply(NetworkChange(revision=0, complete=True, vpcs=tuple(vpcs))).refusals == ()

    def serves(name: str) -> bool:
        return rig.can_connect(f"{name}-cli", "10.1.1.5", 80) == "open"

    for name in ("one", "two"):
        wait_until(partial(serves, name), "the server")
        assert fetch(rig, f"{name}-cli", "http://10.1.1.5/") == name
    rig.apply(NetworkChange(revision=0, complete=False, dropped_vpcs=("one",)))
    assert fetch(rig, "two-cli", "http://10.1.1.5/") == "two"
    assert rig.can_connect("two-cli", "10.2.1.5", 80) == "timeout"


def test_filter_drops_what_no_rule_admits(rig: Rig, prefix: str) -> None:
    rule = FilterRule(protocol="tcp", from_port=80, to_port=80, sources=("10.1.1.6/32",))
    hosts = [host(prefix, f"h{n}", f"10.1.1.{n}", serve_text("hi") if n == 5 else ()) for n in (5, 6, 7)]
    filters = [AddressFilter(address="10.1.1.5", rules=(rule,)), AddressFilter(address="10.1.1.10", rules=())]
    assert (
        rig.apply(NetworkChange(revision=0, complete=True, vpcs=(vpc(prefix, "v", "10.1", hosts, filters),))).refusals
        == ()
    )
    wait_until(lambda: rig.can_connect("h6", "10.1.1.5", 80) == "open", "the server")
    assert rig.can_connect("h7", "10.1.1.5", 80) == "timeout"
    assert rig.can_connect("h6", "10.1.1.5", 81) == "timeout"
    assert rig.can_connect("h6", "10.1.1.10", 80) == "timeout"
    assert rig.can_connect("h6", "10.1.1.7", 80) == "refused"
    wider = (
        AddressFilter(
            address="10.1.1.5", rules=(FilterRule(protocol="all", from_port=-1, to_port=-1, sources=("0.0.0.0/0",)),)
        ),
    )
    rig.apply(NetworkChange(revision=0, complete=False, vpcs=(vpc(prefix, "v", "10.1", hosts, wider),)))
    assert rig.can_connect("h7", "10.1.1.5", 80) == "open"
    assert rig.can_connect("h7", "10.1.1.5", 81) == "refused"


def test_hub_joins_what_its_tables_say(rig: Rig, prefix: str) -> None:
    everywhere = ("10.1.0.0/16", "10.2.0.0/16", "10.3.0.0/16")
    vpcs = [
        vpc(
            prefix,
            f"v{n}",
            f"10.{n}",
            [host(prefix, f"h{n}", f"10.{n}.1.5")],
            route_sets=[routes(f"10.{n}", f"{prefix}hub", *(one for one in everywhere if one != f"10.{n}.0.0/16"))],
        )
        for n in (1, 2, 3)
    ]
    tables = {"v1": {"10.2.0.0/16": "v2"}, "v2": {"10.1.0.0/16": "v1"}, "v3": {"10.1.0.0/16": "v1"}}
    change = NetworkChange(
        revision=0,
        complete=True,
        vpcs=tuple(vpcs),
        hubs=(hub(prefix, "hub", tables),),
        links=links(prefix, ("v1", "hub"), ("v2", "hub"), ("v3", "hub")),
    )
    assert rig.apply(change).refusals == ()
    assert rig.can_connect("h1", "10.2.1.5", 80) == "refused"
    assert rig.can_connect("h2", "10.1.1.5", 80) == "refused"
    assert rig.can_connect("h1", "10.3.1.5", 80) == "timeout"
    assert rig.can_connect("h2", "10.3.1.5", 80) == "timeout"
    rig.apply(NetworkChange(revision=0, complete=False, dropped_links=links(prefix, ("v2", "hub"))))
    assert rig.can_connect("h1", "10.2.1.5", 80) == "timeout"


def test_peering_is_not_transitive(rig: Rig, prefix: str) -> None:
    def peered(number: int, *routed: tuple[int, int]) -> VpcNetwork:
        sets = [routes(f"10.{number}", f"{prefix}v{over}", f"10.{to}.0.0/16") for to, over in routed[:1]]
        return vpc(
            prefix, f"v{number}", f"10.{number}", [host(prefix, f"h{number}", f"10.{number}.1.5")], route_sets=sets
        )

    vpcs = (peered(1, (3, 2)), peered(2, (3, 3)), peered(3, (2, 2)))
    change = NetworkChange(revision=0, complete=True, vpcs=vpcs, links=links(prefix, ("v1", "v2"), ("v2", "v3")))
    assert rig.apply(change).refusals == ()
    assert rig.can_connect("h2", "10.3.1.5", 80) == "refused"
    assert rig.can_connect("h1", "10.3.1.5", 80) == "timeout"


def test_workload_uses_the_resolver_of_its_network(rig: Rig, prefix: str) -> None:
    zone = DnsZone(
        name="corp.example", records={"db.corp.example": ("10.1.1.99",), "*.app.corp.example": ("10.1.1.98",)}
    )
    before = Path("/etc/resolv.conf").read_bytes()
    change = NetworkChange(
        revision=0,
        complete=True,
        vpcs=(vpc(prefix, "v", "10.1", [host(prefix, "h", "10.1.1.5")], zones=[zone]),),
        public_names={"nlb-1.elb.us-east-1.amazonaws.com": ("10.9.9.9",)},
    )
    assert rig.apply(change).refusals == ()

    def look_up(name: str) -> str:
        found = rig.run("h", sys.executable, "-c", LOOK_UP, name)
        return found.stdout.strip() or found.stderr.splitlines()[-1]

    assert look_up("DB.corp.example") == "10.1.1.99"
    assert look_up("x.y.app.corp.example") == "10.1.1.98"
    assert look_up("nlb-1.elb.us-east-1.amazonaws.com") == "10.9.9.9"
    assert "gaierror" in look_up("nope.corp.example")
    assert "gaierror" in look_up("abc.execute-api.us-east-1.amazonaws.com")
    changed = DnsZone(name="corp.example", records={"db.corp.example": ("10.1.1.97",)})
    rig.apply(
        NetworkChange(
            revision=0,
            complete=False,
            vpcs=(vpc(prefix, "v", "10.1", [host(prefix, "h", "10.1.1.5")], zones=[changed]),),
        )
    )
    assert look_up("db.corp.example") == "10.1.1.97"
    assert Path("/etc/resolv.conf").read_bytes() == before


def test_namespaces_lead_nowhere_else(rig: Rig, prefix: str) -> None:
    rig.apply(
        NetworkChange(revision=0, complete=True, vpcs=(vpc(prefix, "v", "10.1", [host(prefix, "h", "10.1.1.5")]),))
    )
    for address in ("1.1.1.1", "169.254.169.254", "10.255.255.53"):
        assert rig.can_connect("h", address, 53) == "timeout"
    assert rig.can_connect("h", "127.0.0.1", 22) == "refused"


def test_a_deleted_namespace_is_made_anew(rig: Rig, prefix: str) -> None:
    hosts = [host(prefix, "h5", "10.1.1.5", serve_text("hi")), host(prefix, "h6", "10.1.1.6")]
    rig.apply(NetworkChange(revision=0, complete=True, vpcs=(vpc(prefix, "v", "10.1", hosts),)))
    wait_until(lambda: rig.can_connect("h6", "10.1.1.5", 80) == "open", "the server")
    remove_namespace(f"{prefix}v")
    remade = rig.wait_for(NamespaceRemade).namespaces
    assert set(remade) == {f"{prefix}v"}
    rig.send(Reopened(namespaces=remade))
    assert rig.can_connect("h6", "10.1.1.5", 80) == "open"
    remove_namespace(f"{prefix}h5")
    assert set(rig.wait_for(NamespaceRemade).namespaces) == {f"{prefix}h5"}, "what was answered is not said again"
    wait_until(lambda: rig.can_connect("h6", "10.1.1.5", 80) == "open", "the server in its new namespace")


def test_agent_restarts_without_touching_what_runs(tmp_path: Path, prefix: str) -> None:
    rig = Rig(tmp_path / "s", prefix, runs_envoy=True)
    try:
        rig.start()
        hosts = [host(prefix, "h5", "10.1.1.5", serve_text("hi")), host(prefix, "h6", "10.1.1.6")]
        change = NetworkChange(revision=0, complete=True, vpcs=(vpc(prefix, "v", "10.1", hosts),))
        rig.apply(change)
        wait_until(lambda: rig.can_connect("h6", "10.1.1.5", 80) == "open", "the server")
        wait_until(lambda: _is_ready(rig), "envoy")
        server = rig.recall(WorkloadState, lambda state: state.is_running)
        envoy = rig.recall(EnvoyState, lambda state: state.is_running)
        rig.kill()
        assert rig.can_connect("h6", "10.1.1.5", 80) == "open"
        rig.start()
        assert rig.wait_for(Hello).applied_revision == 1
        assert rig.wait_for(EnvoyState).pid == envoy.pid
        assert rig.wait_for(WorkloadState).pid == server.pid
        assert (
            rig.run(
                "h6", sys.executable, "-c", "import socket; socket.gethostbyname('x.elb.us-east-1.amazonaws.com')"
            ).returncode
            == 1
        )
        os.kill(envoy.pid, 9)
        again = rig.wait_for(EnvoyState, lambda state: state.is_running and state.pid != envoy.pid)
        os.kill(server.pid, 9)
        rig.wait_for(WorkloadState, lambda state: state.is_running and state.pid != server.pid)
        assert rig.stop() == 0
        assert list_namespaces(prefix) == []
        assert read_start_time(again.pid) == 0
        left = sorted(path.name for path in rig.folder.run.rglob("*") if not path.is_dir())
        assert left == ["agent.lock", "node.sock"]
    finally:
        rig.close()


def _is_ready(rig: Rig) -> bool:
    try:
        return bool(call_admin(rig.folder.envoy_admin_socket, "/ready"))
    except OSError:
        return False


def test_only_one_agent_serves_a_folder(rig: Rig) -> None:
    second = subprocess.run(
        agent_command(rig.root, ["--no-envoy"]), capture_output=True, text=True, timeout=LONGEST_S, check=False
    )
    assert second.returncode == 3
    assert "another agent" in second.stderr


SEND_AS = """
import socket, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    s.setsockopt(socket.SOL_IP, 19, 1)
    s.bind((sys.argv[1], 0))
    s.sendto(sys.argv[1].encode(), ("10.1.1.6", 9999))
"""

HEAR = """
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("0.0.0.0", 9999))
while True:
    print(s.recv(100).decode(), flush=True)
"""


def test_a_workload_cannot_use_the_address_of_another(rig: Rig, prefix: str) -> None:
    hosts = [host(prefix, "h5", "10.1.1.5"), host(prefix, "h6", "10.1.1.6", (sys.executable, "-c", HEAR))]
    rig.apply(NetworkChange(revision=0, complete=True, vpcs=(vpc(prefix, "v", "10.1", hosts),)))
    heard = rig.folder.workload_log("h6")

    def is_heard() -> bool:
        for source in ("10.1.1.7", "10.1.1.1", "10.1.1.5"):
            sent = rig.run("h5", sys.executable, "-c", SEND_AS, source)
            assert sent.returncode == 0, sent.stderr
        return "10.1.1.5" in heard.read_text()

    wait_until(is_heard, "a packet of its own address")
    assert set(heard.read_text().split()) == {"10.1.1.5"}


def test_a_terminated_agent_leaves_everything_running(rig: Rig, prefix: str) -> None:
    hosts = [host(prefix, "h5", "10.1.1.5", serve_text("hi")), host(prefix, "h6", "10.1.1.6")]
    rig.apply(NetworkChange(revision=0, complete=True, vpcs=(vpc(prefix, "v", "10.1", hosts),)))
    wait_until(lambda: rig.can_connect("h6", "10.1.1.5", 80) == "open", "the server")
    assert rig.end(signal.SIGTERM) == 0
    assert rig.can_connect("h6", "10.1.1.5", 80) == "open"
    assert not rig.folder.agent_record.exists()
    rig.start()


def test_a_new_agent_sweeps_what_no_plan_wants(rig: Rig, prefix: str) -> None:
    rig.end(signal.SIGKILL)
    run_in_thread(lambda: make_namespace(f"{prefix}left"))
    assert list_namespaces(prefix) == [f"{prefix}left"]
    rig.start()
    rig.apply(NetworkChange(revision=0, complete=True))
    assert list_namespaces(prefix) == []


def test_the_hosts_network_has_a_name_until_the_stop(rig: Rig) -> None:
    """A killed agent leaves it, the next one keeps it; taken away, or put over another network, it is made anew."""
    here = os.readlink("/proc/self/ns/net")
    assert rig.identify_host() == here
    rig.kill()
    assert rig.identify_host() == here
    rig.start()
    remove_namespace(rig.host_namespace)
    wait_until(path_of(rig.host_namespace).is_file, "the name to come back")
    wait_until(lambda: rig.identify_host() == here, "the name to lead home")
    run_in_thread(lambda: make_namespace(rig.host_namespace))
    assert rig.identify_host() != here
    wait_until(lambda: rig.identify_host() == here, "the name to lead home")
    assert rig.stop() == 0
    assert not path_of(rig.host_namespace).exists()


REMOVE_OWN = """
import subprocess
from innergate.nets.diff import RemoveNamespace
from innergate.nets.kernel import LinuxKernel
from innergate.nets.namespaces import name_own_namespace, path_of
subprocess.run("ip link add wl1 type veth peer name wl2".split(), check=True)
assert name_own_namespace("ign-own") and not name_own_namespace("ign-own")
assert LinuxKernel().apply([RemoveNamespace("ign-own")]) == []
assert not path_of("ign-own").exists()
subprocess.run("ip link show wl1".split(), check=True)
"""


def test_the_hosts_own_devices_are_never_removed() -> None:
    """Should the name of the host's network ever count as one that no plan wants."""
    command = ["unshare", "--net", "--mount", sys.executable, "-c", REMOVE_OWN]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST_S, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_looking_for_losses_does_not_undo_a_long_change(rig: Rig, prefix: str) -> None:
    many = tuple(vpc(prefix, f"v{number}", "10.1") for number in range(700))
    began_at = time.monotonic()
    rig.apply(NetworkChange(revision=0, complete=True, vpcs=many))
    all_s = time.monotonic() - began_at
    time.sleep(2 * LOOK_PERIOD_S)
    assert len(list_namespaces(prefix)) == 700
    began_at = time.monotonic()
    rig.apply(NetworkChange(revision=0, complete=False, vpcs=(vpc(prefix, "one-more", "10.1"),)))
    assert time.monotonic() - began_at < all_s / 4, "what was there was made again"
