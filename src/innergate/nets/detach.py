"""`python -m innergate.nets.detach LOG COMMAND...`: starts a command as nobody's child, prints its pid, and ends.

Envoy asks the kernel for SIGTERM when its parent dies (PR_SET_PDEATHSIG), and must outlive the agent.
"""

import os
import sys
import time


def main(log: str, command: list[str]) -> None:
    """The command's session is its own, its output goes to the end of `log`."""
    parent = os.getpid()
    pid = os.fork()
    if pid:
        print(pid, flush=True)
        return
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.setsid()
    while os.getppid() == parent:
        time.sleep(0.001)
    os.execv(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
