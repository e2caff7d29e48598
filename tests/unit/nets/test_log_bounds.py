"""A log that its writer never ends is bounded, and goes on."""

import os
import sys
import time
from pathlib import Path

from innergate.nets.log_bounds import bound_logs
from innergate.nets.processes import KeptProcess
from innergate.nets.state_folder import StateFolder
from innergate.testing.disk import refusing_disk
from innergate.testing.waiting import wait_until

TALKER = "import os, time\nfor n in range(10**9):\n    os.write(1, b'%099d\\n' % n)\n    n % 100 or time.sleep(0.001)\n"
LIMIT = 100_000


def folder_at(path: Path) -> StateFolder:
    made = StateFolder(path)
    made.prepare()
    return made


def test_case_86_a_host_that_never_stops_printing_does_not_fill_the_disk(tmp_path: Path) -> None:
    folder = folder_at(tmp_path)
    log = folder.workload_log("i-1")
    kept = KeptProcess(folder.workload_record("i-1"))
    most = 0
    try:
        kept.start([sys.executable, "-S", "-c", TALKER], os.environ, log, "f")
        wait_until(lambda: log.stat().st_size)
        for _ in range(60):
            time.sleep(0.05)
            bound_logs(folder, LIMIT)
            most = max(most, log.stat().st_size)
        while not log.with_name("i-1.log.1").exists():
            bound_logs(folder, LIMIT)
    finally:
        kept.end()
    aside = log.with_name("i-1.log.1").read_bytes()
    assert len(aside) == LIMIT
    numbers = [int(line) for line in log.read_bytes().splitlines()]
    assert numbers == sorted(numbers)
    assert not numbers or numbers[0] > int(aside.splitlines()[-2])
    assert most < 20 * LIMIT


def test_others_are_left_alone_and_a_full_disk_gets_its_room_back(tmp_path: Path) -> None:
    folder = folder_at(tmp_path)
    large, small, own = folder.log / "runtime-0.log", folder.log / "functions.log", folder.envoy_log
    for path, size in ((large, LIMIT + 1), (small, LIMIT), (own, LIMIT + 1)):
        path.write_bytes(b"x" * size)
    with refusing_disk():
        bound_logs(folder, LIMIT)
    bound_logs(folder, LIMIT)
    assert [path.stat().st_size for path in (large, small, own)] == [0, LIMIT, LIMIT + 1]
