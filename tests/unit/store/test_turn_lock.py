"""Threads get the lock in turn."""

import threading
import time

from innergate.store.turn_lock import TurnLock
from innergate.testing.waiting import wait_until


def test_one_at_a_time() -> None:
    lock, count = TurnLock(), 0

    def add() -> None:
        nonlocal count
        for _ in range(500):
            with lock:
                seen = count
                time.sleep(0)
                count = seen + 1

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert count == 2000


def test_who_lets_it_go_does_not_get_it_back_before_those_who_wait() -> None:
    lock, order = TurnLock(), list[str]()

    def wait() -> None:
        with lock:
            order.append("waiting")

    with lock:
        other = threading.Thread(target=wait)
        other.start()
        wait_until(lambda: lock._waiting)
    with lock:
        order.append("greedy")
    other.join()
    assert order == ["waiting", "greedy"]


def test_an_error_lets_it_go() -> None:
    lock = TurnLock()
    try:
        with lock:
            raise ValueError
    except ValueError:
        pass
    with lock:
        pass
