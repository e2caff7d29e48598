"""How much longer than a quiet machine this one takes: what is promised in seconds is stretched by it."""

import os
import time

MOST_PATIENCE = 8.0
_TURNS = 1_200_000
_QUIET_S = 0.1
"""What the turns take on a quiet machine of the kind that promises were measured on."""


def measure_patience() -> float:
    """1 for a quiet machine; more by the load on its cores, and by how long a piece of work takes: that is what a quota of CPU,
    a neighbour on the same hardware or a slow core cost."""
    return stretch(os.getloadavg()[0] / (os.cpu_count() or 1), _work_s())


def stretch(load_per_core: float, work_s: float) -> float:
    """The patience that a load and a time of the piece of work ask for."""
    return min(MOST_PATIENCE, max(1.0, load_per_core, work_s / _QUIET_S))


def _work_s() -> float:
    """Longer than a period of the kernel's CPU quotas, where there is one: 0.1 s."""
    began, state = time.monotonic(), 0
    for turn in range(_TURNS):
        state = (state * 31 + turn) & 0xFFFF
    return time.monotonic() - began
