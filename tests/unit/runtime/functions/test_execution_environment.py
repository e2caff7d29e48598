"""How much memory a function's processes hold together."""

import os
import signal
import subprocess
import sys
import time

from innergate.runtime.functions.execution_environment import resident_mb
from innergate.testing.waiting import LONGEST_S

HOLDER = "import sys, time; held = b'a' * (96 << 20); print('held', flush=True); time.sleep(60)"
FUNCTION = f"""
import subprocess, sys, threading
def start():
    subprocess.run([sys.executable, "-c", {HOLDER!r}])
thread = threading.Thread(target=start)
thread.start()
thread.join()
"""
SANDBOX = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {FUNCTION!r}])"


def test_case_86_what_a_thread_has_started_counts_too() -> None:
    """A function's limit was none for processes that it started from another thread than its first."""
    with subprocess.Popen(
        [sys.executable, "-c", SANDBOX], stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as first:
        assert first.stdout is not None
        try:
            assert first.stdout.readline() == "held\n"
            deadline = time.monotonic() + LONGEST_S
            while resident_mb(first.pid) < 90 and time.monotonic() < deadline:
                time.sleep(0.05)
            assert 90 < resident_mb(first.pid) < 300
        finally:
            os.killpg(first.pid, signal.SIGKILL)


def test_nothing_is_held_by_what_has_gone() -> None:
    assert resident_mb(2**22 + 1) == 0
