"""A state that cannot be served is said in a sentence, before any process is started for it."""

import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from innergate.driver.platform import RunningPlatform
from innergate.primitives.clock import SystemClock
from innergate.primitives.ids import AccountId, RandomIds, Region
from innergate.resources.log_groups import LogGroup
from innergate.services.organizations.make_account import make_account
from innergate.store.sqlite import SqliteStore
from innergate.testing.disk import small_disk

pytestmark = pytest.mark.e2e

TIMEOUT_S = 60


def start(state: Path) -> str:
    """What `innergate up` complains of; it ends by itself, and leaves nobody behind."""
    said = complaint(state)
    assert not (state / "run" / "agent.json").exists()
    return said


def complaint(state: Path) -> str:
    command = [sys.executable, "-m", "innergate.cli.main", "up", "--state", str(state), "--listen", "127.0.0.1:0"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    return " ".join(done.stderr.split())


def test_a_read_only_state_folder() -> None:
    with small_disk(1 << 20) as state:
        subprocess.run(["mount", "-o", "remount,ro", str(state)], check=True)
        assert f"the state folder {state} takes no files: Read-only file system" in start(state)


def test_a_write_ahead_log_that_lost_acknowledged_changes(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "whole" / "store.sqlite", SystemClock())
    for name in ("one", "two", "three"):
        with store.transaction() as tx:
            make_account(tx, SystemClock(), RandomIds(), name)
    state = tmp_path / "cut"
    shutil.copytree(tmp_path / "whole", state)
    store.close()
    log = state / "store.sqlite-wal"
    log.write_bytes(log.read_bytes()[:-5000])
    assert "revision 3 was acknowledged: its files were cut or damaged" in start(state)
    (state / "store.sqlite").unlink()
    assert "ends at revision 0, but revision 3 was acknowledged" in start(state)


def with_groups(path: Path) -> None:
    """A state of an account and many log groups."""
    store = SqliteStore(path, SystemClock())
    with store.transaction() as tx:
        account = make_account(tx, SystemClock(), RandomIds(), "one")
    with store.transaction() as tx:
        for number in range(3000):
            tx.put(
                LogGroup(
                    id=f"arn:{number}",
                    account=AccountId(account.id),
                    region=Region("us-east-1"),
                    log_group_name=f"{number}",
                    created_at=SystemClock().now(),
                )
            )
    store.close()


def test_pages_that_cannot_be_read(tmp_path: Path) -> None:
    """What no plan needs at first is read later, and said in the same way."""
    path = tmp_path / "store.sqlite"
    with_groups(path)
    content = bytearray(path.read_bytes())
    page = content.index(b'"logGroupName":"1500"') // 4096
    content[page * 4096 : page * 4096 + 100] = b"\xff" * 100
    path.write_bytes(content)
    assert "put a saved copy of the state folder back" in start(tmp_path)


def test_an_account_that_cannot_be_read(tmp_path: Path) -> None:
    """What is met while the parts are built, when the agent runs already."""
    path = tmp_path / "store.sqlite"
    with_groups(path)
    with closing(sqlite3.connect(path)) as db:
        db.execute("UPDATE resource SET body = substr(body, 1, 30) WHERE kind = 'account'")
        db.commit()
    assert "put a saved copy of the state folder back" in start(tmp_path)
    assert not (tmp_path / "run" / "node.sock").exists()


def test_damaged_files_of_logs_metrics_and_counts_are_set_aside() -> None:
    """The platform starts without them, and says where they are now."""
    damage = b"no database, and long enough to be taken for one" * 100
    with RunningPlatform() as platform:
        platform.stop()
        names = ("logs.sqlite", "metrics.sqlite", "usage.sqlite")
        for name in names:
            for suffix in ("-wal", "-shm"):
                (platform.state / (name + suffix)).unlink(missing_ok=True)
            (platform.state / name).write_bytes(damage)
        platform.start()
        for name in names:
            assert (platform.state / f"{name}.damaged-1").read_bytes() == damage
        said = (platform.state / "log" / "control.log").read_text()
        assert said.count("a damaged file was set aside and begun anew") == len(names)
        platform.stop()
        printed = (platform.state / "up.out").read_text()
        for name in names:
            assert (
                f"{name} was damaged: what it held is missing; it is kept as {platform.state / name}.damaged-1"
                in printed
            )


def test_a_start_that_fails_leaves_the_traffic_of_an_earlier_control_alone() -> None:
    with RunningPlatform() as platform:
        before = platform.client.call("GET", "/status")
        platform.kill_control()
        path = platform.state / "store.sqlite"
        with closing(sqlite3.connect(path)) as db:
            (body,) = db.execute("SELECT body FROM resource WHERE kind = 'account'").fetchone()
            db.execute("UPDATE resource SET body = '{' WHERE kind = 'account'")
            db.commit()
        assert "put a saved copy of the state folder back" in complaint(platform.state)
        with closing(sqlite3.connect(path)) as db:
            db.execute("UPDATE resource SET body = ? WHERE kind = 'account'", (body,))
            db.commit()
        platform.start()
        after = platform.client.call("GET", "/status")
        assert (after["agent"]["pid"], after["envoy"]["pid"]) == (before["agent"]["pid"], before["envoy"]["pid"])
