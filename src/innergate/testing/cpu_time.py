"""What a call costs at least: for tests that an answer's cost does not grow out of bounds."""

import time
from collections.abc import Callable

_TRIES = 3
_NO_HICCUP = 5


def cpu_seconds(call: Callable[[], object], enough: float = 1.0) -> float:
    """CPU time of this thread: the least of up to three calls; the first below `enough` is the last.

    What costs too much by its nature costs it each time. A collection of garbage or a machine's hiccup does not come
    three times in a row. A first call that takes five times `enough` is neither, whatever caches make of the next.
    """
    least = _once(call)
    if least >= _NO_HICCUP * enough:
        return least
    for _ in range(_TRIES - 1):
        if least < enough:
            break
        least = min(least, _once(call))
    return least


def _once(call: Callable[[], object]) -> float:
    began = time.thread_time()
    call()
    return time.thread_time() - began
