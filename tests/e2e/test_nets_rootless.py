"""A whole node as a user without root, in a user namespace."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from innergate.nets.processes import is_running, read_record

pytestmark = pytest.mark.e2e

USER = "igrootless"

STORY = """
import os, sys
from pathlib import Path
from innergate.plans.network import DnsZone, NetworkChange
from innergate.plans.node_messages import EnvoyState, Hello, WorkloadState
from tests.e2e.nets_rig import Rig, host, vpc, wait_until

assert os.geteuid() != 0
rig = Rig(Path(sys.argv[1]), "igr-", runs_envoy=True)
serve = (sys.executable, "-m", "http.server", "80", "--bind", "0.0.0.0")
try:
    rig.start()
    zone = DnsZone(name="corp.example", records={"web.corp.example": ("10.1.1.5",)})
    hosts = [host("igr-", "h5", "10.1.1.5", serve), host("igr-", "h6", "10.1.1.6")]
    change = NetworkChange(revision=0, complete=True, vpcs=(vpc("igr-", "v", "10.1", hosts, zones=[zone]),))
    refusals = rig.apply(change).refusals
    assert refusals == (), refusals
    wait_until(lambda: rig.can_connect("h6", "web.corp.example", 80) == "open", "the server")
    envoy = rig.recall(EnvoyState, lambda state: state.is_running)
    server = rig.recall(WorkloadState, lambda state: state.is_running)
    assert not Path("/run/netns/igr-v").exists(), "it must not be seen from outside"
    assert rig.identify_host() == os.readlink(f"/proc/{envoy.pid}/ns/net") != os.readlink("/proc/self/ns/net")
    rig.kill()
    rig.start()
    assert rig.wait_for(Hello).applied_revision == 1
    assert rig.wait_for(EnvoyState).pid == envoy.pid
    assert rig.wait_for(WorkloadState).pid == server.pid
    assert rig.can_connect("h6", "10.1.1.5", 80) == "open"
    assert rig.stop() == 0
    print("told")
finally:
    rig.close()
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the plain user may write; the user exists for the time of the test."""
    subprocess.run(["useradd", "--no-create-home", "--shell", "/bin/sh", USER], check=True)
    with tempfile.TemporaryDirectory() as made:
        subprocess.run(["chown", USER, made], check=True)
        yield Path(made)
    subprocess.run(["userdel", USER], check=True, capture_output=True)


def open_the_way(path: Path) -> list[str]:
    """Shell lines that, in a mount namespace of their own, let everybody reach `path` through folders of root's alone."""
    closed = next((one for one in reversed(path.parents) if not one.stat().st_mode & 0o001), None)
    if closed is None:
        return []
    below = closed / path.relative_to(closed).parts[0]
    return [
        "spare=$(mktemp -d)",
        f"mount --bind {below} $spare",
        f"mount -t tmpfs -o mode=755 tmpfs {closed}",
        f"mkdir {below}",
        f"mount --bind $spare {below}",
        "umount $spare",
        "rmdir $spare",
    ]


def test_a_node_without_root(folder: Path) -> None:
    become = f'exec setpriv --reuid={USER} --regid={USER} --clear-groups -- "$@"'
    script = "\n".join(["set -e", *open_the_way(Path(sys.base_prefix)), become])
    told = subprocess.run(
        ["unshare", "--mount", "sh", "-c", script, "sh", sys.executable, "-c", STORY, str(folder / "s")],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    assert told.stdout.strip() == "told"
    holder = read_record(folder / "s/run/holder.json")
    assert holder is None or not is_running(holder)
